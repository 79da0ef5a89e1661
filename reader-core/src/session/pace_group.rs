//! The group in which PACE agrees on keys: a curve or a prime field, alike for the steps of the protocol.

use crate::capture::AccessFailure;
use crate::crypto::curve::Curve;
use crate::crypto::dh::{self, DhGroup};
use crate::crypto::ec::{self, EcError};
use crate::crypto::kdf::CipherSuite;
use crate::crypto::mapping;
use crate::crypto::secret::{Entropy, Secret};
use crate::lds::security_infos::{KeyAgreement, Mapping};

use super::Cause;

/// Standardized domain parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PaceGroup {
    /// An elliptic curve.
    Curve(Curve),
    /// The multiplicative group of a prime field.
    Modp(DhGroup),
}

/// What makes public keys: a base point or a generator.
pub(super) enum Base {
    Curve(ec::Generator),
    Modp(dh::Generator),
}

/// A public key of either side; checked to be one of the group.
#[derive(PartialEq)]
pub(super) enum PublicKey {
    Curve(ec::Point),
    Modp(dh::Element),
}

/// The terminal's own key for one step.
pub(super) enum OwnKey {
    Curve(ec::PrivateKey),
    Modp(dh::PrivateKey),
}

impl PaceGroup {
    /// The parameters behind a standardized number, for protocols of this kind. Spec: 9303-11 §9.5.1 table 12.
    pub(super) fn from_standardized_id(agreement: KeyAgreement, id: u8) -> Option<Self> {
        match agreement {
            KeyAgreement::Ecdh => Curve::from_standardized_id(id).map(Self::Curve),
            KeyAgreement::Dh => DhGroup::from_standardized_id(id).map(Self::Modp),
        }
    }

    /// Whether this program maps nonces into the group in this way.
    pub(super) fn maps(self, mapping: Mapping) -> bool {
        match (mapping, self) {
            (Mapping::Generic, _) | (Mapping::Integrated, Self::Modp(_)) => true,
            (Mapping::Integrated, Self::Curve(curve)) => ec::Generator::maps_integrated(curve),
            // Spec: 9303-11 §4.4.3.3.3: defined over curves alone.
            (Mapping::ChipAuthentication, group) => matches!(group, Self::Curve(_)),
        }
    }

    /// Symmetric bits that breaking the group is worth. Spec: SP 800-57-1 table 2; half the order for curves.
    pub(super) const fn strength_bits(self) -> usize {
        match self {
            Self::Curve(curve) => curve.field_bits() / 2,
            Self::Modp(DhGroup::Modp1024Q160) => 80,
            Self::Modp(DhGroup::Modp2048Q224 | DhGroup::Modp2048Q256) => 112,
        }
    }

    /// Length of an encoded public key.
    pub(super) const fn public_key_bytes(self) -> usize {
        match self {
            Self::Curve(curve) => 1 + 2 * curve.field_len(),
            Self::Modp(group) => group.modulus_bits() / 8,
        }
    }

    /// Bits of the field's prime, which the pseudo-random function of the integrated mapping must cover.
    const fn modulus_bits(self) -> usize {
        match self {
            Self::Curve(curve) => curve.field_bits(),
            Self::Modp(group) => group.modulus_bits(),
        }
    }

    pub(super) fn standard(self) -> Base {
        match self {
            Self::Curve(curve) => Base::Curve(ec::Generator::standard(curve)),
            Self::Modp(group) => Base::Modp(dh::Generator::standard(group)),
        }
    }

    /// The chip's public key; `what` says why it is none.
    pub(super) fn decode(self, encoded: &[u8], what: &'static str) -> Result<PublicKey, Cause> {
        let key = match self {
            Self::Curve(curve) => ec::Point::decode(curve, encoded).ok().map(PublicKey::Curve),
            Self::Modp(group) => dh::Element::decode(group, encoded).ok().map(PublicKey::Modp),
        };
        key.ok_or_else(|| protocol(what))
    }

