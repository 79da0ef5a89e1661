//! Values that must not be seen, and where randomness comes from.

use core::fmt;

use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// Bytes that are wiped when dropped, never printed, and compared in constant time.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes ownership of `bytes`; the vector itself is wiped later, copies made before are the caller's concern.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    /// Copies `bytes`.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Self {
        Self::new(bytes.to_vec())
    }

    /// `len` fresh bytes.
    ///
    /// # Errors
    /// When the source of randomness fails.
    pub fn random(len: usize, entropy: &mut dyn Entropy) -> Result<Self, EntropyError> {
        let mut bytes = Zeroizing::new(vec![0; len]);
        entropy.fill(&mut bytes)?;
        Ok(Self(bytes))
    }

    /// The bytes. Named so that each use stands out when read.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        &self.0
    }

    /// Length in bytes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl PartialEq for Secret {
    /// Constant time in the content; the length is not secret.
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.0.len())
    }
}

/// The source of randomness could not deliver; nothing that needs a fresh secret may go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the source of randomness failed; check the operating system's random device")]
pub struct EntropyError;

/// A source of unpredictable bytes. The caller brings it: the core never asks the operating system itself.
pub trait Entropy {
    /// Fills all of `out`.
    ///
    /// # Errors
    /// When it cannot; `out` must then not be used.
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_only_the_length() {
        assert_eq!(format!("{:?}", Secret::from_slice(b"hidden")), "Secret(6 bytes)");
    }

    #[test]
    fn equality_needs_equal_length_and_content() {
        let one = Secret::from_slice(&[1, 2, 3]);
        assert_eq!(one, Secret::from_slice(&[1, 2, 3]));
        assert_ne!(one, Secret::from_slice(&[1, 2, 4]));
        assert_ne!(one, Secret::from_slice(&[1, 2]));
    }

    #[test]
    fn a_failing_source_yields_no_secret() {
        struct Dead;
        impl Entropy for Dead {
            fn fill(&mut self, _: &mut [u8]) -> Result<(), EntropyError> {
                Err(EntropyError)
            }
        }
        assert!(Secret::random(8, &mut Dead).is_err());
    }
}
