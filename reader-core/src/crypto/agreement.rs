//! Key agreement with the long-lived key of a chip, over whichever group that is.

use super::dh;
use super::ec::{EcError, Generator, Point, PrivateKey};
use super::hash::HashAlgorithm;
use super::secret::{Entropy, EntropyError, Secret};

/// A chip's public key for key agreement, checked to be one of its group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AgreementKey {
    /// On an elliptic curve.
    Curve(Point),
    /// Over a prime field.
    Modp(dh::StaticKey),
}

/// What an agreement with a fresh key gave.
#[derive(Debug)]
pub struct Agreement {
    /// The fresh public key as protocols send it: a point `04 ‖ x ‖ y`, or the number in the least number of bytes.
    /// Spec: 9303-11 §9.4.
    pub public: Vec<u8>,
    /// The shared secret: x as long as the field, or the number as long as the prime.
    pub shared: Secret,
}

/// Why there is no agreement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AgreementError {
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// The shared element is the neutral one.
    #[error("the key agreement gave the neutral element")]
    Neutral,
}

impl AgreementKey {
    /// Agrees with a fresh key of one's own, whose private half is wiped at once.
    ///
    /// # Errors
    /// No randomness, or the neutral element as the result.
    pub fn agree(&self, entropy: &mut dyn Entropy) -> Result<Agreement, AgreementError> {
        match self {
            Self::Curve(point) => {
                let own = PrivateKey::generate(&Generator::standard(point.curve()), entropy);
                let agreed = own.and_then(|own| Ok((own.public().encode(), own.agree(point)?)));
                let (public, shared) = agreed.map_err(|error| match error {
                    EcError::Entropy(error) => AgreementError::Entropy(error),
                    _ => AgreementError::Neutral,
                })?;
                Ok(Agreement { public, shared })
            }
            Self::Modp(key) => {
                let (public, shared) = key.agree(entropy)?.ok_or(AgreementError::Neutral)?;
                Ok(Agreement { public, shared })
            }
        }
    }

    /// The compressed form of a public key of this group, which terminal authentication signs: the x coordinate, or SHA-1
    /// of the number. Spec: 9303-11 §7.1; TR-03110-3 §A.2.2.3.
    #[must_use]
    pub fn compressed(&self, public: &[u8]) -> Vec<u8> {
        match self {
            Self::Curve(point) => public.get(1..=point.curve().field_len()).unwrap_or_default().to_vec(),
            Self::Modp(_) => HashAlgorithm::Sha1.digest(public),
        }
    }
}