    /// Integrated mapping of both nonces. Spec: 9303-11 §4.4.3.3.2.
    pub(super) fn map_integrated(
        self,
        suite: CipherSuite,
        chip_nonce: &Secret,
        terminal_nonce: &[u8],
    ) -> Result<Base, Cause> {
        let random = mapping::pseudo_random(suite, chip_nonce, terminal_nonce, self.modulus_bits())?;
        let mapped = match self {
            Self::Curve(curve) => ec::Generator::map_integrated(curve, &random).ok().map(Base::Curve),
            Self::Modp(group) => dh::Generator::map_integrated(group, &random).ok().map(Base::Modp),
        };
        mapped.ok_or_else(|| protocol(UNMAPPED))
    }
}

impl PublicKey {
    pub(super) fn encode(&self) -> Vec<u8> {
        match self {
            Self::Curve(point) => point.encode(),
            Self::Modp(element) => element.encode(),
        }
    }

    /// Its tag in a public key data object. Spec: 9303-11 §9.4.3, §9.4.4.
    pub(super) const fn tag(&self) -> u32 {
        match self {
            Self::Curve(_) => 0x86,
            Self::Modp(_) => 0x84,
        }
    }
}

impl OwnKey {
    pub(super) fn generate(base: &Base, entropy: &mut dyn Entropy) -> Result<Self, Cause> {
        match base {
            Base::Curve(base) => {
                let key = ec::PrivateKey::generate(base, entropy);
                key.map(Self::Curve).map_err(|error| match error {
                    EcError::Entropy(error) => Cause::Entropy(error),
                    _ => OWN_FAULT,
                })
            }
            Base::Modp(base) => {
                let key = dh::PrivateKey::generate(base, entropy);
                key.map(Self::Modp).map_err(|error| match error {
                    dh::DhError::Entropy(error) => Cause::Entropy(error),
                    _ => OWN_FAULT,
                })
            }
        }
    }

    pub(super) fn public(&self) -> PublicKey {
        match self {
            Self::Curve(key) => PublicKey::Curve(key.public().clone()),
            Self::Modp(key) => PublicKey::Modp(key.public().clone()),
        }
    }

    /// The shared secret of the key agreement.
    pub(super) fn agree(&self, chip: &PublicKey) -> Result<Secret, Cause> {
        let shared = match (self, chip) {
            (Self::Curve(key), PublicKey::Curve(chip)) => key.agree(chip).ok(),
            (Self::Modp(key), PublicKey::Modp(chip)) => key.agree(chip).ok(),
            _ => None,
        };
        shared.ok_or_else(|| protocol("the key agreement gave the neutral element"))
    }

    /// Generic mapping with the chip's mapping key. Spec: 9303-11 §4.4.3.3.1.
    pub(super) fn map_generic(&self, nonce: &Secret, chip: &PublicKey) -> Result<Base, Cause> {
        let mapped = match (self, chip) {
            (Self::Curve(key), PublicKey::Curve(chip)) => {
                let shared = key.agree_point(chip);
                shared.and_then(|shared| ec::Generator::map_generic(nonce, &shared)).ok().map(Base::Curve)
            }
            (Self::Modp(key), PublicKey::Modp(chip)) => {
                let shared = key.agree_element(chip);
                shared.and_then(|shared| dh::Generator::map_generic(nonce, &shared)).ok().map(Base::Modp)
            }
            _ => None,
        };
        mapped.ok_or_else(|| protocol(UNMAPPED))
    }
}

const UNMAPPED: &str = "the mapped generator is the neutral element or the standard one";
/// Making an own key fails only for want of randomness.
const OWN_FAULT: Cause = Cause::Protocol("an own key could not be made");

const fn protocol(what: &'static str) -> Cause {
    Cause::Access(AccessFailure::Protocol(what))
}
