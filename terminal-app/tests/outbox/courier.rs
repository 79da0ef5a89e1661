//! The courier: attempts, pauses, order, what is set aside, and how it stops.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use reader_core::evidence::Reason;
use rusqlite::Connection;
use terminal_app::connectors::{
    Cancel, Clock, Delivered, Fault, FaultKind, Recipient, Record, Service, Surroundings, Undelivered,
};
use terminal_app::outbox::{Courier, Nudge, State};
use terminal_app::transaction::IdempotencyKey;

use super::support::{Box, NOW_MS, NUMBER, record};

const DAY_MS: i64 = 86_400_000;

/// A clock that runs as fast as everybody who waits lets it.
#[derive(Default)]
struct FastClock(AtomicU64);

impl Clock for FastClock {
    fn now_ms(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }

    fn sleep_ms(&self, ms: u64) {
        std::thread::sleep(Duration::from_micros(200));
        self.0.fetch_add(ms, Ordering::SeqCst);
    }

    fn unix_ms(&self) -> i64 {
        NOW_MS + i64::try_from(self.now_ms()).unwrap()
    }
}

fn surroundings() -> Surroundings {
    Surroundings { clock: Arc::new(FastClock::default()), random: Arc::new(|| 0) }
}

type Answers =
    std::boxed::Box<dyn Fn(usize, &Record, &Cancel) -> Result<Delivered, Undelivered> + Send + Sync>;

/// A recipient that answers as a test says, and tells when it was tried with which key.
struct Scripted {
    id: &'static str,
    clock: Arc<dyn Clock>,
    tried: Mutex<Sender<(u64, IdempotencyKey)>>,
    count: AtomicUsize,
    answers: Answers,
}

impl Service for Scripted {
    fn id(&self) -> &str {
        self.id
    }
}

impl Recipient for Scripted {
    fn deliver(
        &self,
        record: &Record,
        key: &IdempotencyKey,
        cancel: &Cancel,
    ) -> Result<Delivered, Undelivered> {
        self.tried.lock().unwrap().send((self.clock.now_ms(), *key)).unwrap();
        (self.answers)(self.count.fetch_add(1, Ordering::SeqCst), record, cancel)
    }
}

fn fault(kind: FaultKind) -> Fault {
    Fault { kind, place: "https://records.example/in".to_owned() }
}

fn down() -> Undelivered {
    Undelivered::from(fault(FaultKind::Unreachable("refused".to_owned())))
}

fn taken() -> Result<Delivered, Undelivered> {
    Ok(Delivered::default())
}

type Tried = Receiver<(u64, IdempotencyKey)>;

fn scripted(
    id: &'static str,
    around: &Surroundings,
    answers: impl Fn(usize, &Record, &Cancel) -> Result<Delivered, Undelivered> + Send + Sync + 'static,
) -> (std::boxed::Box<dyn Recipient>, Tried) {
    let (tried, receiver) = channel();
    let (clock, answers) = (Arc::clone(&around.clock), std::boxed::Box::new(answers));
    let recipient = Scripted { id, clock, tried: Mutex::new(tried), count: AtomicUsize::new(0), answers };
    (std::boxed::Box::new(recipient), receiver)
}

fn start(outbox: &Box, recipients: Vec<std::boxed::Box<dyn Recipient>>, around: &Surroundings) -> Courier {
    Courier::start(outbox.settings.clone(), recipients, around.clone(), Nudge::default()).unwrap()
}

