//! Keys that sign, and how they are written down: SubjectPublicKeyInfo, AlgorithmIdentifier, signature value.
//! Spec: RFC 3279, RFC 4055, RFC 5480, TR-03111 §5.

use std::sync::OnceLock;

use super::der_out::{bit_string, explicit, integer, integer_bytes, null, octet_string, oid, sequence, tlv};
use crate::card::Hash;
use crate::num::{self, BigUint, CurveName, Modp, Point, RsaKey};

const ID_EC_PUBLIC_KEY: &str = "1.2.840.10045.2.1";
const STANDARDIZED_DOMAIN_PARAMETERS: &str = "0.4.0.127.0.7.1.2";
const DH_KEY_AGREEMENT: &str = "1.2.840.113549.1.3.1";
const DH_PUBLIC_NUMBER: &str = "1.2.840.10046.2.1";
const PRIME_FIELD: &str = "1.2.840.10045.1.1";
const RSA_ENCRYPTION: &str = "1.2.840.113549.1.1.1";
const RSA_PSS: &str = "1.2.840.113549.1.1.10";
const MGF1: &str = "1.2.840.113549.1.1.8";

/// How a curve is named in a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurveForm {
    /// The curve's object identifier.
    Named,
    /// Every number of the curve, as 9303-12 §4.1.6.3 asks of passports.
    Explicit,
    /// The number of the standardized domain parameters, under an algorithm of their own. Chip keys only; a curve without
    /// such a number is written out. Spec: 9303-11 §9.5.1.
    Standardized,
}

/// How a key over a prime field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DhForm {
    /// dhKeyAgreement of PKCS#3: prime and generator alone.
    Pkcs3,
    /// dhpublicnumber of X9.42: the order too. Spec: RFC 3279 §2.3.3.
    X942,
    /// The number of the standardized domain parameters. Spec: 9303-11 §9.5.1.
    Standardized,
}

/// How an RSA signature is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RsaPadding {
    /// RSASSA-PKCS1-v1_5.
    Pkcs1,
    /// The same without the NULL beside the hash's identifier in the block.
    Pkcs1WithoutNull,
    /// RSASSA-PSS, salt as long as the hash.
    Pss,
    /// RSASSA-PSS with a hash of its own in MGF1 and a salt of its own length.
    PssWith {
        /// Hash inside MGF1.
        mgf: Hash,
        /// Length of the salt.
        salt_bytes: usize,
    },
}

/// How an ECDSA signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EcdsaForm {
    /// SEQUENCE of two INTEGERs, named as in X9.62.
    Der,
    /// r ‖ s, named as in TR-03111 §5.2.1.1.
    Plain,
}

#[derive(Clone, Debug)]
enum Key {
    Ec { curve: CurveName, private: Vec<u8>, form: CurveForm, written: EcdsaForm },
    Rsa { key: RsaKey, padding: RsaPadding },
    Dsa { group: Modp, private: BigUint },
}

/// A key with the hash it signs under. No secret: see [`crate::card`].
#[derive(Clone, Debug)]
pub struct Signer {
    key: Key,
    hash: Hash,
}

impl Signer {
    /// An ECDSA key that follows from a label.
    #[must_use]
    pub fn ecdsa(curve: CurveName, form: CurveForm, hash: Hash, label: &str) -> Self {
        let private = num::private_from_seed(curve, label);
        Self { key: Key::Ec { curve, private, form, written: EcdsaForm::Der }, hash }
    }

    /// The same key with its signatures written in another way; an RSA key has but one.
    #[must_use]
    pub fn written(mut self, other: EcdsaForm) -> Self {
        if let Key::Ec { written, .. } = &mut self.key {
            *written = other;
        }
        self
    }

    /// The same key under another hash.
    #[must_use]
    pub fn hashing(self, hash: Hash) -> Self {
        Self { hash, ..self }
    }

