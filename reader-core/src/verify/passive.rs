//! EF.SOD: its signature, its signer's chain, and whether the signer is revoked.
//!
//! A forger brings a signer of his own, so a signature that holds says nothing until the chain is confirmed.
//! Spec: 9303-11 §5.1; 9303-10 §4.6.2; 9303-12 §2, §7.1.

use std::borrow::Cow;

use super::chain::{SignerSeen, chain};
use super::hashes::unread;
use super::weak_hash::weak_hash;
use super::{Case, Settings, Tolerances};
use crate::capture::FileState;
use crate::crypto::hash::HashAlgorithm;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::FileId;
use crate::lds::sod::{LDS_SECURITY_OBJECT, LdsObjectVersion, LdsSecurityObject, SodFile};
use crate::pki::signed_data::{self, SignerCheck, SignerNote, ValidSigner};
use crate::pki::{Certificate, Conformance, Fingerprint, signature_algorithm};
use crate::wire::cms::{SignedData, SignerIdentifier, SignerInfo};
use crate::wire::date::Timestamp;
use crate::wire::oid::Oid;
use crate::wire::{Problem, ber};

/// What documents in circulation name the same content by: older identifiers of it, and plain data. Never the types of
/// EF.CardSecurity or of lists, so that no other object of an issuer can pass for EF.SOD.
const TOLERATED_CONTENT_TYPES: [&str; 3] = ["1.3.27.1.1.1", "1.2.528.1.1006.1.20.1", "1.2.840.113549.1.7.1"];

/// Inputs that the proof of a signed file depends on.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Inputs {
    file: Option<Fingerprint>,
    trust: Fingerprint,
    now: Timestamp,
    settings: Settings,
}

impl Inputs {
    pub(super) fn of(case: &Case<'_>, file: FileId) -> Self {
        Self {
            file: case.capture.bytes(file).map(Fingerprint::of),
            trust: case.trust.id(),
            now: case.now,
            settings: case.settings.clone(),
        }
    }
}

/// What EF.SOD by itself proves.
#[derive(Clone)]
pub(super) struct SodProof {
    inputs: Inputs,
    pub(super) signature: Finding,
    pub(super) chain: Finding,
    pub(super) revocation: Finding,
    pub(super) signer: Option<SignerSeen>,
    /// Only where the signature holds.
    pub(super) object: Option<(LdsSecurityObject, HashAlgorithm)>,
    /// Why the list of hashes cannot be used although its signature holds.
    pub(super) object_fault: Option<Outcome>,
}

impl SodProof {
    pub(super) fn is_of(&self, case: &Case<'_>) -> bool {
        self.inputs == Inputs::of(case, FileId::SOD)
    }

    /// The signer is known, and it is not known to be revoked.
    pub(super) fn chain_holds(&self) -> bool {
        self.signature.outcome.is_confirmed()
            && self.chain.outcome.is_confirmed()
            && !matches!(self.revocation.outcome, Outcome::Refuted(_))
    }

    fn unsigned(inputs: Inputs, signature: Finding) -> Self {
        let not_proved = || Finding::new(Outcome::Undetermined(Reason::NotProved));
        Self {
            inputs,
            signature,
            chain: not_proved(),
            revocation: not_proved(),
            signer: None,
            object: None,
            object_fault: None,
        }
    }
}

pub(super) fn prove_sod(case: &Case<'_>) -> SodProof {
    let inputs = Inputs::of(case, FileId::SOD);
    let file = match case.capture.files.get(&FileId::SOD) {
        Some(FileState::Read(file)) => file,
        Some(FileState::Aborted { read_bytes }) => {
            let detail = format!("EF.SOD: broken off after {read_bytes} bytes");
            let finding = Finding::new(Outcome::Aborted(unread(case.capture))).with_detail(detail);
            return SodProof::unsigned(inputs, finding);
        }
        Some(FileState::Absent | FileState::Protected) => {
            return SodProof::unsigned(inputs, Finding::new(Outcome::Undetermined(Reason::SodMissing)));
        }
        None => {
            return SodProof::unsigned(inputs, Finding::new(Outcome::NotPerformed(Reason::SodMissing)));
        }
    };
    let tolerances = case.settings.tolerances;
    let unwrapped = unwrap(file, tolerances);
    match unwrapped.as_ref().map_err(Clone::clone).and_then(|unwrapped| read(unwrapped, tolerances)) {
        Ok(read) => judge(case, inputs, &read),
        Err(finding) => SodProof::unsigned(inputs, finding),
    }
}

/// The signed object out of EF.SOD, in DER.
struct Unwrapped<'a> {
    content_info: Cow<'a, [u8]>,
    notes: Vec<Reason>,
}

