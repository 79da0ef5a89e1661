//! A key in a file: for tests, and for small sites that have no token.

use std::io::Read as _;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_core::crypto::signing::SigningKey;
use reader_core::key::private_key;
use zeroize::Zeroizing;

use crate::failure::{ErrorCode, Failure};

/// Largest key file: RSA of 4096 bits takes a third of it.
const MAX_KEY_BYTES: u16 = 8 << 10;

/// The key in a PKCS#8 file, DER or PEM, not encrypted. Its bytes are wiped.
pub(super) fn open(path: &Path) -> Result<SigningKey, Failure> {
    let failure = |what: String| {
        Failure::new(ErrorCode::CannotRead, format!("the key {}: {what}", path.display())).with_remedy(
            "Name a PKCS#8 file (DER or PEM) without a password, readable by this program only: \
             `openssl pkcs8 -topk8 -nocrypt -outform DER`. A token is safer: pkcs11:token=…;object=…",
        )
    };
    let mut file = std::fs::File::open(path).map_err(|error| failure(error.to_string()))?;
    // Room for all of it: growing would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::from(MAX_KEY_BYTES)));
    (&mut file)
        .take(u64::from(MAX_KEY_BYTES))
        .read_to_end(&mut bytes)
        .map_err(|error| failure(error.to_string()))?;
    let der = if bytes.starts_with(b"-----BEGIN") {
        of_pem(&bytes).map_err(|what| failure(what.to_owned()))?
    } else {
        bytes
    };
    private_key(&der).map_err(|error| failure(error.to_string()))
}

/// The bytes of a PEM text with one private key. Spec: RFC 7468 §10, §11.
fn of_pem(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, &'static str> {
    let text = std::str::from_utf8(text).map_err(|_| "it is no text")?;
    if text.contains("ENCRYPTED") {
        return Err("it is encrypted; take the password away, or keep the key in a token");
    }
    let inner = text
        .split_once("-----BEGIN PRIVATE KEY-----")
        .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"));
    let (inner, _) = inner.ok_or("it holds no PRIVATE KEY (PKCS#8)")?;
    // Room for all of it: growing would leave copies behind.
    let mut digits = Zeroizing::new(Vec::with_capacity(inner.len()));
    digits.extend(inner.bytes().filter(|byte| !byte.is_ascii_whitespace()));
    let mut der = Zeroizing::new(vec![0; digits.len()]);
    let length = STANDARD.decode_slice(&digits[..], &mut der).map_err(|_| "it is no sound base64")?;
    der.truncate(length);
    Ok(der)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pem_holds_what_was_put_in() {
        let sound = b"-----BEGIN PRIVATE KEY-----\nAAEC\r\nAwQ=\n-----END PRIVATE KEY-----\n";
        assert_eq!(of_pem(sound).unwrap().as_slice(), [0, 1, 2, 3, 4]);
        for text in [
            "-----BEGIN PRIVATE KEY-----\n!!\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAEC\n",
            "-----BEGIN EC PRIVATE KEY-----\nAAEC\n-----END EC PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAEC\n-----END ENCRYPTED PRIVATE KEY-----",
        ] {
            assert!(of_pem(text.as_bytes()).is_err(), "{text}");
        }
    }
}
