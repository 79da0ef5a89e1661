//! The chip lets a terminal with a right chain read what is protected, and refuses every other one.
//! Spec: 9303-11 §7.1, appendix K.

#![allow(clippy::unwrap_used, reason = "a broken test may panic")]

mod common;

use std::sync::OnceLock;

use common::terminal::{Carriage, Inspection};
use test_vectors::card::{Card, Directory};
use test_vectors::chip::{Chip, Fault, TerminalFault};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::cvc::digits;
use test_vectors::issuer::groups::{EF_COM, EF_CVCA, data_group, tag};
use test_vectors::issuer::terminal_pki::{Chain, Hierarchy};
use test_vectors::persona;

/// 21 November 2026.
const NOW_S: i64 = 1_795_219_200;
const ALL: [Hierarchy; 5] = [
    Hierarchy::P256,
    Hierarchy::BrainpoolP256,
    Hierarchy::BrainpoolP384,
    Hierarchy::RsaPkcs1,
    Hierarchy::RsaPss,
];

/// The card of `eac` under an authority of these algorithms, with something in DG4.
fn card(hierarchy: Hierarchy) -> Card {
    static EAC: OnceLock<Card> = OnceLock::new();
    let persona = persona::find("eac").unwrap();
    let mut card = EAC.get_or_init(|| persona.card(NOW_S)).clone();
    let trust = hierarchy.on_card(NOW_S, persona.dates(NOW_S).issued);
    card.files.insert(EF_CVCA, [&[0x42], &[15], &trust.trust_points[0].reference[..], &[0; 19]].concat());
    card.terminal_authentication = Some(trust);
    card.files.entry(data_group(4)).or_insert_with(|| vec![0x76, 0x02, 0x00, 0x00]);
    card.terminal_only.insert(data_group(4));
    card
}

fn opened(hierarchy: Hierarchy) -> Inspection {
    Inspection::by_pace(Chip::new(card(hierarchy), 7)).prove_chip()
}

fn with_fault(fault: TerminalFault) -> Inspection {
    let mut chip = Chip::new(card(Hierarchy::BrainpoolP256), 7);
    chip.misbehave(Fault::Terminal(fault));
    Inspection::by_pace(chip).prove_chip()
}

fn chain(kind: Chain) -> test_vectors::issuer::terminal_pki::TerminalChain {
    Hierarchy::BrainpoolP256.chain(kind, NOW_S)
}

#[test]
fn a_sound_chain_opens_the_protected_groups_in_every_algorithm() {
    for hierarchy in ALL {
        for carriage in [Carriage::Extended, Carriage::Chained] {
            let mut session = Inspection { carriage, ..opened(hierarchy) };
            assert_eq!([3, 4, 1].map(|group| session.group_status(group)), ["6982", "6982", "9000"]);
            let chain = hierarchy.chain(Chain::Sound, NOW_S);
            assert_eq!(session.prove_terminal(&chain), "9000", "{hierarchy:?} {carriage:?}");
            assert_eq!([3, 4, 1].map(|group| session.group_status(group)), ["9000", "9000", "9000"]);
            // Once in a session, and only in this one.
            assert_eq!(session.prove_terminal(&chain), "6982", "{hierarchy:?}");
            assert_eq!(session.group_status(3), "9000");
            let mut next = session.prove_chip();
            assert_eq!(next.group_status(3), "6982", "new keys, no rights");
        }
    }
}

#[test]
fn the_signature_names_the_chip_as_the_access_does() {
    let mut session = Inspection::by_bac(Chip::new(card(Hierarchy::P256), 7)).prove_chip();
    let chain = Hierarchy::P256.chain(Chain::Sound, NOW_S);
    assert_eq!(session.prove_terminal(&chain), "9000", "BAC: the document number with its check digit");
    assert_eq!(session.group_status(3), "9000");

    // Chip authentication mapping proves the chip at once; a later Chip Authentication's key counts instead.
    let mut mapped = persona::find("good-pace-cam").unwrap().card(NOW_S);
    mapped.terminal_authentication = card(Hierarchy::P256).terminal_authentication;
    for again in [false, true] {
        let session = Inspection::by_pace(Chip::new(mapped.clone(), 7));
        let mut session = if again { session.prove_chip() } else { session };
        assert_eq!(session.prove_terminal(&chain), "9000", "CA again: {again}");
        assert_eq!(session.group_status(3), "9000");
    }
}