/// Takes the file's wrapping off, and BER's freedoms out where the object uses them.
fn unwrap(file: &[u8], tolerances: Tolerances) -> Result<Unwrapped<'_>, Finding> {
    let malformed = |detail: &dyn std::fmt::Display| refuted(Reason::SodMalformed, detail);
    let sod = SodFile::parse(file).map_err(|error| malformed(&error))?;
    let mut notes = Vec::new();
    if sod.trailing_bytes > 0 {
        let detail = format!("{} bytes after the end of EF.SOD", sod.trailing_bytes);
        tolerate(&mut notes, tolerances, Reason::SodTrailingBytes, &detail)?;
    }
    let content_info = match SignedData::parse(sod.content_info) {
        Err(error) if matches!(error.problem, Problem::Form(_)) => {
            tolerate(&mut notes, tolerances, Reason::SodEncoding, &error)?;
            ber::normalise("SignedData", sod.content_info).map_err(|error| malformed(&error))?.into()
        }
        _ => sod.content_info.into(),
    };
    Ok(Unwrapped { content_info, notes })
}

/// A departure from the standard that real documents have: noted, or refuted where the site does not accept it.
pub(super) fn tolerate(
    notes: &mut Vec<Reason>,
    tolerances: Tolerances,
    reason: Reason,
    detail: &dyn std::fmt::Display,
) -> Result<(), Finding> {
    if !tolerances.admit(reason) {
        return Err(refuted(reason, detail));
    }
    notes.push(reason);
    Ok(())
}

/// EF.SOD as far as its shape goes.
struct Read<'a> {
    data: SignedData<'a>,
    certificates: Vec<Certificate>,
    notes: Vec<Reason>,
}

pub(super) fn refuted(reason: Reason, detail: &dyn std::fmt::Display) -> Finding {
    Finding::new(Outcome::Refuted(reason)).with_detail(detail.to_string())
}

fn read<'a>(unwrapped: &'a Unwrapped<'_>, tolerances: Tolerances) -> Result<Read<'a>, Finding> {
    let malformed = |detail: &dyn std::fmt::Display| refuted(Reason::SodMalformed, detail);
    let data = SignedData::parse(&unwrapped.content_info).map_err(|error| malformed(&error))?;
    let mut notes = unwrapped.notes.clone();
    let mut tolerate = |reason: Reason, detail: String| tolerate(&mut notes, tolerances, reason, &detail);
    if data.version != 3 {
        tolerate(Reason::SignedDataVersion, format!("SignedData version {}; 3 is required", data.version))?;
    }
    for signer in &data.signers {
        let required = match signer.sid {
            SignerIdentifier::IssuerAndSerial { .. } => 1,
            SignerIdentifier::SubjectKeyIdentifier(_) => 3,
        };
        if signer.version != required {
            let detail = format!("SignerInfo version {}; {required} is required", signer.version);
            tolerate(Reason::SignedDataVersion, detail)?;
        }
    }
    if !data.content_type.is(LDS_SECURITY_OBJECT) {
        if !TOLERATED_CONTENT_TYPES.iter().any(|known| data.content_type.is(known)) {
            let detail = format!("the content is of type {}", data.content_type);
            return Err(malformed(&detail));
        }
        tolerate(Reason::SodContentType, format!("content type {}", data.content_type))?;
    }
    if data.signers.is_empty() {
        return Err(malformed(&"EF.SOD has no signer"));
    }
    if data.signers.len() > 1 {
        tolerate(Reason::SeveralSigners, format!("{} signers", data.signers.len()))?;
    }
    let certificates = data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
    Ok(Read { data, certificates, notes })
}

fn judge(case: &Case<'_>, inputs: Inputs, read: &Read<'_>) -> SodProof {
    let data = &read.data;
    let mut worst: Option<Finding> = None;
    for info in &data.signers {
        let candidates = candidates(case, info, read);
        if candidates.is_empty() {
            let detail = match data.certificates.len() - read.certificates.len() {
                0 => "no certificate in EF.SOD is the signer's".to_owned(),
                unread => format!("{unread} certificates in EF.SOD cannot be read"),
            };
            let missing = Finding::new(Outcome::Undetermined(Reason::SignerCertificateMissing));
            worst.get_or_insert(missing.with_detail(detail));
        }
        for Candidate { certificate, notes } in &candidates {
            match signed_data::check(data, info, certificate) {
                Ok(SignerCheck::Valid(_))
                    if notes.contains(&Reason::SignerFromStore)
                        && !case.settings.tolerances.admit(Reason::SignerFromStore) =>
                {
                    worst = Some(refuted(Reason::SignerFromStore, &"EF.SOD must carry it"));
                }
                Ok(SignerCheck::Valid(valid)) => {
                    let mut proof = with_signer(case, inputs, read, certificate, &valid);
                    proof.signature.notes.extend(notes);
                    return proof;
                }
                Ok(SignerCheck::Invalid(fault)) => {
                    worst = Some(refuted(Reason::SodSignatureWrong, &fault));
                }
                Err(error) => {
                    let unsupported = Finding::new(Outcome::Undetermined(Reason::AlgorithmUnsupported));
                    worst.get_or_insert(unsupported.with_detail(error.to_string()));
                }
            }
        }
    }
    let mut finding = worst.unwrap_or(Finding::new(Outcome::Undetermined(Reason::SignerCertificateMissing)));
    finding.notes.clone_from(&read.notes);
    SodProof::unsigned(inputs, finding)
}

