//! The chip authentication mapping against the simulated chip: it proves the chip by the signed key alone.
#![allow(clippy::unwrap_used, reason = "a test")]

#[path = "common/simulated.rs"]
mod simulated;

use reader_core::capture::{Capture, Deviation, FileState, Origin, PaceCamTrace};
use reader_core::evidence::{Finding, Outcome, Reason, Witness};
use reader_core::lds::{DataGroup, FileId};
use reader_core::pki::{Pins, Provenance, TrustBuilder, TrustSnapshot};
use reader_core::session::{ActiveAuthentication, Cause, ChipAuthentication, Plan, resume_chip};
use reader_core::transport::{Limits, TransportError};
use reader_core::verify::{ChipProof, Presented, Proof, Settings, Tolerance, Tolerances, text, verify};
use reader_core::wire::cms::SignedData;
use reader_core::wire::date::Timestamp;
use reader_core::wire::tlv::{Reader, Rules};
use simulated::{NOW_UNIX_S, SeededEntropy, SimulatedTransport, card, keys, on_card, quiet, read};
use test_vectors::card::{Card, Hash};
use test_vectors::chip::Fault;
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::card_security::ef_card_security;
use test_vectors::issuer::certificate::Period;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Country, FORGER, SignerNumber, SignerTimes, VIETNAM};
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::CurveForm;
use test_vectors::issuer::sod::{LdsVersion, SodForm, ef_sod};
use test_vectors::persona;

const NAME: &str = "good-pace-cam";

fn trust() -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    let from = Provenance { source: "personas".to_owned(), imported_at: Timestamp(NOW_UNIX_S) };
    for anchor in persona::trust_anchors(NOW_UNIX_S) {
        builder.add_certificate(&anchor, &from, &Pins::none());
    }
    for list in persona::revocation_lists(NOW_UNIX_S) {
        builder.add_crl(&list, &from);
    }
    builder.build()
}

fn proof(capture: &Capture) -> Proof {
    let settings = Settings { tolerances: Tolerances::STRICT, ..Settings::default() };
    verify(capture, &trust(), &Presented::nothing(), Timestamp(NOW_UNIX_S), &settings, None)
}

fn capture(card: Card) -> Capture {
    let reading = read(SimulatedTransport::new(card), &keys(NAME), &Plan::default());
    assert_eq!(reading.ended, None);
    reading.capture
}

fn found(card: Card) -> Finding {
    proof(&capture(card)).findings().chip_pace_cam.clone()
}

/// EF.CardSecurity of the card with these infos, by this authority's signer.
fn card_security(country: Country, number: u8, infos: &[Vec<u8>]) -> Vec<u8> {
    let day = Date::from_unix_s(NOW_UNIX_S).plus_years(-2);
    let signer = country.document_signer(SignerNumber(number), SignerTimes::around(day));
    ef_card_security(infos, SignerIdentifier::IssuerAndSerial, Some(day.to_unix_s() + 3_600), &signer)
}

/// What the file signs on the sound card.
fn infos(card: &Card) -> Vec<Vec<u8>> {
    let mut infos: Vec<Vec<u8>> = card.access.pace.iter().map(|offer| security_infos::pace(*offer)).collect();
    infos.push(security_infos::chip_public_key(&card.chip_authentication[0], CurveForm::Standardized));
    infos
}

fn with_card_security(file: Option<Vec<u8>>) -> Card {
    let mut card = card(NAME);
    let at = on_card(FileId::CARD_SECURITY);
    match file {
        Some(file) => card.files.insert(at, file),
        None => card.files.remove(&at),
    };
    card
}

#[test]
fn the_chip_proves_itself_while_it_is_opened() {
    let reading = read(SimulatedTransport::new(card(NAME)), &keys(NAME), &Plan::default());
    let order: Vec<FileId> = reading.finished.iter().map(|(file, _)| *file).collect();
    assert_eq!(
        order[..3],
        [FileId::CARD_ACCESS, FileId::CARD_SECURITY, FileId::SOD],
        "before the application"
    );
    assert_eq!(reading.capture.chip_authentication, None, "needless after the mapping");
    let plan = Plan { active_authentication: ActiveAuthentication::Never, ..Plan::default() };
    let alone = read(SimulatedTransport::new(card(NAME)), &keys(NAME), &plan).capture;
    let proved = proof(&alone);
    let finding = &proved.findings().chip_pace_cam;
    assert_eq!((finding.outcome, finding.witness), (Outcome::Confirmed, Some(Witness::ThisTerminal)));
    assert_eq!(proved.genuine_chip().unwrap().by(), ChipProof::PaceCam);
    assert_eq!(proved.findings().consistency_card_access_dg14.outcome, Outcome::Confirmed);

    // Chip authentication still works where a site wants it.
    let plan = Plan { chip_authentication: ChipAuthentication::WhenOffered, ..Plan::default() };
    let both = proof(&read(SimulatedTransport::new(card(NAME)), &keys(NAME), &plan).capture);
    assert!(both.findings().chip_pace_cam.outcome.is_confirmed());
    assert_eq!(both.genuine_chip().unwrap().by(), ChipProof::ChipAuthentication);
}

