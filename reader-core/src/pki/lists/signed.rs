//! One signed list: read, and its signer found good or not.

use std::borrow::Cow;
use std::fmt;

use crate::crypto::signature::SignatureCheck;
use crate::pki::certificate::{Certificate, Fingerprint};
use crate::pki::signed_data::{self, SignerCheck, signer_certificate};
use crate::pki::trust::{Anchor, ImportNote, Refusal, SearchBudget, SourceRules, TrustBuilder, VerifiedBy};
use crate::wire::cms::SignedData;
use crate::wire::date::Timestamp;
use crate::wire::{Malformed, Problem, ber};

/// Ways in which one signer's signature is tried: two orders of its attributes, two encodings.
const FORMS_OF_A_SIGNATURE: usize = 4;
/// Most signers tried. One is recommended.
const MAX_SIGNERS: usize = 4;

/// What a list is about.
pub(super) struct ListKind {
    /// What it is called in errors.
    pub(super) name: &'static str,
    /// Its eContentType.
    pub(super) content_type: &'static str,
    /// The extended key usage of its signer.
    pub(super) purpose: &'static str,
}

/// Why a list as a whole was refused.
#[derive(Debug)]
pub(super) struct Whole(pub(super) Refusal, pub(super) String);

impl Whole {
    pub(super) fn new(refusal: Refusal, detail: impl fmt::Display) -> Self {
        Self(refusal, detail.to_string())
    }

    pub(super) fn unreadable(detail: impl fmt::Display) -> Self {
        Self::new(Refusal::ListUnreadable, detail)
    }
}

/// The bytes as they stand; in definite lengths where some are indefinite or strings stand in pieces. `Owned` only then.
/// `read` tells whether they can be read.
pub(super) fn in_der<'a, T>(
    what: &'static str,
    bytes: &'a [u8],
    read: impl Fn(&'a [u8]) -> Result<T, Malformed>,
) -> Result<Cow<'a, [u8]>, Malformed> {
    match read(bytes) {
        Ok(_) => Ok(Cow::Borrowed(bytes)),
        Err(Malformed { problem: Problem::Form(_), .. }) => ber::normalise(what, bytes).map(Cow::Owned),
        Err(error) => Err(error),
    }
}

/// A list's signed data with the certificates in it that can be read.
pub(super) struct SignedList<'a> {
    data: SignedData<'a>,
    certificates: Vec<Certificate>,
}

/// A list whose signer is believed.
pub(super) struct Accepted<'l> {
    /// What was signed.
    pub(super) content: &'l [u8],
    /// Who signed it.
    pub(super) signer: &'l Certificate,
    /// When he says to have signed it.
    pub(super) signed_at: Option<Timestamp>,
    /// Why he is believed.
    pub(super) verified_by: VerifiedBy,
    /// What was tolerated.
    pub(super) notes: Vec<ImportNote>,
}

impl<'a> SignedList<'a> {
    /// Reads a list of this kind, in DER.
    pub(super) fn parse(der: &'a [u8], kind: &ListKind) -> Result<Self, Whole> {
        let data = SignedData::parse(der).map_err(Whole::unreadable)?;
        if !data.content_type.is(kind.content_type) {
            let detail = format!("its content is {}, not a {}", data.content_type, kind.name);
            return Err(Whole::unreadable(detail));
        }
        let readable = data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok());
        let certificates = readable.collect();
        Ok(Self { data, certificates })
    }

    /// What was signed, by the first signer that is one for such lists and whose signature holds, if that one is believed.
    pub(super) fn accept(
        &self,
        kind: &ListKind,
        budget: &mut SearchBudget,
        believe: impl Fn(&Certificate, &[Certificate], &mut SearchBudget) -> Result<VerifiedBy, Whole>,
    ) -> Result<Accepted<'_>, Whole> {
        let Some(content) = self.data.content else { return Err(Whole::unreadable("it has no content")) };
        let mut problem = Whole::unreadable("it has no signer");
        for info in self.data.signers.iter().take(MAX_SIGNERS) {
            let Some(signer) = signer_certificate(info, &self.certificates) else {
                problem = Whole::new(Refusal::ListSignerUnknown, "its signer's certificate is not in it");
                continue;
            };
            // Whether he may sign lists is asked first: it costs nothing.
            if let Err(whole) = fit(signer, kind) {
                problem = whole;
                continue;
            }
            if !budget.spend(FORMS_OF_A_SIGNATURE) {
                return Err(Whole::new(Refusal::SearchBudgetSpent, "too many signers"));
            }
            match signed_data::check(&self.data, info, signer) {
                Ok(SignerCheck::Valid(valid)) => {
                    let verified_by = believe(signer, &self.certificates, budget)?;
                    let notes = valid.notes.iter().copied().map(ImportNote::Signature).collect();
                    let signed_at = valid.signing_time;
                    return Ok(Accepted { content, signer, signed_at, verified_by, notes });
                }
                Ok(SignerCheck::Invalid(fault)) => problem = Whole::new(Refusal::ListSignatureWrong, fault),
                Err(error) => problem = Whole::new(Refusal::KeyUnusable, error),
            }
        }
        Err(problem)
    }
}

