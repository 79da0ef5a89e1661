//! How the chip was opened. Never evidence of anything: the number is known to others. Spec: 9303-11 §4.

use super::chip::broken_off;
use super::hashes::Files;
use super::{Case, validity};
use crate::capture::{AccessFailure, AccessTrace, Deviation, Origin, TerminalAuthenticationOutcome};
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::security_infos::SecurityInfos;
use crate::lds::{DataGroup, FileId, dg14};
use crate::wire::date::Date;

const fn not_performed(reason: Reason) -> Finding {
    Finding::new(Outcome::NotPerformed(reason))
}

fn failed(failure: &AccessFailure) -> Finding {
    match failure {
        AccessFailure::WrongPassword => Finding::new(Outcome::Refuted(Reason::WrongPassword)),
        AccessFailure::WrongPin { tries_left } => {
            Finding::new(Outcome::Refuted(Reason::WrongPin)).with_detail(format!("{tries_left} tries left"))
        }
        AccessFailure::PinSuspended => Finding::new(Outcome::Undetermined(Reason::PinSuspended)),
        AccessFailure::PinBlocked => Finding::new(Outcome::Undetermined(Reason::PinBlocked)),
        AccessFailure::Refused(status) => Finding::new(Outcome::Undetermined(Reason::AccessRefused))
            .with_detail(format!("status {status:04X}")),
        AccessFailure::Protocol(what) => {
            Finding::new(Outcome::Refuted(Reason::AccessProtocolBroken)).with_detail(*what)
        }
        AccessFailure::BrokenOff(by) => broken_off(by),
        AccessFailure::NotOffered => Finding::new(Outcome::Undetermined(Reason::AccessNotOffered)),
        AccessFailure::BeyondReader => Finding::new(Outcome::Undetermined(Reason::AccessNotOffered))
            .with_detail("its keys need extended lengths, which the reader does not carry"),
        AccessFailure::ParametersRefused(why) => {
            Finding::new(Outcome::Undetermined(Reason::AccessNotOffered)).with_detail(why.clone())
        }
    }
}

fn offers_pace(case: &Case<'_>, files: &Files<'_>) -> bool {
    let open = case.capture.bytes(FileId::CARD_ACCESS).and_then(|file| SecurityInfos::parse(file).ok());
    let signed = files.group(DataGroup::Dg14).proved().and_then(|file| dg14::parse(file).ok());
    [open, signed].into_iter().flatten().any(|infos| infos.pace().next().is_some())
}

pub(super) fn pace(case: &Case<'_>, files: &Files<'_>) -> Finding {
    if case.capture.origin == Origin::Stored {
        return not_performed(Reason::NoChipSession);
    }
    let mut finding = match &case.capture.pace {
        Some(AccessTrace::Opened) => Finding::confirmed(Witness::ThisTerminal),
        Some(AccessTrace::Failed(failure)) => failed(failure),
        None if !offers_pace(case, files) => Finding::new(Outcome::NotSupported),
        None if case.capture.bac == Some(AccessTrace::Opened) => not_performed(Reason::AccessNotNeeded),
        None => not_performed(Reason::AccessNotTried),
    };
    if case.capture.deviations.contains(&Deviation::AssumedCardAccess) {
        finding.notes.push(Reason::AssumedCardAccess);
    }
    note_returns(case, case.capture.pace.as_ref(), &mut finding);
    finding
}

/// That the card left and came back stands beside the protocol that opened it each time.
fn note_returns(case: &Case<'_>, trace: Option<&AccessTrace>, finding: &mut Finding) {
    if trace != Some(&AccessTrace::Opened) {
        return;
    }
    for deviation in &case.capture.deviations {
        match deviation {
            Deviation::Resumed { proved: true } => finding.notes.push(Reason::ReadingResumed),
            Deviation::Resumed { proved: false } => finding.notes.push(Reason::ResumedUnproved),
            Deviation::OtherCard => finding.notes.push(Reason::OtherCard),
            _ => {}
        }
    }
}

