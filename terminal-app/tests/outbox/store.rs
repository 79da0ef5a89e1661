//! What the outbox keeps, and what it refuses.

use std::os::unix::fs::{FileExt as _, PermissionsExt as _};

use reader_core::evidence::Reason;
use rusqlite::Connection;
use terminal_app::connectors::{PasswordSource, Secret};
use terminal_app::outbox::{Bounds, Head, OutboxError, State, Store};
use terminal_app::transaction::IdempotencyKey;

use super::support::{Box, NAME, NOW_MS, NUMBER, holds, record};

const DAY_MS: i64 = 86_400_000;

/// The key of what is due for a recipient.
fn due(store: &Store, recipient: &str, now_ms: i64) -> Option<IdempotencyKey> {
    match store.head(recipient, now_ms).unwrap() {
        Head::Due(due) => Some(due.key),
        Head::At(_) | Head::Nothing => None,
    }
}

#[test]
fn what_is_accepted_twice_is_delivered_once() {
    let outbox = Box::new("twice");
    let mut store = outbox.open();
    let one = record();
    let key = one.transaction.key_for("records");
    let first = store.accept(&[("records", one.clone()), ("webhook", one.clone())], NOW_MS).unwrap();
    assert!(first.iter().all(|one| !one.known) && first[0].key == key && first[1].key != key);
    let again = store.accept(&[("records", one.clone())], NOW_MS + 1).unwrap();
    assert!(again[0].known && again[0].key == key);
    assert_eq!(store.list().unwrap().len(), 2);
    // Nor after it was delivered.
    store.delivered(&key, Some("Q-17"), NOW_MS + 5).unwrap();
    assert!(store.accept(&[("records", one.clone())], NOW_MS + 6).unwrap()[0].known);
    assert_eq!(due(&store, "records", NOW_MS + 7), None);
    let reference = Some("Q-17".to_owned());
    assert_eq!(outbox.state(&key), State::Delivered { at_ms: NOW_MS + 5, reference });
    assert_eq!(due(&store, "webhook", NOW_MS + 7), Some(one.transaction.key_for("webhook")));
}

#[test]
fn a_recipient_is_served_in_order_and_alone() {
    let outbox = Box::new("order");
    let keys: Vec<_> = (0..3).map(|_| outbox.put("records")).collect();
    let other = outbox.put("webhook");
    let mut store = outbox.open();
    assert_eq!(due(&store, "records", NOW_MS), Some(keys[0]));
    // The first one waits, and those behind it with it; another recipient does not.
    store.later(&keys[0], "HTTP status 503", NOW_MS + 4_000, NOW_MS).unwrap();
    assert!(matches!(store.head("records", NOW_MS + 3_999).unwrap(), Head::At(at) if at == NOW_MS + 4_000));
    assert_eq!(due(&store, "webhook", NOW_MS), Some(other));
    assert_eq!(due(&store, "records", NOW_MS + 4_000), Some(keys[0]));
    // What cannot be mended stands aside, and the rest goes on.
    store.set_aside(&keys[0], Reason::DeliveryRefused, "HTTP status 422", NOW_MS).unwrap();
    assert_eq!(due(&store, "records", NOW_MS), Some(keys[1]));
    let entry = outbox.entry(&keys[0]);
    assert_eq!((entry.attempts, entry.fault.as_deref()), (2, Some("HTTP status 422")));
    let reason = Reason::DeliveryRefused;
    assert_eq!(entry.state, State::SetAside { at_ms: NOW_MS, reason, resendable: true });
    // Staff sends it again: it stands where it stood.
    store.resend(&keys[0], NOW_MS + 9).unwrap();
    assert_eq!(due(&store, "records", NOW_MS + 9), Some(keys[0]));
    assert_eq!(store.awaited().unwrap(), ["records", "webhook"]);
}

#[test]
fn a_clock_that_was_set_back_holds_nothing_up() {
    let outbox = Box::new("clock");
    let key = outbox.put("records");
    let mut store = outbox.open();
    store.later(&key, "down", NOW_MS + 600_000, NOW_MS).unwrap();
    assert_eq!(due(&store, "records", NOW_MS), None);
    assert_eq!(due(&store, "records", NOW_MS - 400 * DAY_MS), Some(key));
}

