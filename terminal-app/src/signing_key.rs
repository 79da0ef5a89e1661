//! Keys by which a terminal signs what it hands on or keeps: P-256, in a PKCS#8 file or in a token.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_core::crypto::curve::Curve;
use reader_core::crypto::hash::HashAlgorithm;
use reader_core::crypto::secret::Entropy as _;
use reader_core::crypto::signature::{EcdsaEncoding, PublicKey, SignatureCheck, SignatureScheme};
use reader_core::cvc::TerminalKey;
use reader_core::key::{private_key, public_key};
use reader_core::pki::Fingerprint;
use reader_core::wire::der::{BIT_STRING, INTEGER, SEQUENCE};
use reader_core::wire::tlv;
use zeroize::Zeroizing;

use crate::entropy::SystemEntropy;
use crate::failure::{ErrorCode, Failure};
use crate::private_file;
use crate::terminal_key::{KeyPlace, TerminalSettings};

/// `ecPublicKey` on `secp256r1`. Spec: RFC 5480 §2.1.
const ALGORITHM: &[u8] = &[
    0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03,
    0x01, 0x07,
];
/// PrivateKeyInfo around 32 bytes of a P-256 key. Spec: RFC 5208 §5, RFC 5915 §3.
const PKCS8_HEAD: [u8; 35] = [
    0x30, 0x41, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06,
    0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07, 0x04, 0x27, 0x30, 0x25, 0x02, 0x01, 0x01, 0x04,
    0x20,
];

/// A key that signs snapshots of the trust store, or the audit log.
pub struct SigningKey {
    key: Arc<dyn TerminalKey>,
    spki: Vec<u8>,
}

impl SigningKey {
    /// Opens the key of `reference`: a PKCS#8 file (PEM or DER, without a password) or `pkcs11:…`.
    ///
    /// # Errors
    /// It cannot be read, or is no P-256 key.
    pub fn open(reference: &str) -> Result<Self, Failure> {
        let place = KeyPlace::parse(reference)
            .map_err(|error| Failure::new(ErrorCode::Usage, format!("--key: {error}")))?;
        let key = TerminalSettings::new(Vec::new(), place).open_key()?;
        let spki = spki_of(&key.public_key()).ok_or_else(|| {
            let what =
                format!("the key {reference} is {}, and P-256 is what signs here", key.public_key().name());
            Failure::new(ErrorCode::CannotRead, what).with_remedy("Make one: idterm trust key new FILE")
        })?;
        Ok(Self { key, spki })
    }

    /// Its public key, as a SubjectPublicKeyInfo.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.spki
    }

    /// By what others pin it: SHA-256 of [`Self::spki`].
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&self.spki)
    }

    /// A signature, DER.
    ///
    /// # Errors
    /// The token does not sign, or there is no randomness.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Failure> {
        let scheme = SignatureScheme::Ecdsa { hash: HashAlgorithm::Sha256, encoding: EcdsaEncoding::Plain };
        let plain = self
            .key
            .sign(scheme, message, &mut SystemEntropy)
            .map_err(|error| Failure::new(ErrorCode::CannotRead, format!("the signing key: {}", error.0)))?;
        let (r, s) = plain.split_at(plain.len() / 2);
        Ok(tlv::encode(SEQUENCE, &[integer(r), integer(s)].concat()))
    }
}

/// Makes a new key and writes it to `path`, readable by its owner alone; gives its fingerprint.
///
/// # Errors
/// The file exists already or cannot be written, or there is no randomness.
pub fn make(path: &Path) -> Result<Fingerprint, Failure> {
    let no_randomness = || Failure::new(ErrorCode::NoRandomness, "no random numbers for a key");
    let mut pkcs8 = Zeroizing::new([0; PKCS8_HEAD.len() + 32]);
    if let Some(head) = pkcs8.get_mut(..PKCS8_HEAD.len()) {
        head.copy_from_slice(&PKCS8_HEAD);
    }
    // One number in 2^32 is out of range; a generator that gives nothing else is broken.
    for _ in 0..4 {
        let scalar = pkcs8.get_mut(PKCS8_HEAD.len()..).unwrap_or_default();
        SystemEntropy.fill(scalar).map_err(|_| no_randomness())?;
        if private_key(&pkcs8[..]).is_ok() {
            break;
        }
    }
    let key = private_key(&pkcs8[..]).map_err(|_| no_randomness())?;
    let spki = spki_of(&key.public()).ok_or_else(no_randomness)?;
    write_new(path, &pem("PRIVATE KEY", &pkcs8[..]))?;
    Ok(Fingerprint::of(&spki))
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    private_file::create(path, bytes).map_err(|error| {
        Failure::new(ErrorCode::CannotWrite, format!("{} cannot be written: {error}", path.display()))
            .with_remedy("Name a file that does not exist yet, in a folder that you may write.")
    })
}

/// Checks a signature under the key in these bytes. `None`: the key is none of P-256 in its one form.
#[must_use]
pub fn holds(spki: &[u8], message: &[u8], signature: &[u8]) -> Option<bool> {
    let key = public_key(spki).ok()?;
    if spki_of(&key).as_deref() != Some(spki) {
        return None;
    }
    let scheme = SignatureScheme::Ecdsa { hash: HashAlgorithm::Sha256, encoding: EcdsaEncoding::Der };
    reader_core::crypto::signature::verify(&key, scheme, message, signature)
        .ok()
        .map(SignatureCheck::is_valid)
}

/// A P-256 key in the one form in which its fingerprint is taken: named curve, uncompressed point.
fn spki_of(key: &PublicKey) -> Option<Vec<u8>> {
    let PublicKey::Ec(point) = key else { return None };
    if point.curve() != Curve::P256 {
        return None;
    }
    let bits = tlv::encode(BIT_STRING, &[&[0], point.encode().as_slice()].concat());
    Some(tlv::encode(SEQUENCE, &[tlv::encode(SEQUENCE, ALGORITHM), bits].concat()))
}

fn integer(number: &[u8]) -> Vec<u8> {
    let start = number.iter().position(|byte| *byte != 0).unwrap_or(number.len().saturating_sub(1));
    let shortest = number.get(start..).unwrap_or_default();
    let sign: &[u8] = if shortest.first().is_none_or(|first| *first >= 0x80) { &[0] } else { &[] };
    tlv::encode(INTEGER, &[sign, shortest].concat())
}

/// A PEM text with one object; wiped when dropped.
fn pem(label: &str, der: &[u8]) -> Zeroizing<Vec<u8>> {
    let digits = Zeroizing::new(STANDARD.encode(der));
    let mut text = Zeroizing::new(Vec::with_capacity(2 * digits.len() + 128));
    text.extend_from_slice(format!("-----BEGIN {label}-----\n").as_bytes());
    for line in digits.as_bytes().chunks(64) {
        text.extend_from_slice(line);
        text.push(b'\n');
    }
    text.extend_from_slice(format!("-----END {label}-----\n").as_bytes());
    text
}
