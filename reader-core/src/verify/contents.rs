//! `consistency.contents`: files keep the form that the standard gives them. Spec: 9303-10 §4.
//!
//! Data groups are looked at only where their hash is proved: nothing is decoded before passive authentication has spoken.
//! EF.COM, EF.ATR/INFO and EF.CVCA are signed by nobody and are looked at as they came.

use super::hashes::Files;
use super::{Case, Tolerance};
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::conformity::{self, Conformity};
use crate::lds::{DataGroup, FileId};

pub(super) fn judge(case: &Case<'_>, files: &Files<'_>) -> Finding {
    let groups = DataGroup::ALL
        .into_iter()
        .filter_map(|group| files.group(group).proved().map(|bytes| (FileId::group(group), bytes)));
    let groups: Vec<(FileId, &[u8])> = groups.collect();
    let unsigned = [FileId::COM, FileId::ATR_INFO, FileId::CVCA]
        .into_iter()
        .filter_map(|file| case.capture.bytes(file).map(|bytes| (file, bytes)));
    let strict = !case.settings.tolerances.has(Tolerance::Contents);
    let (mut unreadable, mut departing) = (Vec::new(), Vec::new());
    for (file, bytes) in groups.iter().copied().chain(unsigned) {
        match conformity::of(file, bytes) {
            // Nothing rests on an unsigned file that a tolerant site could not do without.
            Some(Conformity::Unreadable(why)) if !strict && !groups.contains(&(file, bytes)) => {
                departing.push(named(file, &why));
            }
            Some(Conformity::Unreadable(why)) => unreadable.push(named(file, &why)),
            Some(Conformity::Departs(points)) => departing.push(named(file, &points.join(", "))),
            Some(Conformity::Keeps) | None => {}
        }
    }
    let detail = [unreadable.as_slice(), &departing].concat().join("; ");
    match (unreadable.is_empty(), departing.is_empty()) {
        (false, _) => {
            let reason = Reason::ContentsUnreadable;
            let outcome = if strict { Outcome::Refuted(reason) } else { Outcome::Undetermined(reason) };
            Finding::new(outcome).with_detail(detail)
        }
        (true, false) if strict => Finding::new(Outcome::Refuted(Reason::ContentsDepart)).with_detail(detail),
        (true, false) => {
            Finding::confirmed(Witness::Anyone).noting(Reason::ContentsDepart).with_detail(detail)
        }
        (true, true) if groups.is_empty() => Finding::new(Outcome::NotPerformed(Reason::NotProved)),
        (true, true) => Finding::confirmed(Witness::Anyone),
    }
}

fn named(file: FileId, what: &str) -> String {
    let name = file.to_string();
    if what.starts_with(&name) { what.to_owned() } else { format!("{name}: {what}") }
}