    /// One of the published RSA test keys.
    #[must_use]
    pub fn rsa(key: RsaKey, padding: RsaPadding, hash: Hash) -> Self {
        Self { key: Key::Rsa { key, padding }, hash }
    }

    /// A DSA key over a published group that follows from a label.
    #[must_use]
    pub fn dsa(group: Modp, hash: Hash, label: &str) -> Self {
        let order = &group.numbers().q;
        let wide = num::expand(&[b"dsa key", label.as_bytes()], 48);
        let private = BigUint::from_bytes_be(&wide) % (order - 1u8) + 1u8;
        Self { key: Key::Dsa { group, private }, hash }
    }

    /// The hash that the signature is made over.
    #[must_use]
    pub fn hash(&self) -> Hash {
        self.hash
    }

    /// SubjectPublicKeyInfo, DER.
    #[must_use]
    pub fn public_key_info(&self) -> Vec<u8> {
        match &self.key {
            Key::Ec { curve, private, form, .. } => {
                ec_public_key_info(*curve, *form, &num::public_key(*curve, private))
            }
            Key::Rsa { key, .. } => rsa_public_key_info(&key.modulus, &key.public),
            Key::Dsa { group, private } => {
                let numbers = group.numbers();
                let [p, q, g] =
                    [&numbers.p, &numbers.q, &numbers.g].map(|number| integer_bytes(&number.to_bytes_be()));
                let algorithm = sequence(&[oid("1.2.840.10040.4.1"), sequence(&[p, q, g])]);
                sequence(&[algorithm, bit_string(&dsa_public_key(*group, private))])
            }
        }
    }

    /// SHA-1 of the public key's bits. Spec: RFC 5280 §4.2.1.2, method 1.
    #[must_use]
    pub fn key_identifier(&self) -> Vec<u8> {
        let bits = match &self.key {
            Key::Ec { curve, private, .. } => curve.curve().encode(&num::public_key(*curve, private)),
            Key::Rsa { key, .. } => rsa_public_key(&key.modulus, &key.public),
            Key::Dsa { group, private } => dsa_public_key(*group, private),
        };
        Hash::Sha1.digest(&bits)
    }

    /// The AlgorithmIdentifier of the signature, DER.
    #[must_use]
    pub fn signature_algorithm(&self) -> Vec<u8> {
        match &self.key {
            Key::Ec { written: EcdsaForm::Der, .. } => sequence(&[oid(ecdsa_oid(self.hash))]),
            Key::Ec { written: EcdsaForm::Plain, .. } => sequence(&[oid(plain_ecdsa_oid(self.hash))]),
            Key::Rsa { padding: RsaPadding::Pkcs1 | RsaPadding::Pkcs1WithoutNull, .. } => {
                sequence(&[oid(rsa_oid(self.hash)), null()])
            }
            Key::Dsa { .. } => sequence(&[oid(dsa_oid(self.hash))]),
            Key::Rsa { padding: RsaPadding::Pss, .. } => self.pss_algorithm(self.hash, self.hash_bytes()),
            Key::Rsa { padding: RsaPadding::PssWith { mgf, salt_bytes }, .. } => {
                self.pss_algorithm(*mgf, *salt_bytes)
            }
        }
    }

    fn hash_bytes(&self) -> usize {
        self.hash.digest(b"").len()
    }

    /// id-RSASSA-PSS with its parameters; what is a default is left out, as DER asks. Spec: RFC 4055 §3.1.
    fn pss_algorithm(&self, mgf: Hash, salt_bytes: usize) -> Vec<u8> {
        let unless = |default: bool, part: Vec<u8>| if default { Vec::new() } else { part };
        let mgf1 = sequence(&[oid(MGF1), digest_algorithm(mgf, true)]);
        let parameters = sequence(&[
            unless(self.hash == Hash::Sha1, explicit(0, &digest_algorithm(self.hash, true))),
            unless(mgf == Hash::Sha1, explicit(1, &mgf1)),
            unless(salt_bytes == 20, explicit(2, &integer_bytes(&salt_bytes.to_be_bytes()))),
        ]);
        sequence(&[oid(RSA_PSS), parameters])
    }

