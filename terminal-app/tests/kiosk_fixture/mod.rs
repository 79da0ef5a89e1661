//! An invented visitor and the events of a visit, for the tests of the window.
#![allow(dead_code, reason = "each test file uses its part")]

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use reader_core::evidence::{CheckId, Outcome, Reason};
use reader_core::lds::personal::PersonalNumber;
use reader_core::lds::portrait::{self, Pixels, Portraits};
use reader_core::policy::{
    CheckReport, PartResults, ReportReason, ServiceReport, Verdict, VerificationReport,
};
use reader_core::session::wrong_card::{Judgement, StorageCard, WrongCard};
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::presentation::Presentation;
use terminal_app::report::{Biometric, Report, SiteStamp};
use terminal_app::text::Language;
use terminal_app::ui::model::{Action, Event, Model, PersonaChoice, Screen, Setup};
use terminal_app::ui::visit::{Decision, Person, Progress};
use terminal_app::worker::{Intent, Step};
use zeroize::Zeroizing;

/// Number, name, birth and expiry of the invented visitor.
pub const NUMBER: &str = "090000001987";
pub const NAME: &str = "NGUYỄN THỊ MẪU";
pub const BIRTH: &str = "1948-02-29";
pub const EXPIRY: &str = "2031-11-07";
/// Idle time of the site of these tests.
pub const IDLE_MS: u32 = 20_000;

pub fn vietnamese() -> Language {
    Language::from_code("vi").expect("Vietnamese is shipped")
}

/// A site in both languages, with a keypad and a real reader.
pub fn setup() -> Setup {
    Setup {
        title: BTreeMap::from([
            ("vi".to_owned(), "Kiểm tra thẻ".to_owned()),
            ("en".to_owned(), "Card check".to_owned()),
        ]),
        languages: vec![vietnamese(), Language::ENGLISH],
        idle_wipe_ms: IDLE_MS,
        ..Setup::default()
    }
}

/// The same as a demonstration.
pub fn demonstration() -> Setup {
    let personas = ["good", "cloned-without-key"].map(|name| PersonaChoice { name: name.to_owned() });
    Setup { scanner: true, personas: personas.into(), staff_open: true, ..setup() }
}

pub fn person() -> Person {
    Person {
        name: Zeroizing::new(NAME.to_owned()),
        number: Zeroizing::new(NUMBER.to_owned()),
        birth_date: Some(Zeroizing::new(BIRTH.to_owned())),
        expiry_date: Some(Zeroizing::new(EXPIRY.to_owned())),
    }
}

/// The drawn portrait of a persona's card: a copy of its own for each caller.
pub fn pixels() -> Arc<Pixels> {
    static DECODED: OnceLock<Pixels> = OnceLock::new();
    let decoded = DECODED.get_or_init(|| {
        let card = test_vectors::persona::find("good").expect("a persona").card(1_790_000_000);
        let (_, file) = card.files.iter().find(|((_, id), _)| *id == 0x0102).expect("DG2");
        let portraits = Portraits::parse(file).expect("the simulated issuer's DG2");
        let image = portraits.first_image().expect("one image");
        portrait::decode(image, portrait::Limits::default()).expect("a portrait")
    });
    Arc::new(decoded.clone())
}

