//! From the signer of a file to a trusted country certificate: the path, what the signer may sign, and whether it is
//! revoked.
//!
//! Spec: 9303-11 §5.1.1; 9303-12 §2, §6, §7.1; BSI TR-03135-1 §4.3.

use super::signed_file::{Departures, refuted};
use super::weak_hash::{outdated_link, weak_hash, weak_list};
use super::{Case, Tolerances};
use crate::crypto::signature::PublicKey;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::pki::path::{self, NameMatch, Path};
use crate::pki::profile::{self, Departure};
use crate::pki::revocation::{self, Revocation};
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
    let issuer = signer.issuer();
    let undetermined = |reason, detail| Finding::new(Outcome::Undetermined(reason)).with_detail(detail);
    let failed = match path::find(signer, case.trust) {
        Path::Confirmed { anchor, name, other_key_named } => {
            match confirmed(case, signer, anchor, name, other_key_named) {
                Ok(finding) => {
                    return (finding, revocation(case, signer, anchor), Some(AnchorSeen::new(anchor)));
                }
                Err(failed) => failed,
            }
        }
        Path::Refuted(anchor) => {
            let detail = format!("{} did not sign it", anchor.certificate.subject());
            refuted(Reason::SignerChainBroken, &detail)
        }
        Path::Unknown => {
            undetermined(Reason::SignerUnknown, format!("issued by {issuer}; no trusted certificate fits"))
        }
        Path::Unsupported => {
            let finding = undetermined(Reason::AlgorithmUnsupported, format!("issued by {issuer}"));
            unless_form_refutes(case, signer, finding)
        }
        Path::BudgetSpent => undetermined(Reason::PathBudgetSpent, format!("issued by {issuer}")),
    };
    (failed, Finding::new(Outcome::Undetermined(Reason::NotProved)), None)
}

/// The finding on a signer whose certificate a trusted key signed: what it is for, how it is written, how strong it is.
fn confirmed(
    case: &Case<'_>,
    signer: &Certificate,
    anchor: &Anchor,
    name: NameMatch,
    other_key_named: bool,
) -> Result<Finding, Finding> {
    let mut met = Departures::new(case.settings.tolerances);
    usage(signer, &mut met)?;
    if name != NameMatch::Exact {
        let detail = format!("issued by {}, signed by {}", signer.issuer(), anchor.certificate.subject());
        met.tolerate(Reason::IssuerNameDiffers, &detail)?;
    }
    if other_key_named {
        met.tolerate(
            Reason::CertificateExtensions,
            &"it names another authority key than the one that signed it",
        )?;
    }
    form(signer, name == NameMatch::Exact, &mut met)?;
    if profile::key_is_weak(signer) {
        met.note(Reason::WeakSignerKey);
    }
    authority(anchor, &mut met)?;
    if let Some(link) = outdated_link(case.settings, anchor, case.trust) {
        let link = &link.certificate;
        let (id, begin, until) = (link.fingerprint(), link.not_before(), case.settings.sha1_until);
        let detail = format!(
            "the link certificate {id} begins on {begin}; SHA-1 is accepted until {until}; add the country's certificate \
             by itself or in a list"
        );
        return Err(Finding::new(Outcome::Undetermined(Reason::LinkHashOutdated)).with_detail(detail));
    }
    let scheme = signer.signature_scheme();
    let weak = scheme.map_or(Ok(None), |scheme| weak_hash(case.settings, scheme.hash(), signer))?;
    let expired = (anchor.certificate.not_after() < case.now).then_some(Reason::AnchorExpired);
    let country = anchor.certificate.subject().country().unwrap_or_default();
    let mut finding =
        Finding::confirmed(Witness::Anyone).with_detail(format!("{} {country}", anchor.key().name()));
    finding.notes = met.notes.into_iter().chain(weak).chain(expired).collect();
    Ok(finding)
}