#[test]
fn stored_values_prove_no_chip_again() {
    let mut stored = capture(card(NAME));
    assert!(matches!(stored.pace_cam, Some(PaceCamTrace::Answered { .. })));
    stored.active_authentication = None;
    stored.origin = Origin::Stored;
    let proved = proof(&stored);
    let outcome = proved.findings().chip_pace_cam.outcome;
    assert_eq!(outcome, Outcome::NotPerformed(Reason::NoChipSession));
    assert!(proved.genuine_chip().is_none());
}

#[test]
fn only_the_holder_of_the_signed_key_is_confirmed() {
    // The chip computes with another key than the one that is signed, and so also fails chip authentication.
    let mut copy = card(NAME);
    copy.chip_authentication[0].private = vec![7; 32];
    let proved = proof(&capture(copy));
    let failed = Outcome::Refuted(Reason::PaceCamFailed);
    assert_eq!(proved.findings().chip_pace_cam.outcome, failed);
    assert!(matches!(proved.findings().chip_chip_authentication.outcome, Outcome::Refuted(_)));

    let mut altered = capture(card(NAME));
    let Some(PaceCamTrace::Answered { chip_data, .. }) = &mut altered.pace_cam else { panic!("a trace") };
    chip_data[31] ^= 1;
    assert_eq!(proof(&altered).findings().chip_pace_cam.outcome, failed);
    altered.pace_cam = Some(PaceCamTrace::Malformed("no data"));
    assert_eq!(proof(&altered).findings().chip_pace_cam.outcome, failed);
}

#[test]
fn the_file_counts_only_with_its_own_signature_and_chain() {
    let sound = card(NAME);
    let infos = infos(&sound);
    let remade = card_security(VIETNAM, 1, &infos);
    assert_eq!(found(with_card_security(Some(remade.clone()))).outcome, Outcome::Confirmed);

    let missing = found(with_card_security(None));
    assert_eq!(missing.outcome, Outcome::Undetermined(Reason::CardSecurityMissing));
    let forged = found(with_card_security(Some(card_security(FORGER, 1, &infos))));
    assert_eq!(forged.outcome, Outcome::Undetermined(Reason::SignerUnknown));
    let revoked = found(with_card_security(Some(card_security(VIETNAM, 2, &infos))));
    assert_eq!(revoked.outcome, Outcome::Refuted(Reason::SignerRevoked));

    // One bit of the signed key, and one of the signature.
    let key = infos.last().unwrap();
    let at = remade.windows(key.len()).position(|part| part == key.as_slice()).unwrap() + key.len() - 10;
    for at in [at, remade.len() - 3] {
        let mut altered = remade.clone();
        altered[at] ^= 1;
        let outcome = found(with_card_security(Some(altered))).outcome;
        assert_eq!(outcome, Outcome::Refuted(Reason::CardSecuritySignatureWrong), "byte {at}");
    }
    let outcome = found(with_card_security(Some(remade[..40].to_vec()))).outcome;
    assert!(!outcome.is_confirmed(), "{outcome:?}");
}