#[test]
fn a_wrong_signature_is_refused_and_the_session_goes_on() {
    let sound = chain(Chain::Sound);
    for spoil in [
        |session: &mut Inspection| session.identifier[3] ^= 1,
        |session: &mut Inspection| session.ephemeral[3] ^= 1,
        |session: &mut Inspection| session.ephemeral.clear(),
    ] {
        let mut session = opened(Hierarchy::BrainpoolP256);
        let kept = (session.identifier.clone(), session.ephemeral.clone());
        spoil(&mut session);
        assert_eq!(session.prove_terminal(&sound), "6300");
        assert_eq!(session.group_status(3), "6982");
        (session.identifier, session.ephemeral) = kept;
        assert_eq!(session.sign(&sound), "9000", "the imported key is still there");
        assert_eq!(session.group_status(3), "9000");
    }
}

#[test]
fn each_bad_chain_is_refused_at_its_defect() {
    for hierarchy in ALL {
        for (kind, refusal, groups) in [
            (Chain::ThroughLink, "9000", ["9000", "9000"]),
            (Chain::Foreign, "9000", ["9000", "9000"]),
            (Chain::FewerRights, "9000", ["6982", "9000"]),
            (Chain::FingersOnly, "9000", ["9000", "6982"]),
            (Chain::ExpiredTerminal, "6984", ["6982", "6982"]),
            (Chain::WrongVerifierSignature, "6300", ["6982", "6982"]),
            (Chain::WrongTerminalSignature, "6300", ["6982", "6982"]),
            (Chain::UnknownAuthority, "6A88", ["6982", "6982"]),
            (Chain::Impostor, "6300", ["6982", "6982"]),
            (Chain::NoVerifier, "6A80", ["6982", "6982"]),
        ] {
            let mut session = opened(hierarchy);
            let status = session.prove_terminal(&hierarchy.chain(kind, NOW_S));
            assert_eq!(status, refusal, "{hierarchy:?} {kind:?}");
            assert_eq!([3, 4].map(|group| session.group_status(group)), groups, "{hierarchy:?} {kind:?}");
        }
    }
}

#[test]
fn the_order_of_the_steps_is_held() {
    let sound = chain(Chain::Sound);
    let bare = || Inspection::by_pace(Chip::new(card(Hierarchy::BrainpoolP256), 7));
    // Certificates may come to carry date and trust point forward; a terminal proves itself only to a proved chip.
    assert_eq!(bare().prove_terminal(&sound), "6982", "before Chip Authentication");

    let mut session = opened(Hierarchy::BrainpoolP256);
    assert_eq!(session.send_long([0x00, 0x2A, 0x00, 0xBE], &[0x7F, 0x4E, 0x00]), "6985", "no key is named");
    assert_eq!(session.name_terminal(sound.reference.as_bytes()), "6A88", "not yet imported");
    assert_eq!(session.present(&sound.certificates[1]), "6A88", "the verifier has to come first");
    assert_eq!(session.present(&sound.certificates[0]), "9000");
    let verifier = b"UTDVSIMBUT001";
    assert_eq!(session.name_terminal(verifier), "6A80", "a verifier is no terminal");
    assert_eq!(session.present(&sound.certificates[1]), "9000");
    assert_eq!(session.name_authority(verifier), "6A88", "the newest key has taken its place");
    assert_eq!(session.name_terminal(sound.reference.as_bytes()), "9000");
    assert_eq!(session.send_long([0x00, 0x82, 0x00, 0x00], &[0; 64]), "6985", "no challenge was given");
    assert_eq!(session.sign(&sound), "9000");

    // Without secure messaging there is nothing to bind rights to.
    let mut chip = Chip::new(card(Hierarchy::BrainpoolP256), 7);
    assert_eq!(common::access::plain(&mut chip, "002281B60F830D5554445653494D425554303031"), "6982");
    // A card without trust points knows none of it.
    let plain = persona::find("good").unwrap().card(NOW_S);
    let mut session = Inspection::by_pace(Chip::new(plain, 7)).prove_chip();
    assert_eq!(session.present(&sound.certificates[0]), "6A86");
}

