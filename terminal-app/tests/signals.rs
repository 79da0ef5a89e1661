//! Lights, tones and bit rates by profile: what each reader is sent at which moment, and that a refusal is harmless.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::Arc;

use firmware_profiles::{Catalogue, Moment};
use reader_core::policy::Verdict;
use reader_core::transport::{Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::capture_folder::hex;
use terminal_app::devices::signals::{Panel, Signals};
use terminal_app::devices::simulated::SimulatedReader;
use terminal_app::report::{BadFirmware, Reader};
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Job, Place, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::chip::Chip;
use test_vectors::persona;

const ACR1252: &str = "ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00";
const ACR122: &str = "ACS ACR122U PICC Interface 00 00";
const ACR1281: &str = "ACS ACR1281 1S Dual Reader PICC 00 00";
const OMNIKEY: &str = "HID Global OMNIKEY 5022 Smart Card Reader 00 00";

const ALL: [Moment; 6] = [
    Moment::RaiseRate,
    Moment::CardSeen,
    Moment::Reading,
    Moment::Accepted,
    Moment::NotAccepted,
    Moment::RestoreRate,
];

/// Writes down what it is sent.
#[derive(Default)]
struct Recorder {
    sent: Vec<String>,
    /// The driver lets no control commands pass, as delivered.
    no_escape: bool,
    /// The status word of class FF.
    status: Option<u16>,
}

impl Panel for Recorder {
    fn escape(&mut self, command: &[u8]) -> Result<(), TransportError> {
        self.sent.push(format!("escape {}", hex(command)));
        if self.no_escape { Err(TransportError::Communication { code: 0x8010_0016 }) } else { Ok(()) }
    }

    fn transmit(&mut self, command: &[u8]) -> Result<u16, TransportError> {
        self.sent.push(format!("transmit {}", hex(command)));
        self.status.ok_or(TransportError::TagLost)
    }
}

fn signals(reader: &str) -> Signals {
    let catalogue = Catalogue::built_in().unwrap();
    Signals::of(catalogue.for_reader(reader).unwrap().profile)
}

/// What a reader is sent at every moment.
fn sent(reader: &str) -> Vec<(Moment, Vec<String>)> {
    let mut signals = signals(reader);
    let at = |moment| {
        let mut panel = Recorder::default();
        let taken = signals.send(moment, &mut panel);
        assert_eq!(taken, !panel.sent.is_empty());
        (moment, panel.sent)
    };
    ALL.into_iter().map(at).filter(|(_, sent)| !sent.is_empty()).collect()
}

#[test]
fn each_reader_is_sent_what_its_profile_says() {
    let expect = |rows: &[(Moment, &[&str])]| -> Vec<(Moment, Vec<String>)> {
        let escape = |hex: &&str| format!("escape {hex}");
        rows.iter().map(|(moment, sent)| (*moment, sent.iter().map(escape).collect())).collect()
    };
    assert_eq!(
        sent(ACR1252),
        expect(&[
            (Moment::RaiseRate, &["E0000024020202"]),
            (Moment::CardSeen, &["E00000290100"]),
            (Moment::Reading, &["E00000290103"]),
            (Moment::Accepted, &["E00000290102", "E0000028010A"]),
            (Moment::NotAccepted, &["E00000290101", "E00000280128"]),
            (Moment::RestoreRate, &["E0000024020000"]),
        ])
    );
    assert_eq!(
        sent(ACR122),
        expect(&[
            (Moment::Reading, &["FF00400F0400000000"]),
            (Moment::Accepted, &["FF00400E0401010101"]),
            (Moment::NotAccepted, &["FF00400D0404010101"]),
        ])
    );
    assert_eq!(
        sent(ACR1281),
        expect(&[
            (Moment::CardSeen, &["E00000290100"]),
            (Moment::Reading, &["E00000290103"]),
            (Moment::Accepted, &["E00000290102", "E0000028010A"]),
            (Moment::NotAccepted, &["E00000290101", "E00000280128"]),
        ])
    );
    assert_eq!(sent(OMNIKEY), [], "its commands are settings that it keeps");
    assert_eq!(sent("Virtual PCD 00 00"), []);
    assert_eq!(sent("A reader that nobody knows 00 00"), []);
}

#[test]
fn a_rate_is_restored_once_and_only_where_it_was_raised() {
    let (mut signals, mut panel) = (signals(ACR1252), Recorder::default());
    assert!(!signals.send(Moment::RestoreRate, &mut panel));
    assert!(signals.send(Moment::RaiseRate, &mut panel));
    assert!(signals.send(Moment::RestoreRate, &mut panel));
    assert!(!signals.send(Moment::RestoreRate, &mut panel));
    assert_eq!(panel.sent, ["escape E0000024020202", "escape E0000024020000"]);
}

#[test]
fn a_closed_way_is_tried_once_and_the_next_one_taken() {
    // ACR122U: the second way is an APDU of class FF.
    let mut panel = Recorder { no_escape: true, status: Some(0x9002), ..Recorder::default() };
    let mut lights = signals(ACR122);
    assert!(lights.send(Moment::Reading, &mut panel));
    assert!(lights.send(Moment::Accepted, &mut panel));
    assert_eq!(
        panel.sent,
        ["escape FF00400F0400000000", "transmit FF00400F0400000000", "transmit FF00400E0401010101"]
    );
    assert!(lights.refused().is_empty());
    // A card that answers instead of the reader.
    let mut panel = Recorder { no_escape: true, status: Some(0x6E00), ..Recorder::default() };
    let mut lights = signals(ACR122);
    assert!(!lights.send(Moment::Reading, &mut panel));
    assert!(!lights.send(Moment::Accepted, &mut panel));
    assert_eq!(panel.sent.len(), 2, "nothing is sent again");
    let refused = lights.refused();
    assert_eq!((refused.len(), refused[0].moment), (1, Moment::Reading));
    assert_eq!((refused[0].command.as_str(), refused[0].problem.as_str()), ("led_buzzer", "answered 6E00"));
}

#[test]
fn a_signal_that_does_not_come_back_is_told_apart_from_a_refusal() {
    struct Hung;
    impl Panel for Hung {
        fn escape(&mut self, _: &[u8]) -> Result<(), TransportError> {
            Err(TransportError::ReaderHung { reader: ACR1281.to_owned(), timeout_ms: 2_000 })
        }
        fn transmit(&mut self, _: &[u8]) -> Result<u16, TransportError> {
            unreachable!("the profile has no such way")
        }
    }
    let mut lights = signals(ACR1281);
    assert!(!lights.send(Moment::Reading, &mut Recorder { no_escape: true, ..Recorder::default() }));
    assert!(!lights.take_hung());
    let mut lights = signals(ACR1281);
    assert!(!lights.send(Moment::Reading, &mut Hung));
    assert!(lights.take_hung() && !lights.take_hung(), "the card is powered anew once");
    assert!(!lights.send(Moment::Accepted, &mut Hung));
    assert!(!lights.take_hung(), "and nothing is sent that way again");
}

/// A simulated chip on a reader with lights.
struct Lit {
    reader: SimulatedReader,
    signals: Signals,
    panel: Recorder,
    moments: Vec<Moment>,
    talking: bool,
}

impl Place for Lit {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        self.talking = true;
        work(&mut self.reader);
        self.talking = false;
        Ok(())
    }

    fn can_return(&self) -> bool {
        false
    }

    fn is_occupied(&mut self) -> Result<bool, TransportError> {
        Ok(false)
    }

    fn power(&mut self) -> Result<(), TransportError> {
        Err(TransportError::TagLost)
    }

    fn signal(&mut self, moment: Moment) {
        assert!(!self.talking, "a session is open");
        self.moments.push(moment);
        self.signals.send(moment, &mut self.panel);
    }

    fn reader(&self) -> Option<Reader> {
        let catalogue = Catalogue::built_in().unwrap();
        Some(Reader {
            name: ACR1281.to_owned(),
            profile: "acs-acr1281u".to_owned(),
            bad_firmware: BadFirmware::of(catalogue.get("acs-acr1281u").unwrap()),
            signals_refused: self.signals.refused().to_vec(),
        })
    }
}