#[test]
fn its_signer_is_held_to_its_dates_as_that_of_ef_sod_is() {
    let sound = card(NAME);
    let infos = infos(&sound);
    let day = Date::from_unix_s(NOW_UNIX_S).plus_years(-2);
    let found = |times: SignerTimes, tolerances| {
        let signer = VIETNAM.document_signer(SignerNumber(1), times);
        let (identifier, signed) = (SignerIdentifier::IssuerAndSerial, Some(day.to_unix_s() + 3_600));
        let file = ef_card_security(&infos, identifier, signed, &signer);
        let mut capture = capture(with_card_security(Some(file)));
        // The list is signed by the same signer, so that both findings are of the same dates.
        let groups: Vec<(u8, Vec<u8>)> = DataGroup::ALL
            .into_iter()
            .filter_map(|group| Some((group.number(), capture.group(group)?.to_vec())))
            .collect();
        let groups: Vec<(u8, &[u8])> = groups.iter().map(|(number, file)| (*number, &file[..])).collect();
        let (version, hash) = (LdsVersion::V1_8, Hash::Sha256);
        let sod = ef_sod(&SodForm { version, hash, identifier, signing_time_s: signed }, &groups, &signer);
        capture.files.insert(FileId::SOD, FileState::Read(sod));
        let settings = Settings { tolerances, ..Settings::default() };
        let now = Timestamp(NOW_UNIX_S);
        let proof = verify(&capture, &trust(), &Presented::nothing(), now, &settings, None);
        let findings = proof.findings();
        let both = (findings.chip_pace_cam.outcome, findings.passive_signer_validity.outcome);
        assert_eq!(both.0, both.1, "{:?}", findings.chip_pace_cam.detail);
        both.0
    };
    let usual = SignerTimes::around(day);
    let ended = Period { to_s: NOW_UNIX_S - 86_400, ..usual.validity };
    let expired = SignerTimes { validity: ended, ..usual };
    let (strict, tolerant) = (Tolerances::STRICT, Tolerances::TOLERANT);
    assert_eq!(found(expired, tolerant), Outcome::Undetermined(Reason::SignerExpired));
    assert_eq!(found(expired, strict), Outcome::Refuted(Reason::SignerExpired));
    let named = Tolerances::STRICT.and(Tolerance::ExpiredSigner);
    assert_eq!(found(expired, named), Outcome::Undetermined(Reason::SignerExpired));
    let soon = Period { from_s: NOW_UNIX_S + 86_400, to_s: NOW_UNIX_S + 900 * 86_400 };
    let future = SignerTimes { validity: soon, usage: soon };
    // Its usage period had passed when it signed, although its certificate was valid.
    let early = Period { to_s: day.plus_days(-5).to_unix_s(), ..usual.usage };
    let outside = SignerTimes { usage: early, ..usual };
    for tolerances in [strict, tolerant] {
        assert_eq!(found(usual, tolerances), Outcome::Confirmed);
        assert_eq!(found(future, tolerances), Outcome::Refuted(Reason::SignerNotYetValid));
        assert_eq!(found(outside, tolerances), Outcome::Refuted(Reason::SignedOutsideUsage));
    }
}

#[test]
fn an_expired_signer_makes_no_wrong_key_right_and_its_file_still_speaks() {
    let sound = card(NAME);
    let infos = infos(&sound);
    let usual = SignerTimes::around(Date::from_unix_s(NOW_UNIX_S).plus_years(-2));
    let ended = Period { to_s: NOW_UNIX_S - 86_400, ..usual.validity };
    let signer = VIETNAM.document_signer(SignerNumber(1), SignerTimes { validity: ended, ..usual });
    let file = ef_card_security(&infos, SignerIdentifier::IssuerAndSerial, None, &signer);
    let mut capture = capture(with_card_security(Some(file)));
    let judged = |capture: &Capture| {
        let now = Timestamp(NOW_UNIX_S);
        let proof = verify(capture, &trust(), &Presented::nothing(), now, &Settings::default(), None);
        let findings = proof.findings();
        (findings.chip_pace_cam.outcome, findings.consistency_card_access_dg14.outcome)
    };
    assert_eq!(judged(&capture), (Outcome::Undetermined(Reason::SignerExpired), Outcome::Confirmed));
    let Some(PaceCamTrace::Answered { chip_data, .. }) = &mut capture.pace_cam else { panic!("a trace") };
    chip_data[31] ^= 1;
    assert_eq!(judged(&capture), (Outcome::Refuted(Reason::PaceCamFailed), Outcome::Confirmed));
}

/// The same object with indefinite lengths around everything but the signer's certificate and what it signed.
fn in_ber(bytes: &[u8], keep: &[&[u8]]) -> Vec<u8> {
    let mut reader = Reader::new("test", Rules::Der, bytes);
    let mut out = Vec::new();
    while !reader.is_empty() {
        let object = reader.any().unwrap();
        if keep.contains(&object.raw) || !object.is_constructed() {
            out.extend_from_slice(object.raw);
        } else {
            out.extend([object.raw[0], 0x80]);
            out.extend(in_ber(object.value, keep));
            out.extend([0, 0]);
        }
    }
    out
}