#[test]
fn nothing_of_a_person_lies_on_the_disk_and_the_payload_goes_when_it_is_delivered() {
    let outbox = Box::new("payload");
    let keys: Vec<_> = (0..5).map(|_| outbox.put("records")).collect();
    let sealed: Vec<Vec<u8>> = {
        let reader = Connection::open(outbox.file()).unwrap();
        let mut all = reader.prepare("SELECT payload FROM entries ORDER BY seq").unwrap();
        all.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let plain = |bytes: &[u8]| {
        [NUMBER, NAME, "GD4790900000019", "THƯ"].iter().any(|word| holds(bytes, word.as_bytes()))
    };
    assert!(!plain(&outbox.bytes()));
    // A part of each that would be left where a page was not wiped.
    let part = |sealed: &Vec<u8>| sealed[40..72].to_vec();
    assert!(sealed.iter().all(|one| holds(&outbox.bytes(), &part(one))), "the search finds what is there");
    let mut store = outbox.open();
    store.delivered(&keys[0], None, NOW_MS).unwrap();
    store.drop_entry(&keys[1], "entered by hand", NOW_MS).unwrap();
    store.set_aside(&keys[2], Reason::DeliveryRefused, "HTTP status 422", NOW_MS).unwrap();
    store.tidy(NOW_MS + 4 * DAY_MS).unwrap();
    store.expire("records", NOW_MS + 4 * DAY_MS).unwrap();
    for gone in &sealed {
        assert!(!holds(&outbox.bytes(), &part(gone)));
    }
    assert!(!plain(&outbox.bytes()));
    let states: Vec<&str> = store.list().unwrap().iter().map(|entry| entry.state.word()).collect();
    assert_eq!(states, ["delivered", "dropped", "set_aside", "set_aside", "set_aside"]);
    let too_old =
        State::SetAside { at_ms: NOW_MS + 4 * DAY_MS, reason: Reason::DeliveryTooOld, resendable: false };
    assert_eq!(outbox.state(&keys[3]), too_old);
    assert!(matches!(store.resend(&keys[3], NOW_MS), Err(OutboxError::NoSuch(_))));
    assert!(matches!(store.drop_entry(&keys[0], "x", NOW_MS), Err(OutboxError::NoSuch(_))));
    // What ended is forgotten in the end.
    store.tidy(NOW_MS + 12 * DAY_MS).unwrap();
    assert_eq!(store.list().unwrap(), []);
    assert!(matches!(store.resend(&keys[3], NOW_MS), Err(OutboxError::NoSuch(_))));
}

#[test]
fn the_bounds_are_kept_and_said() {
    let mut outbox = Box::new("bounds");
    outbox.settings.bounds = Bounds { entries: 3, ..Bounds::default() };
    let key = outbox.put("records");
    outbox.put("records");
    let two = [("a", record()), ("b", record())];
    let full = outbox.open().accept(&two, NOW_MS).unwrap_err();
    assert_eq!(full, OutboxError::Full { entries: 4, limit: 3 });
    assert!(full.remedy().contains("idterm outbox list"), "{full}");
    assert_eq!(outbox.open().list().unwrap().len(), 2, "all of them or none");
    outbox.open().delivered(&key, None, NOW_MS).unwrap();
    outbox.open().accept(&two, NOW_MS).unwrap();
    outbox.settings.bounds = Bounds { bytes: 1_200, ..Bounds::default() };
    let full = outbox.open().accept(&[("a", record())], NOW_MS).unwrap_err();
    assert!(matches!(full, OutboxError::FullBytes { limit: 1_200, .. }), "{full}");
    let mut large = record();
    large.facts.insert("insurance.note".to_owned(), "x".repeat(300 << 10));
    let refused = outbox.open().accept(&[("a", large)], NOW_MS).unwrap_err();
    assert!(matches!(refused, OutboxError::TooLarge { .. }), "{refused}");
}

#[test]
fn the_key_belongs_to_the_outbox() {
    let mut outbox = Box::new("key");
    let key = outbox.put("records");
    let file = outbox.settings.folder.join("outbox.key");
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&file), mode(&outbox.file()), mode(&outbox.settings.folder)), (0o600, 0o600, 0o700));
    // Another key is refused, and nothing is changed.
    let held = |text: &str| Some(PasswordSource::Held(Secret::new(text.to_owned())));
    outbox.settings.key = held("another secret of more than 32 characters");
    let wrong = Store::open(&outbox.settings, NOW_MS).err().unwrap();
    assert!(matches!(wrong, OutboxError::WrongKey(_)), "{wrong}");
    outbox.settings.key = held("too short");
    assert!(matches!(Store::open(&outbox.settings, NOW_MS).err(), Some(OutboxError::NoKey(_))));
    outbox.settings.key = Some(PasswordSource::Env("IDTERM_NO_SUCH_KEY".to_owned()));
    let unset = Store::open(&outbox.settings, NOW_MS).err().unwrap().to_string();
    assert!(unset.contains("IDTERM_NO_SUCH_KEY"), "{unset}");
    // A lost key is not replaced by a new one as long as something was closed with it.
    outbox.settings.key = None;
    let text = std::fs::read(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    let lost = Store::open(&outbox.settings, NOW_MS).err().unwrap();
    assert!(matches!(lost, OutboxError::NoKey(_)) && !file.exists(), "{lost}");
    std::fs::write(&file, text).unwrap();
    assert_eq!(due(&outbox.open(), "records", NOW_MS), Some(key));
}

