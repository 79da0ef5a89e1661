//! The counter that makes every protected command and response unique.

use crate::crypto::kdf::CipherSuite;

/// One cipher block, counted up before each command and each response. Spec: 9303-11 §9.8.6.3, §9.8.7.3.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SendSequenceCounter(Vec<u8>);

impl SendSequenceCounter {
    /// All zero: after PACE and chip authentication.
    #[must_use]
    pub fn zero(suite: CipherSuite) -> Self {
        Self(vec![0; suite.block_size()])
    }

    /// The last four bytes of each nonce: after BAC.
    #[must_use]
    pub fn from_nonces(rnd_ic: [u8; 8], rnd_ifd: [u8; 8]) -> Self {
        let ([.., a, b, c, d], [.., e, f, g, h]) = (rnd_ic, rnd_ifd);
        Self(vec![a, b, c, d, e, f, g, h])
    }

    /// A counter in the middle of a session; `None` unless it is one block of `suite`.
    #[must_use]
    pub fn from_bytes(suite: CipherSuite, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == suite.block_size()).then(|| Self(bytes.to_vec()))
    }

    /// Its bytes, big-endian.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The next value; after the last comes zero.
    #[must_use]
    pub fn next(mut self) -> Self {
        for byte in self.0.iter_mut().rev() {
            let (next, carry) = byte.overflowing_add(1);
            *byte = next;
            if !carry {
                break;
            }
        }
        self
    }
}
