//! The issuing authority's gateway: which of its answers count, and for whom.
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;
#[path = "common/gateway.rs"]
mod gateway;

use common::NOW;
use gateway::{
    ANYONE, answer, answered, asked, base64, ecdsa, form, hex, judged, live, rsa, signer, terms, yes,
};
use reader_core::capture::{Capture, GatewayAnswer, GatewayTrace};
use reader_core::evidence::{Finding, Outcome, Reason, Witness};
use reader_core::pki::TrustSnapshot;
use reader_core::verify::gateway::{GatewayForm, GatewayKey, GatewayTerms, GatewayText, question_mark};
use reader_core::verify::{Presented, Settings, verify};
use test_vectors::card::Hash;
use test_vectors::issuer::signer::{CurveForm, RsaPadding, RsaTestKeys, Signer};
use test_vectors::num::CurveName;

/// The finding about `good` of one answer.
fn finding(text: &serde_json::Value) -> Finding {
    judged(&answered("good", text), terms(&rsa())).findings().passive_gateway.clone()
}

const fn undetermined(reason: Reason) -> (Outcome, Option<Witness>) {
    (Outcome::Undetermined(reason), None)
}

const THIS_TERMINAL: (Outcome, Option<Witness>) = (Outcome::Confirmed, Some(Witness::ThisTerminal));