    /// Signs a message. The same message gives the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        let digest = self.hash.digest(message);
        match &self.key {
            Key::Ec { curve, private, written, .. } => {
                let signature = num::ecdsa_sign(*curve, private, &digest, b"issuer");
                if *written == EcdsaForm::Plain {
                    return signature.plain(*curve);
                }
                sequence(&signature.integer_contents().map(|content| tlv(&[0x02], &content)))
            }
            Key::Dsa { group, private } => sequence(
                &num::dsa_sign(*group, private, &digest).map(|number| integer_bytes(&number.to_bytes_be())),
            ),
            Key::Rsa { key, padding } => {
                let width_bytes = key.modulus.len();
                let block = match padding {
                    RsaPadding::Pkcs1 => pkcs1_block(self.hash, true, &digest, width_bytes),
                    RsaPadding::Pkcs1WithoutNull => pkcs1_block(self.hash, false, &digest, width_bytes),
                    RsaPadding::Pss => {
                        pss_block(self.hash, self.hash, self.hash_bytes(), &digest, width_bytes)
                    }
                    RsaPadding::PssWith { mgf, salt_bytes } => {
                        pss_block(self.hash, *mgf, *salt_bytes, &digest, width_bytes)
                    }
                };
                num::rsa_raw(&key.modulus, &key.private, &block)
            }
        }
    }
}

/// SubjectPublicKeyInfo of a point.
#[must_use]
pub fn ec_public_key_info(curve: CurveName, form: CurveForm, point: &Point) -> Vec<u8> {
    let explicit = || sequence(&[oid(ID_EC_PUBLIC_KEY), explicit_parameters(curve)]);
    let algorithm = match form {
        CurveForm::Named => {
            let dotted: Vec<String> = curve.object_identifier().iter().map(u32::to_string).collect();
            sequence(&[oid(ID_EC_PUBLIC_KEY), oid(&dotted.join("."))])
        }
        CurveForm::Explicit => explicit(),
        CurveForm::Standardized => curve.parameter_id().map_or_else(explicit, |id| {
            sequence(&[oid(STANDARDIZED_DOMAIN_PARAMETERS), integer(u64::from(id))])
        }),
    };
    sequence(&[algorithm, bit_string(&curve.curve().encode(point))])
}

/// ECParameters with every number written out, without a seed. Spec: TR-03111 §5.1.1.
fn explicit_parameters(curve: CurveName) -> Vec<u8> {
    let numbers = curve.curve();
    let width_bytes = numbers.field_bytes();
    sequence(&[
        integer(1),
        sequence(&[oid(PRIME_FIELD), integer_bytes(&numbers.p.to_bytes_be())]),
        sequence(&[
            octet_string(&num::fixed_width(&numbers.a, width_bytes)),
            octet_string(&num::fixed_width(&numbers.b, width_bytes)),
        ]),
        octet_string(&numbers.encode(&numbers.generator)),
        integer_bytes(&numbers.n.to_bytes_be()),
        integer(1),
    ])
}

/// SubjectPublicKeyInfo of a number modulo a prime.
#[must_use]
pub fn dh_public_key_info(group: Modp, form: DhForm, public: &BigUint) -> Vec<u8> {
    let numbers = group.numbers();
    let number = |value: &BigUint| integer_bytes(&value.to_bytes_be());
    let algorithm = match form {
        DhForm::Pkcs3 => [oid(DH_KEY_AGREEMENT), sequence(&[number(&numbers.p), number(&numbers.g)])],
        DhForm::X942 => {
            [oid(DH_PUBLIC_NUMBER), sequence(&[number(&numbers.p), number(&numbers.g), number(&numbers.q)])]
        }
        DhForm::Standardized => {
            [oid(STANDARDIZED_DOMAIN_PARAMETERS), integer(u64::from(group.parameter_id()))]
        }
    };
    sequence(&[sequence(&algorithm), bit_string(&number(public))])
}

