//! What a deviation list does to findings: a fault that the issuer has admitted is no forger's.
//!
//! A refutation that an applying deviation explains becomes undetermined, and its reason stays as a note: a person looks at
//! the document, and no machine lets it pass. Nothing is ever confirmed by such a list. A key that the issuer calls
//! compromised goes the other way. Which deviation explains what stands in [`explains`]; in the spirit of the defect list of
//! BSI TR-03129-2, as far as ICAO's list has the defect. That what was presented belongs to another card, that PACE was
//! hidden, and that a certificate is revoked is explained by nothing.
//!
//! A list speaks for its own country alone: the signer that EF.SOD names was issued there, under a trusted certificate
//! unless the admitted fault is in that very certificate. Which documents are meant is read from the files as they are,
//! proved or not: where the list applies wrongly, a person decides in place of a refusal.
//! Spec: 9303-12 §10, 9303-3 §7.3; BSI TR-03135-1 §4.3.

use super::Case;
use super::chip::{ChipProof, GenuineChip};
use super::hashes::GroupState;
use super::passive::SodProof;
use super::signed_file::SOD;
use super::validity::{issue_date, local_day};
use crate::evidence::{CheckId, Outcome, ProofFindings, Reason};
use crate::lds::dg1::Dg1;
use crate::lds::sod::SodFile;
use crate::lds::{DataGroup, FileId};
use crate::pki::Certificate;
use crate::pki::lists::{CertificateField, DeviationKind, DeviationList, Documents, FileNumber, MrzField};
use crate::pki::path::{self, Path};
use crate::wire::date::Timestamp;

const AUTHORITY_KEY_ID: &str = "2.5.29.35";
const SUBJECT_KEY_ID: &str = "2.5.29.14";
const KEY_USAGE: &str = "2.5.29.15";
const USAGE_PERIOD: &str = "2.5.29.16";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";
const ISSUER_ALT_NAME: &str = "2.5.29.18";
const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const EXTENDED_KEY_USAGE: &str = "2.5.29.37";
const DOCUMENT_TYPES: &str = "2.23.136.1.1.6.2";

/// Whether a deviation is about this document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Applies {
    /// Something that the deviation asks for is not known of the document.
    Perhaps,
    Yes,
}

/// What the deviations of the issuer make of the findings.
pub(super) fn apply(
    case: &Case<'_>,
    sod: &SodProof,
    groups: &[(DataGroup, GroupState)],
    findings: &mut ProofFindings,
    genuine: &mut Option<GenuineChip>,
) {
    if case.trust.deviation_lists().is_empty() {
        return;
    }
    let claimed =
        || SOD.claimed_signer(case, SodFile::parse(case.capture.bytes(FileId::SOD)?).ok()?.content_info);
    let named = sod.signer.as_ref().map(|signer| signer.certificate.clone());
    let Some(signer) = named.or_else(claimed) else { return };
    let country = signer.issuer().country();
    let lists = case.trust.deviation_lists().iter().map(|held| held.content.as_ref());
    let mut of_country = lists.filter(|list| list.issuer().country() == country).peekable();
    if country.is_none() || of_country.peek().is_none() {
        return;
    }
    let document = Document::of(case, sod, &signer);
    for list in of_country {
        let applying: Vec<(Applies, &DeviationKind)> = document.applying(list).collect();
        let certain: Vec<&DeviationKind> =
            applying.iter().filter(|(applies, _)| *applies == Applies::Yes).map(|(_, kind)| *kind).collect();
        // Who is not known to be the issuer's signer may be a forger; unless the issuer says how its signers are faulty.
        if document.issued || certain.iter().any(|kind| is_about_certificates(kind)) {
            explain(list, &certain, groups, findings);
        }
        distrust(list, &applying, findings, genuine);
    }
}

