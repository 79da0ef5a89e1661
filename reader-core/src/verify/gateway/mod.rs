//! The issuing authority's gateway: what its signed answer about EF.SOD's signer proves.
//!
//! An answer counts only for what its signed text itself names: this signer, this card, a moment, or the question that it
//! answers. What does not count (another key, another card, another day) is no answer, and never a "no": who sits on the
//! line can destroy answers anyway, and shall not be able to make refusals. `docs/decisions/0014` says why.

mod statement;

use super::chain;
use super::hashes::Table;
use super::passive::SodProof;
use super::{Case, ProvedText};
use crate::capture::{Capture, GatewayAnswer, GatewayQuestion, GatewayTrace, Origin};
use crate::crypto::curve::Curve;
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::signature::{self, EcdsaEncoding, PublicKey, SignatureScheme};
use crate::evidence::{Finding, Outcome, Reason, Witness};
use crate::key;
use crate::lds::DataGroup;
use crate::lds::dg1::Dg1;
use crate::pki::Fingerprint;
use crate::wire::date::Timestamp;
use statement::{Statement, names_certificate, names_number, sha256};

pub use statement::{GatewayForm, GatewayText};

/// Smallest RSA key that is pinned.
const MIN_RSA_BITS: u32 = 2048;

/// The key with which a gateway signs, pinned by the site: RSA from 2048 bits (PKCS#1 v1.5 with SHA-256), or P-256 (ECDSA
/// with SHA-256, the signature in DER or plain).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayKey(PublicKey);

/// Why a key cannot be pinned.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GatewayKeyError {
    /// It cannot be read.
    #[error(transparent)]
    Key(#[from] key::KeyError),
    /// It is of a kind that no gateway signs with.
    #[error("{name} is neither RSA of at least {MIN_RSA_BITS} bits nor P-256")]
    Kind {
        /// Its kind and size.
        name: String,
    },
}

impl GatewayKey {
    /// The key in the bytes of a SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Not one, or of another kind.
    pub fn from_spki(spki: &[u8]) -> Result<Self, GatewayKeyError> {
        let key = key::public_key(spki)?;
        let fits = match &key {
            PublicKey::Rsa(rsa) => rsa.modulus_bits() >= MIN_RSA_BITS,
            PublicKey::Ec(point) => point.curve() == Curve::P256,
            PublicKey::Dsa(_) => false,
        };
        if fits { Ok(Self(key)) } else { Err(GatewayKeyError::Kind { name: key.name() }) }
    }

    /// Kind and size for people.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.name()
    }

    fn signed(&self, text: &[u8], signature: &[u8]) -> bool {
        const HASH: HashAlgorithm = HashAlgorithm::Sha256;
        let schemes = match &self.0 {
            PublicKey::Rsa(_) => vec![SignatureScheme::RsaPkcs1 { hash: HASH }],
            PublicKey::Ec(_) => [EcdsaEncoding::Der, EcdsaEncoding::Plain]
                .map(|encoding| SignatureScheme::Ecdsa { hash: HASH, encoding })
                .to_vec(),
            PublicKey::Dsa(_) => Vec::new(),
        };
        let holds = |scheme| signature::verify(&self.0, scheme, text, signature);
        schemes.into_iter().any(|scheme| holds(scheme).is_ok_and(signature::SignatureCheck::is_valid))
    }
}

/// On what terms a site takes the gateway's answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayTerms {
    /// The gateway's key.
    pub key: GatewayKey,
    /// How its signed text is worded.
    pub form: GatewayForm,
    /// Age in seconds beyond which an answer says nothing any more.
    pub max_age_s: u32,
    /// By how many seconds the gateway's clock and this terminal's may differ.
    pub clock_skew_s: u32,
    /// A confirming answer stands for the chain of a signer that no certificate in the trust store has issued. It heals
    /// nothing that is refuted or revoked.
    pub stands_for_chain: bool,
}

/// The mark of a question, to be sent with it: 64 hexadecimal digits that commit to signer, number and nonce. A gateway that
/// repeats it in its signed text answers this question and no other.
#[must_use]
pub fn question_mark(question: &GatewayQuestion) -> String {
    let GatewayQuestion { signer_sha256, number_sha256, nonce, .. } = question;
    let mark = sha256(&[b"card authenticity question 1", signer_sha256, number_sha256, nonce]);
    mark.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A question about a signer's certificate (DER) and a card's number.
#[must_use]
pub fn question(signer: &[u8], number: &str, nonce: [u8; 16], asked: Timestamp) -> GatewayQuestion {
    GatewayQuestion {
        signer_sha256: sha256(&[signer]),
        number_sha256: sha256(&[number.as_bytes()]),
        nonce,
        asked_unix_s: asked.0,
    }
}

/// The gateway's signed "yes" to this signer, with the site's leave to build on it. Made in this file alone, and only for a
/// signer that nothing speaks against.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Vouched {
    witness: Witness,
}