#[test]
fn ber_is_read_and_noted_and_refuted_by_a_strict_site() {
    let sound = card(NAME);
    let der = sound.files[&on_card(FileId::CARD_SECURITY)].clone();
    let ber = in_ber(&der, &SignedData::parse(&der).unwrap().certificates);
    assert_ne!(der, ber);
    // The session finds the key too, so that nothing is done twice.
    let read = capture(with_card_security(Some(ber.clone())));
    assert_eq!(read.chip_authentication, None, "needless after the mapping");
    let finding = |capture: &Capture, tolerances| {
        let settings = Settings { tolerances, ..Settings::default() };
        let now = Timestamp(NOW_UNIX_S);
        let (trust, nothing) = (trust(), Presented::nothing());
        let anew = verify(capture, &trust, &nothing, now, &settings, None);
        let earlier = text(capture, &trust, &nothing, now, &settings);
        let after = verify(capture, &trust, &nothing, now, &settings, Some(earlier));
        assert_eq!(anew.findings().chip_pace_cam, after.findings().chip_pace_cam);
        anew.findings().chip_pace_cam.clone()
    };
    let tolerant = finding(&read, Tolerances::TOLERANT);
    assert_eq!(tolerant.outcome, Outcome::Confirmed);
    assert_eq!(tolerant.notes, [Reason::CardSecurityEncoding]);
    let refuted = Outcome::Refuted(Reason::CardSecurityEncoding);
    assert_eq!(finding(&read, Tolerances::STRICT).outcome, refuted);
    assert!(finding(&capture(sound), Tolerances::TOLERANT).notes.is_empty());
    // Every byte that was signed still counts.
    let mut altered = ber;
    let at = altered.len() - 20;
    altered[at] ^= 1;
    let altered = finding(&capture(with_card_security(Some(altered))), Tolerances::TOLERANT);
    assert_eq!(altered.outcome, Outcome::Refuted(Reason::CardSecuritySignatureWrong));
}

#[test]
fn the_key_has_the_number_and_the_parameters_of_the_mapping() {
    let sound = card(NAME);
    let without_key = &infos(&sound)[..2];
    let with_key = |number: Option<u8>| {
        let mut key = sound.chip_authentication[0].clone();
        key.key_id = number;
        let key = security_infos::chip_public_key(&key, CurveForm::Explicit);
        let file = card_security(VIETNAM, 1, &[without_key, &[key]].concat());
        found(with_card_security(Some(file))).outcome
    };
    assert_eq!(with_key(Some(13)), Outcome::Confirmed, "explicit parameters of the same curve");
    let missing = Outcome::Refuted(Reason::PaceCamKeyMissing);
    assert_eq!((with_key(Some(12)), with_key(None)), (missing, missing));
    let none = card_security(VIETNAM, 1, without_key);
    assert_eq!(found(with_card_security(Some(none))).outcome, missing);
}

#[test]
fn another_chips_key_does_not_stand_for_this_document() {
    // A chip with a genuine key and EF.CardSecurity of its own serves the files of another card.
    let sound = card(NAME);
    let mut key = sound.chip_authentication[0].clone();
    key.private = key.group.private_from_seed("another chip's key");
    let mut infos = infos(&sound);
    infos.truncate(2);
    infos.push(security_infos::chip_public_key(&key, CurveForm::Standardized));
    let mut copy = with_card_security(Some(card_security(VIETNAM, 1, &infos)));
    copy.chip_authentication = vec![key];
    let plan = Plan { active_authentication: ActiveAuthentication::Never, ..Plan::default() };
    let proved = proof(&read(SimulatedTransport::new(copy), &keys(NAME), &plan).capture);
    assert!(proved.findings().chip_pace_cam.outcome.is_confirmed(), "its key is signed");
    let outcome = proved.findings().chip_chip_authentication.outcome;
    assert_eq!(outcome, Outcome::Refuted(Reason::ChipAuthenticationFailed));
}