/// Turns refutations that these deviations explain into undetermined ones.
fn explain(
    list: &DeviationList,
    kinds: &[&DeviationKind],
    groups: &[(DataGroup, GroupState)],
    findings: &mut ProofFindings,
) {
    for (check, finding) in findings.all_mut() {
        let Outcome::Refuted(reason) = finding.outcome else { continue };
        let kind = if reason == Reason::HashMismatch {
            explains_hashes(kinds, groups)
        } else {
            kinds.iter().copied().find(|kind| explains(kind, check, reason))
        };
        let Some(kind) = kind else { continue };
        let before = finding.detail.take().map(|detail| format!("; {detail}")).unwrap_or_default();
        finding.outcome = Outcome::Undetermined(Reason::KnownDeviation);
        finding.notes.insert(0, reason);
        finding.detail = Some(format!("{}{before}", source(list, kind)));
    }
}

/// The deviation that explains why hashes differ, where every differing group is accounted for.
fn explains_hashes<'k>(
    kinds: &[&'k DeviationKind],
    groups: &[(DataGroup, GroupState)],
) -> Option<&'k DeviationKind> {
    let mut found = None;
    for (group, _) in groups.iter().filter(|(_, state)| *state == GroupState::Differs) {
        let wrong = DeviationKind::GroupHashWrong(Some(FileNumber(group.number())));
        found = Some(kinds.iter().copied().find(|kind| **kind == wrong || **kind == DeviationKind::Lds)?);
    }
    found
}

/// A key that others may know proves no chip.
fn distrust(
    list: &DeviationList,
    applying: &[(Applies, &DeviationKind)],
    findings: &mut ProofFindings,
    genuine: &mut Option<GenuineChip>,
) {
    let finding = &mut findings.chip_active_authentication;
    let compromised = DeviationKind::ActiveAuthenticationKeyCompromised;
    let applies =
        applying.iter().filter(|(_, kind)| **kind == compromised).map(|(applies, _)| *applies).max();
    let (true, Some(applies)) = (finding.outcome.is_confirmed(), applies) else { return };
    finding.outcome = match applies {
        Applies::Yes => Outcome::Refuted(Reason::ActiveAuthenticationKeyCompromised),
        Applies::Perhaps => Outcome::Undetermined(Reason::ActiveAuthenticationKeyCompromised),
    };
    finding.witness = None;
    finding.detail = Some(source(list, &compromised));
    if genuine.is_some_and(|chip| chip.by() == ChipProof::ActiveAuthentication) {
        *genuine = None;
    }
}

fn source(list: &DeviationList, kind: &DeviationKind) -> String {
    match list.signed_at() {
        Some(at) => format!("{kind} in the deviation list of {} of {at}", list.issuer()),
        None => format!("{kind} in the deviation list of {}", list.issuer()),
    }
}

/// What a list may ask about a document.
struct Document<'c> {
    signer: &'c Certificate,
    /// A trusted certificate issued its signer.
    issued: bool,
    code: Option<String>,
    number: Option<String>,
    /// First and last moment at which it may have been issued.
    issued_at: Option<(Timestamp, Timestamp)>,
}

impl<'c> Document<'c> {
    fn of(case: &Case<'_>, sod: &SodProof, signer: &'c Certificate) -> Self {
        let dg1 = case.capture.group(DataGroup::Dg1).and_then(|file| Dg1::parse(file).ok());
        let signed_at = sod.signer.as_ref().and_then(|signer| signer.signing_time);
        let day = issue_date(|group| case.capture.group(group)).map(local_day);
        Self {
            signer,
            issued: matches!(path::find(signer, case.trust), Path::Confirmed { .. }),
            code: dg1.as_ref().map(|dg1| dg1.mrz.document_code().to_owned()),
            number: dg1.as_ref().map(|dg1| dg1.mrz.document_number().as_str().to_owned()),
            issued_at: day.or(signed_at.map(|at| (at, at))),
        }
    }

