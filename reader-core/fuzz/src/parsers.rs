//! One function per parser. None may panic, hang or grow without bound; where a shape can be written again, writing
//! and reading must agree.

#[path = "directory.rs"]
pub mod directory;

use reader_core::cvc::CvCertificate;
use reader_core::key;
use reader_core::lds::portrait::{self, Portraits};
use reader_core::lds::{
    atr_info, card_security, com, details, dg1, dg11, dg12, dg14, dg15, dg16, displayed, finger, iris, mrz,
    qr, security_infos, sod,
};
use reader_core::pki::crl::Crl;
use reader_core::pki::lists;
use reader_core::pki::{Certificate, Fingerprint, Pins, Provenance, TrustBuilder};
use reader_core::session::wrong_card::{self, Observed};
use reader_core::wire::apdu::{Command, LengthForm, Response};
use reader_core::wire::cms::SignedData;
use reader_core::wire::cvc::{CvcShape, authorities};
use reader_core::wire::date::{Date, Timestamp};
use reader_core::wire::json::{self, Object};
use reader_core::wire::spki::Spki;
use reader_core::wire::tlv::{self, Reader, Rules};
use reader_core::wire::{base64, ber};

/// A parser under test: it takes any bytes, says whether it accepts them, and panics only where an agreement is broken.
pub type Parser = fn(&[u8]) -> bool;

/// Every target, by the name of its binary and of its folder of seeds.
pub const ALL: &[(&str, Parser)] = &[
    ("apdu_response", apdu_response),
    ("atr_info", atr_info_file),
    ("ber", ber_object),
    ("card_security", card_security_file),
    ("certificate", certificate),
    ("cms", cms),
    ("com", com_file),
    ("crl", crl),
    ("cvc", cv_certificate),
    ("der", der),
    ("deviation_list", deviation_list),
    ("dg1", dg1_file),
    ("dg2", dg2_file),
    ("dg3", dg3_file),
    ("dg4", dg4_file),
    ("dg5_dg7", dg5_dg7_file),
    ("dg11", dg11_file),
    ("dg12", dg12_file),
    ("dg13", dg13_file),
    ("dg14", dg14_file),
    ("dg15", dg15_file),
    ("dg16", dg16_file),
    ("ldif", directory::ldif_file),
    ("master_list", master_list),
    ("mrz", mrz_text),
    ("picture", picture),
    ("qr", qr_text),
    ("security_infos", security_infos_file),
    ("signed_json", signed_json),
    ("sod", sod_file),
    ("sod_hashes", sod_hashes),
    ("spki", spki),
    ("tlv", tlv_objects),
    ("wrong_card", wrong_card_answers),
];

/// BER brought into definite lengths, which changes nothing the second time.
pub fn ber_object(bytes: &[u8]) -> bool {
    let Ok(once) = ber::normalise("fuzzed", bytes) else { return false };
    assert_eq!(ber::normalise("fuzzed", &once).as_ref(), Ok(&once));
    true
}

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

/// EF.CardSecurity, and every key that it names.
pub fn card_security_file(bytes: &[u8]) -> bool {
    let Ok(infos) = card_security::unproved_infos(bytes) else { return false };
    for key in infos.chip_authentication_keys() {
        let _ = key::public_key(&key.spki);
    }
    for parameters in infos.pace_domain_parameters() {
        let _ = key::domain_curve(&parameters.domain_parameter);
        let _ = key::domain_prime_field(&parameters.domain_parameter);
    }
    assert_eq!(infos.trailing_bytes, 0);
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
    let agreed = key::agreement_key(bytes).is_ok();
    key::public_key(bytes).is_ok_and(|public| !public.name().is_empty()) || agreed
}

/// What a reader says of a card that is no document, and what that card answers: each field in turn, then all.
pub fn wrong_card_answers(bytes: &[u8]) -> bool {
    let some = || Some(bytes.to_vec());
    let nothing = Observed::default;
    let all = Observed {
        atr: some(),
        card_access: false,
        application: some(),
        payment: some(),
        version: some(),
        uid: some(),
        master_file: some(),
    };
    let each = [
        Observed { atr: some(), ..nothing() },
        Observed { application: some(), ..nothing() },
        Observed { payment: some(), ..nothing() },
        Observed { version: some(), ..nothing() },
        Observed { uid: some(), ..nothing() },
        Observed { master_file: some(), ..nothing() },
        all,
    ];
    each.iter().filter(|seen| wrong_card::judge(&seen.meaning()).is_some()).count() > 0
}