#[test]
fn what_is_no_certificate_of_this_kind_is_refused() {
    let sound = chain(Chain::Sound);
    let content = &sound.certificates[0][4..];
    let authority = b"UTCVCASIMBUT001";
    let mut session = opened(Hierarchy::BrainpoolP256);
    for (what, bytes) in [
        ("cut", content[..content.len() - 1].to_vec()),
        ("twice", [content, content].concat()),
        ("with its envelope", sound.certificates[0].clone()),
        ("noise", vec![0x5A; 300]),
    ] {
        assert_eq!(session.name_authority(authority), "9000");
        let status = session.send_long([0x00, 0x2A, 0x00, 0xBE], &bytes);
        assert_eq!(status, "6A80", "{what}");
    }
    assert_eq!(session.name_authority(authority), "9000");
    assert_eq!(session.send("002A00BE00"), "6A80", "nothing");
    // Every bit of body and signature counts.
    for bit in (0..content.len() * 8).step_by(41) {
        let mut spoilt = content.to_vec();
        spoilt[bit / 8] ^= 0x80 >> (bit % 8);
        assert_eq!(session.name_authority(authority), "9000");
        let status = session.send_long([0x00, 0x2A, 0x00, 0xBE], &spoilt);
        assert!(["6A80", "6300"].contains(&status.as_str()), "bit {bit}: {status}");
    }
    assert_eq!(session.prove_terminal(&sound), "9000", "the session is whole");
}

#[test]
fn an_interrupted_chain_of_commands_is_refused() {
    let sound = chain(Chain::Sound);
    let content = &sound.certificates[0][4..];
    let mut session = opened(Hierarchy::BrainpoolP256);
    assert_eq!(session.name_authority(b"UTCVCASIMBUT001"), "9000");
    let first = test_vectors::vector::to_hex(&[&[0x10, 0x2A, 0x00, 0xBE, 100], &content[..100]].concat());
    assert_eq!(session.send(&first), "9000");
    assert_eq!(session.send("00B0810004"), "6883");
    assert_eq!(session.group_status(1), "9000", "the chain is forgotten");
    assert_eq!(session.prove_terminal(&sound), "9000");
}

#[test]
fn a_link_certificate_brings_a_trust_point_that_stays() {
    let hierarchy = Hierarchy::P256;
    let mut session = opened(hierarchy);
    assert_eq!(session.authorities(), card(hierarchy).files[&EF_CVCA]);
    assert_eq!(session.prove_terminal(&hierarchy.chain(Chain::ThroughLink, NOW_S)), "9000");
    let file = session.authorities();
    let both = [&[0x42, 15][..], b"UTCVCASIMPUT002", &[0x42, 15], b"UTCVCASIMPUT001", &[0; 2]].concat();
    assert_eq!(file, both, "the most recent first, 36 bytes");
    // The master file's 011C is EF.CardAccess, whatever happened to EF.CVCA.
    let access = session.chip.card().files[&(Directory::MasterFile, 0x011C)].clone();
    session.chip.reset();
    let read = common::access::plain(&mut session.chip, "00B09C0000");
    assert_eq!(read, test_vectors::vector::to_hex(&[&access[..], &[0x90, 0x00]].concat()));

    // After a power-down both authorities are known, and the link is no news.
    for kind in [Chain::Sound, Chain::ThroughLink] {
        let chain = hierarchy.chain(kind, NOW_S);
        session.chip.reset();
        session = Inspection::by_pace(session.chip).prove_chip();
        assert_eq!(session.group_status(3), "6982");
        if kind == Chain::ThroughLink {
            assert_eq!(session.present(&chain.certificates[0]), "6A80");
            assert_eq!(session.present(&chain.certificates[1]), "9000");
            assert_eq!(session.present(&chain.certificates[2]), "9000");
            assert_eq!(session.sign(&chain), "9000");
        } else {
            assert_eq!(session.prove_terminal(&chain), "9000");
        }
    }
}

#[test]
fn the_date_goes_forward_by_certificates_that_can_be_believed() {
    let today = Date::from_unix_s(NOW_S);
    let date =
        |session: &Inspection| session.chip.card().terminal_authentication.as_ref().unwrap().current_date;
    for (kind, expected) in [
        (Chain::Sound, -7),
        (Chain::ThroughLink, -7),
        // A foreign verifier's terminal does not tell the date; its verifier's certificate does.
        (Chain::Foreign, -30),
        (Chain::ExpiredTerminal, -30),
        (Chain::WrongTerminalSignature, -30),
    ] {
        let mut session = opened(Hierarchy::BrainpoolP256);
        let issued = digits(persona::find("eac").unwrap().dates(NOW_S).issued);
        assert_eq!(date(&session), issued);
        session.prove_terminal(&chain(kind));
        assert_eq!(date(&session), digits(today.plus_days(expected)), "{kind:?}");
    }
    let mut session = opened(Hierarchy::BrainpoolP256);
    session.prove_terminal(&chain(Chain::Impostor));
    assert_eq!(date(&session), digits(persona::find("eac").unwrap().dates(NOW_S).issued));

    // An authority that expired by the chip's date signs no verifier, and may still name its successor.
    let mut late = card(Hierarchy::BrainpoolP256);
    late.terminal_authentication.as_mut().unwrap().current_date = digits(today.plus_days(91));
    let session = || Inspection::by_pace(Chip::new(late.clone(), 7)).prove_chip();
    assert_eq!(session().prove_terminal(&chain(Chain::Sound)), "6984");
    assert_eq!(session().present(&chain(Chain::ThroughLink).certificates[0]), "9000");
}

