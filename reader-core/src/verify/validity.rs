//! Dates: whether the document is valid today, and whether it was signed when its signer might sign.
//!
//! A signer is to be valid now; where it has merely expired, a tolerant site says neither yes nor no, for a document without
//! an end outlives every signer. Spec: 9303-11 §5.1.1; 9303-12 §4.1.1, §7.1.1, D.1.1.3.

use super::Case;
use super::hashes::Files;
use super::passive::SodProof;
use super::signed_file::refuted;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::DataGroup;
use crate::lds::details::Details;
use crate::lds::dg1::Dg1;
use crate::lds::dg12::DocumentDetails;
use crate::lds::mrz::Expiry;
use crate::pki::Certificate;
use crate::wire::date::{Date, Timestamp};

/// A day of issue is a local day; time zones run from 14 hours before UTC's to 12 after.
const EARLIEST_ZONE_S: i64 = 14 * 3600;
const LATEST_ZONE_S: i64 = 12 * 3600;

/// A moment known to lie between two instants.
#[derive(Clone, Copy)]
pub(super) struct Between {
    what: &'static str,
    from: Timestamp,
    to: Timestamp,
}

impl Between {
    /// The moment at which a signer says to have signed.
    pub(super) const fn signed(at: Timestamp) -> Self {
        Self { what: "signed", from: at, to: at }
    }
}

/// `passive.signer_validity`.
pub(super) fn signer(case: &Case<'_>, sod: &SodProof, files: &Files<'_>) -> Finding {
    let believed = sod.chain.outcome.is_confirmed() || files.are_signed();
    let Some(signer) = sod.signer.as_ref().filter(|_| believed) else {
        return match sod.signature.outcome {
            Outcome::NotPerformed(reason) => Finding::new(Outcome::NotPerformed(reason)),
            _ => Finding::new(Outcome::Undetermined(Reason::NotProved)),
        };
    };
    let signed = signer.signing_time.map(Between::signed);
    let issued = issue_date(|group| files.group(group).proved()).map(|day| {
        let (from, to) = local_day(day);
        Between { what: "issued", from, to }
    });
    let known: Vec<Between> = [signed, issued].into_iter().flatten().collect();
    if let Some(finding) = objection(case, &signer.certificate, &known) {
        return finding;
    }
    if known.is_empty() {
        return Finding::new(Outcome::Undetermined(Reason::SigningTimeUnknown));
    }
    Finding::confirmed(Witness::Anyone)
}

/// What the dates of a signer's certificate say against it, whichever file it signed: it is not valid yet, it signed
/// outside its time, or it has expired since.
pub(super) fn objection(case: &Case<'_>, signer: &Certificate, known: &[Between]) -> Option<Finding> {
    if signer.not_before() > case.now {
        return Some(refuted(Reason::SignerNotYetValid, &format_args!("valid from {}", signer.not_before())));
    }
    let (begin, end) = usage(signer);
    if let Some(outside) = known.iter().find(|moment| moment.to < begin || moment.from > end) {
        let detail =
            format!("{} around {}; the signer may sign from {begin} to {end}", outside.what, outside.from);
        return Some(refuted(Reason::SignedOutsideUsage, &detail));
    }
    (signer.not_after() < case.now).then(|| {
        let outcome = match case.settings.tolerances.admit(Reason::SignerExpired) {
            true => Outcome::Undetermined(Reason::SignerExpired),
            false => Outcome::Refuted(Reason::SignerExpired),
        };
        Finding::new(outcome).with_detail(format!("valid until {}", signer.not_after()))
    })
}

/// When the signer may sign: its validity, narrowed by its usage period.
fn usage(certificate: &Certificate) -> (Timestamp, Timestamp) {
    let (mut begin, mut end) = (certificate.not_before(), certificate.not_after());
    if let Some(period) = certificate.usage_period() {
        begin = period.not_before.map_or(begin, |from| from.max(begin));
        end = period.not_after.map_or(end, |to| to.min(end));
    }
    (begin, end)
}

/// First and last moment of a day, wherever it was lived.
pub(super) fn local_day(day: Date) -> (Timestamp, Timestamp) {
    (day.start().plus_s(-EARLIEST_ZONE_S), day.end().plus_s(LATEST_ZONE_S))
}

/// The day of issue in these files: of DG13, else of DG12. A day that DG12 leaves partly open is none.
pub(super) fn issue_date<'f>(file: impl Fn(DataGroup) -> Option<&'f [u8]>) -> Option<Date> {
    file(DataGroup::Dg13).and_then(issued_in_dg13).or_else(|| file(DataGroup::Dg12).and_then(issued_in_dg12))
}

fn issued_in_dg13(file: &[u8]) -> Option<Date> {
    Details::parse(file).fields()?.issued.as_ref()?.day()
}

fn issued_in_dg12(file: &[u8]) -> Option<Date> {
    DocumentDetails::parse(file).ok()?.issued?.full()
}

/// `validity.document`.
pub(super) fn document(case: &Case<'_>, files: &Files<'_>) -> Finding {
    let file = match files.group(DataGroup::Dg1).required() {
        Ok(file) => file,
        Err(finding) => return finding,
    };
    let unknown = Finding::new(Outcome::Undetermined(Reason::ExpiryUnknown));
    let Some(today) = case.now.date() else { return unknown };
    let Ok(dg1) = Dg1::parse(file) else {
        return Finding::new(Outcome::Undetermined(Reason::MrzUnreadable));
    };
    let last_day = match dg1.mrz.expiry_on(today) {
        Expiry::Unlimited => return Finding::confirmed(Witness::Anyone),
        Expiry::On(day) => Some(day),
        // Parts of the date are open: it holds to the last day that they can mean.
        Expiry::Unknown(partial) => partial.latest(),
    };
    match last_day {
        None => unknown,
        Some(day) if day < today => Finding::new(Outcome::Refuted(Reason::DocumentExpired)),
        Some(_) => Finding::confirmed(Witness::Anyone),
    }
}
