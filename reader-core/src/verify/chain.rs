//! From the signer of a file to a trusted country certificate: the path, what the signer may sign, and whether it is
//! revoked.
//!
//! Spec: 9303-11 §5.1.1; 9303-12 §2, §6, §7.1; BSI TR-03135-1 §4.3.

use super::signed_file::{Departures, refuted};
use super::weak_hash::weak_hash;
use super::{Case, Tolerance, Tolerances};
use crate::crypto::signature::PublicKey;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::pki::path::{self, NameMatch, Path, Revocation};
use crate::pki::{Anchor, Certificate, Fingerprint};
use crate::wire::date::Timestamp;

const DAY_S: i64 = 86_400;

/// The signer of EF.SOD, as its certificate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignerSeen {
    /// Its certificate.
    pub certificate: Certificate,
    /// When it says to have signed.
    pub signing_time: Option<Timestamp>,
    /// The trusted certificate that signed it.
    pub anchor: Option<AnchorSeen>,
}

/// The trusted certificate above a signer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnchorSeen {
    /// Which one.
    pub fingerprint: Fingerprint,
    /// Its country, in the letters of its certificate.
    pub country: Option<String>,
    /// Its country in three letters, if it says.
    pub alternative_country: Option<String>,
}

impl AnchorSeen {
    fn new(anchor: &Anchor) -> Self {
        Self {
            fingerprint: anchor.certificate.fingerprint(),
            country: anchor.certificate.subject().country(),
            alternative_country: anchor.certificate.alternative_country().map(str::to_owned),
        }
    }
}

/// The chain of a document signer, its revocation, and the anchor where there is one.
pub(super) fn chain(case: &Case<'_>, signer: &Certificate) -> (Finding, Finding, Option<AnchorSeen>) {
    let not_proved = || Finding::new(Outcome::Undetermined(Reason::NotProved));
    let unknown = |outcome, detail: String| (Finding::new(outcome).with_detail(detail), not_proved(), None);
    let issuer = signer.issuer();
    match path::find(signer, case.trust) {
        Path::Confirmed { anchor, name } => {
            if let Some((outcome, detail)) = unfit(signer, case.settings.tolerances) {
                return unknown(outcome, detail);
            }
            let country = anchor.certificate.subject().country().unwrap_or_default();
            let mut finding =
                Finding::confirmed(Witness::Anyone).with_detail(format!("{} {country}", anchor.key().name()));
            let mut met = Departures::new(case.settings.tolerances);
            if let Err(refuted) = departures(signer, anchor, name, &mut met) {
                return (refuted, not_proved(), None);
            }
            finding.notes = met.notes;
            let weak =
                signer.signature_scheme().map(|scheme| weak_hash(case.settings, scheme.hash(), signer));
            match weak.unwrap_or(Ok(None)) {
                Ok(note) => finding.notes.extend(note),
                Err(outdated) => return (outdated, not_proved(), None),
            }
            if anchor.certificate.not_after() < case.now {
                finding.notes.push(Reason::AnchorExpired);
            }
            (finding, revocation(case, signer, anchor), Some(AnchorSeen::new(anchor)))
        }
        Path::Refuted(anchor) => unknown(
            Outcome::Refuted(Reason::SignerChainBroken),
            format!("{} did not sign it", anchor.certificate.subject()),
        ),
        Path::Unknown => unknown(
            Outcome::Undetermined(Reason::SignerUnknown),
            format!("issued by {issuer}; no trusted certificate fits"),
        ),
        Path::Unsupported => {
            unknown(Outcome::Undetermined(Reason::AlgorithmUnsupported), format!("issued by {issuer}"))
        }
        Path::BudgetSpent => {
            unknown(Outcome::Undetermined(Reason::PathBudgetSpent), format!("issued by {issuer}"))
        }
    }
}

/// What a confirmed path has of the known departures. Spec: 9303-12 §7.1; FIPS 186-4 §B.3.1.
fn departures(
    signer: &Certificate,
    anchor: &Anchor,
    name: NameMatch,
    met: &mut Departures,
) -> Result<(), Finding> {
    if name != NameMatch::Exact {
        let detail = format!("{} is written as {}", anchor.certificate.subject(), signer.issuer());
        met.tolerate(Reason::IssuerNameDiffers, &detail)?;
    }
    if signer.authority_key_id().is_none() {
        met.tolerate(Reason::KeyIdentifierMissing, &"the signer does not name its issuer's key")?;
    }
    if anchor.certificate.subject_key_id().is_none() {
        met.tolerate(Reason::KeyIdentifierMissing, &"the country's certificate does not name its key")?;
    }
    if matches!(anchor.key(), PublicKey::Rsa(rsa) if !rsa.has_usual_exponent()) {
        met.tolerate(Reason::RsaExponent, &"the exponent of the country's key is not 65537")?;
    }
    Ok(())
}

/// Why a certificate that a country signed is not one of a document signer. Country authorities also sign the signers of
/// lists, and those must not sign documents. Spec: 9303-11 §5.1.1; 9303-12 §7.1.1.6.
pub(super) fn unfit(signer: &Certificate, tolerances: Tolerances) -> Option<(Outcome, String)> {
    let wrong = |detail: &str| Some((Outcome::Refuted(Reason::SignerNotForDocuments), detail.to_owned()));
    if signer.is_authority() {
        return wrong("it is an authority's certificate");
    }
    let typed = signer.document_types().is_some();
    if let Some(purposes) = signer.extended_key_usage()
        && !typed
    {
        return wrong(&format!("extended key usage {}", purposes.join(", ")));
    }
    let unclear = |detail: &str| Some((Outcome::Undetermined(Reason::SignerUsageUnclear), detail.to_owned()));
    if let Some(critical) = signer.unknown_critical().first() {
        return unclear(&format!("critical extension {critical} is not known"));
    }
    let strict = !tolerances.has(Tolerance::SignerUsage);
    match signer.key_usage() {
        Some(usage) if !usage.digital_signature => unclear("its key usage has no digitalSignature"),
        Some(usage) if usage.certificate_signing => wrong("its key usage lets it sign certificates"),
        Some(usage) if strict && !typed && (usage.others || usage.crl_signing) => {
            unclear("its key usage has more than digitalSignature")
        }
        None if strict => unclear("it has no key usage"),
        _ => None,
    }
}

fn revocation(case: &Case<'_>, signer: &Certificate, anchor: &Anchor) -> Finding {
    match path::revocation(signer, anchor, case.trust) {
        Revocation::Revoked => refuted(Reason::SignerRevoked, signer.subject()),
        Revocation::NoList => Finding::new(Outcome::NotPerformed(Reason::NoRevocationList)),
        Revocation::NotListed { next_update, this_update } => {
            let limit_s = case.settings.list_max_age_days.map(|days| i64::from(days) * DAY_S);
            let too_old = limit_s.is_some_and(|limit_s| this_update.plus_s(limit_s) < case.now);
            let overdue = next_update.is_some_and(|next| next < case.now);
            if too_old || overdue {
                let detail = format!("the newest list is of {this_update}");
                Finding::new(Outcome::Undetermined(Reason::RevocationListStale)).with_detail(detail)
            } else {
                Finding::confirmed(Witness::Anyone)
            }
        }
    }
}
