//! The key of an outbox: payloads are encrypted and bound to their entry (XChaCha20-Poly1305).
//!
//! Whoever copies the disk without the key learns which recipients were told and when, and nothing of a person; whoever
//! alters a payload, or puts one in the place of another, gets it refused when it is opened.

use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use reader_core::crypto::secret::Entropy as _;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::OutboxError;
use crate::capture_folder::hex;
use crate::connectors::{PasswordSource, Secret};
use crate::entropy::SystemEntropy;
use crate::private_file;

/// Name of the key file that is made where nothing else is set.
pub(super) const KEY_FILE: &str = "outbox.key";
/// Characters of a secret below which it could be guessed.
const LEAST_CHARS: usize = 32;
const NONCE_BYTES: usize = 24;

/// Closes and opens payloads.
pub(super) struct Seal(XChaCha20Poly1305);

impl Seal {
    /// The key that a secret text stands for.
    pub fn of(secret: &Secret) -> Result<Self, OutboxError> {
        let text = secret.expose();
        if text.chars().count() < LEAST_CHARS {
            return Err(OutboxError::NoKey(format!(
                "the secret of the outbox has fewer than {LEAST_CHARS} characters; make one with `openssl rand -hex 32`"
            )));
        }
        let key = Zeroizing::new(<[u8; 32]>::from(
            Sha256::new().chain_update(b"idterm outbox key 1").chain_update(text.as_bytes()).finalize(),
        ));
        Ok(Self(XChaCha20Poly1305::new((&*key).into())))
    }

    /// The key of an outbox in `folder`: from `source`, else from the file beside it, which is made only as long as nothing was
    /// closed with it: a lost key is never replaced in silence. One process at a time.
    pub fn open(folder: &Path, source: Option<&PasswordSource>, in_use: bool) -> Result<Self, OutboxError> {
        if let Some(source) = source {
            return Self::of(&source.fetch().map_err(OutboxError::NoKey)?);
        }
        let path = folder.join(KEY_FILE);
        if !in_use && !path.exists() {
            make_key_file(&path)?;
        }
        Self::of(&PasswordSource::File(path).fetch().map_err(|why| {
            OutboxError::NoKey(format!(
                "{why}; restore it, for nobody can open what lies in the outbox without it"
            ))
        })?)
    }

    /// The payload, closed: nonce, then ciphertext and tag. `about` is bound to it and not kept in it.
    pub fn close(&self, plain: &[u8], about: &str) -> Result<Vec<u8>, OutboxError> {
        let mut nonce = [0; NONCE_BYTES];
        SystemEntropy.fill(&mut nonce).map_err(|_| OutboxError::NoRandomness)?;
        let payload = Payload { msg: plain, aad: about.as_bytes() };
        let closed = self.0.encrypt(&XNonce::from(nonce), payload);
        // Refused are only lengths far beyond what an outbox takes.
        let closed = closed.map_err(|_| OutboxError::TooLarge { bytes: plain.len() })?;
        Ok([nonce.as_slice(), &closed].concat())
    }

    /// What was closed about the same; `None` where it was altered, belongs elsewhere, or has another key.
    pub fn open_payload(&self, sealed: &[u8], about: &str) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, closed) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        let payload = Payload { msg: closed, aad: about.as_bytes() };
        self.0.decrypt(&XNonce::from(*nonce), payload).ok().map(Zeroizing::new)
    }
}

/// A new random key: whole, or not there.
fn make_key_file(path: &Path) -> Result<(), OutboxError> {
    let mut key = Zeroizing::new([0; 32]);
    SystemEntropy.fill(&mut *key).map_err(|_| OutboxError::NoRandomness)?;
    let text = Zeroizing::new(hex(&key[..]) + "\n");
    private_file::replace(path, &path.with_extension("part"), text.as_bytes())
        .map_err(|error| OutboxError::of_io(path, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seal(text: &str) -> Seal {
        Seal::of(&Secret::new(text.to_owned())).unwrap_or_else(|_| panic!("a key"))
    }

    #[test]
    fn a_payload_opens_with_its_key_at_its_place_and_unaltered() {
        let ours = seal("0123456789abcdef0123456789abcdef");
        let sealed = ours.close(b"NGUYEN", "entry 1").unwrap_or_default();
        assert_eq!(ours.open_payload(&sealed, "entry 1").as_deref().map(Vec::as_slice), Some(&b"NGUYEN"[..]));
        assert!(!sealed.windows(6).any(|part| part == b"NGUYEN"));
        assert!(ours.open_payload(&sealed, "entry 2").is_none());
        assert!(seal("0123456789abcdef0123456789abcdeF").open_payload(&sealed, "entry 1").is_none());
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(ours.open_payload(&altered, "entry 1").is_none(), "byte {at}");
            assert!(ours.open_payload(&sealed[..at], "entry 1").is_none(), "cut at {at}");
        }
        assert_ne!(
            ours.close(b"NGUYEN", "entry 1").unwrap_or_default(),
            sealed,
            "a nonce of its own each time"
        );
    }

    #[test]
    fn a_secret_that_could_be_guessed_is_none() {
        let short = Seal::of(&Secret::new("a password of 31 characters, no".to_owned()));
        assert!(short.is_err_and(|error| error.to_string().contains("openssl rand")));
    }
}
