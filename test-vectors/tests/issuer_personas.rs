//! Every persona issues, says what it says it says, and has its one defect and no other.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use test_vectors::card::{ActiveAuthenticationKey, Card, Directory, Hash};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::groups::{Address, EF_ATR_INFO, EF_CARD_ACCESS, EF_COM, EF_SOD, data_group};
use test_vectors::issuer::signer::rsa_public_key_info;
use test_vectors::num;
use test_vectors::persona::{self, Persona, Verdict};

/// 21 November 2026, 10:00.
const NOW_S: i64 = 1_795_255_200;

fn card(name: &str) -> Card {
    persona::find(name).unwrap().card(NOW_S)
}

fn holds(file: &[u8], part: &[u8]) -> bool {
    file.windows(part.len()).any(|window| window == part)
}

fn sod_lists(card: &Card, file: Address) -> bool {
    card.files.get(&file).is_some_and(|bytes| holds(&card.files[&EF_SOD], &Hash::Sha256.digest(bytes)))
}

fn is_vietnamese(persona: &Persona) -> bool {
    persona.name != "foreign-passport"
}

#[test]
fn names_and_numbers_are_unique_and_say_what_the_gateway_answers() {
    let everybody = || persona::all().iter().chain(persona::beyond());
    let names: BTreeSet<&str> = everybody().map(|persona| persona.name).collect();
    let numbers: BTreeSet<&str> = everybody().map(|persona| persona.holder.number).collect();
    assert_eq!(names.len(), everybody().count());
    assert_eq!(numbers.len(), everybody().count());
    for persona in everybody().filter(|persona| is_vietnamese(persona)) {
        let number = persona.holder.number;
        assert!(number.len() == 12 && number.starts_with("090"), "{number}");
        let code = match persona.name {
            "revoked-insurance" => "110",
            "insurance-expired" => "010",
            _ => "000",
        };
        assert_eq!(&number[9..], code, "{}", persona.name);
        assert!(!persona.summary_vi.is_ascii(), "{}", persona.name);
        let can = persona.card(NOW_S).access.can;
        assert!(can.is_none_or(|can| can == number[6..]), "{}", persona.name);
    }
}

#[test]
fn a_persona_without_a_telling_check_is_accepted() {
    for persona in persona::all().iter().chain(persona::beyond()) {
        let expected = persona.expected;
        assert_eq!(persona.name.starts_with("good"), expected.check.is_none(), "{}", persona.name);
        assert_eq!(expected.check.is_none(), expected.reason.is_none());
        assert!(expected.check.is_some() || expected.verdict == Verdict::Accept, "{}", persona.name);
    }
}

#[test]
fn personas_issue_alike_twice_and_on_awkward_days() {
    let days =
        [Date::new(2028, 2, 29), Date::new(2031, 3, 1), Date::new(2026, 12, 31), Date::new(2027, 1, 1)];
    for persona in persona::all() {
        assert_eq!(persona.card(NOW_S).files, persona.card(NOW_S + 3_600).files, "{}", persona.name);
        for day in days {
            let dates = persona.dates(day.to_unix_s());
            assert!(dates.birth < dates.issued && dates.issued < dates.expires, "{}", persona.name);
            assert_eq!(dates.expires < day, persona.name == "expired-card", "{} on {day:?}", persona.name);
        }
    }
    for day in days {
        assert!(!card("good").files.is_empty());
        assert!(!persona::find("expired-card").unwrap().card(day.to_unix_s()).files.is_empty());
    }
}

