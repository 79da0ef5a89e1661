//! Whether this is the original chip: chip authentication and active authentication over signed keys, and PACE's own
//! proof beside them.
//!
//! A protocol that succeeded proves a key and nothing else; it counts only if that key stands in a file whose hash is
//! signed under a confirmed chain. Spec: 9303-11 §6.

use super::card_security::SignedCardSecurity;
use super::hashes::{Files, Hashes};
use super::passive::SodProof;
use super::weak_hash::weak_hash;
use super::{Case, Tolerances, pace_cam};
use crate::capture::{ActiveAuthenticationTrace, ChipAuthenticationTrace, Interruption, Origin};
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::iso9796::{self, Iso9796Check};
use crate::crypto::signature::{self, EcdsaEncoding, PublicKey, SignatureScheme};
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::key;
use crate::lds::security_infos::{ActiveSignature, EcdsaHash, SecurityInfos};
use crate::lds::{DataGroup, dg14, dg15};

/// What proved the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipProof {
    /// Chip authentication, seen by this terminal.
    ChipAuthentication,
    /// The chip authentication mapping of PACE, seen by this terminal.
    PaceCam,
    /// Active authentication, which convinces anyone.
    ActiveAuthentication,
}

/// The chip holds a private key whose public half is signed under a confirmed chain, and the document's files are signed
/// under one too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenuineChip(ChipProof);

impl GenuineChip {
    /// What proved it; chip authentication is named first, then the mapping of PACE.
    #[must_use]
    pub const fn by(&self) -> ChipProof {
        self.0
    }
}

pub(super) struct ChipJudgement {
    pub(super) chip_authentication: Finding,
    pub(super) active_authentication: Finding,
    pub(super) pace_cam: Finding,
    pub(super) genuine: Option<GenuineChip>,
}

pub(super) fn judge(
    case: &Case<'_>,
    sod: &SodProof,
    hashes: &Hashes,
    files: &Files<'_>,
    card_security: &Result<SignedCardSecurity, Finding>,
) -> ChipJudgement {
    let pace_cam = pace_cam::judge(case, files, card_security);
    let chip_authentication = chip_authentication(case, files);
    let mut active_authentication = active_authentication(case, sod, files);
    // A signature convinces nobody who is not convinced of its key.
    if hashes.signed().is_some_and(|signed| signed.witness() == Witness::ThisTerminal) {
        active_authentication.witness = active_authentication.witness.and(Some(Witness::ThisTerminal));
    }
    let proof = if chip_authentication.outcome.is_confirmed() {
        Some(ChipProof::ChipAuthentication)
    } else if pace_cam.outcome.is_confirmed() {
        Some(ChipProof::PaceCam)
    } else if active_authentication.outcome.is_confirmed() {
        Some(ChipProof::ActiveAuthentication)
    } else {
        None
    };
    // The findings are confirmed over proved files alone; that the document's files are signed is needed besides.
    let genuine = proof.filter(|_| hashes.signed().is_some()).map(GenuineChip);
    ChipJudgement { chip_authentication, active_authentication, pace_cam, genuine }
}

pub(super) fn not_performed(case: &Case<'_>) -> Finding {
    Finding::new(Outcome::NotPerformed(match case.capture.origin {
        Origin::Live => Reason::ChipProofNotTried,
        Origin::Stored => Reason::NoChipSession,
    }))
}

/// What is to be said of a protocol that began and came to no result.
pub(super) fn broken_off(by: &Interruption) -> Finding {
    let aborted = |reason| Finding::new(Outcome::Aborted(reason));
    match by {
        Interruption::CardGone => aborted(Reason::CardGone),
        Interruption::Chip(what) => aborted(Reason::ChipBrokeOff).with_detail(what.clone()),
        Interruption::Terminal => aborted(Reason::TerminalBrokeOff),
    }
}

fn refused(reason: Reason, status: u16) -> Finding {
    Finding::new(Outcome::Undetermined(reason)).with_detail(format!("status {status:04X}"))
}

fn chip_authentication(case: &Case<'_>, files: &Files<'_>) -> Finding {
    let file = match files.group(DataGroup::Dg14).required() {
        Ok(file) => file,
        Err(finding) => return finding,
    };
    let infos = match dg14::parse(file) {
        Ok(infos) => infos,
        Err(error) => {
            return Finding::new(Outcome::Undetermined(Reason::ChipAuthenticationNotUnderstood))
                .with_detail(error.to_string());
        }
    };
    if infos.chip_authentication_keys().next().is_none() {
        return Finding::new(Outcome::NotSupported);
    }
    if case.capture.origin == Origin::Stored {
        // The new keys were seen by the terminal of that time alone.
        return Finding::new(Outcome::NotPerformed(Reason::NoChipSession));
    }
    match &case.capture.chip_authentication {
        None => not_performed(case),
        Some(ChipAuthenticationTrace::NewKeysAnswered { public_key, key_id }) => {
            let signed = infos
                .chip_authentication_keys()
                .any(|key| key.spki == *public_key && (key_id.is_none() || key.key_id == *key_id));
            if signed {
                Finding::confirmed(Witness::ThisTerminal)
            } else {
                Finding::new(Outcome::Refuted(Reason::ChipKeyDiffers))
            }
        }
        Some(ChipAuthenticationTrace::NewKeysRefused) => {
            Finding::new(Outcome::Refuted(Reason::ChipAuthenticationFailed))
        }
        Some(ChipAuthenticationTrace::Refused(status)) => refused(Reason::ChipAuthenticationRefused, *status),
        Some(ChipAuthenticationTrace::Aborted(by)) => broken_off(by),
        Some(ChipAuthenticationTrace::NotUnderstood(what)) => {
            Finding::new(Outcome::Undetermined(Reason::ChipAuthenticationNotUnderstood)).with_detail(*what)
        }
    }
}

