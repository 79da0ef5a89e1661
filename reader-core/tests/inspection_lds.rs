//! The file cases of the inspection system's list (LDS_A to G and I to K, and two of LDS_H), each by its number: the file is
//! changed before it is signed, so that EF.SOD is right and the rule about the content is what is tried.
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]
#![allow(dead_code, reason = "the setups of the protocol cases are used in part")]

#[path = "common/cam.rs"]
mod cam;
#[path = "common/inspected.rs"]
mod inspected;
#[path = "common/inspection.rs"]
mod inspection;
#[path = "common/inspection_cases/mod.rs"]
mod inspection_cases;
#[path = "common/inspection_files/mod.rs"]
mod inspection_files;
#[path = "common/simulated.rs"]
mod simulated;

use inspection_files::{biometric, infos, unsigned, zone};
use test_vectors::inspection::{Decided, Seen, check};

/// Runs what a unit has and compares it with `test-vectors/inspection/lds.toml`.
fn unit(test: &str, seen: &[Seen]) {
    check("lds", &format!("inspection_lds::{test}"), seen);
}

#[test]
fn what_is_changed_and_signed_anew_is_accepted_as_it_was() {
    for setup in [zone::passport(), biometric::unchanged(2), biometric::unchanged(3), biometric::unchanged(4)]
    {
        let seen = setup.run("unchanged");
        assert_eq!(seen.strict, Decided::Accept, "{seen:?}");
    }
}

#[test]
fn ef_com() {
    unit("ef_com", &unsigned::com());
}

#[test]
fn dg1() {
    unit("dg1", &zone::cases());
}

#[test]
fn dg2() {
    unit("dg2", &biometric::faces());
}

#[test]
fn dg3() {
    unit("dg3", &biometric::fingers());
}

#[test]
fn dg4() {
    unit("dg4", &biometric::irises());
}

#[test]
fn dg14_and_dg15() {
    unit("dg14_and_dg15", &[infos::dg14(), infos::dg15()].concat());
}

#[test]
fn ef_cvca_and_ef_atr_info() {
    unit("ef_cvca_and_ef_atr_info", &[unsigned::cvca(), unsigned::atr_info()].concat());
}

#[test]
fn ef_card_security() {
    unit("ef_card_security", &infos::card_security());
}

#[test]
fn hashes_before_contents() {
    unit("hashes_before_contents", &biometric::damaged());
}