#[test]
fn the_good_card_is_as_written_by_hand() {
    let card = card("good");
    let dg1 = b"IDVNM0000010001090000001000<<89603150M3603158VNM<<<<<<<<<<<6NGUYEN<<VAN<MAU<<<<<<<<<<<<<<<";
    assert_eq!(card.files[&data_group(1)], [&[0x61, 93, 0x5F, 0x1F, 90], &dg1[..]].concat());
    assert_eq!(card.access.mrz_information, "000001000196031503603158");
    assert_eq!(card.access.can.as_deref(), Some("001000"));
    assert_eq!(card.files[&data_group(2)].len(), 18_000);
    let access: String = card.files[&EF_CARD_ACCESS].iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(
        access,
        "3134300d060804007f0007020202020101300f060a04007f000702020302020201013012060a04007f0007020204020202010202010d"
    );
    let dg13 = &card.files[&data_group(13)];
    for text in ["NGUYỄN VĂN MẪU", "15/03/1996", "Việt Nam", "21/11/2024", "15/03/2036", "NGUYỄN VĂN CHA"]
    {
        assert!(holds(dg13, text.as_bytes()), "{text}");
    }
    assert_eq!(card.files[&EF_COM][18..], [0x5C, 6, 0x61, 0x75, 0x63, 0x6D, 0x6F, 0x6E]);
    assert!((1_600..2_400).contains(&card.files[&EF_SOD].len()), "{}", card.files[&EF_SOD].len());
    assert!(card.terminal_only.contains(&data_group(3)));
    assert!(card.extended_length && card.files.contains_key(&EF_ATR_INFO));
}

#[test]
fn signed_hashes_cover_every_group_but_the_changed_ones() {
    for persona in persona::all() {
        let card = persona.card(NOW_S);
        for (file, bytes) in &card.files {
            // What stands in the master file is signed elsewhere, or not at all.
            if *file == EF_SOD || *file == EF_COM || file.0 == Directory::MasterFile {
                continue;
            }
            assert!(!bytes.is_empty());
            let changed = persona.name == "changed-dg2-byte" && *file == data_group(2);
            // A cut security object has lost nothing of its hashes: they stand in front.
            assert_eq!(sod_lists(&card, *file), !changed, "{} {file:04X?}", persona.name);
        }
        assert_eq!(card.files.contains_key(&data_group(14)), persona.name != "dg14-stripped");
        assert_eq!(card.files.contains_key(&data_group(13)), is_vietnamese(persona));
    }
    let stripped = card("dg14-stripped");
    assert!(
        holds(&stripped.files[&EF_SOD], &[0x02, 0x01, 0x0E, 0x04, 0x20]),
        "the security object lists DG14"
    );
    assert!(holds(&stripped.files[&EF_COM], &[0x6E]));
}

#[test]
fn the_chip_holds_the_keys_of_its_groups_unless_that_is_the_defect() {
    for persona in persona::all() {
        let card = persona.card(NOW_S);
        if let Some(dg14) = card.files.get(&data_group(14)) {
            for key in &card.chip_authentication {
                let point = key.group.encode(&key.group.public_key(&key.private));
                let other = ["cloned-without-key", "wrong-ca-key"].contains(&persona.name);
                assert_eq!(holds(dg14, &point), !other, "{}", persona.name);
            }
        }
        let dg15 = &card.files[&data_group(15)];
        match card.active_authentication.unwrap() {
            ActiveAuthenticationKey::Ecdsa { curve, private, .. } => {
                let point = curve.curve().encode(&num::public_key(curve, &private));
                assert_eq!(holds(dg15, &point), persona.name != "cloned-without-key", "{}", persona.name);
            }
            ActiveAuthenticationKey::Rsa { modulus, .. } => {
                assert!(holds(dg15, &rsa_public_key_info(&modulus, &[1, 0, 1])), "{}", persona.name);
                assert_eq!(modulus.len(), 192);
            }
        }
    }
}

/// Splits a SET of infos whose lengths are all short.
fn infos(set: &[u8]) -> Vec<&[u8]> {
    let mut rest = &set[2..];
    let mut infos = Vec::new();
    while !rest.is_empty() {
        let (info, further) = rest.split_at(2 + usize::from(rest[1]));
        infos.push(info);
        rest = further;
    }
    infos
}

#[test]
fn what_card_access_says_stands_signed_in_dg14() {
    const PACE_PREFIX: [u8; 9] = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02];
    for persona in persona::all() {
        let card = persona.card(NOW_S);
        let open = card.files.get(&EF_CARD_ACCESS);
        assert_eq!(open.is_some(), !card.access.pace.is_empty(), "{}", persona.name);
        let Some(dg14) = card.files.get(&data_group(14)) else { continue };
        for info in open.map(|file| infos(file)).unwrap_or_default() {
            assert!(holds(dg14, info), "{}", persona.name);
        }
        let hidden = persona.name == "downgraded";
        assert_eq!(holds(dg14, &PACE_PREFIX), open.is_some() || hidden, "{}", persona.name);
    }
}

