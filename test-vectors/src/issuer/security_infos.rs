//! SecurityInfos: EF.CardAccess, DG14, and the public key of DG15. Spec: 9303-11 §9.2.

use super::der_out::{integer, oid, sequence, set_of, tlv};
use super::signer::{CurveForm, DhForm, dh_public_key_info, ec_public_key_info, rsa_public_key_info};
use crate::card::{ActiveAuthenticationKey, ChipAuthenticationKey, Hash, PaceOffer, Suite};
use crate::num::{self, Element, Group};

const TERMINAL_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.2";
const CHIP_PUBLIC_KEY: &str = "0.4.0.127.0.7.2.2.1";
const CHIP_AUTHENTICATION: &str = "0.4.0.127.0.7.2.2.3";
const PACE: &str = "0.4.0.127.0.7.2.2.4";
const ACTIVE_AUTHENTICATION: &str = "2.23.136.1.1.5";
const ECDSA_PLAIN: &str = "0.4.0.127.0.7.1.1.4.1";

fn suite_arc(suite: Suite) -> u8 {
    match suite {
        Suite::TripleDes => 1,
        Suite::Aes128 => 2,
        Suite::Aes192 => 3,
        Suite::Aes256 => 4,
    }
}

/// TerminalAuthenticationInfo, version 1.
#[must_use]
pub fn terminal_authentication() -> Vec<u8> {
    sequence(&[oid(TERMINAL_AUTHENTICATION), integer(1)])
}

/// PACEInfo, version 2.
#[must_use]
pub fn pace(offer: PaceOffer) -> Vec<u8> {
    let protocol = oid(&format!("{PACE}.{}.{}", offer.protocol_component(), suite_arc(offer.suite)));
    sequence(&[protocol, integer(2), integer(u64::from(offer.parameter_id))])
}

/// The component that names the key agreement: DH or ECDH.
fn agreement_arc(group: Group) -> u8 {
    match group {
        Group::Modp(_) => 1,
        Group::Curve(_) => 2,
    }
}

/// ChipAuthenticationInfo, version 1.
#[must_use]
pub fn chip_authentication(key: &ChipAuthenticationKey) -> Vec<u8> {
    let protocol =
        oid(&format!("{CHIP_AUTHENTICATION}.{}.{}", agreement_arc(key.group), suite_arc(key.suite)));
    sequence(&[protocol, integer(1), key_identifier(key)])
}

fn key_identifier(key: &ChipAuthenticationKey) -> Vec<u8> {
    key.key_id.map_or_else(Vec::new, |identifier| integer(u64::from(identifier)))
}

/// ChipAuthenticationPublicKeyInfo. A key over a prime field is written as X9.42 has it, or by its standardized number.
#[must_use]
pub fn chip_public_key(key: &ChipAuthenticationKey, form: CurveForm) -> Vec<u8> {
    let dh_form = match form {
        CurveForm::Standardized => DhForm::Standardized,
        CurveForm::Named | CurveForm::Explicit => DhForm::X942,
    };
    let info = match (key.group, key.group.public_key(&key.private)) {
        (Group::Curve(curve), Element::Point(point)) => ec_public_key_info(curve, form, &point),
        (Group::Modp(group), Element::Number(number)) => dh_public_key_info(group, dh_form, &number),
        _ => Vec::new(),
    };
    chip_public_key_info(key, &info)
}

/// ChipAuthenticationPublicKeyInfo around a finished SubjectPublicKeyInfo.
#[must_use]
pub fn chip_public_key_info(key: &ChipAuthenticationKey, subject_public_key_info: &[u8]) -> Vec<u8> {
    let protocol = oid(&format!("{CHIP_PUBLIC_KEY}.{}", agreement_arc(key.group)));
    sequence(&[protocol, subject_public_key_info.to_vec(), key_identifier(key)])
}

/// ActiveAuthenticationInfo: only an ECDSA key has one. Spec: 9303-11 §9.2.4.
#[must_use]
pub fn active_authentication(key: &ActiveAuthenticationKey) -> Option<Vec<u8>> {
    let hash = match key {
        ActiveAuthenticationKey::Rsa { .. } => return None,
        ActiveAuthenticationKey::Ecdsa { hash, .. } => *hash,
    };
    let arc = match hash {
        Hash::Sha1 => 1,
        Hash::Sha224 => 2,
        Hash::Sha256 => 3,
        Hash::Sha384 => 4,
        Hash::Sha512 => 5,
    };
    let algorithm = oid(&format!("{ECDSA_PLAIN}.{arc}"));
    Some(sequence(&[oid(ACTIVE_AUTHENTICATION), integer(1), algorithm]))
}

/// EF.CardAccess: a SET of finished infos without a tag of its own.
#[must_use]
pub fn ef_card_access(infos: &[Vec<u8>]) -> Vec<u8> {
    set_of(infos)
}

/// DG14.
#[must_use]
pub fn dg14(infos: &[Vec<u8>]) -> Vec<u8> {
    tlv(&[0x6E], &set_of(infos))
}

/// DG15: the public key of Active Authentication, an elliptic curve named.
#[must_use]
pub fn dg15(key: &ActiveAuthenticationKey) -> Vec<u8> {
    let info = match key {
        ActiveAuthenticationKey::Rsa { modulus, .. } => rsa_public_key_info(modulus, &[1, 0, 1]),
        ActiveAuthenticationKey::Ecdsa { curve, private, .. } => {
            ec_public_key_info(*curve, CurveForm::Named, &num::public_key(*curve, private))
        }
    };
    tlv(&[0x6F], &info)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The constant that Vietnamese cards are reported to hold.
    #[test]
    fn the_known_card_access_comes_out() {
        let key = ChipAuthenticationKey {
            group: Group::Curve(num::CurveName::BrainpoolP256r1),
            private: vec![1],
            key_id: None,
            suite: Suite::Aes128,
        };
        let offer = PaceOffer::generic(Suite::Aes128, 13);
        let file = ef_card_access(&[terminal_authentication(), chip_authentication(&key), pace(offer)]);
        let hex: String = file.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(
            hex,
            "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
        );
    }
}
