//! Who signs in, who is locked out, and what two of the staff may set aside.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{Folder, idterm};
use reader_core::policy::Verdict;
use reader_core::wire::date::Timestamp;
use serde_json::Value;
use terminal_app::audit::{AuditLog, Question, Source, examine};
use terminal_app::staff::{
    Cost, Overrule, OverruleError, Pin, Role, SignedIn, StaffError, StaffFile, overrule,
};
use zeroize::Zeroizing;

/// Cheap, since nobody guesses here.
const CHEAP: Cost = Cost { memory_kib: 64, passes: 1 };
const NOW: Timestamp = Timestamp(1_800_000_000);

fn pin(text: &str) -> Pin {
    Pin::presented(Zeroizing::new(text.to_owned()))
}

fn later(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds)
}

fn staff(folder: &Folder) -> StaffFile {
    let staff = StaffFile::at(&folder.path().join("staff").join("staff.json")).with_cost(CHEAP);
    for (name, role, digits) in [
        ("An", Role::Operator, "246801"),
        ("Bình", Role::Supervisor, "135790"),
        ("Chi", Role::Supervisor, "975311"),
        ("Dũng", Role::Technician, "864202"),
    ] {
        staff.add(name, role, &pin(digits)).unwrap();
    }
    staff
}

#[test]
fn wrong_pins_lock_out_for_longer_each_time_and_across_restarts() {
    let folder = Folder::new("staff-lock");
    staff(&folder);
    // Another program each time: only the file remembers.
    let again = || StaffFile::at(&folder.path().join("staff").join("staff.json"));
    for _ in 0..4 {
        assert!(matches!(again().sign_in("An", &pin("000000"), NOW), Err(StaffError::Wrong)));
    }
    let locked = |seconds: i64, digits: &str| match again().sign_in("An", &pin(digits), later(seconds)) {
        Err(StaffError::Locked { wrong_tries, .. }) => Some(wrong_tries),
        _ => None,
    };
    assert_eq!(locked(0, "000000"), Some(5));
    // The right one helps as little as a wrong one, and neither counts.
    assert_eq!((locked(0, "246801"), locked(59, "246801")), (Some(5), Some(5)));
    assert_eq!(locked(60, "111111"), Some(6));
    assert_eq!((locked(179, "246801"), locked(180, "111111")), (Some(6), Some(7)));
    assert_eq!(locked(180 + 239, "246801"), Some(7));
    // Another's account is not touched by it.
    assert!(again().sign_in("Bình", &pin("135790"), NOW).is_ok());
    let signed_in = again().sign_in("an", &pin("246801"), later(180 + 240)).unwrap();
    assert_eq!((signed_in.name(), signed_in.role()), ("An", Role::Operator));
    // The right one begins anew.
    for _ in 0..4 {
        assert!(matches!(again().sign_in("An", &pin("000000"), later(900)), Err(StaffError::Wrong)));
    }
    assert_eq!(locked(900, "000000"), Some(5));
    again().unlock("An").unwrap();
    assert!(again().sign_in("An", &pin("246801"), later(900)).is_ok());
}

#[test]
fn a_lock_out_ends_at_a_day() {
    let folder = Folder::new("staff-day");
    let staff = staff(&folder);
    let mut now = NOW;
    for tries in 1..40 {
        let _ = staff.sign_in("An", &pin("000000"), now);
        let person = staff.list(now).unwrap().remove(0);
        assert_eq!(person.wrong_tries, tries);
        now = Timestamp(now.0 + 86_400);
        assert_eq!(staff.list(now).unwrap().remove(0).locked_until, None, "{tries}");
    }
}

#[test]
fn a_try_is_counted_before_the_pin_is_looked_at() {
    let folder = Folder::new("staff-counted");
    let staff = staff(&folder);
    // What is kept of the PIN cannot be used: the comparison never ends well, and the try was counted all the same.
    let path = staff.path().to_owned();
    let mut content: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    content["accounts"][0]["pin"]["hash"] = "AAAA".into();
    std::fs::write(&path, content.to_string()).unwrap();
    assert!(matches!(staff.sign_in("An", &pin("246801"), NOW), Err(StaffError::File { .. })));
    assert_eq!(staff.list(NOW).unwrap()[0].wrong_tries, 1);
}

