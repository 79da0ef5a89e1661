//! What readings learn of cards and readers: kept where the site says so, used with the next such card, and reported.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use std::path::Path;
use std::sync::Arc;

use firmware_profiles::Catalogue;
use reader_core::policy::Verdict;
use reader_core::session::LearntLimits;
use reader_core::transport::{Limits, Transport, TransportError};
use reader_core::wire::date::Timestamp;
use terminal_app::learnt::LearntStore;
use terminal_app::report::Reader;
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Job, Place, Services, Verified};
use terminal_app::{config, demo};
use test_vectors::chip::{Chip, Fault};
use test_vectors::persona;

const READER: &str = "Example Works CR-7 00 00";
const ATR: [u8; 5] = [0x3B, 0x80, 0x80, 0x01, 0x01];

/// A reader that loses answers of more than 200 bytes.
struct Losing(Chip);

impl Transport for Losing {
    fn exchange(
        &mut self,
        command: &[u8],
        _timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        *response = self.0.exchange(command);
        if response.is_empty() {
            return Err(TransportError::TagLost);
        }
        if response.len() > 200 {
            response.clear();
            return Err(TransportError::Communication { code: 0x8010_002F });
        }
        Ok(())
    }

    fn limits(&self) -> Limits {
        Limits::SHORT
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        self.0.reset();
        Ok(true)
    }
}

struct Desk(Losing);

impl Place for Desk {
    fn talk(&mut self, work: &mut dyn FnMut(&mut dyn Transport)) -> Result<(), TransportError> {
        work(&mut self.0);
        Ok(())
    }

    fn atr(&self) -> Option<&[u8]> {
        Some(&ATR)
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

    fn reader(&self) -> Option<Reader> {
        Some(Reader {
            name: READER.to_owned(),
            profile: "generic-pcsc".to_owned(),
            bad_firmware: Vec::new(),
            signals_refused: Vec::new(),
        })
    }
}

/// One verification as a desk does it, with this store.
fn verified(store: &LearntStore, learn: bool, faults: &[Fault]) -> Verified {
    let now = Timestamp(common::now());
    let person = persona::find("good").unwrap();
    let mut site = config::load("base").unwrap();
    assert!(!site.learn_limits, "off unless a site says so");
    site.services.clear();
    site.learn_limits = learn;
    let site = Arc::new(site);
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(Services::of_site(&site).unwrap()),
        presentation: Some(demo::presentation(person, now).unwrap()),
        site: Arc::clone(&site),
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    let mut chip = Chip::new(person.card(common::now()), 7);
    faults.iter().for_each(|fault| chip.misbehave(fault.clone()));
    let mut place = Desk(Losing(chip));
    let plan = worker::plan_of(&site, &Catalogue::built_in().unwrap(), 1_000);
    let plan = store.recall(plan, &site, &place);
    let done = worker::verify_at(&mut place, &plan, &job, &Cancel::new(), &mut |_| {}).unwrap();
    store.remember(&done, &site, &place).unwrap();
    done
}

fn folder(name: &str) -> std::path::PathBuf {
    let folder = std::env::temp_dir().join(format!("idterm-learnt-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    folder
}

fn files(folder: &Path) -> Vec<String> {
    let names = std::fs::read_dir(folder).unwrap();
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn the_next_card_is_read_at_once_as_the_first_one_allowed_and_the_report_says_so() {
    let folder = folder("next");
    let store = LearntStore::at(&folder);
    // Off: nothing is written.
    let first = verified(&store, false, &[]);
    assert!(!folder.exists());
    let apdus = |verified: &Verified| verified.report.link.as_ref().unwrap().apdus;
    // On: the first one learns, the second one uses it.
    let learning = verified(&store, true, &[]);
    assert_eq!(apdus(&learning), apdus(&first));
    assert!(!learning.report.link.as_ref().unwrap().learnt_limits);
    assert_eq!(store.known(READER, &ATR).unwrap().chunk_bytes, Some(160));
    assert_eq!(files(&folder), ["learnt-limits.json"], "nothing is left beside it");
    let using = verified(&store, true, &[]);
    assert!(apdus(&using) < apdus(&learning), "{} and {}", apdus(&using), apdus(&learning));
    assert_eq!(using.report.decision.verdict, Verdict::Accept);
    assert_eq!(using.capture.files, learning.capture.files);
    let report = serde_json::to_value(&using.report).unwrap();
    assert_eq!(report["link"]["learnt_limits"], true);
    // A site that does not want it does not use what is there.
    let without = verified(&store, false, &[]);
    assert_eq!(apdus(&without), apdus(&first));
    // A reading that broke off teaches nothing.
    let before = std::fs::read(folder.join("learnt-limits.json")).unwrap();
    let torn = verified(&store, true, &[Fault::TornAt { exchange: 20 }]);
    assert_eq!(torn.learnt, None);
    assert_eq!(std::fs::read(folder.join("learnt-limits.json")).unwrap(), before);
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_store_is_bounded_and_a_spoilt_one_knows_nothing() {
    let folder = folder("bounds");
    let store = LearntStore::at(&folder);
    let chunk = |bytes| LearntLimits { chunk_bytes: Some(bytes), ..LearntLimits::default() };
    for index in 0..100_u8 {
        store.keep(READER, &[0x3B, index], chunk(128)).unwrap();
    }
    assert_eq!(store.known(READER, &[0x3B, 35]), None, "the oldest are forgotten");
    assert_eq!(store.known(READER, &[0x3B, 36]), Some(chunk(128)));
    assert_eq!(store.known("Another reader", &[0x3B, 99]), None);
    // Nothing learnt any more is forgotten; keys beyond all measure are not kept.
    store.keep(READER, &[0x3B, 99], LearntLimits::default()).unwrap();
    assert_eq!(store.known(READER, &[0x3B, 99]), None);
    store.keep(&"x".repeat(1000), &[0x3B], chunk(128)).unwrap();
    store.keep(READER, &[0x3B; 1000], chunk(128)).unwrap();
    let path = folder.join("learnt-limits.json");
    assert!(std::fs::metadata(&path).unwrap().len() < 16 << 10);
    // A size that no exchange has is not believed.
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("128", "0", 1)).unwrap();
    assert_eq!(store.known(READER, &[0x3B, 98]), None);
    assert_eq!(store.known(READER, &[0x3B, 97]), Some(chunk(128)));
    for spoilt in [text[..100].to_owned(), text.replace("limits/1", "limits/2"), "\u{0}".repeat(100_000)] {
        std::fs::write(&path, spoilt).unwrap();
        assert_eq!(store.known(READER, &[0x3B, 98]), None);
        store.keep(READER, &ATR, chunk(96)).unwrap();
        assert_eq!(store.known(READER, &ATR), Some(chunk(96)), "it is written anew");
    }
    std::fs::remove_dir_all(&folder).unwrap();
    // Where nothing can be written, that is said.
    std::fs::write(&folder, "a file in the way").unwrap();
    let failure = store.keep(READER, &ATR, chunk(96)).unwrap_err();
    assert!(failure.remedy.contains("learn_limits"), "{}", failure.remedy);
    std::fs::remove_file(&folder).unwrap();
}
