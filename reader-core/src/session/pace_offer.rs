//! Which of the variants of PACE that a chip offers is taken. Spec: 9303-11 §4.4.4, §9.2.1, §9.5.1.

use crate::crypto::kdf::CipherSuite;
use crate::key;
use crate::lds::security_infos::{KeyAgreement, Mapping, PaceInfo, SecurityInfos};
use crate::transport::Limits;

use super::cipher_suite;
use super::pace_group::PaceGroup;

/// Strength up to which nothing comes before more of it: what triple DES and DH with 2048 bits are worth.
const SUFFICIENT_BITS: usize = 112;
/// Numbers of standardized domain parameters end here; larger ones name explicit ones. Spec: 9303-11 §9.5.1.
const LAST_STANDARDIZED_ID: u32 = 31;
/// Templates and their lengths around a public key in GENERAL AUTHENTICATE.
const KEY_OVERHEAD_BYTES: usize = 8;
/// Command data that a short command carries.
const SHORT_DATA_BYTES: usize = 255;

/// One variant that a chip offers and this program knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceOffer {
    /// Content bytes of the protocol's object identifier.
    pub(super) oid: Vec<u8>,
    pub(super) mapping: Mapping,
    pub(super) suite: CipherSuite,
    pub(super) group: PaceGroup,
    pub(super) parameter_id: Option<u32>,
    /// Several domain parameters are offered, so the chip must be told which.
    pub(super) ambiguous: bool,
}

/// Why no offer of a chip can be taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoOffer {
    /// None of a protocol that is known here.
    #[error("the chip offers no variant of PACE that is known here")]
    None,
    /// The protocol is known, its domain parameters are not.
    #[error("the domain parameters that the chip offers for PACE are not taken: {0}")]
    Parameters(String),
    /// All that is known here has keys of 2048 bits, which this reader does not carry.
    #[error("the keys that the chip offers for PACE need extended lengths, which this reader does not carry")]
    Reader,
}

impl PaceOffer {
    /// The soundest offer that is known here and fits the reader; the first of equals.
    ///
    /// What the reader cannot carry (keys of 2048 bits without extended lengths) is not taken: a step of PACE cannot go in
    /// a chain of short commands, since its class bit for chaining says already that another step follows (9303-11
    /// §4.4.4.2), so that a chip takes a part for the whole. Of the rest,
    /// what the weaker of cipher and group is worth counts first, up to 112 bits. Among offers of that strength, the chip
    /// authentication mapping comes before everything: it lets the chip prove itself at once, and a chip may have no
    /// other proof, whereas any of them keeps the conversation private. Then greater strength, then the stronger cipher;
    /// then curves before prime fields (shorter messages), and the generic mapping before the integrated one (more
    /// chips have it, so it is the better tried).
    ///
    /// # Errors
    /// Nothing is offered that is known here, and why.
    pub fn choose(infos: &SecurityInfos, reader: Limits) -> Result<Self, NoOffer> {
        let first = infos.pace().next().ok_or(NoOffer::None)?.parameter_id;
        // Spec: 9303-11 §4.4.4.1: tag 84 where more than one set of domain parameters is available for PACE.
        let ambiguous = infos.pace().any(|info| info.parameter_id != first);
        let mut best: Option<Self> = None;
        let mut problem = NoOffer::None;
        for info in infos.pace() {
            match Self::from_info(infos, info, ambiguous) {
                Ok(offer) if offer.needs_extended_length() && !reader.extended => problem = NoOffer::Reader,
                Ok(offer) if best.as_ref().is_none_or(|best| offer.rank() > best.rank()) => {
                    best = Some(offer);
                }
                Ok(_) | Err(NoOffer::None) => {}
                Err(refused) if problem == NoOffer::None => problem = refused,
                Err(_) => {}
            }
        }
        best.ok_or(problem)
    }

    fn from_info(infos: &SecurityInfos, info: PaceInfo, ambiguous: bool) -> Result<Self, NoOffer> {
        let family = info.protocol.family;
        let oid = info.protocol.oid_content().filter(|_| info.version == 2).ok_or(NoOffer::None)?;
        let group = match info.parameter_id {
            Some(id @ 0..=LAST_STANDARDIZED_ID) => {
                let id = u8::try_from(id).map_err(|_| NoOffer::None)?;
                PaceGroup::from_standardized_id(family.agreement, id).ok_or(NoOffer::None)?
            }
            _ => explicit_group(infos, info)?,
        };
        if !group.maps(family.mapping) {
            return Err(NoOffer::None);
        }
        let (mapping, suite) = (family.mapping, cipher_suite(info.protocol.suite));
        Ok(Self { oid, mapping, suite, group, parameter_id: info.parameter_id, ambiguous })
    }

    fn rank(&self) -> (usize, bool, usize, usize, bool, bool) {
        let cipher_bits = match self.suite {
            CipherSuite::TripleDes => 112,
            CipherSuite::Aes128 => 128,
            CipherSuite::Aes192 => 192,
            CipherSuite::Aes256 => 256,
        };
        let curve = matches!(self.group, PaceGroup::Curve(_));
        let weakest_bits = self.group.strength_bits().min(cipher_bits);
        let proves_chip = self.mapping == Mapping::ChipAuthentication;
        (
            weakest_bits.min(SUFFICIENT_BITS),
            proves_chip,
            weakest_bits,
            cipher_bits,
            curve,
            self.mapping == Mapping::Generic,
        )
    }

    /// Whether its public keys do not fit short commands. Spec: 9303-11 §9.3.1.2.
    #[must_use]
    pub const fn needs_extended_length(&self) -> bool {
        self.group.public_key_bytes() + KEY_OVERHEAD_BYTES > SHORT_DATA_BYTES
    }

    /// The cipher of the channel.
    #[must_use]
    pub const fn suite(&self) -> CipherSuite {
        self.suite
    }

    /// The group of the key agreement.
    #[must_use]
    pub const fn group(&self) -> PaceGroup {
        self.group
    }

    /// How the nonce becomes a generator.
    #[must_use]
    pub const fn mapping(&self) -> Mapping {
        self.mapping
    }

    /// In which kind of group.
    #[must_use]
    pub const fn agreement(&self) -> KeyAgreement {
        match self.group {
            PaceGroup::Curve(_) => KeyAgreement::Ecdh,
            PaceGroup::Modp(_) => KeyAgreement::Dh,
        }
    }
}

/// The known group that explicit domain parameters spell out. Those of anyone's own making are refused: whoever chooses
/// the group may have chosen a weak one. Spec: 9303-11 §9.2.2.
fn explicit_group(infos: &SecurityInfos, info: PaceInfo) -> Result<PaceGroup, NoOffer> {
    let refused = |why: String| NoOffer::Parameters(why);
    let mut named = infos
        .pace_domain_parameters()
        .filter(|parameters| parameters.parameter_id == info.parameter_id)
        .filter(|parameters| parameters.family.agreement == info.protocol.family.agreement);
    let parameters = named.next().ok_or_else(|| refused("they are named and not given".to_owned()))?;
    if named.next().is_some() {
        return Err(refused("two sets have the same number".to_owned()));
    }
    let group = match info.protocol.family.agreement {
        KeyAgreement::Ecdh => key::domain_curve(&parameters.domain_parameter).map(PaceGroup::Curve),
        KeyAgreement::Dh => key::domain_prime_field(&parameters.domain_parameter).map(PaceGroup::Modp),
    };
    group.map_err(|error| refused(error.to_string()))
}