#[test]
fn nobody_learns_which_names_there_are() {
    let folder = Folder::new("staff-names");
    let staff = staff(&folder);
    let wrong = staff.sign_in("An", &pin("000000"), NOW).unwrap_err().to_string();
    assert_eq!(staff.sign_in("Nobody", &pin("000000"), NOW).unwrap_err().to_string(), wrong);
}

#[test]
fn names_are_taken_once() {
    let folder = Folder::new("staff-twice");
    let staff = staff(&folder);
    for name in ["An", " an ", "", "a\nb", &"x".repeat(41)] {
        assert!(
            matches!(staff.add(name, Role::Operator, &pin("246801")), Err(StaffError::Unfit(_))),
            "{name:?}"
        );
    }
    assert_eq!(staff.remove("AN").unwrap(), Role::Operator);
    assert!(matches!(staff.remove("An"), Err(StaffError::Unfit(_))));
    assert_eq!(staff.list(NOW).unwrap().len(), 3);
}

#[test]
#[cfg(unix)]
fn the_file_is_for_its_owner_and_holds_no_pin() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("staff-file");
    let staff = staff(&folder);
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(staff.path()), mode(staff.path().parent().unwrap())), (0o600, 0o700));
    let text = std::fs::read_to_string(staff.path()).unwrap();
    for digits in ["246801", "135790", "975311", "864202"] {
        assert!(!text.contains(digits));
    }
}

/// A log with one verification, by the real program; its identifier.
fn verified(folder: &Folder) -> (AuditLog, String) {
    let path = folder.join("audit");
    let report = idterm(&["demo", "--persona", "expired-card", "--audit", &path, "--json"]).done().json();
    (AuditLog::at(std::path::Path::new(&path)), report["transaction"].as_str().unwrap().to_owned())
}

fn verdict_of(log: &AuditLog, kind: &str) -> Option<String> {
    let mut found = None;
    let examined = examine(&Source::Log(log.clone()), &Question::default(), &mut |record, _| {
        if record.kind == kind {
            found = record.body["verdict"].as_str().map(str::to_owned);
        }
    });
    assert_eq!(examined.unwrap().fault, None);
    found
}

#[test]
fn two_set_a_verdict_aside_and_one_alone_does_not() {
    let folder = Folder::new("staff-override");
    let staff = staff(&folder);
    let (log, transaction) = verified(&folder);
    let was = verdict_of(&log, "verification").unwrap();
    let shall = if was == "accept" { Verdict::Reject } else { Verdict::Accept };
    let signed = |name: &str, digits: &str| staff.sign_in(name, &pin(digits), NOW).unwrap();
    let (an, binh, chi) = (signed("An", "246801"), signed("Bình", "135790"), signed("Chi", "975311"));
    let dung = signed("Dũng", "864202");
    let ask = |verdict, reason: &str, by: &SignedIn, second: &SignedIn| {
        let asked = Overrule { transaction: transaction.parse().unwrap(), verdict, reason };
        overrule(&log, &asked, by, second, jiff::Timestamp::now())
    };
    let why = "so sánh bằng mắt";
    assert!(matches!(ask(shall, why, &binh, &binh), Err(OverruleError::SamePerson { .. })));
    // The same person who signed in twice is one person.
    let again = signed("BÌNH", "135790");
    assert!(matches!(ask(shall, why, &binh, &again), Err(OverruleError::SamePerson { .. })));
    assert!(
        matches!(ask(shall, why, &binh, &an), Err(OverruleError::Role { .. })),
        "an operator agrees to nothing"
    );
    assert!(matches!(ask(shall, why, &an, &dung), Err(OverruleError::Role { .. })));
    assert!(matches!(ask(shall, why, &dung, &binh), Err(OverruleError::Role { .. })));
    for reason in ["", "  ", "a\nb", &"x".repeat(401)] {
        assert!(matches!(ask(shall, reason, &an, &binh), Err(OverruleError::Reason)), "{reason:?}");
    }
    assert!(matches!(ask(Verdict::Refer, why, &an, &binh), Err(OverruleError::Verdict)));
    let unknown = Overrule {
        transaction: "10203040-5060-4070-8090-a0b0c0d0e0f0".parse().unwrap(),
        verdict: shall,
        reason: why,
    };
    let refused = overrule(&log, &unknown, &an, &binh, jiff::Timestamp::now());
    assert!(matches!(refused, Err(OverruleError::Unknown(_))));
    assert_eq!(verdict_of(&log, "override"), None, "nothing of this stands in the log");

    let (done, stamp) = ask(shall, why, &an, &binh).unwrap();
    assert_eq!((done.old.as_str(), done.by.as_str(), done.second.as_str()), (was.as_str(), "An", "Bình"));
    assert!(stamp.seq > done.of);
    assert_eq!(verdict_of(&log, "override").as_deref(), Some(shall.word()));
    assert_eq!(verdict_of(&log, "verification"), Some(was), "what was decided stays");
    assert!(matches!(ask(shall, why, &an, &chi), Err(OverruleError::Nothing { .. })));
    let back = if shall == Verdict::Accept { Verdict::Reject } else { Verdict::Accept };
    assert_eq!(ask(back, why, &binh, &chi).unwrap().0.of, stamp.seq);
}

