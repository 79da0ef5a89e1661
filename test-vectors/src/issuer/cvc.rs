//! Card-verifiable certificates and the keys in them. Spec: 9303-12 §7.2.2, §7.2.3; 9303-11 §7.1.4.

use super::calendar::Date;
use super::der_out::{
    bit_string, explicit, integer, integer_bytes, join, null, octet_string, oid, oid_content, sequence, tlv,
};
use super::signer::{RsaPadding, Signer};
use crate::card::{CvDate, Hash, TerminalKey, TrustPoint};
use crate::num::{self, CurveName, RsaKey};

const ID_TA: &str = "0.4.0.127.0.7.2.2.2";
const ID_IS: &str = "0.4.0.127.0.7.3.1.2.1";

/// The right to read DG3, fingers.
pub const FINGERS: u8 = 0x01;
/// The right to read DG4, irises.
pub const IRISES: u8 = 0x02;

/// Whom a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Country verifying certification authority.
    Authority,
    /// Document verifier of the same state.
    DomesticVerifier,
    /// Document verifier of another state.
    ForeignVerifier,
    /// A terminal: an inspection system.
    Terminal,
}

impl Role {
    fn bits(self) -> u8 {
        match self {
            Role::Authority => 0xC0,
            Role::DomesticVerifier => 0x80,
            Role::ForeignVerifier => 0x40,
            Role::Terminal => 0x00,
        }
    }
}

/// A key pair of the authorities or of a terminal. No secret: it follows from a label, or is a published one.
#[derive(Clone, Debug)]
pub enum CvKey {
    /// ECDSA, plain r ‖ s.
    Ecdsa {
        /// The curve.
        curve: CurveName,
        /// The private scalar, big-endian.
        private: Vec<u8>,
        /// Hash of what is signed.
        hash: Hash,
    },
    /// RSA.
    Rsa {
        /// The key.
        key: RsaKey,
        /// How a signature is padded.
        padding: RsaPadding,
        /// Hash of what is signed.
        hash: Hash,
    },
}

impl CvKey {
    /// An ECDSA key that follows from a label.
    #[must_use]
    pub fn ecdsa(curve: CurveName, hash: Hash, label: &str) -> CvKey {
        CvKey::Ecdsa { curve, private: num::private_from_seed(curve, label), hash }
    }

    /// The public half, as a chip stores it.
    #[must_use]
    pub fn public(&self) -> TerminalKey {
        match self {
            CvKey::Ecdsa { curve, private, hash } => {
                TerminalKey::Ecdsa { curve: *curve, point: num::public_key(*curve, private), hash: *hash }
            }
            CvKey::Rsa { key, padding, hash } => TerminalKey::Rsa {
                modulus: key.modulus.clone(),
                exponent: key.public.clone(),
                pss: *padding == RsaPadding::Pss,
                hash: *hash,
            },
        }
    }

