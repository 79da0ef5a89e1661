//! The protocol cases of the inspection system's list (ISO7816_A to G), each by its number: a chip set up as the case says,
//! read and judged to the end by the strict and the tolerant inspection site.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

#[path = "common/cam.rs"]
mod cam;
#[path = "common/inspected.rs"]
mod inspected;
#[path = "common/inspection.rs"]
mod inspection;
#[path = "common/inspection_cases/mod.rs"]
mod inspection_cases;
#[path = "common/simulated.rs"]
mod simulated;

use inspection_cases::{access, active, chip, files, pace, terminal};
use test_vectors::inspection::{Decided, Seen, check};

#[test]
fn cards_without_a_fault_are_accepted_by_both_sites() {
    let personas = [
        "good",
        "good-bac",
        "good-rsa",
        "good-nist",
        "good-pace-cam",
        "good-pace-im",
        "good-pace-dh",
        "good-pace-dh-im",
        "good-ca-dh",
        "all-groups",
    ];
    for persona in personas {
        let seen = inspected::Setup::of(persona).run(persona);
        assert_eq!((seen.strict, seen.tolerant), (Decided::Accept, Decided::Accept), "{persona}: {seen:?}");
    }
    let fingers = terminal::sound().run("fingers");
    assert_eq!(fingers.strict, Decided::Accept, "{fingers:?}");
}

/// Runs what a unit has and compares it with `test-vectors/inspection/iso7816.toml`.
fn unit(test: &str, seen: &[Seen]) {
    check("iso7816", &format!("inspection_iso7816::{test}"), seen);
}

#[test]
fn selecting_the_application() {
    unit("selecting_the_application", &access::selection());
}

#[test]
fn bac_and_secure_messaging() {
    unit("bac_and_secure_messaging", &access::bac_and_messaging());
}

#[test]
fn reading_files() {
    unit("reading_files", &files::cases());
}

#[test]
fn chip_authentication() {
    unit("chip_authentication", &chip::cases());
}

#[test]
fn terminal_authentication() {
    unit("terminal_authentication", &terminal::cases());
}

#[test]
fn active_authentication() {
    unit("active_authentication", &active::cases());
}

#[test]
fn pace() {
    unit("pace", &[pace::sound(), pace::disturbed(), pace::chip_mapping()].concat());
}