#[test]
fn neither_signed_file_passes_for_the_other() {
    let sound = card(NAME);
    let sod = sound.files[&on_card(FileId::SOD)].clone();
    // EF.SOD without its own tag is the same kind of message.
    let message = reader_core::lds::sod::SodFile::parse(&sod).unwrap().content_info.to_vec();
    let outcome = found(with_card_security(Some(message))).outcome;
    assert_eq!(outcome, Outcome::Refuted(Reason::CardSecurityMalformed));

    let mut swapped = capture(sound.clone());
    let security = sound.files[&on_card(FileId::CARD_SECURITY)].clone();
    let wrapped = reader_core::wire::tlv::encode(0x77, &security);
    swapped.files.insert(FileId::SOD, FileState::Read(wrapped));
    let proved = proof(&swapped);
    assert_eq!(proved.findings().passive_sod_signature.outcome, Outcome::Refuted(Reason::SodMalformed));
    assert!(proved.genuine_chip().is_none(), "a proved chip without signed files is nobody's document");
}

#[test]
fn what_the_chip_says_openly_may_be_signed_in_either_file() {
    let whole = capture(card(NAME));
    let consistency = |capture: &Capture| proof(capture).findings().consistency_card_access_dg14.outcome;
    assert_eq!(consistency(&whole), Outcome::Confirmed);
    // An offer that neither signs.
    let mut sound = card(NAME);
    let offer = test_vectors::card::PaceOffer::generic(test_vectors::card::Suite::Aes128, 12);
    let mut open = infos(&sound);
    open.truncate(2);
    open.push(security_infos::pace(offer));
    sound.files.insert(on_card(FileId::CARD_ACCESS), security_infos::ef_card_access(&open));
    assert_eq!(consistency(&capture(sound.clone())), Outcome::Refuted(Reason::CardAccessAltered));
    // Signed in EF.CardSecurity alone: it is signed, and DG14 should have said so as well.
    let file = card_security(VIETNAM, 1, &[infos(&sound), vec![security_infos::pace(offer)]].concat());
    sound.files.insert(on_card(FileId::CARD_SECURITY), file);
    let partly = capture(sound);
    assert_eq!(consistency(&partly), Outcome::Refuted(Reason::CardAccessPartlySigned));
    let settings = Settings { tolerances: Tolerances::TOLERANT, ..Settings::default() };
    let tolerant = verify(&partly, &trust(), &Presented::nothing(), Timestamp(NOW_UNIX_S), &settings, None);
    let found = &tolerant.findings().consistency_card_access_dg14;
    assert_eq!(found.outcome, Outcome::Confirmed);
    assert_eq!(found.notes, [Reason::CardAccessPartlySigned]);
}

#[test]
fn after_a_loss_the_mapping_shows_the_same_chip() {
    let whole = read(SimulatedTransport::new(card(NAME)), &keys(NAME), &Plan::default());
    // EF.CardAccess, PACE with its five commands, SELECT.
    let access = 1 + 5 + 1;
    let count = whole.exchanges.len();
    let read_at = |file| whole.finished.iter().find(|(finished, _)| *finished == file).unwrap().1;
    let (security, list) = (read_at(FileId::CARD_SECURITY), read_at(FileId::SOD));
    for exchange in (0..count).step_by(7).chain([count - 1]) {
        let transport = SimulatedTransport::new(card(NAME)).with_fault(Fault::TornAt { exchange });
        let reading = read(transport, &keys(NAME), &Plan::default());
        assert_eq!(reading.ended, Some(Cause::Transport(TransportError::TagLost)));
        let (earlier, _) = reading.into_earlier();
        let transport = SimulatedTransport::new(card(NAME)).with_limits(Limits::SHORT);
        let mut entropy = SeededEntropy(5);
        let resumed =
            resume_chip(transport, &keys(NAME), &Plan::default(), &mut entropy, &mut quiet, earlier);
        assert_eq!(resumed.ended, None, "torn at {exchange}");
        assert!(resumed.capture.group(DataGroup::Dg2).is_some());
        if exchange > list {
            assert!(resumed.capture.deviations.contains(&Deviation::Resumed { proved: true }), "{exchange}");
        }
        assert!(
            proof(&resumed.capture).findings().chip_pace_cam.outcome.is_confirmed(),
            "torn at {exchange}"
        );
        // Before EF.SOD nothing ties what came to the chip, and all is read anew.
        let most = if exchange > security + 1 { count + access + 2 } else { count + exchange };
        assert!(resumed.exchanges.len() <= most, "torn at {exchange}: {}", resumed.exchanges.len());
    }
}