/// What a path needs of the country's certificate beside its key: that it says so, and how it is named. Spec: 9303-12 §7.1.1
/// table 6; FIPS 186-4 §B.3.1.
fn authority(anchor: &Anchor, met: &mut Departures) -> Result<(), Finding> {
    let authority = &anchor.certificate;
    let signs = authority.key_usage().is_some_and(|usage| usage.certificate_signing);
    if !signs || !authority.is_authority() {
        let detail = if signs { "no basicConstraints with cA" } else { "no key usage keyCertSign" };
        met.tolerate(Reason::AnchorUsageUnclear, &detail)?;
    }
    if authority.subject_key_id().is_none() {
        met.tolerate(Reason::KeyIdentifierMissing, &"the country's certificate does not name its key")?;
    }
    if matches!(anchor.key(), PublicKey::Rsa(rsa) if !rsa.has_usual_exponent()) {
        met.tolerate(Reason::RsaExponent, &"the exponent of the country's key is not 65537")?;
    }
    Ok(())
}

/// How a signer's certificate is written, beside its profile. An issuer's name that differs from its authority's is told by
/// that alone.
fn form(signer: &Certificate, issuer_as_anchor: bool, met: &mut Departures) -> Result<(), Finding> {
    for departure in profile::departures(signer) {
        let (reason, detail) = worded(&departure);
        match departure {
            // What stands beside the signature is not signed: nobody may choose the algorithm afterwards.
            Departure::OtherAlgorithm => return Err(refuted(reason, &detail)),
            Departure::IssuerName(_) if !issuer_as_anchor => {}
            _ => met.tolerate(reason, &detail)?,
        }
    }
    Ok(())
}

fn worded(departure: &Departure) -> (Reason, &str) {
    match departure {
        Departure::Body(detail) => (Reason::CertificateBody, detail),
        Departure::OtherAlgorithm => {
            (Reason::CertificateAlgorithmsDiffer, "the signed algorithm is another one than the signature's")
        }
        Departure::OtherParameters => (
            Reason::CertificateAlgorithmsDiffer,
            "the signed algorithm has other parameters than the signature's",
        ),
        Departure::NoAuthorityKey => {
            (Reason::KeyIdentifierMissing, "the signer does not name its issuer's key")
        }
        Departure::IssuerName(detail) | Departure::Name(detail) => (Reason::CertificateName, detail),
        Departure::Times(detail) => (Reason::CertificateTimes, detail),
        Departure::Extension(detail) => (Reason::CertificateExtensions, detail),
        Departure::Key(detail) => (Reason::CertificateKey, detail),
    }
}

/// `finding`, or that the signer's certificate is refuted by its form where the site does not accept it.
fn unless_form_refutes(case: &Case<'_>, signer: &Certificate, finding: Finding) -> Finding {
    form(signer, true, &mut Departures::new(case.settings.tolerances)).err().unwrap_or(finding)
}

/// What can be said of the chain although no signature of EF.SOD could be checked, which carries these certificates: that
/// one cannot be read, or has a key that the standard does not permit.
pub(super) fn unproved(case: &Case<'_>, certificates: &[&[u8]]) -> Option<Finding> {
    let read: Vec<_> = certificates.iter().map(|der| Certificate::from_der(der)).collect();
    if let Some(error) = read.iter().find_map(|read| read.as_ref().err()) {
        return Some(unreliable(case, Reason::SignerCertificateUnreadable, &error.to_string()));
    }
    let signer = read.iter().flatten().find(|certificate| !certificate.is_authority())?;
    let detail = profile::unusable_key(signer)?;
    Some(unreliable(case, Reason::CertificateKey, detail))
}

/// Nothing can be verified: undetermined where the site accepts what leads there, else refuted.
fn unreliable(case: &Case<'_>, reason: Reason, detail: &str) -> Finding {
    let outcome = match case.settings.tolerances.admit(reason) {
        true => Outcome::Undetermined(reason),
        false => Outcome::Refuted(reason),
    };
    Finding::new(outcome).with_detail(detail)
}

/// Purposes of the signers of master lists and deviation lists.
const LIST_PURPOSES: [&str; 2] = ["2.23.136.1.1.3", "2.23.136.1.1.8"];

/// Whether a certificate is one of a document signer, as far as it says what it is for.
pub(super) fn is_fit(signer: &Certificate, tolerances: Tolerances) -> bool {
    usage(signer, &mut Departures::new(tolerances)).is_ok()
}

