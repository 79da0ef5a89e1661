//! A kept capture of every persona is judged again: what does not need the chip is found as it was, and at other days what
//! depends on the day changes as it should, and nothing else.
#![cfg(feature = "simulator")]
#![allow(clippy::unwrap_used, reason = "a test")]

mod common;

use common::{Folder, check, idterm, now, trust_store};
use reader_core::evidence::CheckId;
use serde_json::Value;
use test_vectors::issuer::calendar::Date;
use test_vectors::persona::{self, Persona};

/// What only the terminal of that time saw.
const OF_THE_CHIP: [&str; 4] = ["access.pace", "access.bac", "chip.chip_authentication", "chip.pace_cam"];
/// What depends on the day.
const OF_THE_DAY: [&str; 5] = [
    "passive.signer_chain",
    "passive.signer_revocation",
    "passive.signer_validity",
    "validity.document",
    "passive.hashes",
];

/// The machine readable zone, which opens every card: BAC knows no other key.
fn presented(persona: &Persona) -> Vec<String> {
    vec!["--mrz".to_owned(), persona.access(now()).mrz_lines.concat()]
}

/// Reads, judges and keeps; the report.
fn live(persona: &Persona, store: &str, kept: &str) -> Value {
    let mut words = ["verify", "--reader", &format!("sim:{}", persona.name)].map(str::to_owned).to_vec();
    words.extend(presented(persona));
    words.extend(["--trust", store, "--keep", kept, "--json"].map(str::to_owned));
    idterm(&words).done().json()
}

/// Judges what was kept, now or at a day.
fn again(persona: &Persona, store: &str, kept: &str, at: Option<Date>) -> Value {
    let mut words = vec!["inspect".to_owned(), kept.to_owned()];
    words.extend(presented(persona));
    words.extend(["--trust", store, "--json"].map(str::to_owned));
    if let Some(day) = at {
        words.extend(["--at".to_owned(), format!("{:04}-{:02}-{:02}", day.year, day.month, day.day)]);
    }
    idterm(&words).done().json()
}

#[test]
fn what_needs_no_chip_is_found_again_for_every_persona() {
    let folder = Folder::new("again");
    let store = trust_store(&folder);
    let all = persona::all().iter().chain(persona::beyond()).chain(persona::protected());
    let mut wrong = Vec::new();
    for persona in all {
        let kept = folder.join(persona.name);
        let first = live(persona, &store, &kept);
        let second = again(persona, &store, &kept, None);
        for id in CheckId::ALL.iter().map(|check| check.as_str()) {
            let (before, after) = (check(&first, id), check(&second, id));
            if OF_THE_CHIP.contains(&id) {
                let said = after["outcome"] == "not_performed" && after["reason"] == "R1007";
                // A protocol that the document does not have, or whose file is not proved, is as it was.
                if !said && before["outcome"] != after["outcome"] {
                    wrong.push(format!("{}: {id}: {before} became {after}", persona.name));
                }
                assert_ne!(after["outcome"], "confirmed", "{}: {id} was not seen again", persona.name);
            } else if before != after {
                wrong.push(format!("{}: {id}: {before} became {after}", persona.name));
            }
        }
        assert_eq!(first["holder"], second["holder"], "{}", persona.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_what_depends_on_the_day_changes_with_it() {
    let folder = Folder::new("days");
    let store = trust_store(&folder);
    let persona = persona::find("good").unwrap();
    let kept = folder.join("kept");
    live(persona, &store, &kept);
    let today = again(persona, &store, &kept, None);
    let dates = persona.dates(now());
    let says = |report: &Value, id: &str| {
        let found = check(report, id);
        let notes =
            found["notes"].as_array().map(|notes| notes.iter().map(|note| note.as_str().unwrap()).collect());
        let notes: Vec<&str> = notes.unwrap_or_default();
        format!(
            "{} {} {}",
            found["outcome"].as_str().unwrap(),
            found["reason"].as_str().unwrap_or("-"),
            notes.join(" ")
        )
    };
    let on = |day: Date| {
        let report = again(persona, &store, &kept, Some(day));
        for id in CheckId::ALL.iter().map(|check| check.as_str()).filter(|id| !OF_THE_DAY.contains(id)) {
            assert_eq!(check(&report, id)["outcome"], check(&today, id)["outcome"], "{id} on {day:?}");
        }
        report
    };
    let at_hand = Date::from_unix_s(now());
    // The list is of this month: in half a year it says nothing any more.
    let later = on(at_hand.plus_days(200));
    assert!(says(&later, "passive.signer_revocation").starts_with("undetermined R1221"), "{later}");
    assert_eq!(says(&later, "validity.document"), says(&today, "validity.document"));
    assert_eq!(says(&later, "passive.signer_validity"), says(&today, "passive.signer_validity"));
    // The last day of validity, and the next.
    assert!(says(&on(dates.expires), "validity.document").starts_with("confirmed"));
    assert!(says(&on(dates.expires.plus_days(1)), "validity.document").starts_with("refuted R1401"));
    // The signer's certificate lasts longer than any card; afterwards it is noted.
    let much_later = on(dates.issued.plus_years(15).plus_days(90));
    assert!(says(&much_later, "passive.signer_validity").contains("R1224"), "{much_later}");
    // Before the signer was certified.
    let before = again(persona, &store, &kept, Some(dates.issued.plus_days(-60)));
    assert!(says(&before, "passive.signer_validity").contains("R1234"), "{before}");
}