impl Vouched {
    pub(super) const fn witness(self) -> Witness {
        self.witness
    }
}

/// What was found, and what may be built on it.
pub(super) struct GatewayProof {
    pub(super) finding: Finding,
    pub(super) vouched: Option<Vouched>,
}

/// `passive.gateway`.
pub(super) fn judge(case: &Case<'_>, sod: &SodProof) -> GatewayProof {
    let alone = |finding| GatewayProof { finding, vouched: None };
    let not_asked = Outcome::NotPerformed(Reason::GatewayNotAsked);
    let (answer, terms) = match (&case.capture.gateway, &case.settings.gateway) {
        (None, _) => return alone(Finding::new(not_asked)),
        (Some(GatewayTrace::NotAsked(why)), _) => {
            return alone(undetermined(Reason::GatewayNotAsked, why.as_str()));
        }
        (Some(GatewayTrace::NoAnswer(why)), _) => {
            let finding = Finding::new(Outcome::Aborted(Reason::GatewayUnavailable));
            return alone(finding.with_detail(why.as_str()));
        }
        (Some(GatewayTrace::Answered(_)), None) => {
            return alone(Finding::new(Outcome::NotPerformed(Reason::GatewayNotPinned)));
        }
        (Some(GatewayTrace::Answered(answer)), Some(terms)) => (answer, terms),
    };
    let finding = match weigh(case, sod, answer, terms) {
        Ok(Weighed { statement, witness }) if statement.valid => {
            Finding::confirmed(witness).with_detail(said(&statement, answer))
        }
        Ok(Weighed { statement, .. }) => {
            Finding::new(Outcome::Refuted(Reason::GatewaySaysNo)).with_detail(said(&statement, answer))
        }
        Err(finding) => finding,
    };
    let vouched = finding.witness.filter(|_| finding.outcome.is_confirmed() && terms.stands_for_chain);
    let vouched = vouched.filter(|_| may_stand_for_chain(case, sod)).map(|witness| Vouched { witness });
    let finding = match case.capture.origin {
        Origin::Stored => finding.noting(Reason::GatewayJudgedAtCapture),
        Origin::Live => finding,
    };
    GatewayProof { finding, vouched }
}

fn undetermined(reason: Reason, detail: impl Into<String>) -> Finding {
    Finding::new(Outcome::Undetermined(reason)).with_detail(detail)
}

/// When it was said, for staff.
fn said(statement: &Statement, answer: &GatewayAnswer) -> String {
    match statement.time {
        Some(time) => format!("said at {time}"),
        None => format!("received at {}", Timestamp(answer.received_unix_s)),
    }
}

/// The chain is open for want of a certificate, and for nothing else. What is refuted, revoked, unsupported or not understood
/// stays so, whatever a gateway says. Spec: 9303-11 §5.1.
fn may_stand_for_chain(case: &Case<'_>, sod: &SodProof) -> bool {
    let unknown = sod.chain.outcome == Outcome::Undetermined(Reason::SignerUnknown);
    let open = !matches!(sod.revocation.outcome, Outcome::Refuted(_));
    let fit = |certificate| chain::is_fit(certificate, case.settings.tolerances);
    sod.signature.outcome.is_confirmed()
        && unknown
        && open
        && sod.signer.as_ref().is_some_and(|signer| fit(&signer.certificate))
}

/// An answer that is the gateway's, is about this signer and this card, and is fresh.
struct Weighed {
    statement: Statement,
    /// Anyone, where its own text names signer, card and time. Where it leaves one of them to its question, only who asked
    /// knows what the question was.
    witness: Witness,
}

