//! What EF.SOD and EF.CardSecurity have in common: signed data in DER, and the first signer whose signature holds.
//!
//! Every departure from the standard that is met on the way is noted, or is what refutes where the site does not accept
//! it. Spec: RFC 5652 §5; 9303-10 §4.6.2.2; 9303-11 §9.2.11.

use std::borrow::Cow;
use std::fmt::Display;

use super::weak_hash::weak_hash;
use super::{Case, Tolerances};
use crate::evidence::{Finding, Outcome, Reason};
use crate::pki::signed_data::{self, Candidate, SignerCheck, SignerNote, ValidSigner};
use crate::pki::{Certificate, Conformance, signature_algorithm};
use crate::wire::cms::{self, SignedData, SignerIdentifier, SignerInfo};

/// Departures from the standard on the way through a file.
#[derive(Clone)]
pub(super) struct Departures {
    accepted: Tolerances,
    /// Those that were met, each once.
    pub(super) notes: Vec<Reason>,
}

impl Departures {
    pub(super) const fn new(accepted: Tolerances) -> Self {
        Self { accepted, notes: Vec::new() }
    }

    /// Notes a departure, or refutes by it where the site does not accept it.
    pub(super) fn tolerate(&mut self, reason: Reason, detail: &dyn Display) -> Result<(), Finding> {
        if !self.accepted.admit(reason) {
            return Err(refuted(reason, detail));
        }
        self.note(reason);
        Ok(())
    }

    /// Notes what is no departure, once.
    pub(super) fn note(&mut self, reason: Reason) {
        if !self.notes.contains(&reason) {
            self.notes.push(reason);
        }
    }
}

pub(super) fn refuted(reason: Reason, detail: &dyn Display) -> Finding {
    Finding::new(Outcome::Refuted(reason)).with_detail(detail.to_string())
}

/// What is said of one signed file and not of the other.
pub(super) struct SignedFile {
    pub(super) name: &'static str,
    pub(super) malformed: Reason,
    pub(super) encoding: Reason,
    pub(super) signature_wrong: Reason,
}

/// EF.SOD.
pub(super) const SOD: SignedFile = SignedFile {
    name: "EF.SOD",
    malformed: Reason::SodMalformed,
    encoding: Reason::SodEncoding,
    signature_wrong: Reason::SodSignatureWrong,
};

/// EF.CardSecurity.
pub(super) const CARD_SECURITY: SignedFile = SignedFile {
    name: "EF.CardSecurity",
    malformed: Reason::CardSecurityMalformed,
    encoding: Reason::CardSecurityEncoding,
    signature_wrong: Reason::CardSecuritySignatureWrong,
};

/// The signer whose signature holds.
pub(super) struct Holding {
    pub(super) certificate: Certificate,
    pub(super) valid: ValidSigner,
}

impl SignedFile {
    pub(super) fn malformed(&self, detail: &dyn Display) -> Finding {
        refuted(self.malformed, &format_args!("{}: {detail}", self.name))
    }