/// What a certificate that a country signed says it is for; noted where it does not say so clearly. Country authorities also
/// sign the signers of lists, and those must not sign documents. Spec: 9303-11 §5.1.1; 9303-12 §7.1.1.6.
fn usage(signer: &Certificate, met: &mut Departures) -> Result<(), Finding> {
    let wrong = |detail: &str| Err(refuted(Reason::SignerNotForDocuments, &detail));
    if signer.is_authority() {
        return wrong("it is an authority's certificate");
    }
    let purposes = signer.extended_key_usage().unwrap_or_default();
    let for_lists = purposes.iter().any(|purpose| LIST_PURPOSES.contains(&purpose.as_str()));
    if for_lists || (signer.extended_key_usage().is_some() && signer.document_types().is_none()) {
        return wrong(&format!("extended key usage {}", purposes.join(", ")));
    }
    // Where the site accepts what is unclear, it stays undetermined.
    let mut unclear = |detail: &str| {
        met.tolerate(Reason::SignerUsageUnclear, &detail)?;
        Err(Finding::new(Outcome::Undetermined(Reason::SignerUsageUnclear)).with_detail(detail))
    };
    if let Some(critical) = signer.unknown_critical().first() {
        return unclear(&format!("critical extension {critical} is not known"));
    }
    match signer.key_usage() {
        Some(usage) if usage.certificate_signing => wrong("its key usage lets it sign certificates"),
        Some(usage) if !usage.digital_signature => unclear("its key usage has no digitalSignature"),
        Some(usage) if usage.others || usage.crl_signing => {
            met.tolerate(Reason::SignerUsageUnclear, &"its key usage has more than digitalSignature")
        }
        None => met.tolerate(Reason::SignerUsageUnclear, &"it has no key usage"),
        Some(_) => Ok(()),
    }
}

/// Until when a list says something that does not say when the next one comes. Spec: 9303-12 §4.1.5.
const LIST_INTERVAL_S: i64 = 90 * DAY_S;

fn revocation(case: &Case<'_>, signer: &Certificate, anchor: &Anchor) -> Finding {
    let undetermined = |reason, detail| Finding::new(Outcome::Undetermined(reason)).with_detail(detail);
    let list = match revocation::revocation(signer, anchor, case.trust, case.now) {
        Revocation::Revoked(list) => {
            let detail = format!("{} is on the list of {}", signer.subject(), list.this_update());
            let mut finding = refuted(Reason::SignerRevoked, &detail);
            // A weak signature may take trust away and never give it.
            finding.notes.extend(weak_list(case.settings, list).unwrap_or_else(Some));
            return finding;
        }
        Revocation::AuthorityRevoked(authority) => {
            let detail = format!("by {}, which is revoked", authority.certificate.fingerprint());
            return refuted(Reason::SignerRevoked, &detail);
        }
        Revocation::ListedElsewhere(list) => {
            let detail =
                format!("the list of {} has its serial number, its own authority's has not", list.issuer());
            return undetermined(Reason::SignerRevoked, detail);
        }
        Revocation::BudgetSpent => {
            let detail = "whether a revoked certificate introduced the authority's key".to_owned();
            return undetermined(Reason::PathBudgetSpent, detail);
        }
        Revocation::Early(list) => {
            let detail = format!("the newest list is of {}", list.this_update());
            return undetermined(Reason::RevocationListEarly, detail);
        }
        Revocation::NoList => return Finding::new(Outcome::NotPerformed(Reason::NoRevocationList)),
        Revocation::NotListed(list) => list,
    };
    let weak = match weak_list(case.settings, list) {
        Ok(weak) => weak,
        Err(reason) => {
            let (update, until) = (list.this_update(), case.settings.sha1_until);
            return undetermined(
                reason,
                format!("the newest list is of {update}; SHA-1 is accepted until {until}"),
            );
        }
    };
    let age_limit_s = case.settings.list_max_age_days.map(|days| i64::from(days) * DAY_S);
    let too_old = age_limit_s.is_some_and(|limit_s| list.this_update().plus_s(limit_s) < case.now);
    let next_update = list.next_update().unwrap_or_else(|| list.this_update().plus_s(LIST_INTERVAL_S));
    if too_old || next_update < case.now {
        let detail = format!("the newest list is of {}", list.this_update());
        return undetermined(Reason::RevocationListStale, detail);
    }
    let mut finding = Finding::confirmed(Witness::Anyone);
    finding.notes.extend(weak);
    if let Some(detail) = list.departures().first() {
        if !case.settings.tolerances.admit(Reason::RevocationListDeparts) {
            return undetermined(Reason::RevocationListDeparts, (*detail).to_owned());
        }
        finding.notes.push(Reason::RevocationListDeparts);
    }
    finding
}