    fn applying<'l>(&self, list: &'l DeviationList) -> impl Iterator<Item = (Applies, &'l DeviationKind)> {
        list.deviations()
            .iter()
            .filter_map(|deviation| Some((self.is_among(&deviation.documents)?, &deviation.descriptions)))
            .flat_map(|(applies, described)| described.iter().map(move |one| (applies, &one.kind)))
    }

    /// Whether everything that is asked holds; `None` where something does not. Spec: 9303-12 §10 (joined by "AND").
    fn is_among(&self, documents: &Documents) -> Option<Applies> {
        // What the list does not ask holds; what it asks and is not known is `None`.
        let signer = documents.signer.as_ref().map(|named| Some(named.names(self.signer)));
        let code = documents.document_code.as_ref().map(|wanted| {
            let has = self.code.as_ref()?;
            Some(has == wanted || wanted.len() == 1 && has.starts_with(wanted.as_str()))
        });
        let number =
            documents.numbers.as_ref().map(|all| self.number.as_ref().map(|number| all.contains(number)));
        let issued = documents.issued.map(|(first, last)| {
            let (from, to) = self.issued_at?;
            Some(from <= last && to >= first)
        });
        let asked: Vec<Option<bool>> = [signer, code, number, issued].into_iter().flatten().collect();
        if asked.contains(&Some(false)) {
            None
        } else if asked.contains(&None) {
            Some(Applies::Perhaps)
        } else {
            Some(Applies::Yes)
        }
    }
}

const fn is_about_certificates(kind: &DeviationKind) -> bool {
    matches!(
        kind,
        DeviationKind::CertOrKey
            | DeviationKind::SignerSignature
            | DeviationKind::SignerEncoding(_)
            | DeviationKind::AuthorityEncoding(_)
    )
}

/// Whether a deviation explains why a check was refuted for this reason. Differing hashes are looked at group by group.
///
/// | deviation | check and reason | defect of TR-03129-2 |
/// |---|---|---|
/// | CertOrKey | all of the next three | authentication 2, 6 |
/// | CertOrKey-DSSignature | signer chain broken | authentication 2 |
/// | CertOrKey-DSEncoding, by field | chain, purpose, validity, country, document type | authentication 6, content 4 and 5, document 4 |
/// | CertOrKey-CSCAEncoding, by field | chain, country | authentication 2, content 5 |
/// | LDS | all of the next four | content 1, 2, 3 |
/// | LDS-DGMalformed, by file | what is read out of that file | content 1, 2 |
/// | LDS-DGHashWrong, by group | the hash of that group | content 1 |
/// | LDS-SODSignatureWrong | the signature of EF.SOD | content 2 |
/// | LDS-COMInconsistent | EF.COM against EF.SOD | content 3 |
/// | MRZ, MRZ-WrongData, MRZ-WrongCheckDigit, by field | the zone against what it is compared with | content 5 |
/// | Chip | chip and active authentication, PACE-CAM | authentication 5, document 3 |
/// | NationalUse, others | nothing | – |
fn explains(kind: &DeviationKind, check: CheckId, reason: Reason) -> bool {
    match kind {
        DeviationKind::CertOrKey => {
            signer_field_explains(&CertificateField::Body(0), check, reason)
                || authority_field_explains(&CertificateField::Body(0), check, reason)
        }
        DeviationKind::SignerSignature => is_chain(check) && reason == Reason::SignerChainBroken,
        DeviationKind::SignerEncoding(Some(field)) => signer_field_explains(field, check, reason),
        DeviationKind::AuthorityEncoding(Some(field)) => authority_field_explains(field, check, reason),
        DeviationKind::Lds => {
            let malformed = (1..=21).map(FileNumber).any(|file| file_explains(file, check, reason));
            malformed
                || explains(&DeviationKind::SodSignatureWrong, check, reason)
                || explains(&DeviationKind::ComInconsistent, check, reason)
        }
        DeviationKind::GroupMalformed(Some(file)) => file_explains(*file, check, reason),
        DeviationKind::SodSignatureWrong => {
            check == CheckId::PassiveSodSignature && reason == Reason::SodSignatureWrong
        }
        DeviationKind::ComInconsistent => check == CheckId::ConsistencyComSod && reason == Reason::ComDiffers,
        DeviationKind::Mrz => mrz_field_explains(MrzField(0), check, reason),
        DeviationKind::MrzData(Some(field)) | DeviationKind::MrzCheckDigit(Some(field)) => {
            mrz_field_explains(*field, check, reason)
        }
        DeviationKind::Chip => matches!(
            (check, reason),
            (CheckId::ChipChipAuthentication, Reason::ChipAuthenticationFailed)
                | (CheckId::ChipActiveAuthentication, Reason::ActiveAuthenticationFailed)
                | (CheckId::ChipPaceCam, Reason::PaceCamFailed)
        ),
        DeviationKind::GroupHashWrong(_)
        | DeviationKind::ActiveAuthenticationKeyCompromised
        | DeviationKind::SignerEncoding(None)
        | DeviationKind::AuthorityEncoding(None)
        | DeviationKind::GroupMalformed(None)
        | DeviationKind::MrzData(None)
        | DeviationKind::MrzCheckDigit(None)
        | DeviationKind::NationalUse
        | DeviationKind::Other(_) => false,
    }
}