    /// The signed object without indefinite lengths and strings in pieces.
    pub(super) fn definite<'a>(
        &self,
        content_info: &'a [u8],
        met: &mut Departures,
    ) -> Result<Cow<'a, [u8]>, Finding> {
        let definite = cms::definite(content_info).map_err(|error| self.malformed(&error))?;
        if let Some(freedom) = definite.freedom {
            met.tolerate(self.encoding, &freedom)?;
        }
        Ok(definite.bytes)
    }

    /// The signed data of what [`Self::definite`] gave, with versions, sets and announced hashes looked at.
    pub(super) fn shape<'a>(
        &self,
        content_info: &'a [u8],
        met: &mut Departures,
    ) -> Result<SignedData<'a>, Finding> {
        let data = SignedData::parse_ber(content_info).map_err(|error| self.malformed(&error))?;
        if let Some(set) = data.unsorted_set {
            met.tolerate(self.encoding, &format_args!("the set of {set} is not in the order of DER"))?;
        }
        if data.version != 3 {
            let detail = format!("SignedData version {}; 3 is required", data.version);
            met.tolerate(Reason::SignedDataVersion, &detail)?;
        }
        for signer in &data.signers {
            let required = match signer.sid {
                SignerIdentifier::IssuerAndSerial { .. } => 1,
                SignerIdentifier::SubjectKeyIdentifier(_) => 3,
            };
            if signer.version != required {
                let detail = format!("SignerInfo version {}; {required} is required", signer.version);
                met.tolerate(Reason::SignedDataVersion, &detail)?;
            }
        }
        if data.signers.is_empty() {
            return Err(self.malformed(&"there is no signer"));
        }
        if data.signers.len() > 1 {
            met.tolerate(Reason::SeveralSigners, &format_args!("{} signers", data.signers.len()))?;
        }
        self.announced(&data, met)?;
        Ok(data)
    }

    /// The digestAlgorithms at the top: known ones, and every signer's among them. Spec: RFC 5652 §5.1.
    fn announced(&self, data: &SignedData<'_>, met: &mut Departures) -> Result<(), Finding> {
        let announced = |signer: &SignerInfo<'_>| {
            let wanted = signer.digest_algorithm.algorithm;
            data.digest_algorithms.iter().any(|digest| digest.algorithm == wanted)
        };
        let unknown = data
            .digest_algorithms
            .iter()
            .find(|digest| signature_algorithm::hash_of(digest.algorithm).is_none());
        if let Some(unknown) = unknown {
            let detail = format!("{} announces the hash {}", self.name, unknown.algorithm);
            met.tolerate(Reason::DigestAlgorithms, &detail)?;
        }
        if let Some(signer) = data.signers.iter().find(|signer| !announced(signer)) {
            let detail = format!("{} does not announce {}", self.name, signer.digest_algorithm.algorithm);
            met.tolerate(Reason::DigestAlgorithms, &detail)?;
        }
        Ok(())
    }

    /// The first signer whose signature holds with nothing that the site does not accept; else the finding that says most
    /// of why there is none.
    pub(super) fn first_that_holds(
        &self,
        case: &Case<'_>,
        data: &SignedData<'_>,
        met: &mut Departures,
    ) -> Result<Holding, Finding> {
        let certificates: Vec<Certificate> =
            data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        let mut worst = Worst::default();
        for info in &data.signers {
            let possible = self.possible(case, info, &certificates);
            if possible.is_empty() {
                let detail = match data.certificates.len() - certificates.len() {
                    0 => format!("no certificate in {} is the signer's", self.name),
                    unread => format!("{unread} certificates in {} cannot be read", self.name),
                };
                let missing = Finding::new(Outcome::Undetermined(Reason::SignerCertificateMissing));
                worst.take(Rank::Missing, missing.with_detail(detail));
            }
            for possible in possible {
                match signed_data::check(data, info, &possible.certificate) {
                    Ok(SignerCheck::Valid(valid)) => match self.accepted(case, &possible, &valid, met) {
                        Ok(accepted) => {
                            *met = accepted;
                            return Ok(Holding { certificate: possible.certificate, valid });
                        }
                        Err(finding) => worst.take(Rank::Departs, finding),
                    },
                    Ok(SignerCheck::Invalid(fault)) => {
                        let detail = format!("{}: {fault}", self.name);
                        worst.take(Rank::Wrong, refuted(self.signature_wrong, &detail));
                    }
                    Err(error) => {
                        let finding = Finding::new(Outcome::Undetermined(Reason::AlgorithmUnsupported));
                        worst.take(Rank::Unsupported, finding.with_detail(format!("{}: {error}", self.name)));
                    }
                }
            }
        }
        let missing = Finding::new(Outcome::Undetermined(Reason::SignerCertificateMissing));
        let mut finding = worst.0.map_or(missing, |(_, finding)| finding);
        finding.notes.clone_from(&met.notes);
        Err(finding)
    }

    /// The certificate of the first signer that is named, whether or not its signature holds: by whom the file claims to be.
    pub(super) fn claimed_signer(&self, case: &Case<'_>, content_info: &[u8]) -> Option<Certificate> {
        let definite = cms::definite(content_info).ok()?;
        let data = SignedData::parse_ber(&definite.bytes).ok()?;
        let certificates: Vec<Certificate> =
            data.certificates.iter().filter_map(|der| Certificate::from_der(der).ok()).collect();
        let mut named = data.signers.iter().flat_map(|info| self.possible(case, info, &certificates));
        named.next().map(|possible| possible.certificate)
    }

    /// The certificates that a signer may mean: out of the file, else those of the store. To be known there is no trust; the
    /// chain is proved like any other. Spec: 9303-10 §4.6.2.2; 9303-12 §5.
    fn possible(
        &self,
        case: &Case<'_>,
        info: &SignerInfo<'_>,
        certificates: &[Certificate],
    ) -> Vec<Possible> {
        let own = signed_data::candidates(info, certificates);
        if !own.is_empty() {
            let of_file = |candidate: Candidate<'_>| Possible {
                certificate: candidate.certificate.clone(),
                departures: candidate.notes,
                known: None,
            };
            return own.into_iter().map(of_file).collect();
        }
        let known = case.trust.document_signers().find(&info.sid).into_iter();
        known
            .map(|signer| Possible {
                departures: signed_data::tolerated(&info.sid, &signer.certificate).unwrap_or_default(),
                certificate: signer.certificate,
                known: Some(signer.conformance),
            })
            .collect()
    }

    /// What was met so far with the departures of one signer that holds.
    fn accepted(
        &self,
        case: &Case<'_>,
        possible: &Possible,
        valid: &ValidSigner,
        met: &Departures,
    ) -> Result<Departures, Finding> {
        let mut met = met.clone();
        for note in possible.departures.iter().chain(&valid.notes) {
            met.tolerate(Reason::from(*note), &format_args!("{}: {note}", self.name))?;
        }
        if let Some(conformance) = &possible.known {
            met.tolerate(Reason::SignerFromStore, &format_args!("{} must carry it", self.name))?;
            if matches!(conformance, Conformance::NonConformant { .. }) {
                met.note(Reason::SignerNonConformant);
            }
        }
        if let Some(note) = weak_hash(case.settings, valid.scheme.hash(), &possible.certificate)? {
            met.note(note);
        }
        Ok(met)
    }
}

/// A certificate that a signer may mean.
struct Possible {
    certificate: Certificate,
    departures: Vec<SignerNote>,
    /// What its directory says of it, where it did not come with the file.
    known: Option<Conformance>,
}

/// How much a finding about one signer says, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Missing,
    Unsupported,
    Wrong,
    Departs,
}

/// The finding that says most; the first of several that say as much.
#[derive(Default)]
struct Worst(Option<(Rank, Finding)>);

impl Worst {
    fn take(&mut self, rank: Rank, finding: Finding) {
        if self.0.as_ref().is_none_or(|(before, _)| *before < rank) {
            self.0 = Some((rank, finding));
        }
    }
}