    /// The signature of a message: r ‖ s, or as wide as the modulus. The same message gives the same signature.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            CvKey::Ecdsa { curve, private, hash } => {
                num::ecdsa_sign(*curve, private, &hash.digest(message), b"terminal").plain(*curve)
            }
            CvKey::Rsa { key, padding, hash } => Signer::rsa(key.clone(), *padding, *hash).sign(message),
        }
    }

    /// The private key as PKCS#8, DER. Spec: RFC 5958, RFC 5915, RFC 8017 §A.1.2.
    #[must_use]
    pub fn pkcs8(&self) -> Vec<u8> {
        let (algorithm, key) = match self {
            CvKey::Ecdsa { curve, private, .. } => {
                let dotted: Vec<String> = curve.object_identifier().iter().map(u32::to_string).collect();
                let public = curve.curve().encode(&num::public_key(*curve, private));
                let key = sequence(&[integer(1), octet_string(private), explicit(1, &bit_string(&public))]);
                (sequence(&[oid("1.2.840.10045.2.1"), oid(&dotted.join("."))]), key)
            }
            CvKey::Rsa { key, .. } => {
                let numbers = [&key.modulus, &key.public, &key.private].map(|number| integer_bytes(number));
                let factors = key.factors().map(|number| integer_bytes(&number));
                let key = sequence(&[integer(0), join(&numbers), join(&factors)]);
                (sequence(&[oid("1.2.840.113549.1.1.1"), null()]), key)
            }
        };
        sequence(&[integer(0), algorithm, octet_string(&key)])
    }

    /// The public key data object. Domain parameters stand in an authority's certificate alone.
    fn object(&self, with_parameters: bool) -> Vec<u8> {
        let parts = match self {
            CvKey::Ecdsa { curve, private, hash } => {
                let arc = match hash {
                    Hash::Sha1 => 1,
                    Hash::Sha224 => 2,
                    Hash::Sha256 => 3,
                    Hash::Sha384 => 4,
                    Hash::Sha512 => 5,
                };
                let numbers = curve.curve();
                let mut parts = vec![oid(&format!("{ID_TA}.2.{arc}"))];
                let unsigned = |tag, number: &num::BigUint| tlv(&[tag], &number.to_bytes_be());
                if with_parameters {
                    parts.push(unsigned(0x81, &numbers.p));
                    parts.push(unsigned(0x82, &numbers.a));
                    parts.push(unsigned(0x83, &numbers.b));
                    parts.push(tlv(&[0x84], &numbers.encode(&numbers.generator)));
                    parts.push(unsigned(0x85, &numbers.n));
                }
                parts.push(tlv(&[0x86], &numbers.encode(&num::public_key(*curve, private))));
                if with_parameters {
                    parts.push(tlv(&[0x87], &[1]));
                }
                parts
            }
            CvKey::Rsa { key, padding, hash } => {
                let pss = matches!(padding, RsaPadding::Pss | RsaPadding::PssWith { .. });
                let arc = match (pss, hash) {
                    (false, Hash::Sha1) => 1,
                    (true, Hash::Sha1) => 3,
                    (false, Hash::Sha512) => 5,
                    (true, Hash::Sha512) => 6,
                    (false, _) => 2,
                    (true, _) => 4,
                };
                let name = oid(&format!("{ID_TA}.1.{arc}"));
                vec![name, tlv(&[0x81], &key.modulus), tlv(&[0x82], &key.public)]
            }
        };
        tlv(&[0x7F, 0x49], &join(&parts))
    }
}

/// Somebody who holds a key and a certificate for it.
#[derive(Clone, Debug)]
pub struct Holder {
    /// Country, mnemonic and sequence number.
    pub reference: String,
    /// The key.
    pub key: CvKey,
    /// Whom it is for.
    pub role: Role,
    /// [`FINGERS`], [`IRISES`].
    pub rights: u8,
    /// First and last day.
    pub days: [Date; 2],
}

impl Holder {
    /// The certificate that an issuer gives: for itself, for its successor, or down the chain.
    #[must_use]
    pub fn certificate(&self, issuer: &Holder) -> Vec<u8> {
        let template = join(&[oid(ID_IS), tlv(&[0x53], &[self.role.bits() | self.rights])]);
        let [effective, expires] = self.days.map(digits);
        let body = tlv(
            &[0x7F, 0x4E],
            &join(&[
                tlv(&[0x5F, 0x29], &[0x00]),
                tlv(&[0x42], issuer.reference.as_bytes()),
                self.key.object(self.role == Role::Authority),
                tlv(&[0x5F, 0x20], self.reference.as_bytes()),
                tlv(&[0x7F, 0x4C], &template),
                tlv(&[0x5F, 0x25], &effective),
                tlv(&[0x5F, 0x24], &expires),
            ]),
        );
        let signature = tlv(&[0x5F, 0x37], &issuer.key.sign(&body));
        tlv(&[0x7F, 0x21], &join(&[body, signature]))
    }

    /// What a chip stores of an authority.
    #[must_use]
    pub fn trust_point(&self) -> TrustPoint {
        let [effective, expires] = self.days.map(digits);
        TrustPoint {
            reference: self.reference.as_bytes().to_vec(),
            key: self.key.public(),
            authorization: self.role.bits() | self.rights,
            effective,
            expires,
        }
    }
}

/// YYMMDD, a digit in each byte.
#[must_use]
pub fn digits(date: Date) -> CvDate {
    let numbers = [date.year % 100, date.month, date.day];
    let mut out = [0; 6];
    for (pair, number) in out.chunks_mut(2).zip(numbers) {
        for (place, digit) in pair.iter_mut().zip([number / 10, number % 10]) {
            *place = digit.to_le_bytes()[0];
        }
    }
    out
}

/// The contents of the object identifier of the terminals' template, for PACE's announcement of rights (7F4C).
#[must_use]
pub fn announced_rights(rights: u8) -> Vec<u8> {
    tlv(&[0x7F, 0x4C], &join(&[tlv(&[0x06], &oid_content(ID_IS)), tlv(&[0x53], &[rights])]))
}
