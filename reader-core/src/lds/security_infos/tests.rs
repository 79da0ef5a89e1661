use proptest::prelude::*;

use super::*;
use crate::wire::tlv::encode;

const CARD_ACCESS: [u8; 54] = *b"\x31\x34\x30\x0D\x06\x08\x04\x00\x7F\x00\x07\x02\x02\x02\x02\x01\x01\
    \x30\x0F\x06\x0A\x04\x00\x7F\x00\x07\x02\x02\x03\x02\x02\x02\x01\x01\
    \x30\x12\x06\x0A\x04\x00\x7F\x00\x07\x02\x02\x04\x02\x02\x02\x01\x02\x02\x01\x0D";

#[test]
fn reads_the_card_access_of_the_vietnamese_card() {
    let infos = SecurityInfos::parse(&CARD_ACCESS).unwrap();
    let pace = infos.pace().next().unwrap();
    assert_eq!(pace.protocol.family, PaceFamily { mapping: Mapping::Generic, agreement: KeyAgreement::Ecdh });
    assert_eq!((pace.protocol.suite, pace.version, pace.parameter_id), (Suite::Aes128, 2, Some(13)));
    assert_eq!(pace.protocol.oid_content().unwrap(), CARD_ACCESS[38..48]);
    let ca = infos.chip_authentication().next().unwrap();
    assert_eq!((ca.agreement, ca.suite, ca.version, ca.key_id), (KeyAgreement::Ecdh, Suite::Aes128, 1, None));
    assert_eq!(ca.oid_content(), CARD_ACCESS[21..31]);
    assert_eq!(
        infos.terminal_authentication(),
        Some(TerminalAuthenticationInfo { version: 1, authorities_file: None, authorities_short: None })
    );
    assert!(infos.contains(&CARD_ACCESS[34..]) && !infos.contains(&CARD_ACCESS[35..]));
    assert_eq!(infos.trailing_bytes, 0);
}

#[test]
fn one_odd_entry_does_not_hide_the_others() {
    let mut odd = CARD_ACCESS.to_vec();
    *odd.get_mut(31).unwrap() = 0x04; // version of chip authentication as an OCTET STRING
    *odd.get_mut(12).unwrap() = 0x63; // no protocol of that arc
    let infos = SecurityInfos::parse(&odd).unwrap();
    assert!(matches!(infos.entries[0].info, SecurityInfo::Unknown(_)));
    assert!(matches!(infos.entries[1].info, SecurityInfo::Unreadable(_)));
    assert_eq!(infos.pace().count(), 1);
}

#[test]
fn reads_how_active_authentication_signs() {
    let info = |hash: u8| {
        let algorithm =
            [&[0x06, 10, 0x04, 0x00, 0x7F, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01][..], &[hash]].concat();
        let head = [0x06, 6, 0x67, 0x81, 0x08, 0x01, 0x01, 0x05, 0x02, 1, 1];
        let set = encode(0x31, &encode(0x30, &[&head[..], &algorithm].concat()));
        SecurityInfos::parse(&set).unwrap().active_authentication().unwrap().clone()
    };
    assert_eq!(info(3).signature, ActiveSignature::PlainEcdsa(EcdsaHash::Sha256));
    assert_eq!(info(4).signature, ActiveSignature::PlainEcdsa(EcdsaHash::Sha384));
    assert!(matches!(info(6).signature, ActiveSignature::Other(_)));
    assert_eq!(info(1).version, 1);
}

#[test]
fn every_defined_pace_protocol_is_known_and_no_other() {
    for family in 0..=7_u8 {
        for suite in 0..=5_u8 {
            let oid = [&PROTOCOLS_CONTENT[..], &[4, family, suite]].concat();
            let entry = [&encode(0x06, &oid)[..], &[2, 1, 2, 2, 1, 13]].concat();
            let infos = SecurityInfos::parse(&encode(0x31, &encode(0x30, &entry))).unwrap();
            let defined = match family {
                1..=4 => (1..=4).contains(&suite),
                6 => (2..=4).contains(&suite),
                _ => false,
            };
            assert_eq!(infos.pace().count(), usize::from(defined), "{family} {suite}");
            if let Some(pace) = infos.pace().next() {
                assert_eq!(pace.protocol.oid_content(), Some(oid));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(
        bytes in prop::collection::vec(any::<u8>(), 0..120),
        at in 0_usize..54,
        byte in any::<u8>(),
    ) {
        let _ = SecurityInfos::parse(&bytes);
        let mut damaged = CARD_ACCESS.to_vec();
        if let Some(place) = damaged.get_mut(at) { *place = byte; }
        if let Ok(infos) = SecurityInfos::parse(&damaged) {
            // What was read is, byte for byte, what is there.
            let raw: Vec<u8> = infos.entries.iter().flat_map(|entry| entry.raw.clone()).collect();
            prop_assert!(damaged.windows(raw.len().max(1)).any(|window| window == raw) || raw.is_empty());
        }
    }
}

#[test]
fn refuses_what_is_no_set_and_too_many() {
    assert!(SecurityInfos::parse(&CARD_ACCESS[..40]).is_err());
    assert!(SecurityInfos::parse(&[0x30, 0]).is_err());
    let entry = &CARD_ACCESS[2..17];
    let set = encode(0x31, &entry.repeat(MAX_ENTRIES + 1));
    assert!(SecurityInfos::parse(&set).is_err());
}