#[test]
fn accounts_and_overrides_by_the_program() {
    let folder = Folder::new("staff-program");
    let (file, audit) = (folder.join("staff.json"), folder.join("audit"));
    let staff = |words: &[&str]| {
        let mut all = vec!["staff"];
        all.extend(words);
        all.extend(["--staff", &file, "--audit", &audit, "--json"]);
        idterm(&all).env("IDTERM_STAFF_PIN", "246801")
    };
    staff(&["add", "An", "--role", "operator"]).done().exits(0);
    let digits = folder.write("pin", "135790\n");
    staff(&["add", "Bình", "--role", "supervisor", "--pin-file", &digits]).done().exits(0);
    staff(&["add", "An", "--role", "operator"]).done().error("E2013");
    let weak = folder.write("weak", "123456");
    staff(&["add", "Em", "--role", "operator", "--pin-file", &weak]).done().error("E2013");
    let listed = staff(&["list"]).done().exits(0).json();
    assert_eq!(listed["staff"].as_array().unwrap().len(), 2, "{listed}");

    let report = idterm(&["demo", "--persona", "expired-card", "--audit", &audit, "--json"]).done().json();
    let (transaction, was) = (report["transaction"].as_str().unwrap(), report["verdict"].as_str().unwrap());
    let shall = if was == "accept" { "reject" } else { "accept" };
    let ask = |by: &str, second: &str, first_pin: &str, second_pin: &str| {
        idterm(&[
            "override",
            transaction,
            "--verdict",
            shall,
            "--reason",
            "đã đối chiếu",
            "--by",
            by,
            "--second",
            second,
            "--staff",
            &file,
            "--audit",
            &audit,
            "--json",
        ])
        .env("IDTERM_STAFF_PIN", first_pin)
        .env("IDTERM_SECOND_PIN", second_pin)
        .done()
    };
    ask("An", "Bình", "246801", "000000").error("E1052");
    ask("Bình", "Bình", "135790", "135790").error("E2013");
    let done = ask("An", "Bình", "246801", "135790").exits(0).json();
    assert_eq!(done["override"]["old"], was, "{done}");
    for _ in 0..4 {
        ask("An", "Bình", "000000", "135790").error("E1052");
    }
    ask("An", "Bình", "000000", "135790").error("E1053");
    ask("An", "Bình", "246801", "135790").error("E1053");
    staff(&["unlock", "An"]).done().exits(0);
    let log = idterm(&["audit", "list", "--audit", &audit, "--json"]).done().exits(0);
    for digits in ["246801", "135790"] {
        assert!(!log.all().contains(digits), "{log}");
    }
    let kinds: Vec<String> = log.json()["records"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|record| record["kind"] == "staff")
        .map(|record| record["body"]["action"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(kinds, ["add", "add", "locked", "locked", "unlock"], "{log}");
    // Without a file, a variable or a terminal there is no PIN, and none is taken from an argument.
    idterm(&["staff", "set-pin", "An", "--staff", &file, "--audit", &audit, "--json"]).done().error("E2001");
}