/// A card-verifiable certificate, its key, and what a chip is sent of it; and EF.CVCA, which is as small.
pub fn cv_certificate(bytes: &[u8]) -> bool {
    if let Ok(named) = authorities(bytes) {
        assert!((1..=2).contains(&named.len()));
    }
    let Ok(shape) = CvcShape::parse(bytes) else { return false };
    let Ok(certificate) = CvCertificate::parse(bytes) else { return false };
    let sent = certificate.for_chip();
    assert_eq!(sent, [shape.body, shape.signature_object].concat());
    assert_eq!(tlv::encode(0x7F21, &sent), bytes, "writing gives what was read");
    if let Ok(key) = certificate.public_key(None) {
        assert!(certificate.holds(&key));
        let _ = certificate.verify_under(&key, certificate.scheme());
    }
    true
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

/// DG2: the records, not yet their pictures.
pub fn dg2_file(bytes: &[u8]) -> bool {
    let Ok(file) = Portraits::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    file.first_image().is_some_and(|image| {
        let _ = (image.format(), image.format_agrees());
        image.data().len() < bytes.len()
    })
}

/// A coded picture, within limits that keep one decoding short.
pub fn picture(bytes: &[u8]) -> bool {
    let limits = portrait::Limits {
        side_pixels: 640,
        tiles: 16,
        coded_bytes: 64 << 10,
        ..portrait::Limits::default()
    };
    let Ok(pixels) = portrait::decode_bytes(bytes, limits) else { return false };
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    assert!(width.max(height) <= 640, "beyond the limit");
    assert_eq!(pixels.data().len(), width * height * pixels.format().bytes());
    assert_eq!(pixels.to_rgb().len(), width * height * 3);
    true
}

/// DG3: the records, not their images.
pub fn dg3_file(bytes: &[u8]) -> bool {
    let Ok(file) = finger::Fingers::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    assert!(!(file.none_enrolled() && file.images().next().is_some()));
    assert!(file.images().all(|(_, image)| image.data().len() < bytes.len()));
    let _ = file.instances.iter().filter_map(finger::Instance::position_agrees).count();
    file.none_enrolled() || file.images().next().is_some()
}

/// DG4.
pub fn dg4_file(bytes: &[u8]) -> bool {
    let Ok(file) = iris::Irises::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    file.instances.iter().all(|instance| instance.record().len() < bytes.len())
}

/// DG5 and DG7, which differ by their tags.
pub fn dg5_dg7_file(bytes: &[u8]) -> bool {
    let files = [displayed::DisplayedImages::portraits(bytes), displayed::DisplayedImages::signatures(bytes)];
    assert!(files.iter().any(Result::is_err), "no file is both");
    files.into_iter().flatten().any(|file| {
        assert!(file.trailing_bytes < bytes.len());
        file.images.iter().all(|image| image.data().len() < bytes.len())
    })
}

/// DG11.
pub fn dg11_file(bytes: &[u8]) -> bool {
    let Ok(file) = dg11::PersonalDetails::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    assert!(file.other_names.len() + file.others.len() <= bytes.len());
    let full = file.full_name();
    full.is_none_or(|name| !name.is_empty() && !name.as_str().contains('<'))
}

/// DG12.
pub fn dg12_file(bytes: &[u8]) -> bool {
    let Ok(file) = dg12::DocumentDetails::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    assert!(file.other_persons.len() + file.others.len() <= bytes.len());
    file.issued.is_none_or(|day| {
        day.full().is_some() || day.year.is_none() || day.month.is_none() || day.day.is_none()
    })
}

/// DG16.
pub fn dg16_file(bytes: &[u8]) -> bool {
    let Ok(file) = dg16::PersonsToNotify::parse(bytes) else { return false };
    assert!(file.trailing_bytes < bytes.len());
    file.persons.len() + file.others.len() <= bytes.len()
}

/// DG13 as Vietnam writes it.
pub fn dg13_file(bytes: &[u8]) -> bool {
    let details = details::Details::parse(bytes);
    details.fields().is_some_and(|fields| {
        let _ = fields.personal_number();
        assert!(fields.others.len() <= bytes.len());
        true
    })
}

/// The text of a code, and what opens the chip by it.
pub fn qr_text(bytes: &[u8]) -> bool {
    match qr::Qr::parse(&String::from_utf8_lossy(bytes)) {
        Ok(qr::Qr::Card(card)) => {
            let access = card.derived_access();
            assert!(card.number.as_str().ends_with(access.can.as_str()) && access.can.len() == 6);
            // Nine characters of number, six of each date, and a check digit after each.
            assert!(access.zone_information.is_none_or(|zone| zone.len() == 24));
            true
        }
        Ok(qr::Qr::Insurance(paper)) => !paper.card.is_empty(),
        Err(_) => false,
    }
}

/// EF.ATR/INFO.
pub fn atr_info_file(bytes: &[u8]) -> bool {
    let Ok(info) = atr_info::AtrInfo::parse(bytes) else { return false };
    assert_eq!(info.command_bytes.is_some(), info.response_bytes.is_some());
    true
}

/// DG14 with its wrapper.
pub fn dg14_file(bytes: &[u8]) -> bool {
    dg14::parse(bytes).is_ok_and(|infos| infos.entries.iter().all(|entry| infos.contains(&entry.raw)))
}

/// DG15 with its wrapper, and the key in it.
pub fn dg15_file(bytes: &[u8]) -> bool {
    dg15::parse(bytes).is_ok_and(spki)
}

/// A certificate, and what is asked of it on a path.
pub fn certificate(bytes: &[u8]) -> bool {
    let Ok(certificate) = Certificate::from_der(bytes) else { return false };
    assert_eq!(certificate.der(), bytes);
    assert!(
        bytes.windows(certificate.tbs().len()).any(|part| part == certificate.tbs()),
        "signed bytes as received"
    );
    let _ = (certificate.usage_period(), certificate.document_types(), certificate.alternative_country());
    let _ = (certificate.subject().to_string(), certificate.issuer().country(), certificate.is_self_issued());
    let _ = certificate.signature_scheme();
    certificate.public_key().is_ok()
}

/// A revocation list.
pub fn crl(bytes: &[u8]) -> bool {
    let Ok(list) = Crl::from_der(bytes) else { return false };
    assert_eq!(list.der(), bytes);
    assert!(!list.is_newer_than(&list), "nothing is newer than itself");
    assert!(list.len() <= bytes.len());
    true
}

/// What a deviation list says, without its signature; and such a list whose signers the operator trusts.
pub fn deviation_list(bytes: &[u8]) -> bool {
    let signers = SignedData::parse(bytes).map(|data| data.certificates).unwrap_or_default();
    let pins: Pins = signers.into_iter().map(Fingerprint::of).collect();
    let provenance = Provenance { source: String::new(), imported_at: Timestamp(0) };
    let mut store = TrustBuilder::new();
    let imported = store.add_deviation_list(bytes, &provenance, &pins);
    assert_eq!(store.build().deviation_lists().len(), imported.added.len());
    let Ok(deviations) = lists::parse_deviations(bytes) else { return !imported.added.is_empty() };
    let numbers = deviations.iter().filter_map(|one| one.documents.numbers.as_ref());
    let kept: usize = numbers.map(lists::Numbers::len).sum();
    assert!(kept <= bytes.len() / 3, "more numbers than the bytes have room for");
    true
}

/// A master list whose signers, and which itself, the operator trusts: whatever is in it is then read.
pub fn master_list(bytes: &[u8]) -> bool {
    let signers = SignedData::parse(bytes).map(|data| data.certificates).unwrap_or_default();
    let pins: Pins = signers.into_iter().chain([bytes]).map(Fingerprint::of).collect();
    let provenance = Provenance { source: String::new(), imported_at: Timestamp(0) };
    let mut store = TrustBuilder::new();
    let imported = store.add_master_list(bytes, &provenance, &pins);
    let snapshot = store.build();
    assert_eq!(snapshot.anchors().len(), imported.added.len());
    let held =
        |fingerprint| snapshot.anchors().iter().any(|anchor| anchor.certificate.fingerprint() == fingerprint);
    assert!(imported.added.iter().all(|added| held(*added)));
    !imported.added.is_empty()
}

/// A service's signed statement, as it is or in base64. Each name stands once and finds its own value.
pub fn signed_json(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let decoded = base64::decode(&text).unwrap_or_default();
    let _ = Timestamp::from_rfc3339(&text);
    let mut any = false;
    for bytes in [bytes, &decoded] {
        assert!(bytes.len() <= json::MAX_BYTES || Object::parse(bytes).is_err());
        let Ok(object) = Object::parse(bytes) else { continue };
        let names: Vec<&str> = object.names().collect();
        assert!(names.iter().all(|name| object.get(name).is_some()));
        assert!(
            names.iter().enumerate().all(|(at, name)| !names.iter().skip(at + 1).any(|other| other == name))
        );
        any = true;
    }
    any
}