#[test]
fn only_what_the_signed_text_itself_names_confirms() {
    use Reason::{GatewayAnswerStale, GatewayAnswerUnreadable, GatewayAnswersAnother, GatewayNamesNothing};
    let mark = question_mark(&asked("good"));
    let der = signer("good");
    let pem = format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", base64(&der));
    let mut other = asked("good");
    other.nonce[0] ^= 1;
    // Members of a sound answer set otherwise; `null` leaves one out.
    let table = [
        ("everything named", vec![], ANYONE),
        ("the hash with colons, in capitals", vec![("signer", colons(&asked("good").signer_sha256))], ANYONE),
        ("the hash in base64", vec![("signer", base64(&asked("good").signer_sha256).into())], ANYONE),
        ("the certificate itself", vec![("signer", base64(&der).into())], ANYONE),
        ("its PEM", vec![("signer", base64(pem.as_bytes()).into())], ANYONE),
        ("the number's hash", vec![("number", hex(&asked("good").number_sha256).into())], ANYONE),
        ("a time in words", vec![("at", "2026-11-21T17:00:01+07:00".into())], ANYONE),
        ("a time in milliseconds", vec![("at", ((NOW.0 + 1) * 1000).into())], ANYONE),
        ("a verdict in words", vec![("valid", "true".into())], ANYONE),
        ("the mark besides", vec![("mark", mark.clone().into())], ANYONE),
        ("the mark for the signer", vec![("mark", mark.clone().into()), ("signer", null())], THIS_TERMINAL),
        ("the mark for the card", vec![("mark", mark.clone().into()), ("number", null())], THIS_TERMINAL),
        ("the mark for the time", vec![("mark", mark.clone().into()), ("at", null())], THIS_TERMINAL),
        (
            "the mark alone",
            vec![("mark", mark.clone().into()), ("signer", null()), ("number", null()), ("at", null())],
            THIS_TERMINAL,
        ),
        ("no signer", vec![("signer", null())], undetermined(GatewayNamesNothing)),
        ("no card", vec![("number", null())], undetermined(GatewayNamesNothing)),
        ("no time", vec![("at", null())], undetermined(GatewayNamesNothing)),
        (
            "a yes that names nothing",
            vec![("signer", null()), ("number", null()), ("at", null())],
            undetermined(GatewayNamesNothing),
        ),
        ("an empty name is none", vec![("number", "".into())], undetermined(GatewayNamesNothing)),
        ("another signer", vec![("signer", "00".repeat(32).into())], undetermined(GatewayAnswersAnother)),
        ("a signer in words", vec![("signer", "DS 1".into())], undetermined(GatewayAnswersAnother)),
        (
            "half of the hash",
            vec![("signer", hex(&asked("good").signer_sha256[..16]).into())],
            undetermined(GatewayAnswersAnother),
        ),
        ("another card", vec![("number", "090000000999".into())], undetermined(GatewayAnswersAnother)),
        (
            "another question",
            vec![("mark", question_mark(&other).into())],
            undetermined(GatewayAnswersAnother),
        ),
        (
            "the mark does not excuse another card",
            vec![("mark", mark.clone().into()), ("number", "090000000999".into())],
            undetermined(GatewayAnswersAnother),
        ),
        ("at the limit of age", vec![("at", (NOW.0 + 1 - 180).into())], ANYONE),
        ("beyond it", vec![("at", (NOW.0 + 1 - 181).into())], undetermined(GatewayAnswerStale)),
        ("a clock that is ahead", vec![("at", (NOW.0 + 61).into())], ANYONE),
        ("out of the future", vec![("at", (NOW.0 + 62).into())], undetermined(GatewayAnswerStale)),
        (
            "the mark does not excuse another day",
            vec![("mark", mark.into()), ("at", (NOW.0 - 86_400).into())],
            undetermined(GatewayAnswerStale),
        ),
        ("no verdict", vec![("valid", null())], undetermined(GatewayAnswerUnreadable)),
        ("a verdict of another kind", vec![("valid", 1.into())], undetermined(GatewayAnswerUnreadable)),
        ("a verdict in other words", vec![("valid", "yes".into())], undetermined(GatewayAnswerUnreadable)),
        (
            "a number that is one",
            vec![("number", 90_000_001_000_u64.into())],
            undetermined(GatewayAnswerUnreadable),
        ),
        ("a time that is none", vec![("at", "now".into())], undetermined(GatewayAnswerUnreadable)),
    ];
    let mut problems = Vec::new();
    for (name, members, expected) in table {
        let mut text = yes("good");
        for (member, value) in members {
            text[member] = value;
        }
        let found = finding(&text);
        if (found.outcome, found.witness) != expected {
            problems.push(format!("{name}: {found:?}"));
        }
        // A "no" counts exactly where a "yes" would.
        if text["valid"] == true {
            text["valid"] = false.into();
            let no = finding(&text).outcome;
            let refuted = Outcome::Refuted(Reason::GatewaySaysNo);
            let wanted = if expected.0.is_confirmed() { refuted } else { expected.0 };
            if no != wanted {
                problems.push(format!("{name}, and no: {no:?}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

fn null() -> serde_json::Value {
    serde_json::Value::Null
}

fn colons(bytes: &[u8]) -> serde_json::Value {
    let pairs: Vec<String> = bytes.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":").into()
}

#[test]
fn what_is_not_the_gateways_is_no_answer_and_never_a_no() {
    let no = {
        let mut text = yes("good");
        text["valid"] = false.into();
        text.to_string()
    };
    let outcome = |trace: GatewayTrace, terms: GatewayTerms| {
        let mut capture = live("good");
        capture.gateway = Some(trace);
        let found = judged(&capture, terms).findings().passive_gateway.clone();
        assert!(!found.outcome.is_confirmed() && found.witness.is_none());
        found.outcome
    };
    let wrong = Outcome::Undetermined(Reason::GatewaySignatureWrong);
    assert_eq!(outcome(answer(asked("good"), &no, &ecdsa("another")), terms(&ecdsa("gateway"))), wrong);
    assert_eq!(outcome(answer(asked("good"), &no, &ecdsa("gateway")), terms(&rsa())), wrong);
    let GatewayTrace::Answered(sound) = answer(asked("good"), &no, &rsa()) else { unreachable!() };
    let mut altered = sound.clone();
    altered.text[2] ^= 1;
    assert_eq!(outcome(GatewayTrace::Answered(altered), terms(&rsa())), wrong);
    for signature in [Vec::new(), vec![0; 256], sound.signature[1..].to_vec()] {
        let unsigned = GatewayAnswer { signature, ..sound.clone() };
        assert_eq!(outcome(GatewayTrace::Answered(unsigned), terms(&rsa())), wrong);
    }
    // What two readers could take differently is not read at all.
    let twice = no.replacen('{', "{\"valid\":true,", 1);
    let unreadable = Outcome::Undetermined(Reason::GatewayAnswerUnreadable);
    assert_eq!(outcome(answer(asked("good"), &twice, &rsa()), terms(&rsa())), unreadable);
    assert_eq!(outcome(answer(asked("good"), "false", &rsa()), terms(&rsa())), unreadable);
    // A signature by the same key for another purpose, over another hash.
    let sha512 = Signer::rsa(RsaTestKeys::get().document_verifier(), RsaPadding::Pkcs1, Hash::Sha512);
    assert_eq!(outcome(answer(asked("good"), &no, &sha512), terms(&rsa())), wrong);
    let unavailable = Outcome::Aborted(Reason::GatewayUnavailable);
    assert_eq!(
        outcome(GatewayTrace::NoAnswer("no answer within 1 ms".to_owned()), terms(&rsa())),
        unavailable
    );
    let not_asked = Outcome::Undetermined(Reason::GatewayNotAsked);
    assert_eq!(
        outcome(GatewayTrace::NotAsked("its number is kept back".to_owned()), terms(&rsa())),
        not_asked
    );
}

#[test]
fn without_a_gateway_or_its_key_nothing_is_performed() {
    let outcome = |capture: &Capture, settings: &Settings| {
        let proof = verify(capture, &TrustSnapshot::empty(), &Presented::nothing(), NOW, settings, None);
        proof.findings().passive_gateway.outcome
    };
    let with = Settings { gateway: Some(terms(&rsa())), ..Settings::default() };
    let not_asked = Outcome::NotPerformed(Reason::GatewayNotAsked);
    assert_eq!(outcome(&live("good"), &with), not_asked);
    assert_eq!(outcome(&live("good"), &Settings::default()), not_asked);
    let not_pinned = Outcome::NotPerformed(Reason::GatewayNotPinned);
    assert_eq!(outcome(&answered("good", &yes("good")), &Settings::default()), not_pinned);
}

#[test]
fn other_keys_and_writings_are_read_and_unfit_ones_refused() {
    let text = yes("good").to_string();
    let found = |text: &str, key: &Signer, terms: GatewayTerms| {
        let mut capture = live("good");
        capture.gateway = Some(answer(asked("good"), text, key));
        judged(&capture, terms).findings().passive_gateway.outcome
    };
    assert_eq!(found(&text, &ecdsa("gateway"), terms(&ecdsa("gateway"))), Outcome::Confirmed);
    let packed =
        GatewayTerms { form: GatewayForm { text: GatewayText::Base64Json, ..form() }, ..terms(&rsa()) };
    assert_eq!(found(&base64(text.as_bytes()), &rsa(), packed.clone()), Outcome::Confirmed);
    assert_eq!(found(&text, &rsa(), packed), Outcome::Undetermined(Reason::GatewayAnswerUnreadable));
    let inner = serde_json::json!({ "data": yes("good") }).to_string();
    let name = |name: &str| Some(format!("data.{name}"));
    let form = GatewayForm {
        verdict: "data.valid".to_owned(),
        signer: name("signer"),
        number: name("number"),
        time: name("at"),
        ..form()
    };
    assert_eq!(form.lacks(), None);
    let inside = GatewayTerms { form, ..terms(&rsa()) };
    assert_eq!(found(&inner, &rsa(), inside), Outcome::Confirmed);

    let brainpool = Signer::ecdsa(CurveName::BrainpoolP256r1, CurveForm::Named, Hash::Sha256, "gateway");
    let short = Signer::rsa(RsaTestKeys::get().active_authentication(), RsaPadding::Pkcs1, Hash::Sha256);
    for unfit in [brainpool.public_key_info(), short.public_key_info(), vec![0x30, 0], Vec::new()] {
        assert!(GatewayKey::from_spki(&unfit).is_err());
    }
}

#[test]
fn a_form_by_which_nothing_can_be_confirmed_is_told() {
    let without = |change: fn(&mut GatewayForm)| {
        let mut form = GatewayForm { question: None, ..form() };
        change(&mut form);
        form.lacks()
    };
    assert_eq!(without(|_| {}), None);
    assert_eq!(without(|form| form.signer = None), Some("signer"));
    assert_eq!(without(|form| form.number = None), Some("number"));
    assert_eq!(without(|form| form.time = None), Some("time"));
    let alone = GatewayForm { signer: None, number: None, time: None, ..form() };
    assert_eq!(alone.lacks(), None, "the mark of the question names all of them");
}
