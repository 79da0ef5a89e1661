//! A card that its holder's PIN opens, through the whole line: tries are counted, and the last one is used on demand.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::sync::Arc;

use reader_core::session::Plan;
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::failure::{ErrorCode, Failure};
use terminal_app::presentation::Presentation;
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Job, Once, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::chip::Chip;
use test_vectors::persona;

const PIN: &str = "271828";

/// A chip on a reader, which the test can look into.
struct Laid(Chip);

impl Transport for Laid {
    fn exchange(&mut self, command: &[u8], _: u32, response: &mut Vec<u8>) -> Result<(), TransportError> {
        *response = self.0.exchange(command);
        if response.is_empty() { Err(TransportError::TagLost) } else { Ok(()) }
    }

    fn limits(&self) -> Limits {
        Limits::SHORT
    }
}

/// Lays `chip` on the reader anew and presents a PIN, with the card's number beside it where it is said.
fn attempt(chip: &mut Laid, pin: &str, with_number: bool, use_last_try: bool) -> Result<Verified, Failure> {
    let now = Timestamp(common::now());
    let mut site = config::load("base").unwrap();
    site.services.clear();
    let site = Arc::new(site);
    let catalogue = firmware_profiles::Catalogue::built_in().unwrap();
    let plan = Plan { use_last_try, ..worker::plan_of(&site, &catalogue, 1_000) };
    let number = demo::presentation(persona::find("good").unwrap(), now).unwrap();
    let with = with_number.then(|| Box::new(number));
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(Services::of_site(&site).unwrap()),
        presentation: Some(Presentation::Pin { pin: pin.to_owned().into(), with }),
        site,
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    chip.0.reset();
    worker::verify_at(&mut Once(chip), &plan, &job, &Cancel::new(), &mut |_| {})
}

#[test]
fn the_last_try_is_kept_until_it_is_asked_for() {
    let now = common::now();
    let mut chip = Laid(Chip::new(persona::find("good").unwrap().card(now), 3));
    chip.0.set_pin(PIN);
    assert!(attempt(&mut chip, PIN, false, false).is_ok());
    for tries_left in [2, 1] {
        let failure = attempt(&mut chip, "000000", false, false).err().unwrap();
        assert_eq!(failure.code, ErrorCode::AccessDenied);
        assert!(!failure.to_string().contains("000000"), "{failure}");
        assert_eq!(chip.0.pin_tries_left(), Some(tries_left));
    }
    for with_number in [false, true] {
        let kept = attempt(&mut chip, PIN, with_number, false).err().unwrap();
        assert!(kept.text.contains("was not used"), "{kept}");
        assert_eq!(chip.0.pin_tries_left(), Some(1));
    }
    assert!(attempt(&mut chip, PIN, true, true).is_ok());
    assert_eq!(chip.0.pin_tries_left(), Some(3));
}