#[test]
fn another_persons_card_opens_with_the_number_presented() {
    let (persona, good) = (persona::find("another-persons-card").unwrap(), persona::find("good").unwrap());
    let presented = persona.access(NOW_S);
    assert_eq!(presented, good.access(NOW_S));
    assert_ne!(presented.number.as_deref(), Some(persona.holder.number));
    assert_eq!(presented.can, persona.card(NOW_S).access.can);
    assert!(!holds(&persona.card(NOW_S).files[&data_group(1)], presented.number.unwrap().as_bytes()));
}

#[test]
fn what_is_presented_is_what_the_chip_asks_for() {
    for persona in persona::all().iter().filter(|persona| persona.name != "another-persons-card") {
        let (card, access) = (persona.card(NOW_S), persona.access(NOW_S));
        assert!(holds(&card.files[&data_group(1)], access.mrz_lines.concat().as_bytes()), "{}", persona.name);
        assert!(card.access.mrz_information.starts_with(&access.document_number), "{}", persona.name);
        assert!(holds(card.access.mrz_information.as_bytes(), access.expiry.as_bytes()), "{}", persona.name);
        let known = access.number.as_deref() == Some(persona.holder.number);
        assert_eq!(known, !["foreign-passport", "wrong-country"].contains(&persona.name), "{}", persona.name);
    }
    let passport = persona::find("foreign-passport").unwrap().access(NOW_S);
    assert_eq!(passport.mrz_lines[0], "P<UTOSPECIMEN<<ALEX<MORGAN<<<<<<<<<<<<<<<<<<");
    assert_eq!(passport.mrz_lines[1].len(), 44);
}

#[test]
fn signers_differ_from_the_usual_one_only_where_they_should() {
    let usual = persona::find("good").unwrap().document_signer(NOW_S);
    let issued_s = persona::find("good").unwrap().dates(NOW_S).issued.to_unix_s();
    let late = persona::find("expired-signer-at-signing").unwrap().document_signer(NOW_S);
    let since = persona::find("signer-expired-since").unwrap().document_signer(NOW_S);
    assert!(usual.certificate.validity.to_s > NOW_S && late.certificate.validity.to_s > NOW_S);
    assert!(late.certificate.validity.from_s < issued_s);
    assert!(since.certificate.validity.to_s < NOW_S && since.certificate.validity.to_s > issued_s);
    let forged = persona::find("untrusted-csca").unwrap().document_signer(NOW_S);
    assert_eq!(forged.certificate.issuer, usual.certificate.issuer);
    assert_ne!(forged.certificate.public_key_info, usual.certificate.public_key_info);
}

#[test]
fn an_undated_card_has_no_date_of_signing() {
    const SIGNING_TIME: [u8; 11] = [0x06, 9, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 1, 9, 5];
    assert!(holds(&card("good").files[&EF_SOD], &SIGNING_TIME));
    let undated = card("no-signing-time");
    assert!(!holds(&undated.files[&EF_SOD], &SIGNING_TIME));
    assert!(!holds(&undated.files[&data_group(13)], b"21/11/2024"));
}

#[test]
fn anchors_serve_the_cards_of_their_algorithms() {
    let anchors = persona::trust_anchors(NOW_S);
    for persona in persona::all() {
        assert!(anchors.contains(&persona.csca_der(NOW_S)), "{}", persona.name);
        let foreign = ["untrusted-csca", "foreign-passport"].contains(&persona.name);
        assert_eq!(anchors.contains(&persona.issuing_csca_der(NOW_S)), !foreign, "{}", persona.name);
    }
    // An anchor that was installed in January is still the anchor in December.
    let january = Date::new(2026, 1, 2).to_unix_s();
    assert_eq!(persona::trust_anchors(january), anchors);
}
