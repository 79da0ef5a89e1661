//! What else happens on a machine with PC/SC: another program that resets the card or keeps it to itself, a service that
//! dies in the middle of a reading. Each against a real pcscd with the virtual reader; skipped where there is none.
#![cfg(all(feature = "simulator", target_os = "linux"))]
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test that may say it was skipped")]

mod common;

use std::ffi::CString;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use common::pcscd::{READER, Service, address, chip, ready, ready_or_skip, row, settled, verify};
use common::{Folder, GOOD_NUMBER, check, trust_store};
use pcsc::{Card, Context, Disposition, Protocols, Scope, ShareMode};
use reader_core::policy::Verdict;
use reader_core::wire::date::Timestamp;
use serde_json::json;
use terminal_app::devices::place::PcscPlace;
use terminal_app::text::Language;
use terminal_app::worker::{self, Cancel, Job, Place, Services};
use terminal_app::{config, demo};
use test_vectors::chip::Chip;
use test_vectors::persona;
use test_vectors::vpcd::{Insertable, Inserted};

/// What happens in the middle of an exchange.
type Happening = Box<dyn FnMut() + Send>;

/// A card during one of whose exchanges something happens, once.
struct Meanwhile {
    chip: Chip,
    exchange: usize,
    happening: Option<Happening>,
}

impl Insertable for Meanwhile {
    fn atr(&self) -> Vec<u8> {
        self.chip.atr()
    }

    fn exchange(&mut self, command: &[u8]) -> Vec<u8> {
        if self.chip.exchanges() == self.exchange
            && let Some(mut happening) = self.happening.take()
        {
            happening();
        }
        self.chip.exchange(command)
    }

    fn reset(&mut self) {
        self.chip.reset();
    }
}

fn insert(exchange: usize, happening: impl FnMut() + Send + 'static) -> Inserted<Meanwhile> {
    let card = Meanwhile { chip: chip("good", &[]), exchange, happening: Some(Box::new(happening)) };
    let inserted = Inserted::new(address(), card).unwrap();
    settled(true);
    inserted
}

/// Another program with the card.
fn another_program(share: ShareMode) -> (Context, Card) {
    let context = Context::establish(Scope::User).unwrap();
    let card = context.connect(&CString::new(READER).unwrap(), share, Protocols::ANY).unwrap();
    (context, card)
}

#[test]
fn what_others_do_to_the_card_and_the_service() {
    let Some(service) = ready_or_skip() else { return };
    let folder = Folder::new("pcscd-oddities");
    let store = trust_store(&folder);
    another_program_keeps_the_card(&store);
    another_program_lets_the_card_go(&store);
    a_reset_during_a_reading_has_to_wait(&store);
    a_reset_before_a_reading_is_recovered();
    // Last: it leaves no service behind, or another one.
    the_service_dies(service, &store);
}

fn another_program_keeps_the_card(store: &str) {
    let inserted = insert(usize::MAX, || ());
    let (_context, card) = another_program(ShareMode::Exclusive);
    assert_eq!(row()["in_use"], json!(true), "{}", row());
    let begun = Instant::now();
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store]).exits(1);
    let error = done.error("E1013");
    assert!(begun.elapsed() >= Duration::from_secs(3), "it may be let go in a moment: {done}");
    assert!(error["text"].as_str().unwrap().contains(READER), "{done}");
    assert!(error["remedy"].as_str().unwrap().contains("Close the other card programs"), "{done}");
    card.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
    drop(inserted);
    settled(false);
}

fn another_program_lets_the_card_go(store: &str) {
    let inserted = insert(usize::MAX, || ());
    let (context, card) = another_program(ShareMode::Exclusive);
    let letting_go = thread::spawn(move || {
        thread::sleep(Duration::from_millis(1_200));
        card.disconnect(Disposition::LeaveCard).map_err(|(_, error)| error).unwrap();
        drop(context);
    });
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store]).exits(0);
    assert_eq!(done.json()["verdict"], "accept", "{done}");
    letting_go.join().unwrap();
    drop(inserted);
    settled(false);
}

