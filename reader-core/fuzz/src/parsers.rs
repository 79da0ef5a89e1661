//! One function per parser. None may panic, hang or grow without bound; where a shape can be written again, writing
//! and reading must agree.

use reader_core::lds::{com, security_infos, sod};
use reader_core::wire::apdu::{Command, LengthForm, Response};
use reader_core::wire::tlv::{self, Reader, Rules};

/// A parser under test: it takes any bytes and panics only where an agreement is broken.
pub type Parser = fn(&[u8]);

/// Every target, by the name of its binary and of its folder of seeds.
pub const ALL: &[(&str, Parser)] = &[
    ("apdu_response", apdu_response),
    ("com", com_file),
    ("der", der),
    ("security_infos", security_infos_file),
    ("sod", sod_file),
    ("tlv", tlv_objects),
];

/// Nested data objects, in both rule sets.
pub fn tlv_objects(bytes: &[u8]) {
    for rules in [Rules::Ber, Rules::Der] {
        // A list instead of recursion, and a budget: the depth is the attacker's to choose.
        let mut open = vec![Reader::new("fuzzed", rules, bytes)];
        let mut budget = 10_000_u32;
        while let Some(mut reader) = open.pop() {
            while let Ok(object) = reader.any() {
                budget = budget.saturating_sub(1);
                if budget == 0 {
                    return;
                }
                let end = object.offset + object.raw.len();
                assert_eq!(bytes.get(object.offset..end), Some(object.raw), "an offset that lies");
                assert!(object.raw.ends_with(object.value));
                let again = tlv::encode(object.tag, object.value);
                // DER has one form; the shortest form is never longer than the one that was read.
                assert!(if rules == Rules::Der {
                    again == object.raw
                } else {
                    again.len() <= object.raw.len()
                });
                if object.is_constructed() {
                    open.push(reader.inside("inner", &object));
                }
            }
        }
    }
    if let Ok(size) = tlv::announced_size("fuzzed", bytes) {
        let whole = Reader::new("fuzzed", Rules::Ber, bytes).any();
        assert_eq!(
            whole.is_ok(),
            size <= bytes.len(),
            "the announced size decides whether the object is whole"
        );
    }
}

/// The ASN.1 types, whichever the bytes pretend to be.
pub fn der(bytes: &[u8]) {
    let reader = || Reader::new("fuzzed", Rules::Der, bytes);
    // Each result is as good as another; what counts is that one comes.
    let _ = reader().oid().map(|oid| oid.arcs().count());
    let _ = reader().integer();
    let _ = reader().unsigned();
    let _ = reader().small();
    let _ = reader().bit_string();
    let _ = reader().octet_string();
    let _ = reader().algorithm();
    if let Ok(time) = reader().time() {
        let date = time.date().expect("a time that was written has a date");
        assert!(date.start() <= time && time <= date.end(), "a moment lies within its own day");
    }
}

/// What a card answers.
pub fn apdu_response(bytes: &[u8]) {
    if let Ok(response) = Response::parse(bytes) {
        let again = [response.data.as_slice(), &response.status.0.to_be_bytes()].concat();
        assert_eq!(again, bytes);
        // The same bytes as a command's data: what fits must be encoded, what does not must be refused.
        let command = Command::new(0, 0xCB, 0x3F, 0xFF).with_data(response.data.clone());
        assert_eq!(command.encode(LengthForm::Short).is_ok(), response.data.len() <= 255);
        assert_eq!(command.encode(LengthForm::Extended).is_ok(), response.data.len() <= 65_535);
    }
}

/// EF.COM.
pub fn com_file(bytes: &[u8]) {
    if let Ok(com) = com::Com::parse(bytes) {
        assert!(com.trailing_bytes < bytes.len());
        assert!(com.lds_version.len() == 4 && com.unicode_version.len() == 6);
    }
}

/// EF.CardAccess and the content of DG14.
pub fn security_infos_file(bytes: &[u8]) {
    if let Ok(infos) = security_infos::SecurityInfos::parse(bytes) {
        let named = infos.pace().count() + infos.chip_authentication_keys().count();
        assert!(named <= bytes.len());
        let _ = infos.active_authentication();
        let _ = infos.terminal_authentication();
    }
}

/// EF.SOD's wrapper and its list of hashes.
pub fn sod_file(bytes: &[u8]) {
    let _ = sod::SodFile::parse(bytes);
    if let Ok(object) = sod::LdsSecurityObject::parse(bytes) {
        let mut groups: Vec<_> = object.hashes().map(|(group, _)| group.number()).collect();
        let count = groups.len();
        groups.sort_unstable();
        groups.dedup();
        assert_eq!(groups.len(), count, "a group listed twice would have two hashes");
    }
}