fn is_chain(check: CheckId) -> bool {
    check == CheckId::PassiveSignerChain
}

fn signer_field_explains(field: &CertificateField, check: CheckId, reason: Reason) -> bool {
    let chain = is_chain(check) && reason == Reason::SignerChainBroken;
    let purpose = is_chain(check) && reason == Reason::SignerNotForDocuments;
    let usage = check == CheckId::PassiveSignerValidity && reason == Reason::SignedOutsideUsage;
    let validity = usage || check == CheckId::PassiveSignerValidity && reason == Reason::SignerNotYetValid;
    let country = check == CheckId::ConsistencyCountry && reason == Reason::CountryDiffers;
    let types = check == CheckId::ConsistencyCountry && reason == Reason::DocumentTypeNotAllowed;
    match field {
        CertificateField::Body(0) => chain || purpose || validity || country || types,
        CertificateField::Body(3) => chain,
        CertificateField::Body(4 | 6) => country,
        CertificateField::Body(5) => validity,
        CertificateField::Body(_) => false,
        CertificateField::Extension(oid) => match oid.as_str() {
            AUTHORITY_KEY_ID => chain,
            KEY_USAGE | BASIC_CONSTRAINTS | EXTENDED_KEY_USAGE => purpose,
            USAGE_PERIOD => usage,
            SUBJECT_ALT_NAME | ISSUER_ALT_NAME => country,
            DOCUMENT_TYPES => types,
            _ => false,
        },
    }
}

fn authority_field_explains(field: &CertificateField, check: CheckId, reason: Reason) -> bool {
    let chain = is_chain(check) && reason == Reason::SignerChainBroken;
    let country = check == CheckId::ConsistencyCountry && reason == Reason::CountryDiffers;
    match field {
        CertificateField::Body(0) => chain || country,
        CertificateField::Body(7) => chain,
        CertificateField::Body(4 | 6) => country,
        CertificateField::Body(_) => false,
        CertificateField::Extension(oid) => match oid.as_str() {
            SUBJECT_KEY_ID => chain,
            SUBJECT_ALT_NAME | ISSUER_ALT_NAME => country,
            _ => false,
        },
    }
}

fn file_explains(file: FileNumber, check: CheckId, reason: Reason) -> bool {
    match (check, reason) {
        (CheckId::ConsistencyMrzDg1, Reason::MrzDiffers) => file.0 == 1,
        (CheckId::ConsistencyDg1Dg13, Reason::DetailsDiffer) => matches!(file.0, 1 | 13),
        (CheckId::ConsistencyCardAccessDg14, Reason::CardAccessAltered) => file.0 == 14,
        (CheckId::PassiveHashes, Reason::SodMalformed) => file.0 == 20,
        (CheckId::ConsistencyComSod, Reason::ComDiffers) => file.0 == 21,
        _ => false,
    }
}

fn mrz_field_explains(field: MrzField, check: CheckId, reason: Reason) -> bool {
    match (check, reason) {
        (CheckId::ConsistencyMrzDg1, Reason::MrzDiffers)
        | (CheckId::ConsistencyDg1Dg13, Reason::DetailsDiffer) => true,
        (CheckId::ConsistencyCountry, Reason::DocumentTypeNotAllowed) => field.0 == 1,
        (CheckId::ConsistencyCountry, Reason::CountryDiffers) => matches!(field.0, 0 | 2),
        (CheckId::ValidityDocument, Reason::DocumentExpired) => field.0 == 8,
        _ => false,
    }
}
