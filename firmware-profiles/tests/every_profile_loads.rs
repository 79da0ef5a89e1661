//! Every built-in profile parses, inherits and passes its checks; faults are reported together.

use firmware_profiles::{ApduLevel, Catalogue};

#[test]
fn built_in_profiles_are_sound() {
    let catalogue = Catalogue::built_in().expect("no faults");
    assert!(catalogue.iter().count() >= 8);
    let card = catalogue.get("vn-cccd").expect("the card's profile");
    assert_eq!(card.card_access.as_ref().map(Vec::len), Some(54));
}

#[test]
fn the_longest_matching_name_wins_and_sam_slots_are_refused() {
    let catalogue = Catalogue::built_in().expect("no faults");
    let chosen = |name: &str| catalogue.for_reader(name).map(|found| found.profile.id.clone());
    assert_eq!(
        chosen("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00").as_deref(),
        Some("acs-acr1252u")
    );
    assert_eq!(chosen("ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 01 00"), None);
    assert_eq!(chosen("Virtual PCD 00 00").as_deref(), Some("simulated"));
    assert_eq!(chosen("Unheard Of Reader 00 00").as_deref(), Some("generic-pcsc"));
}

#[test]
fn all_faults_are_listed_at_once() {
    let text = |id: &str, text: &str| (id.to_owned(), text.to_owned());
    let faults = Catalogue::from_texts([
        text(
            "generic-pcsc",
            "kind = 'pcsc-contactless'\ntitle = 'x'\napdu_level = 'short'\nexchange_timeout_ms = 1\n",
        ),
        text("loop", "inherits = 'pool'"),
        text("pool", "inherits = 'loop'"),
        text("orphan", "inherits = 'nobody'"),
        text("typo", "titel = 'x'"),
    ])
    .expect_err("every one is faulty");
    for (profile, words) in [
        ("generic-pcsc", "below a short APDU"),
        ("loop", "inherits itself"),
        ("orphan", "does not exist"),
        ("typo", "titel"),
    ] {
        assert!(
            faults.iter().any(|fault| fault.profile == profile && fault.problem.contains(words)),
            "{profile}: {words} in {faults:?}"
        );
    }
}

#[test]
fn a_child_overrides_single_keys() {
    let text = |id: &str, text: &str| (id.to_owned(), text.to_owned());
    let base = "kind = 'pcsc-contactless'\ntitle = 'x'\napdu_level = 'short'\nexchange_timeout_ms = 1\n\
                max_command_bytes = 261\nmax_response_bytes = 258\n";
    let catalogue = Catalogue::from_texts([
        text("generic-pcsc", base),
        text("big", "inherits = 'generic-pcsc'\napdu_level = 'extended'\nmax_command_bytes = 522\nname_contains=['Big']"),
    ])
    .expect("no faults");
    let found = catalogue.for_reader("big reader").expect("a profile");
    assert_eq!((found.profile.limits.apdu_level, found.because), (ApduLevel::Extended, Some("Big")));
}