/// A report as the worker makes it: every check, some reasons, one service.
pub fn report(verdict: Verdict, raised: &[Reason], service: Option<(&'static str, &str)>) -> Report {
    let outcome_of = |check: &CheckId| match check.as_str() {
        "passive.gateway" | "holder.face" => "not_performed",
        "chip.pace_cam" => "not_supported",
        "passive.signer_revocation" => "undetermined",
        "chip.chip_authentication" if verdict == Verdict::Reject => "refuted",
        _ => "confirmed",
    };
    let checks = CheckId::ALL.iter().map(|check| CheckReport {
        id: check.as_str().to_owned(),
        outcome: outcome_of(check),
        reason: (outcome_of(check) == "refuted").then(|| Reason::ChipAuthenticationFailed.code()),
        witness: None,
        spec: check.spec(),
        notes: Vec::new(),
        detail: None,
        ms: None,
    });
    let reasons = raised.iter().map(|reason| ReportReason {
        reason: *reason,
        code: reason.code(),
        check: "passive.hashes".to_owned(),
        text: reason.meaning().to_owned(),
    });
    let services = service.map(|(outcome, code)| ServiceReport {
        id: "insurance".to_owned(),
        outcome,
        code: Some(code.to_owned()),
        text: None,
        age_s: Some(0),
    });
    Report {
        transaction: "10203040-5060-4070-8090-a0b0c0d0e0f0".parse().expect("an identifier"),
        decision: VerificationReport {
            schema: "idterm.report/1",
            verdict,
            reasons: reasons.collect(),
            checks: checks.collect(),
            holder: None,
            services: services.into_iter().collect(),
            tr03135: PartResults::of(|_| Outcome::Confirmed),
        },
        biometric: Biometric::default(),
        link: None,
        reader: None,
        simulated: Vec::new(),
        audit: None,
        site: SiteStamp { name: "base".to_owned(), hash: String::new() },
        versions: BTreeMap::new(),
        deliveries: None,
        started: String::new(),
        elapsed_ms: 3_141,
    }
}

/// The event of a decision, with the person unless `unknown`.
pub fn decided(verdict: Verdict, raised: &[Reason], service: Option<(&'static str, &str)>) -> Event {
    let (decision, _) = Decision::of_report(report(verdict, raised, service));
    Event::Decided(Box::new((decision, Some(person()))))
}

pub fn failed(code: ErrorCode) -> Event {
    Event::Failed(Failure::new(code, "on purpose"))
}

pub fn presentation() -> Box<Presentation> {
    Box::new(Presentation::Number(PersonalNumber::parse(NUMBER).expect("twelve digits")))
}

/// Applies events and collects what goes down.
pub fn drive(model: &mut Model, events: impl IntoIterator<Item = Event>) -> Vec<Intent> {
    events.into_iter().filter_map(|event| model.apply(event)).collect()
}

/// Touches the screen, types the number and goes on.
pub fn type_number(model: &mut Model) -> Vec<Intent> {
    let digits = NUMBER.bytes().map(|digit| Event::Did(Action::Digit(digit - b'0')));
    let mut events = vec![Event::Did(Action::Start)];
    events.extend(digits);
    events.push(Event::Did(Action::Confirm));
    drive(model, events)
}

/// A card is read as far as the portrait.
pub fn read(model: &mut Model, portrait: Arc<Pixels>) -> Vec<Intent> {
    drive(
        model,
        [
            Event::Step(Step::PlaceCard),
            Event::Step(Step::OpenChip),
            Event::Bytes { done: 400, expected: 20_000 },
            Event::Tick(300),
            Event::Step(Step::ReadText),
            Event::Person(person()),
            Event::Step(Step::ReadPortrait),
            Event::Bytes { done: 12_000, expected: 20_000 },
            Event::Tick(500),
            Event::Portrait(portrait),
        ],
    )
}

/// How far the reading on the screen is.
pub fn progress_of(model: &Model) -> &Progress {
    let Screen::Reading { progress, .. } = model.screen() else { panic!("reading") };
    progress
}

/// Every judgement with what the person reads in Vietnamese and English, and the code for staff.
pub const WRONG_CARDS: [(Judgement, &str, &str, &str); 8] = [
    (
        Judgement::Surely(WrongCard::Payment),
        "Đây là thẻ ngân hàng, hoặc điện thoại dùng để trả tiền.",
        "This is a bank card, or a phone that pays.",
        "R1051",
    ),
    (
        Judgement::Surely(WrongCard::Storage(StorageCard::Classic)),
        "Đây là thẻ đi tàu xe hoặc thẻ ra vào.",
        "This is a card for rides or doors.",
        "R1052",
    ),
    (
        Judgement::Probably(WrongCard::Storage(StorageCard::Desfire)),
        "Có lẽ đây là thẻ đi tàu xe hoặc thẻ ra vào.",
        "This is perhaps a card for rides or doors.",
        "R1052",
    ),
    (
        Judgement::Probably(WrongCard::Several),
        "Xin chỉ đặt một thẻ lên đầu đọc.",
        "Please put only one card on the reader.",
        "R1053",
    ),
    (
        Judgement::Probably(WrongCard::Phone),
        "Có lẽ trên đầu đọc là điện thoại.",
        "There is perhaps a phone on the reader.",
        "R1054",
    ),
    (
        Judgement::Surely(WrongCard::NoApplication),
        "Máy này không đọc được loại thẻ này.",
        "This machine cannot read this kind of card.",
        "R1055",
    ),
    (
        Judgement::Surely(WrongCard::Blocked),
        "Chip của thẻ này đã bị khóa.",
        "The chip of this card has been blocked.",
        "R1056",
    ),
    (
        Judgement::Probably(WrongCard::Blocked),
        "Có lẽ chip của thẻ này đã bị khóa.",
        "The chip of this card is perhaps blocked.",
        "R1056",
    ),
];