/// Waits until it holds; a test that hangs says what for.
fn until(what: &str, holds: impl Fn() -> bool) {
    let started = Instant::now();
    while !holds() {
        assert!(started.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn is_delivered(state: &State) -> bool {
    matches!(state, State::Delivered { .. })
}

#[test]
fn a_recipient_that_is_down_is_tried_ever_more_rarely_and_gets_all_in_order() {
    let outbox = Box::new("down");
    let keys: Vec<_> = (0..3).map(|_| outbox.put("records")).collect();
    let other = outbox.put("webhook");
    let around = surroundings();
    let (records, tried) =
        scripted("records", &around, |nth, _, _| if nth < 6 { Err(down()) } else { taken() });
    let (webhook, _other) = scripted("webhook", &around, |_, record, _| {
        assert_eq!(record.person.number(), Some(NUMBER));
        Ok(Delivered { reference: Some("A-1".to_owned()) })
    });
    let courier = start(&outbox, vec![records, webhook], &around);
    until("the other one", || is_delivered(&outbox.state(&other)));
    until("all", || keys.iter().all(|key| is_delivered(&outbox.state(key))));
    courier.stop();
    let tried: Vec<_> = tried.into_iter().collect();
    let first: Vec<IdempotencyKey> = tried.iter().map(|(_, key)| *key).collect();
    assert_eq!(first[..7], [keys[0]; 7], "the same key at every attempt, and nobody overtakes");
    assert_eq!(first[7..], keys[1..]);
    // Half of 2, 4 s; then the recipient rests for 10, 20, 40, 80 s and one attempt is made between.
    let pauses: Vec<u64> = tried[..7].windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
    for (pause, least) in pauses.iter().zip([1_000, 2_000, 10_000, 20_000, 40_000, 80_000]) {
        assert!((least..least + 5_000).contains(pause), "{pauses:?}");
    }
    let entry = outbox.entry(&keys[0]);
    assert_eq!((entry.attempts, entry.fault), (7, None));
    assert!(matches!(outbox.state(&other), State::Delivered { reference: Some(name), .. } if name == "A-1"));
}

#[test]
fn a_poison_message_is_set_aside_with_its_reason_and_holds_nobody_up() {
    let outbox = Box::new("poison");
    let keys: Vec<_> = (0..3).map(|_| outbox.put("records")).collect();
    // The second one was altered on the disk.
    let writer = Connection::open(outbox.file()).unwrap();
    writer
        .execute("UPDATE entries SET payload = zeroblob(100) WHERE key = ?1", [keys[1].to_string()])
        .unwrap();
    let around = surroundings();
    let refuses_first = |nth, _: &Record, _: &Cancel| {
        if nth == 0 { Err(Undelivered::from(fault(FaultKind::Status(422)))) } else { taken() }
    };
    let (records, tried) = scripted("records", &around, refuses_first);
    let courier = start(&outbox, vec![records], &around);
    until("the last one", || is_delivered(&outbox.state(&keys[2])));
    courier.stop();
    let state = |reason, key: &IdempotencyKey| matches!(outbox.state(key), State::SetAside { reason: why, resendable: true, .. } if why == reason);
    assert!(state(Reason::DeliveryRefused, &keys[0]), "{:?}", outbox.entry(&keys[0]));
    assert!(outbox.entry(&keys[0]).fault.unwrap().contains("HTTP status 422"));
    assert!(state(Reason::DeliveryUnreadable, &keys[1]), "{:?}", outbox.entry(&keys[1]));
    assert_eq!(tried.into_iter().map(|(_, key)| key).collect::<Vec<_>>(), [keys[0], keys[2]]);
    // Staff mended the recipient.
    outbox.open().resend(&keys[0], NOW_MS).unwrap();
    let (records, _tried) = scripted("records", &around, |_, _, _| taken());
    let _courier = start(&outbox, vec![records], &around);
    until("what was sent again", || is_delivered(&outbox.state(&keys[0])));
}

#[test]
fn what_is_too_old_is_tried_once_more_and_then_given_up() {
    let outbox = Box::new("old");
    let old_ms = NOW_MS - 4 * DAY_MS;
    let old = |recipient: &str| outbox.open().accept(&[(recipient, record())], old_ms).unwrap()[0].key;
    let (up, lost, also_lost, gone) = (old("up"), old("down"), old("down"), old("nobody"));
    let young = outbox.put("down");
    let around = surroundings();
    let (takes, _up) = scripted("up", &around, |_, _, _| taken());
    let (fails, tried) = scripted("down", &around, |_, _, _| Err(down()));
    let courier = start(&outbox, vec![takes, fails], &around);
    // As where a terminal without a clock of its own got the time with the network.
    until("the one that can be delivered", || is_delivered(&outbox.state(&up)));
    let given_up = |key: &IdempotencyKey| {
        let state = outbox.state(key);
        matches!(state, State::SetAside { reason: Reason::DeliveryTooOld, resendable: false, .. })
    };
    until("those that cannot", || given_up(&lost) && given_up(&also_lost) && given_up(&gone));
    courier.stop();
    assert_eq!(tried.iter().next().map(|(_, key)| key), Some(lost));
    assert!(matches!(outbox.state(&young), State::Waiting { .. }));
}

#[test]
fn it_stops_at_once_and_leaves_what_is_under_way_for_the_next() {
    let outbox = Box::new("stop");
    let key = outbox.put("records");
    let around = Surroundings::system();
    let stalls = |_: usize, _: &Record, cancel: &Cancel| {
        until("it is cancelled", || cancel.is_cancelled());
        Err(Undelivered::from(fault(FaultKind::Cancelled)))
    };
    let (records, tried) = scripted("records", &around, stalls);
    let courier = start(&outbox, vec![records], &around);
    tried.recv().unwrap();
    courier.stop();
    let entry = outbox.entry(&key);
    assert_eq!((entry.attempts, entry.fault), (0, None));
    assert!(matches!(entry.state, State::Waiting { .. }));
}

#[test]
fn two_couriers_do_not_deliver_at_once() {
    let outbox = Box::new("two");
    let keys: Vec<_> = (0..20).map(|_| outbox.put("records")).collect();
    let around = Surroundings::system();
    let busy = Arc::new(AtomicBool::new(false));
    let alone = |busy: &Arc<AtomicBool>| {
        let busy = Arc::clone(busy);
        move |_: usize, _: &Record, _: &Cancel| {
            assert!(!busy.swap(true, Ordering::SeqCst), "two at once");
            std::thread::sleep(Duration::from_millis(2));
            busy.store(false, Ordering::SeqCst);
            taken()
        }
    };
    let (one, tried_one) = scripted("records", &around, alone(&busy));
    let (two, tried_two) = scripted("records", &around, alone(&busy));
    let first = start(&outbox, vec![one], &around);
    let second = start(&outbox, vec![two], &around);
    until("all", || keys.iter().all(|key| is_delivered(&outbox.state(key))));
    // When the first goes, the second takes over.
    let third = outbox.put("records");
    until("the next", || is_delivered(&outbox.state(&third)));
    first.stop();
    let last = outbox.put("records");
    until("the last", || is_delivered(&outbox.state(&last)));
    second.stop();
    let tried: Vec<_> = tried_one.into_iter().chain(tried_two).map(|(_, key)| key).collect();
    assert_eq!(tried.len(), 22, "each once");
}