/// A second program resets the card in the middle of a reading: the reading's transaction holds it off until the end, and
/// nothing is lost.
fn a_reset_during_a_reading_has_to_wait(store: &str) {
    let (report, reports) = channel();
    let inserted = insert(40, move || {
        let report = report.clone();
        thread::spawn(move || {
            let (_context, mut card) = another_program(ShareMode::Shared);
            let done = card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::ResetCard);
            report.send(done).unwrap();
        });
        // Time for it to get there while this exchange lasts.
        thread::sleep(Duration::from_millis(400));
    });
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store]).exits(0);
    let report = done.json();
    assert_eq!(report["verdict"], "accept", "{done}");
    assert_eq!(report["link"].get("interruptions"), None, "{done}");
    assert_eq!(reports.recv_timeout(Duration::from_secs(20)), Ok(Ok(())), "its turn comes in the end");
    drop(inserted);
    settled(false);
}

/// The same before the reading's transaction: the card is powered anew, and the reading takes place.
fn a_reset_before_a_reading_is_recovered() {
    let now = Timestamp(common::now());
    let inserted = insert(usize::MAX, || ());
    let catalogue = firmware_profiles::Catalogue::built_in().unwrap();
    let mut place = PcscPlace::open(READER, 5, &catalogue, &mut || ()).unwrap();
    let (_context, mut other) = another_program(ShareMode::Shared);
    other.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::ResetCard).unwrap();
    // The reader powers it anew at once; a reading too.
    assert_eq!(place.talk(&mut |_| ()), Ok(()));
    other.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::UnpowerCard).unwrap();
    let mut site = config::load("base").unwrap();
    site.services.clear();
    let job = Job {
        trust: Arc::new(demo::trust(now).unwrap()),
        services: Arc::new(Services::of_site(&site).unwrap()),
        presentation: Some(demo::presentation(persona::find("good").unwrap(), now).unwrap()),
        site: Arc::new(site),
        now,
        simulated_chip: true,
        language: Language::ENGLISH,
    };
    let plan = worker::plan_of(&job.site, &catalogue, 5_000);
    let verified = worker::verify_at(&mut place, &plan, &job, &Cancel::new(), &mut |_| ()).unwrap();
    assert_eq!(verified.report.decision.verdict, Verdict::Accept);
    drop((other, place, inserted));
    settled(false);
}

/// Killed in the middle of a reading and started again by somebody: the reading goes on where it stopped. Where nobody
/// starts it, the program says what to do.
fn the_service_dies(service: Service, store: &str) {
    if !service.may_be_killed() {
        println!("skipped, the pcscd that runs here is not ours to kill");
        return;
    }
    let service = Arc::new(Mutex::new(Some(service)));
    let killed = Arc::clone(&service);
    let inserted = insert(45, move || {
        let mut service = killed.lock().unwrap();
        service.take().unwrap().kill();
        let killed = Arc::clone(&killed);
        thread::spawn(move || {
            thread::sleep(Duration::from_millis(1_500));
            *killed.lock().unwrap() = Some(ready().unwrap());
        });
    });
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store]).exits(0);
    let report = done.json();
    assert_eq!(report["verdict"], "accept", "{done}");
    assert!(done.stderr.contains("The reader is starting again"), "who waits is told why: {done}");
    assert_eq!(check(&report, "access.pace")["notes"], json!(["R1041"]), "{done}");
    let interruptions = report["link"]["interruptions"].as_array().unwrap();
    assert!(interruptions.iter().any(|one| one["resumed"] == true), "{done}");
    assert_eq!(interruptions[0]["after_apdus"], 45, "{done}");
    drop(inserted);
    settled(false);

    // Before anything was read, and for good.
    let killed = Arc::clone(&service);
    let inserted = insert(1, move || {
        killed.lock().unwrap().take().unwrap().kill();
    });
    let folder = Folder::new("impatient");
    let site = folder.write("impatient.toml", "inherits = \"base\"\n[read]\nwait_for_card_s = 2\n");
    let done = verify(&["--number", GOOD_NUMBER, "--trust", store, "--site", &site]).exits(1);
    let error = done.json()["error"].clone();
    let said = ["E1001", "E1016"].iter().any(|code| error["code"] == *code);
    assert!(said && error["remedy"].as_str().unwrap().contains("pcscd"), "{done}");
    drop(inserted);
}