fn rsa_public_key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    sequence(&[integer_bytes(modulus), integer_bytes(exponent)])
}

/// SubjectPublicKeyInfo of an RSA key.
#[must_use]
pub fn rsa_public_key_info(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
    sequence(&[sequence(&[oid(RSA_ENCRYPTION), null()]), bit_string(&rsa_public_key(modulus, exponent))])
}

/// The AlgorithmIdentifier of a hash, with or without the NULL that both forms of practice know.
#[must_use]
pub fn digest_algorithm(hash: Hash, with_null: bool) -> Vec<u8> {
    let name = oid(match hash {
        Hash::Sha1 => "1.3.14.3.2.26",
        Hash::Sha224 => "2.16.840.1.101.3.4.2.4",
        Hash::Sha256 => "2.16.840.1.101.3.4.2.1",
        Hash::Sha384 => "2.16.840.1.101.3.4.2.2",
        Hash::Sha512 => "2.16.840.1.101.3.4.2.3",
    });
    if with_null { sequence(&[name, null()]) } else { sequence(&[name]) }
}

fn ecdsa_oid(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "1.2.840.10045.4.1",
        Hash::Sha224 => "1.2.840.10045.4.3.1",
        Hash::Sha256 => "1.2.840.10045.4.3.2",
        Hash::Sha384 => "1.2.840.10045.4.3.3",
        Hash::Sha512 => "1.2.840.10045.4.3.4",
    }
}

fn plain_ecdsa_oid(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "0.4.0.127.0.7.1.1.4.1.1",
        Hash::Sha224 => "0.4.0.127.0.7.1.1.4.1.2",
        Hash::Sha256 => "0.4.0.127.0.7.1.1.4.1.3",
        Hash::Sha384 => "0.4.0.127.0.7.1.1.4.1.4",
        Hash::Sha512 => "0.4.0.127.0.7.1.1.4.1.5",
    }
}

fn dsa_oid(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "1.2.840.10040.4.3",
        Hash::Sha224 => "2.16.840.1.101.3.4.3.1",
        Hash::Sha256 => "2.16.840.1.101.3.4.3.2",
        Hash::Sha384 => "2.16.840.1.101.3.4.3.3",
        Hash::Sha512 => "2.16.840.1.101.3.4.3.4",
    }
}

/// DSAPublicKey. Spec: RFC 3279 §2.3.2.
fn dsa_public_key(group: Modp, private: &BigUint) -> Vec<u8> {
    let numbers = group.numbers();
    integer_bytes(&numbers.g.modpow(private, &numbers.p).to_bytes_be())
}

fn rsa_oid(hash: Hash) -> &'static str {
    match hash {
        Hash::Sha1 => "1.2.840.113549.1.1.5",
        Hash::Sha224 => "1.2.840.113549.1.1.14",
        Hash::Sha256 => "1.2.840.113549.1.1.11",
        Hash::Sha384 => "1.2.840.113549.1.1.12",
        Hash::Sha512 => "1.2.840.113549.1.1.13",
    }
}

/// 00 01 FF … 00 DigestInfo. Spec: RFC 8017 §9.2.
fn pkcs1_block(hash: Hash, null: bool, digest: &[u8], width_bytes: usize) -> Vec<u8> {
    let info = sequence(&[digest_algorithm(hash, null), octet_string(digest)]);
    let filler = vec![0xFF; width_bytes - info.len() - 3];
    [vec![0x00, 0x01], filler, vec![0x00], info].concat()
}