#[test]
fn pace_names_the_authorities_to_a_terminal_that_asks() {
    use common::pace;
    use test_vectors::chip::tlv;
    let card = card(Hierarchy::P256);
    let offer = card.access.pace[0];
    for rights in [None, Some(test_vectors::issuer::cvc::announced_rights(0x03))] {
        let mut chip = Chip::new(card.clone(), 7);
        let can = card.access.can.clone().unwrap();
        let opened = pace::open_announcing(&mut chip, offer, (2, can.as_bytes()), rights.as_deref()).unwrap();
        let named = tlv::find(&tlv::split(&opened.last).unwrap(), 0x87).map(<[u8]>::to_vec);
        assert_eq!(named, rights.map(|_| b"UTCVCASIMPUT001".to_vec()));
    }
}

#[test]
fn faults_strike() {
    let sound = chain(Chain::Sound);
    for (number, certificates) in [(0, vec!["6300"]), (1, vec!["9000", "6300"])] {
        let mut session = with_fault(TerminalFault::RefusesCertificate(number));
        let statuses: Vec<String> =
            sound.certificates[..=number].iter().map(|certificate| session.present(certificate)).collect();
        assert_eq!(statuses, certificates);
    }
    for bytes in [0, 7, 9] {
        let mut session = with_fault(TerminalFault::ChallengeBytes(bytes));
        sound.certificates.iter().for_each(|one| assert_eq!(session.present(one), "9000"));
        assert_eq!(session.name_terminal(sound.reference.as_bytes()), "9000");
        assert_eq!(session.send("0084000008").len(), 2 * bytes + 4);
    }
    for fault in [TerminalFault::AcceptsNothing, TerminalFault::WrongIdentifier] {
        let mut session = with_fault(fault);
        assert_eq!(session.prove_terminal(&sound), "6300", "{fault:?}");
        assert_eq!(session.group_status(3), "6982");
    }
    let mut session = with_fault(TerminalFault::DemandsChipAuthenticationTwice);
    assert_eq!(session.prove_terminal(&sound), "6982");
    let mut session = session.prove_chip();
    assert_eq!(session.prove_terminal(&sound), "9000");
    let mut session = with_fault(TerminalFault::GrantsFreely);
    assert_eq!([3, 4].map(|group| session.group_status(group)), ["9000", "9000"]);
}

#[test]
fn every_group_of_the_full_card_is_read_by_a_terminal_with_the_right() {
    const GROUPS: [u8; 12] = [1, 2, 3, 4, 5, 7, 11, 12, 13, 14, 15, 16];
    let persona = persona::find("all-groups").unwrap();
    let card = persona.card(NOW_S);
    let listed = &card.files[&EF_COM][18..];
    assert_eq!(listed.len(), 2 + GROUPS.len());
    let mut session = Inspection::by_pace(Chip::new(card.clone(), 7)).prove_chip();
    for group in GROUPS {
        let expected = if matches!(group, 3 | 4) { "6982" } else { "9000" };
        assert_eq!(session.group_status(group), expected, "DG{group}");
        assert!(listed[2..].contains(&tag(group)), "DG{group} in EF.COM");
    }
    assert_eq!(session.group_status(6), "6A82", "no DG6");
    assert_eq!(session.prove_terminal(&persona.terminal_chain(Chain::Sound, NOW_S).unwrap()), "9000");
    for group in GROUPS {
        assert_eq!(session.read_group(group), card.files[&data_group(group)], "DG{group}");
    }
    // Without the right to fingers every other group is still read.
    let mut session = Inspection::by_pace(Chip::new(card.clone(), 7)).prove_chip();
    assert_eq!(session.prove_terminal(&persona.terminal_chain(Chain::FewerRights, NOW_S).unwrap()), "9000");
    assert_eq!(session.group_status(3), "6982");
    assert_eq!(session.read_group(4), card.files[&data_group(4)]);
}