#[test]
fn a_damaged_file_is_set_aside_and_said() {
    let outbox = Box::new("damaged");
    for _ in 0..20 {
        outbox.put("records");
    }
    let whole = std::fs::read(outbox.file()).unwrap();
    let write = |at: u64, bytes: &[u8]| {
        let file = std::fs::OpenOptions::new().write(true).open(outbox.file()).unwrap();
        file.write_all_at(bytes, at).unwrap();
    };
    let cut = |len: usize| std::fs::write(outbox.file(), &whole[..len]).unwrap();
    type Harm<'a> = (&'a str, std::boxed::Box<dyn Fn() + 'a>);
    let harms: [Harm; 4] = [
        ("no header", std::boxed::Box::new(|| write(0, &[0xAA; 100]))),
        ("a page of noise", std::boxed::Box::new(|| write(4096, &[0x5A; 4096]))),
        ("cut within a page", std::boxed::Box::new(|| cut(whole.len() - 5000))),
        ("text in its place", std::boxed::Box::new(|| std::fs::write(outbox.file(), "no database").unwrap())),
    ];
    for (count, (harm, make)) in harms.iter().enumerate() {
        std::fs::write(outbox.file(), &whole).unwrap();
        make();
        let harmed = std::fs::read(outbox.file()).unwrap();
        let store = Store::open(&outbox.settings, NOW_MS).unwrap();
        let aside = store.damaged().unwrap_or_else(|| panic!("{harm}")).clone();
        assert_eq!(std::fs::read(&aside).unwrap(), harmed, "{harm}: as it was found");
        assert!(aside.file_name().unwrap().to_str().unwrap().starts_with("outbox.damaged-"), "{harm}");
        assert_eq!((store.list().unwrap().len(), store.all_damaged().len()), (0, count + 1), "{harm}");
        drop(store);
        let key = outbox.put("records");
        let again = outbox.open();
        assert!(again.damaged().is_none() && due(&again, "records", NOW_MS) == Some(key), "{harm}");
    }
}

#[test]
fn a_file_of_another_kind_or_a_newer_version_is_left_alone() {
    let outbox = Box::new("foreign");
    outbox.put("records");
    Connection::open(outbox.file()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let newer = Store::open(&outbox.settings, NOW_MS).err().unwrap();
    assert!(matches!(newer, OutboxError::Newer { version: 99, .. }), "{newer}");
    std::fs::remove_file(outbox.file()).unwrap();
    Connection::open(outbox.file()).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    let foreign = Store::open(&outbox.settings, NOW_MS).err().unwrap();
    assert!(matches!(foreign, OutboxError::Foreign(_)), "{foreign}");
    let tables = "SELECT count(*) FROM sqlite_schema WHERE name = 'theirs'";
    let reader = Connection::open(outbox.file()).unwrap();
    assert_eq!(reader.query_row(tables, [], |row| row.get::<_, i64>(0)).unwrap(), 1);
}

#[test]
fn a_payload_that_was_altered_or_moved_does_not_open() {
    let outbox = Box::new("altered");
    let (key, other) = (outbox.put("records"), outbox.put("records"));
    let writer = Connection::open(outbox.file()).unwrap();
    let record_of = |recipient: &str| match outbox.open().head(recipient, NOW_MS).unwrap() {
        Head::Due(due) => due.record,
        _ => panic!("it is due"),
    };
    assert!(record_of("records").is_some_and(|record| record.person.number() == Some(NUMBER)));
    // One person's record under another's key.
    let moved = "UPDATE entries SET payload = (SELECT payload FROM entries WHERE key = ?2) WHERE key = ?1";
    writer.execute(moved, [key.to_string(), other.to_string()]).unwrap();
    assert!(record_of("records").is_none());
    // A record on its way to another recipient.
    writer.execute("UPDATE entries SET recipient = 'elsewhere' WHERE key = ?1", [other.to_string()]).unwrap();
    assert!(record_of("elsewhere").is_none());
}
