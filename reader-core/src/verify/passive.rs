//! EF.SOD: its signature, its signer's chain, and whether the signer is revoked.
//!
//! A forger brings a signer of his own, so a signature that holds says nothing until the chain is confirmed.
//! Spec: 9303-11 §5.1; 9303-10 §4.6.2; 9303-12 §2, §7.1.

use super::chain::{self, SignerSeen};
use super::hashes::unread;
use super::signed_file::{Departures, Holding, SOD};
use super::{Case, Settings};
use crate::capture::FileState;
use crate::crypto::hash::HashAlgorithm;
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::lds::FileId;
use crate::lds::sod::{LDS_SECURITY_OBJECT, LdsObjectVersion, LdsSecurityObject, SodFile};
use crate::pki::{Fingerprint, signature_algorithm};
use crate::wire::date::Timestamp;
use crate::wire::oid::Oid;

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
    /// What was tolerated in the list of hashes.
    pub(super) object_notes: Vec<Reason>,
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
            object_notes: Vec::new(),
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
    read(case, inputs.clone(), file).unwrap_or_else(|finding| SodProof::unsigned(inputs, finding))
}

fn read(case: &Case<'_>, inputs: Inputs, file: &[u8]) -> Result<SodProof, Finding> {
    let mut met = Departures::new(case.settings.tolerances);
    let sod = SodFile::parse(file).map_err(|error| SOD.malformed(&error))?;
    if sod.trailing_bytes > 0 {
        let detail = format!("{} bytes after the end of EF.SOD", sod.trailing_bytes);
        met.tolerate(Reason::SodTrailingBytes, &detail)?;
    }
    let content_info = SOD.definite(sod.content_info, &mut met)?;
    let data = SOD.shape(&content_info, &mut met)?;
    if !data.content_type.is(LDS_SECURITY_OBJECT) {
        if !TOLERATED_CONTENT_TYPES.iter().any(|known| data.content_type.is(known)) {
            return Err(SOD.malformed(&format_args!("the content is of type {}", data.content_type)));
        }
        met.tolerate(Reason::SodContentType, &format_args!("content type {}", data.content_type))?;
    }
    let Holding { certificate, valid } = match SOD.first_that_holds(case, &data, &mut met) {
        Ok(holding) => holding,
        Err(finding) => {
            let open = matches!(finding.outcome, Outcome::Undetermined(_));
            let chain = open.then(|| chain::unproved(case, &data.certificates)).flatten();
            let unsigned = SodProof::unsigned(inputs, finding);
            return Ok(chain.map_or(unsigned.clone(), |chain| SodProof { chain, ..unsigned }));
        }
    };
    let mut of_list = Departures::new(case.settings.tolerances);
    let (object, object_fault) = match object(data.content.unwrap_or_default(), &mut of_list) {
        Ok(object) => (Some(object), None),
        Err(finding) => (None, Some(finding.outcome)),
    };
    let mut signature = Finding::confirmed(Witness::Anyone).with_detail(valid.scheme.name());
    signature.notes = met.notes;
    let (chain, revocation, anchor) = chain::chain(case, &certificate);
    let signer = Some(SignerSeen { certificate, signing_time: valid.signing_time, anchor });
    Ok(SodProof {
        inputs,
        signature,
        chain,
        revocation,
        signer,
        object,
        object_notes: of_list.notes,
        object_fault,
    })
}

/// The list of hashes, once its signature holds.
fn object(content: &[u8], met: &mut Departures) -> Result<(LdsSecurityObject, HashAlgorithm), Finding> {
    let object = LdsSecurityObject::parse(content).map_err(|error| SOD.malformed(&error))?;
    if let LdsObjectVersion::Other(version) = object.version {
        let detail = format!("version {version} of the list of hashes");
        met.tolerate(Reason::LdsObjectUnknown, &detail)?;
        return Err(Finding::new(Outcome::Undetermined(Reason::LdsObjectUnknown)).with_detail(detail));
    }
    if (object.version == LdsObjectVersion::V1) != object.version_info.is_some() {
        let detail = "version information belongs to version 1, and to no other";
        met.tolerate(Reason::LdsVersionInfo, &detail)?;
    }
    let algorithm = object
        .hash_algorithm()
        .and_then(|oid: Oid<'_>| signature_algorithm::hash_of(oid))
        .ok_or_else(|| {
            let detail = "the hash of the data groups is not supported";
            Finding::new(Outcome::Undetermined(Reason::AlgorithmUnsupported)).with_detail(detail)
        })?;
    if object.hashes().any(|(_, hash)| hash.len() != algorithm.len()) {
        return Err(SOD.malformed(&"a hash of another length than its algorithm's"));
    }
    Ok((object, algorithm))
}
