//! The private key of this terminal, wherever it is kept.

use crate::crypto::secret::Entropy;
use crate::crypto::signature::{PublicKey, SignatureScheme};
use crate::crypto::signing::SigningKey;

/// The key could not be used: what, and what to do about it. Never holds a secret.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KeyFailure(pub String);

/// Signs as a terminal. A key in memory, or one that a token never gives out.
pub trait TerminalKey: Send + Sync {
    /// The public key: it tells which certificate is this terminal's.
    fn public_key(&self) -> PublicKey;

    /// Signs `message`; ECDSA signatures are plain (r ‖ s). `entropy` is for keys that draw nonces themselves.
    ///
    /// # Errors
    /// The key cannot be used for this algorithm, or cannot be reached.
    fn sign(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, KeyFailure>;
}

impl TerminalKey for SigningKey {
    fn public_key(&self) -> PublicKey {
        self.public()
    }

    fn sign(
        &self,
        scheme: SignatureScheme,
        message: &[u8],
        entropy: &mut dyn Entropy,
    ) -> Result<Vec<u8>, KeyFailure> {
        Self::sign(self, scheme, message, entropy).map_err(|error| KeyFailure(error.to_string()))
    }
}