/// Verifies this persona on a lit reader.
fn verified(name: &str, panel: Recorder) -> (Verified, Lit) {
    let now = Timestamp(common::now());
    let person = persona::find(name).unwrap();
    let mut site = config::load("base").unwrap();
    site.services.clear();
    let site = Arc::new(site);
    let plan = worker::plan_of(&site, &Catalogue::built_in().unwrap(), 1_000);
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(Services::of_site(&site).unwrap()),
        presentation: Some(demo::presentation(person, now).unwrap()),
        site,
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    let mut place = Lit {
        reader: SimulatedReader::new(Chip::new(person.card(common::now()), 7)),
        signals: signals(ACR1281),
        panel,
        moments: Vec::new(),
        talking: false,
    };
    let done = worker::verify_at(&mut place, &plan, &job, &Cancel::new(), &mut |_| {}).unwrap();
    (done, place)
}

#[test]
fn a_verification_lights_up_and_a_refusal_changes_nothing_but_a_note() {
    for (name, verdict, end) in
        [("good", Verdict::Accept, Moment::Accepted), ("expired-card", Verdict::Reject, Moment::NotAccepted)]
    {
        let (lit, place) = verified(name, Recorder::default());
        assert_eq!(lit.report.decision.verdict, verdict, "{name}");
        assert_eq!(place.moments, [Moment::Reading, end], "{name}");
        let reader = lit.report.reader.unwrap();
        assert!(reader.signals_refused.is_empty());
        assert_eq!(reader.bad_firmware[0].below, "526");

        let (dark, place) = verified(name, Recorder { no_escape: true, ..Recorder::default() });
        assert_eq!(dark.report.decision.verdict, verdict, "{name}");
        assert_eq!(dark.capture.files, lit.capture.files, "{name}");
        assert_eq!(place.panel.sent.len(), 1, "a closed way is not tried again");
        let note = serde_json::to_value(dark.report.reader).unwrap();
        assert_eq!(note["signals_refused"][0]["moment"], "reading");
        assert_eq!(note["signals_refused"][0]["command"], "led_set");
    }
}