/// Documents issued from this year on may no longer offer BAC alone. Spec: 9303-11 §4.1.
const BAC_ALONE_UNTIL_ISSUED_YEAR: u16 = 2027;
/// From this year on BAC is no longer foreseen at all. Spec: 9303-11 §4.1.
const BAC_UNTIL_YEAR: u16 = 2028;

/// Whether the standard has given BAC up for this document. Only its proved date of issue counts.
fn bac_is_outdated(case: &Case<'_>, files: &Files<'_>) -> bool {
    let from = |date: Option<Date>, year| date.is_some_and(|date| date.year() >= year);
    let alone = !offers_pace(case, files);
    from(case.now.date(), BAC_UNTIL_YEAR)
        || (alone
            && from(validity::issue_date(|group| files.group(group).proved()), BAC_ALONE_UNTIL_ISSUED_YEAR))
}

pub(super) fn bac(case: &Case<'_>, files: &Files<'_>) -> Finding {
    if case.capture.origin == Origin::Stored {
        return not_performed(Reason::NoChipSession);
    }
    let mut finding = match &case.capture.bac {
        Some(AccessTrace::Opened) => Finding::confirmed(Witness::ThisTerminal),
        Some(AccessTrace::Failed(failure)) => failed(failure),
        None if case.capture.pace == Some(AccessTrace::Opened) => not_performed(Reason::AccessNotNeeded),
        None => not_performed(Reason::AccessNotTried),
    };
    if case.capture.bac == Some(AccessTrace::Opened) && bac_is_outdated(case, files) {
        finding.notes.push(Reason::BacOutdated);
    }
    let fell_back = |deviation: &Deviation| matches!(deviation, Deviation::FellBackToBac { .. });
    if case.capture.deviations.iter().any(fell_back) {
        finding.notes.push(Reason::FellBackToBac);
    }
    note_returns(case, case.capture.bac.as_ref(), &mut finding);
    finding
}

pub(super) fn terminal_authentication(case: &Case<'_>, files: &Files<'_>) -> Finding {
    if let (Origin::Live, Some(trace)) = (case.capture.origin, &case.capture.terminal_authentication) {
        return terminal_outcome(&trace.outcome);
    }
    let infos = match files.group(DataGroup::Dg14).required() {
        Ok(file) => dg14::parse(file).ok(),
        Err(finding) => return finding,
    };
    match infos.and_then(|infos| infos.terminal_authentication()) {
        Some(_) => not_performed(Reason::NoTerminalCertificates),
        None => Finding::new(Outcome::NotSupported),
    }
}

/// What the terminal could not do is not performed; what the chip did not let happen is undetermined: a refusal says
/// nothing against the document.
fn terminal_outcome(outcome: &TerminalAuthenticationOutcome) -> Finding {
    use TerminalAuthenticationOutcome as Ta;
    match outcome {
        Ta::Authenticated => Finding::confirmed(Witness::ThisTerminal),
        Ta::NotNeeded => not_performed(Reason::TerminalNotNeeded),
        Ta::ChipNotAuthenticated => not_performed(Reason::TerminalChipNotAuthenticated),
        Ta::NoAuthority => Finding::new(Outcome::Undetermined(Reason::TerminalNoAuthority)),
        Ta::NoChain(what) => not_performed(Reason::TerminalNoChain).with_detail(what.clone()),
        Ta::ChainInvalid(what) => not_performed(Reason::TerminalChainInvalid).with_detail(what.clone()),
        Ta::KeyFailed(what) => not_performed(Reason::TerminalKeyUnusable).with_detail(what.clone()),
        Ta::Refused { step, status } => Finding::new(Outcome::Undetermined(Reason::TerminalRefused))
            .with_detail(format!("{} with status {status:04X}", step.name())),
        Ta::Protocol(what) => Finding::new(Outcome::Undetermined(Reason::TerminalRefused)).with_detail(*what),
        Ta::Aborted(by) => broken_off(by),
    }
}