impl TrustBuilder {
    /// Whether the signer of a list is believed: it or the list pinned, or valid now and issued by a trusted or pinned
    /// certificate, and in either case not revoked.
    pub(super) fn believes(
        &self,
        signer: &Certificate,
        at_hand: &[Certificate],
        now: Timestamp,
        list: Fingerprint,
        rules: &dyn SourceRules,
        budget: &mut SearchBudget,
    ) -> Result<VerifiedBy, Whole> {
        if self.revoked(signer) {
            return Err(Whole::new(Refusal::CertificateRevoked, signer.subject()));
        }
        // Who pins a signer or a list knows its date; a list that stands by its chain alone must be of today.
        if rules.is_pinned(signer.fingerprint()) || rules.is_pinned(list) {
            return Ok(VerifiedBy::Pinned);
        }
        if signer.not_after() < now || signer.not_before() > now {
            let detail = format!(
                "valid from {} to {}; fetch a newer list, or pin its signer {}",
                signer.not_before(),
                signer.not_after(),
                signer.fingerprint()
            );
            return Err(Whole::new(Refusal::ListSignerExpired, detail));
        }
        let indices = self.issuers(signer);
        let trusted = indices.iter().filter_map(|index| self.anchors.get(*index));
        let trusted = trusted.map(|anchor: &Anchor| &anchor.certificate);
        let pinned = at_hand.iter().filter(|certificate| rules.is_pinned(certificate.fingerprint()));
        // A country's authority speaks for its own country alone, whatever its signers call their issuer.
        let country = signer.issuer().country();
        let authorities = trusted.chain(pinned).filter(|one| one.subject().country() == country);
        for authority in authorities {
            if !budget.spend(1) {
                return Err(Whole::new(Refusal::SearchBudgetSpent, signer.subject()));
            }
            let Ok(key) = authority.public_key() else { continue };
            if !signer.verify_under(&key).is_ok_and(SignatureCheck::is_valid) {
                continue;
            }
            if self.revoked(authority) {
                return Err(Whole::new(Refusal::CertificateRevoked, authority.subject()));
            }
            return Ok(VerifiedBy::Link(authority.fingerprint()));
        }
        let detail = format!(
            "add the certificate of {} first, or pin its signer {} ({})",
            signer.issuer(),
            signer.fingerprint(),
            signer.subject()
        );
        Err(Whole::new(Refusal::ListSignerUnknown, detail))
    }

    /// A revocation list of its country names it.
    fn revoked(&self, certificate: &Certificate) -> bool {
        let country = certificate.issuer().country();
        let mut of_country = self.crls.iter().filter(|crl| crl.issuer().country() == country);
        country.is_some() && of_country.any(|crl| crl.lists(certificate))
    }
}

/// Whether a certificate is one of a signer of such lists: the purpose, the key usage, and no authority's.
fn fit(signer: &Certificate, kind: &ListKind) -> Result<(), Whole> {
    let purposes = signer.extended_key_usage().unwrap_or_default();
    let unfit = if !purposes.iter().any(|purpose| purpose == kind.purpose) {
        "its extended key usage does not say so"
    } else if signer.is_authority() || signer.key_usage().is_some_and(|usage| usage.certificate_signing) {
        "it is an authority's certificate"
    } else if !signer.key_usage().is_some_and(|usage| usage.digital_signature) {
        "its key usage has no digitalSignature"
    } else if !signer.unknown_critical().is_empty() {
        "it has a critical extension that is not known"
    } else {
        return Ok(());
    };
    let detail = format!("{} is not a signer of {}s: {unfit}", signer.subject(), kind.name);
    Err(Whole::new(Refusal::ListSignerNotForLists, detail))
}
