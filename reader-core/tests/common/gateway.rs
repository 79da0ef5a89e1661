//! Answers of a simulated gateway about the cards of personas, and what is judged by them.
#![allow(dead_code, clippy::unwrap_used, reason = "each test file uses a part of it")]

use reader_core::capture::{Capture, FileState, GatewayAnswer, GatewayQuestion, GatewayTrace, Origin};
use reader_core::evidence::{Outcome, Witness};
use reader_core::lds::FileId;
use reader_core::pki::{Pins, TrustBuilder, TrustSnapshot};
use reader_core::verify::gateway::{GatewayForm, GatewayKey, GatewayTerms, GatewayText, question};
use reader_core::verify::{Presented, Proof, Settings, verify};
use reader_core::wire::date::Timestamp;
use test_vectors::card::{Directory, Hash};
use test_vectors::issuer::signer::{CurveForm, RsaPadding, RsaTestKeys, Signer};
use test_vectors::num::CurveName;
use test_vectors::persona;

use crate::common::{NOW, from};

pub const ANYONE: (Outcome, Option<Witness>) = (Outcome::Confirmed, Some(Witness::Anyone));

/// The simulated gateway's key. It signs nothing else.
pub fn rsa() -> Signer {
    Signer::rsa(RsaTestKeys::get().document_verifier(), RsaPadding::Pkcs1, Hash::Sha256)
}

pub fn ecdsa(label: &str) -> Signer {
    Signer::ecdsa(CurveName::P256, CurveForm::Named, Hash::Sha256, label)
}

/// Every member has a name, so that tests choose which of them an answer has.
pub fn form() -> GatewayForm {
    let name = |name: &str| Some(name.to_owned());
    GatewayForm {
        text: GatewayText::Json,
        verdict: "valid".to_owned(),
        signer: name("signer"),
        number: name("number"),
        question: name("mark"),
        time: name("at"),
    }
}

pub fn terms(key: &Signer) -> GatewayTerms {
    GatewayTerms {
        key: GatewayKey::from_spki(&key.public_key_info()).unwrap(),
        form: form(),
        max_age_s: 120,
        clock_skew_s: 60,
        stands_for_chain: true,
    }
}

/// The stored files of a persona's card, as if a session of now had read them.
pub fn live(name: &str) -> Capture {
    let mut capture = Capture::new(Origin::Live);
    for ((directory, id), bytes) in persona::find(name).unwrap().card(NOW.0).files {
        let directory = match directory {
            Directory::MasterFile => reader_core::lds::Directory::MasterFile,
            Directory::Lds => reader_core::lds::Directory::Emrtd,
        };
        capture.files.insert(FileId { directory, id }, FileState::Read(bytes));
    }
    capture
}

pub fn number(name: &str) -> &'static str {
    persona::find(name).unwrap().holder.number
}

pub fn signer(name: &str) -> Vec<u8> {
    persona::find(name).unwrap().document_signer(NOW.0).der
}

pub fn asked(name: &str) -> GatewayQuestion {
    question(&signer(name), number(name), [7; 16], NOW)
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A sound "yes" to the question about a persona's card.
pub fn yes(name: &str) -> serde_json::Value {
    serde_json::json!({
        "valid": true,
        "signer": hex(&asked(name).signer_sha256),
        "number": number(name),
        "at": NOW.0 + 1,
        "other": {"of": ["no", "account"]},
    })
}

pub fn answer(question: GatewayQuestion, text: &str, key: &Signer) -> GatewayTrace {
    let signature = key.sign(text.as_bytes());
    let text = text.as_bytes().to_vec();
    GatewayTrace::Answered(GatewayAnswer { question, text, signature, received_unix_s: NOW.0 + 1 })
}

/// Judges at `NOW`, with nobody trusted but the gateway.
pub fn judged(capture: &Capture, terms: GatewayTerms) -> Proof {
    judged_by(capture, &TrustSnapshot::empty(), terms, NOW)
}

pub fn judged_by(capture: &Capture, trust: &TrustSnapshot, terms: GatewayTerms, now: Timestamp) -> Proof {
    let settings = Settings { gateway: Some(terms), ..Settings::default() };
    verify(capture, trust, &Presented::nothing(), now, &settings, None)
}

pub fn answered(name: &str, text: &serde_json::Value) -> Capture {
    let mut capture = live(name);
    capture.gateway = Some(answer(asked(name), &text.to_string(), &rsa()));
    capture
}

pub fn trust() -> TrustSnapshot {
    let mut builder = TrustBuilder::new();
    for anchor in persona::trust_anchors(NOW.0) {
        builder.add_certificate(&anchor, &from("gateway"), &Pins::none());
    }
    for list in persona::revocation_lists(NOW.0) {
        builder.add_crl(&list, &from("gateway"));
    }
    builder.build()
}

pub fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut bits = 0_u32;
        for at in 0..3 {
            bits = bits << 8 | u32::from(group.get(at).copied().unwrap_or_default());
        }
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            text.push(if at <= group.len() { char::from(digit) } else { '=' });
        }
    }
    text
}