fn weigh(
    case: &Case<'_>,
    sod: &SodProof,
    answer: &GatewayAnswer,
    terms: &GatewayTerms,
) -> Result<Weighed, Finding> {
    let Some(signer) = &sod.signer else {
        return Err(undetermined(Reason::NotProved, "the signature of EF.SOD does not hold"));
    };
    let number = number_of_card(case.capture, sod)?;
    if !terms.key.signed(&answer.text, &answer.signature) {
        let detail = format!("not by the pinned key ({})", terms.key.name());
        return Err(undetermined(Reason::GatewaySignatureWrong, detail));
    }
    let statement = Statement::read(&terms.form, &answer.text)
        .map_err(|error| undetermined(Reason::GatewayAnswerUnreadable, error.to_string()))?;
    let question = &answer.question;
    let other = |whose: &str| Err(undetermined(Reason::GatewayAnswersAnother, whose));
    if question.signer_sha256 != Fingerprint::of(signer.certificate.der()).0 {
        return other("another signer was asked about");
    }
    if question.number_sha256 != sha256(&[number.as_bytes()]) {
        return other("another card was asked about");
    }
    // Every member that is there has to agree, whichever of them would have sufficed.
    let repeats = match &statement.question {
        Some(mark) if *mark != question_mark(question) => return other("it answers another question"),
        mark => mark.is_some(),
    };
    let names_signer = match &statement.signer {
        Some(named) if !names_certificate(named, signer.certificate.der()) => {
            return other("it is about another signer");
        }
        named => named.is_some(),
    };
    let names_card = match &statement.number {
        Some(named) if !names_number(named, &number) => return other("it is about another card"),
        named => named.is_some(),
    };
    let names_all = names_signer && names_card && statement.time.is_some();
    if !names_all && !repeats {
        let detail = match (names_signer, names_card) {
            (false, _) => "it names no signer",
            (_, false) => "it names no card",
            _ => "it names no time",
        };
        return Err(undetermined(Reason::GatewayNamesNothing, detail));
    }
    if !names_all && case.capture.origin == Origin::Stored {
        let detail = "it names them only by a question, and what that was one terminal alone knew";
        return Err(undetermined(Reason::GatewayNamesNothing, detail));
    }
    fresh(case, answer, &statement, terms)?;
    let witness = if names_all { Witness::Anyone } else { Witness::ThisTerminal };
    Ok(Weighed { statement, witness })
}

/// The number of the card in DG1, under the list of hashes whose signer is in question.
fn number_of_card(capture: &Capture, sod: &SodProof) -> Result<String, Finding> {
    let nothing = |what: &str| undetermined(Reason::NotProved, what);
    let file = capture.group(DataGroup::Dg1).ok_or_else(|| nothing("DG1 was not read"))?;
    let table = Table::of(sod).ok_or_else(|| nothing("the list of hashes cannot be used"))?;
    if table.agrees(DataGroup::Dg1, file) != Some(true) {
        return Err(nothing("DG1 is not the one that EF.SOD lists"));
    }
    Dg1::parse(file).map(|dg1| asked_number(&dg1)).map_err(|error| nothing(&error.to_string()))
}

/// The personal number where DG1 has one, else the document number.
fn asked_number(dg1: &Dg1) -> String {
    let own = dg1.mrz.vietnamese_number().map(|number| number.as_str().to_owned());
    own.unwrap_or_else(|| dg1.mrz.document_number().as_str().to_owned())
}

/// About what a gateway can be asked. It has no `Debug`: the number is personal data.
pub struct GatewaySubject<'a> {
    /// The certificate of EF.SOD's signer, DER.
    pub signer: &'a [u8],
    /// The number of the card.
    pub number: String,
}

/// Signer and number of the card in `capture`, of which `text` is the proof so far.
///
/// # Errors
/// Why there is nothing to ask about, for staff: the signature of EF.SOD does not hold, or DG1 is not the one that it lists.
pub fn subject<'a>(text: &'a ProvedText, capture: &Capture) -> Result<GatewaySubject<'a>, String> {
    let sod = &text.inner.sod;
    let Some(signer) = &sod.signer else {
        return Err("EF.SOD names no signer whose signature holds".to_owned());
    };
    let number = number_of_card(capture, sod).map_err(|finding| finding.detail.unwrap_or_default())?;
    Ok(GatewaySubject { signer: signer.certificate.der(), number })
}

/// The answer was given while this card was read, as far as the clocks agree. A stored one is judged by the moment at
/// which it came.
fn fresh(
    case: &Case<'_>,
    answer: &GatewayAnswer,
    statement: &Statement,
    terms: &GatewayTerms,
) -> Result<(), Finding> {
    let stale = |detail: String| Err(undetermined(Reason::GatewayAnswerStale, detail));
    let received = Timestamp(answer.received_unix_s);
    let (skew_s, limit_s) = (i64::from(terms.clock_skew_s), i64::from(terms.max_age_s));
    let limit_s = limit_s.saturating_add(skew_s);
    match case.capture.origin {
        // Dates are given by the day.
        Origin::Stored if received.date() > case.now.date() => {
            return stale(format!("it came at {received}, after the day that is judged"));
        }
        Origin::Live if received.plus_s(limit_s) < case.now => {
            return stale(format!("it came at {received}"));
        }
        Origin::Stored | Origin::Live => {}
    }
    // The question is this session's own: an answer that repeats it was given after it was asked.
    let said = statement.time.unwrap_or(Timestamp(answer.question.asked_unix_s));
    if said > received.plus_s(skew_s) || said.plus_s(limit_s) < received {
        return stale(format!("said at {said}, and it came at {received}"));
    }
    Ok(())
}