/// A certificate that may be the signer's.
struct Candidate<'a> {
    certificate: Cow<'a, Certificate>,
    /// What is to be said where it did not come with EF.SOD.
    notes: Vec<Reason>,
}

/// The certificate that a signer names: out of EF.SOD, else those of the store. To be known there is no trust; the chain is
/// proved like any other. Spec: 9303-10 §4.6.2.2; 9303-12 §5.
fn candidates<'a>(case: &Case<'_>, info: &SignerInfo<'_>, read: &'a Read<'_>) -> Vec<Candidate<'a>> {
    if let Some(certificate) = signed_data::signer_certificate(info, &read.certificates) {
        return vec![Candidate { certificate: Cow::Borrowed(certificate), notes: Vec::new() }];
    }
    let known = case.trust.document_signers().find(&info.sid).into_iter();
    known
        .map(|signer| Candidate {
            certificate: Cow::Owned(signer.certificate),
            notes: match signer.conformance {
                Conformance::Conformant => vec![Reason::SignerFromStore],
                Conformance::NonConformant { .. } => {
                    vec![Reason::SignerFromStore, Reason::SignerNonConformant]
                }
            },
        })
        .collect()
}

fn with_signer(
    case: &Case<'_>,
    inputs: Inputs,
    read: &Read<'_>,
    certificate: &Certificate,
    valid: &ValidSigner,
) -> SodProof {
    let mut signature = Finding::confirmed(Witness::Anyone).with_detail(valid.scheme.name());
    signature.notes.clone_from(&read.notes);
    for note in &valid.notes {
        let reason = match note {
            SignerNote::Unsorted => Reason::AttributesUnsorted,
            SignerNote::BareKeyAlgorithm => Reason::BareKeyAlgorithm,
            SignerNote::PlainEcdsa => Reason::PlainEcdsa,
            SignerNote::DigestInfoWithoutNull => Reason::DigestInfoWithoutNull,
        };
        if !case.settings.tolerances.admit(reason) {
            return SodProof::unsigned(inputs, refuted(reason, &"not as the standard has it"));
        }
        signature.notes.push(reason);
    }
    match weak_hash(case.settings, valid.scheme.hash(), certificate) {
        Ok(note) => signature.notes.extend(note),
        Err(finding) => return SodProof::unsigned(inputs, finding),
    }
    let (chain, revocation, anchor) = chain(case, certificate);
    let mut proof = SodProof {
        inputs,
        signature,
        chain,
        revocation,
        signer: Some(SignerSeen {
            certificate: certificate.clone(),
            signing_time: valid.signing_time,
            anchor,
        }),
        object: None,
        object_fault: None,
    };
    match object(read.data.content.unwrap_or_default(), case.settings.tolerances) {
        Ok(object) => proof.object = Some(object),
        Err(outcome) => proof.object_fault = Some(outcome),
    }
    proof
}

/// The list of hashes, once its signature holds.
fn object(content: &[u8], tolerances: Tolerances) -> Result<(LdsSecurityObject, HashAlgorithm), Outcome> {
    let malformed = Outcome::Refuted(Reason::SodMalformed);
    let object = LdsSecurityObject::parse(content).map_err(|_| malformed)?;
    if matches!(object.version, LdsObjectVersion::Other(_)) {
        return Err(match tolerances.admit(Reason::LdsObjectUnknown) {
            true => Outcome::Undetermined(Reason::LdsObjectUnknown),
            false => Outcome::Refuted(Reason::LdsObjectUnknown),
        });
    }
    let algorithm = object
        .hash_algorithm()
        .and_then(|oid: Oid<'_>| signature_algorithm::hash_of(oid))
        .ok_or(Outcome::Undetermined(Reason::AlgorithmUnsupported))?;
    if object.hashes().any(|(_, hash)| hash.len() != algorithm.len()) {
        return Err(malformed);
    }
    Ok((object, algorithm))
}
