//! Unit ISO7816_D.

use std::collections::BTreeSet;

use reader_core::transport::Limits;
use test_vectors::card::{ChipAuthenticationKey, Suite};
use test_vectors::chip::Fault;
use test_vectors::inspection::Seen;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::CurveForm;
use test_vectors::num::{CurveName, Group, Modp};

use super::case;
use crate::inspected::Setup;

const CURVE: Group = Group::Curve(CurveName::BrainpoolP256r1);
const NUMBERS: Group = Group::Modp(Modp::Of2048And256);

fn key(group: Group, suite: Suite, key_id: Option<u8>) -> ChipAuthenticationKey {
    ChipAuthenticationKey {
        group,
        private: group.private_from_seed(&format!("inspection {key_id:?}")),
        key_id,
        suite,
    }
}

/// The usual card with these keys; what DG14 says of them may be another thing.
fn with(held: Vec<ChipAuthenticationKey>, stated: &[ChipAuthenticationKey]) -> Setup {
    let infos = stated.iter().flat_map(|key| {
        [security_infos::chip_authentication(key), security_infos::chip_public_key(key, CurveForm::Explicit)]
    });
    with_infos(held, infos.collect())
}

/// DG14 with these entries about chip authentication, beside those of EF.CardAccess.
fn with_infos(held: Vec<ChipAuthenticationKey>, own: Vec<Vec<u8>>) -> Setup {
    let mut setup = Setup::of("good");
    setup.limits = Limits::EXTENDED;
    setup.card.extended_length = true;
    setup.card.chip_authentication = held;
    let pace: Vec<Vec<u8>> =
        setup.card.access.pace.iter().map(|offer| security_infos::pace(*offer)).collect();
    let active = security_infos::active_authentication(setup.card.active_authentication.as_ref().unwrap());
    let all: Vec<Vec<u8>> = pace.iter().cloned().chain(own).chain(active).collect();
    let setup = setup.with_file(reader_core::lds::FileId::CARD_ACCESS, security_infos::ef_card_access(&pace));
    setup.with_group(14, security_infos::dg14(&all))
}

/// The numbered keys are all on the chip and in DG14.
fn sound(keys: &[ChipAuthenticationKey]) -> Setup {
    with(keys.to_vec(), keys)
}

/// The signed DG14 has another byte at so many parts of a thousand of the key's entry.
fn damaged(group: Group, place_per_mille: usize) -> Setup {
    let key = key(group, Suite::Aes128, None);
    let mut entry = security_infos::chip_public_key(&key, CurveForm::Explicit);
    let at = entry.len() * place_per_mille / 1000;
    entry[at] ^= 0x20;
    with_infos(vec![key.clone()], vec![security_infos::chip_authentication(&key), entry])
}

/// Two readings with different randomness share no key of the terminal.
fn fresh_keys() -> Setup {
    let setup = Setup::of("good");
    // The chip's own key stays, so that another agreed secret shows another key of the terminal.
    let keys = |seed| -> BTreeSet<Vec<u8>> {
        let known = setup.secrets(seed).into_iter();
        known.filter(|one| one.what == "shared secret of chip authentication").map(|one| one.bytes).collect()
    };
    assert_eq!(keys(1).len(), 1);
    assert!(keys(1).is_disjoint(&keys(2)));
    setup
}

pub fn cases() -> Vec<Seen> {
    let numbered = |id| key(CURVE, Suite::Aes128, Some(id));
    let one = key(CURVE, Suite::Aes128, None);
    let apart = {
        let (info, held) = (numbered(1), numbered(2));
        let entries = vec![
            security_infos::chip_authentication(&info),
            security_infos::chip_public_key(&held, CurveForm::Explicit),
        ];
        with_infos(vec![info, held], entries)
    };
    // Two keys over the same numbers are told apart by their identifiers alone.
    let unknown = with(vec![numbered(5), numbered(6)], &[numbered(9), numbered(10)]);
    let refused = |sw| sound(std::slice::from_ref(&one)).with_fault(Fault::CaRefused(sw));
    vec![
        case("ISO7816_D_01", [Setup::of("good-ca-dh")]),
        case("ISO7816_D_02", [Setup::of("good"), Setup::of("good-nist")]),
        case("ISO7816_D_03", [sound(&[numbered(3)])]),
        case("ISO7816_D_04", [sound(&[numbered(1), numbered(2)])]),
        case("ISO7816_D_05", [sound(&[numbered(1), numbered(2), key(NUMBERS, Suite::Aes256, Some(3))])]),
        case("ISO7816_D_06", [unknown]),
        // The public value stands last in the entry.
        case("ISO7816_D_07", [damaged(NUMBERS, 960)]),
        case("ISO7816_D_08", [damaged(CURVE, 960)]),
        case("ISO7816_D_09", [Setup::of("good").with_fault(Fault::CaKeepsOldKeys)]),
        case("ISO7816_D_10", [fresh_keys()]),
        // The prime of the field stands in front.
        case("ISO7816_D_11", [damaged(NUMBERS, 200)]),
        case("ISO7816_D_12", [damaged(CURVE, 200)]),
        case("ISO7816_D_13", [apart]),
        case("ISO7816_D_14", [sound(&[key(NUMBERS, Suite::Aes128, None)])]),
        case("ISO7816_D_15", [0x6A80, 0x6A88, 0x6A86, 0x6982, 0x6985].map(refused)),
    ]
}