/// The salt is hashed from the digest, so that issuing stays repeatable. Spec: RFC 8017 §9.1.1, for a modulus whose
/// bit length is a multiple of eight.
fn pss_block(hash: Hash, mgf: Hash, salt_bytes: usize, digest: &[u8], width_bytes: usize) -> Vec<u8> {
    let salt = num::expand(&[b"pss salt", digest], salt_bytes);
    let h = hash.digest(&[&[0; 8], digest, &salt].concat());
    let mut data = vec![0; width_bytes - h.len() - salt.len() - 2];
    data.push(0x01);
    data.extend(&salt);
    let mask = mgf1(mgf, &h, data.len());
    let mut masked: Vec<u8> = data.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    if let Some(first) = masked.first_mut() {
        *first &= 0x7F;
    }
    [masked, h, vec![0xBC]].concat()
}

fn mgf1(hash: Hash, seed: &[u8], length_bytes: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let mut counter = 0u32;
    while out.len() < length_bytes {
        out.extend(hash.digest(&[seed, &counter.to_be_bytes()].concat()));
        counter += 1;
    }
    out.truncate(length_bytes);
    out
}

/// The published RSA test keys of `keys/rsa-test-keys.toml`.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RsaTestKeys {
    csca: HexKey,
    document_signer: HexKey,
    active_authentication: HexKey,
    terminal_authority: HexKey,
    terminal_authority_next: HexKey,
    document_verifier: HexKey,
    terminal: HexKey,
    card_gateway: HexKey,
    signer_4096: HexKey,
    signer_6144: HexKey,
}

#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct HexKey {
    modulus: String,
    private: String,
}

impl RsaTestKeys {
    /// The keys, read once.
    ///
    /// # Panics
    /// When the file that was compiled in is not what this type says.
    #[must_use]
    pub fn get() -> &'static Self {
        static KEYS: OnceLock<RsaTestKeys> = OnceLock::new();
        KEYS.get_or_init(|| {
            toml::from_str(include_str!("../../keys/rsa-test-keys.toml"))
                .expect("the key file is well formed")
        })
    }

    /// 3072 bits, for a country's certification authority.
    #[must_use]
    pub fn csca(&self) -> RsaKey {
        self.csca.key()
    }

    /// 2048 bits, for a document signer.
    #[must_use]
    pub fn document_signer(&self) -> RsaKey {
        self.document_signer.key()
    }

    /// 1536 bits, for Active Authentication: the signature fits a short protected response.
    #[must_use]
    pub fn active_authentication(&self) -> RsaKey {
        self.active_authentication.key()
    }

    /// 2048 bits, for the card-authenticity gateway.
    #[must_use]
    pub fn card_gateway(&self) -> RsaKey {
        self.card_gateway.key()
    }

    /// 2048 bits, for an authority that lets terminals read protected groups.
    #[must_use]
    pub fn terminal_authority(&self) -> RsaKey {
        self.terminal_authority.key()
    }

    /// 2048 bits, for that authority's next key.
    #[must_use]
    pub fn terminal_authority_next(&self) -> RsaKey {
        self.terminal_authority_next.key()
    }

    /// 2048 bits, for a document verifier.
    #[must_use]
    pub fn document_verifier(&self) -> RsaKey {
        self.document_verifier.key()
    }

    /// 2048 bits, for a terminal.
    #[must_use]
    pub fn terminal(&self) -> RsaKey {
        self.terminal.key()
    }
}

impl RsaTestKeys {
    /// 4096 and 6144 bits, for signers of sizes that the simulated countries do not use.
    #[must_use]
    pub fn longer(&self) -> [RsaKey; 2] {
        [self.signer_4096.key(), self.signer_6144.key()]
    }
}

impl HexKey {
    fn key(&self) -> RsaKey {
        RsaKey { modulus: hex(&self.modulus), private: hex(&self.private), public: vec![1, 0, 1] }
    }
}

fn hex(digits: &str) -> Vec<u8> {
    digits
        .as_bytes()
        .chunks(2)
        .map(|pair| {
            pair.iter().fold(0, |byte, digit| {
                let value = char::from(*digit).to_digit(16).expect("a hexadecimal digit");
                byte << 4 | value.to_le_bytes()[0]
            })
        })
        .collect()
}