fn active_authentication(case: &Case<'_>, sod: &SodProof, files: &Files<'_>) -> Finding {
    let file = match files.group(DataGroup::Dg15).required() {
        Ok(file) => file,
        Err(finding) => return finding,
    };
    let (challenge, signature) = match &case.capture.active_authentication {
        None => return not_performed(case),
        Some(ActiveAuthenticationTrace::Signed { challenge, signature }) => (challenge, signature),
        Some(ActiveAuthenticationTrace::Refused(status)) => {
            return refused(Reason::ActiveAuthenticationRefused, *status);
        }
        Some(ActiveAuthenticationTrace::Cut { received_bytes }) => {
            return Finding::new(Outcome::Undetermined(Reason::ActiveAuthenticationRefused))
                .with_detail(format!("the answer ends after {received_bytes} bytes"));
        }
        Some(ActiveAuthenticationTrace::Aborted(by)) => return broken_off(by),
    };
    let unusable = |detail: String| {
        Finding::new(Outcome::Undetermined(Reason::ActiveAuthenticationKeyUnusable)).with_detail(detail)
    };
    let key = match dg15::parse(file) {
        Ok(spki) => match key::public_key(spki) {
            Ok(key) => key,
            Err(error) => return unusable(error.to_string()),
        },
        Err(error) => return unusable(error.to_string()),
    };
    match &key {
        PublicKey::Rsa(rsa) => match iso9796::open(rsa, signature, challenge) {
            Iso9796Check::Valid { hash } => {
                Finding::confirmed(Witness::Anyone).with_detail(format!("{} with {hash}", key.name()))
            }
            Iso9796Check::Invalid(fault) => failed().with_detail(fault.to_string()),
        },
        PublicKey::Dsa(_) => unusable(format!("{} is no key of a chip", key.name())),
        PublicKey::Ec(_) => {
            let signed = files.group(DataGroup::Dg14).proved().and_then(|file| dg14::parse(file).ok());
            let tolerances = case.settings.tolerances;
            let ecdsa = |hashes: &[HashAlgorithm]| match ecdsa(&key, hashes, challenge, signature, tolerances)
            {
                None => failed(),
                Some((hash, finding)) => dated(case, sod, hash, finding),
            };
            match named_hash(signed.as_ref()) {
                NamedHash::Is(hash) => ecdsa(&[hash]),
                NamedHash::Missing if tolerances.admit(Reason::ActiveAuthenticationHashGuessed) => {
                    let mut finding = ecdsa(&HashAlgorithm::ALL);
                    finding.notes.push(Reason::ActiveAuthenticationHashGuessed);
                    finding
                }
                NamedHash::Missing => unusable("DG14 does not say which hash it uses".to_owned()),
                NamedHash::Unknown => unusable("DG14 names an algorithm that is not known".to_owned()),
            }
        }
    }
}

const fn failed() -> Finding {
    Finding::new(Outcome::Refuted(Reason::ActiveAuthenticationFailed))
}

enum NamedHash {
    Is(HashAlgorithm),
    Missing,
    Unknown,
}

/// The hash that ActiveAuthenticationInfo names. Spec: 9303-11 §9.2.4.
fn named_hash(infos: Option<&SecurityInfos>) -> NamedHash {
    match infos.and_then(SecurityInfos::active_authentication).map(|info| &info.signature) {
        None => NamedHash::Missing,
        Some(ActiveSignature::Other(_)) => NamedHash::Unknown,
        Some(ActiveSignature::PlainEcdsa(hash)) => NamedHash::Is(match hash {
            EcdsaHash::Sha1 => HashAlgorithm::Sha1,
            EcdsaHash::Sha224 => HashAlgorithm::Sha224,
            EcdsaHash::Sha256 => HashAlgorithm::Sha256,
            EcdsaHash::Sha384 => HashAlgorithm::Sha384,
            EcdsaHash::Sha512 => HashAlgorithm::Sha512,
        }),
    }
}

/// The finding with what its hash comes to on a document of this signer.
fn dated(case: &Case<'_>, sod: &SodProof, hash: HashAlgorithm, mut finding: Finding) -> Finding {
    let Some(signer) = &sod.signer else { return finding };
    match weak_hash(case.settings, hash, &signer.certificate) {
        Ok(note) => {
            finding.notes.extend(note);
            finding
        }
        Err(outdated) => outdated,
    }
}

/// ECDSA in plain form; in DER as a tolerance. The hash with which it holds.
fn ecdsa(
    key: &PublicKey,
    hashes: &[HashAlgorithm],
    challenge: &[u8],
    signature: &[u8],
    tolerances: Tolerances,
) -> Option<(HashAlgorithm, Finding)> {
    let holds = |hash, encoding| {
        let scheme = SignatureScheme::Ecdsa { hash, encoding };
        signature::verify(key, scheme, challenge, signature).is_ok_and(signature::SignatureCheck::is_valid)
    };
    let encodings: &[EcdsaEncoding] = match tolerances.admit(Reason::ActiveAuthenticationDer) {
        true => &[EcdsaEncoding::Plain, EcdsaEncoding::Der],
        false => &[EcdsaEncoding::Plain],
    };
    for encoding in encodings {
        if let Some(hash) = hashes.iter().find(|hash| holds(**hash, *encoding)) {
            let mut finding =
                Finding::confirmed(Witness::Anyone).with_detail(format!("{} with {hash}", key.name()));
            if *encoding == EcdsaEncoding::Der {
                finding.notes.push(Reason::ActiveAuthenticationDer);
            }
            return Some((*hash, finding));
        }
    }
    None
}
