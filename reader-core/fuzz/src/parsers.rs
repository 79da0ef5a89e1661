//! One function per parser. None may panic, hang or grow without bound; where a shape can be written again, writing
//! and reading must agree.

use reader_core::key;
use reader_core::lds::{com, dg1, mrz, security_infos, sod};
use reader_core::wire::apdu::{Command, LengthForm, Response};
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Date;
use reader_core::wire::spki::Spki;
use reader_core::wire::tlv::{self, Reader, Rules};

/// A parser under test: it takes any bytes, says whether it accepts them, and panics only where an agreement is broken.
pub type Parser = fn(&[u8]) -> bool;

/// Every target, by the name of its binary and of its folder of seeds.
pub const ALL: &[(&str, Parser)] = &[
    ("apdu_response", apdu_response),
    ("cms", cms),
    ("com", com_file),
    ("der", der),
    ("dg1", dg1_file),
    ("mrz", mrz_text),
    ("security_infos", security_infos_file),
    ("sod", sod_file),
    ("sod_hashes", sod_hashes),
    ("spki", spki),
    ("tlv", tlv_objects),
];

/// Nested data objects, in both rule sets.
pub fn tlv_objects(bytes: &[u8]) -> bool {
    for rules in [Rules::Ber, Rules::Der] {
        // A list instead of recursion, and a budget: the depth is the attacker's to choose.
        let mut open = vec![Reader::new("fuzzed", rules, bytes)];
        let mut budget = 10_000_u32;
        while let Some(mut reader) = open.pop() {
            while let Ok(object) = reader.any() {
                budget = budget.saturating_sub(1);
                if budget == 0 {
                    return true;
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
    let whole = Reader::new("fuzzed", Rules::Ber, bytes).any().is_ok();
    if let Ok(size) = tlv::announced_size("fuzzed", bytes) {
        assert_eq!(whole, size <= bytes.len(), "the announced size decides whether the object is whole");
    }
    whole
}

/// The ASN.1 types, whichever the bytes pretend to be.
pub fn der(bytes: &[u8]) -> bool {
    let reader = || Reader::new("fuzzed", Rules::Der, bytes);
    if let Ok(time) = reader().time() {
        let date = time.date().expect("a time that was written has a date");
        assert!(date.start() <= time && time <= date.end(), "a moment lies within its own day");
        return true;
    }
    reader().oid().is_ok_and(|oid| oid.arcs().count() > 0)
        || reader().small().is_ok()
        || reader().unsigned().is_ok()
        || reader().integer().is_ok()
        || reader().bit_string().is_ok()
        || reader().octet_string().is_ok()
        || reader().algorithm().is_ok()
}

/// What a card answers.
pub fn apdu_response(bytes: &[u8]) -> bool {
    let Ok(response) = Response::parse(bytes) else { return false };
    let again = [response.data.as_slice(), &response.status.0.to_be_bytes()].concat();
    assert_eq!(again, bytes);
    // The same bytes as a command's data: what fits must be encoded, what does not must be refused.
    let command = Command::new(0, 0xCB, 0x3F, 0xFF).with_data(response.data.clone());
    assert_eq!(command.encode(LengthForm::Short).is_ok(), response.data.len() <= 255);
    assert_eq!(command.encode(LengthForm::Extended).is_ok(), response.data.len() <= 65_535);
    true
}

/// EF.COM.
pub fn com_file(bytes: &[u8]) -> bool {
    let Ok(com) = com::Com::parse(bytes) else { return false };
    assert!(com.trailing_bytes < bytes.len());
    assert!(com.lds_version.len() == 4 && com.unicode_version.len() == 6);
    true
}

/// EF.CardAccess and the content of DG14.
pub fn security_infos_file(bytes: &[u8]) -> bool {
    let Ok(infos) = security_infos::SecurityInfos::parse(bytes) else { return false };
    let named = infos.pace().count() + infos.chip_authentication_keys().count();
    assert!(named <= bytes.len());
    let _ = infos.active_authentication();
    let _ = infos.terminal_authentication();
    true
}

/// EF.SOD's wrapper, the signed object in it and its list of hashes.
pub fn sod_file(bytes: &[u8]) -> bool {
    let Ok(file) = sod::SodFile::parse(bytes) else { return false };
    let Ok(signed) = SignedData::parse(file.content_info) else { return false };
    let Some(Ok(object)) = signed.content.map(sod::LdsSecurityObject::parse) else { return false };
    let mut groups: Vec<_> = object.hashes().map(|(group, _)| group.number()).collect();
    let count = groups.len();
    groups.sort_unstable();
    groups.dedup();
    assert_eq!(groups.len(), count, "a group listed twice would have two hashes");
    true
}

/// The list of hashes alone: inside a signed object, its lengths would all have to be guessed together.
pub fn sod_hashes(bytes: &[u8]) -> bool {
    let Ok(object) = sod::LdsSecurityObject::parse(bytes) else { return false };
    assert!(object.hashes().all(|(group, hash)| object.hash(group) == Some(hash) && !hash.is_empty()));
    true
}

/// The signed object of EF.SOD, EF.CardSecurity and lists.
pub fn cms(bytes: &[u8]) -> bool {
    let Ok(signed) = SignedData::parse(bytes) else { return false };
    for attributes in signed.signers.iter().filter_map(|signer| signer.signed_attributes.as_ref()) {
        let received = attributes.signed_bytes();
        assert_eq!(received.first(), Some(&0x31), "hashed as a SET");
        if let Some(sorted) = attributes.sorted_bytes() {
            assert_eq!(sorted.len(), received.len(), "sorting neither adds nor drops");
            assert_ne!(sorted, received);
        }
    }
    true
}

/// A public key, and the curve or modulus that it claims.
pub fn spki(bytes: &[u8]) -> bool {
    let Ok(info) = Spki::parse(bytes) else { return false };
    let _ = (info.ec_parameters(), info.rsa_key());
    key::public_key(bytes).is_ok_and(|public| !public.name().is_empty())
}

/// DG1.
pub fn dg1_file(bytes: &[u8]) -> bool {
    let Ok(file) = dg1::Dg1::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    zone(&file.mrz);
    true
}

/// A zone as typed or scanned.
pub fn mrz_text(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let Ok(found) = mrz::Mrz::parse(&text) else { return false };
    let exact = mrz::Mrz::parse_exact(found.as_str().as_bytes());
    assert!(exact.is_ok_and(|exact| exact.as_str() == found.as_str()), "its own characters read the same");
    zone(&found);
    true
}

fn zone(zone: &mrz::Mrz) {
    let today = Date::new(2026, 7, 1).expect("a day");
    let characters: usize = zone.lines().map(str::len).sum();
    assert_eq!(characters, zone.as_str().len());
    assert!(zone.faulty_fields().count() <= zone.checks().len());
    let _ =
        (zone.document_number(), zone.name(), zone.sex(), zone.optional_data(), zone.access_information());
    let _ =
        (zone.birth().as_birth(today), zone.expiry_on(today), zone.vietnamese(), zone.vietnamese_number());
}
