//! The findings in the words of TR-03135-1, as a tree of part results: for systems that collect document checks in them.
//!
//! It decides nothing: a site's rules do. How parts are put together is written down in decision 0016.
//! Spec: BSI TR-03135-1 §4.3 (results).

use serde::Serialize;

use crate::evidence::{CheckId, Outcome};

/// A result in the guideline's words. The order is that in which one result prevails over another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PartResult {
    /// Grey: the document does not offer it, or it was not asked for here.
    NotSupported,
    /// Green.
    Successful,
    /// Yellow: it could not be said.
    Undetermined,
    /// Grey: it was broken off.
    Aborted,
    /// Red.
    Failed,
}

/// A check that is a leaf of the tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// The guideline's part.
    pub part: &'static str,
    /// Our check.
    pub check: &'static str,
    /// Its result.
    pub result: PartResult,
}

/// One branch of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Branch {
    /// What its parts come to.
    pub result: PartResult,
    /// The parts.
    pub parts: Vec<Part>,
}

/// The tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PartResults {
    /// What the branches come to.
    pub overall: PartResult,
    /// How the chip was opened, and whether it let this terminal at fingers and irises.
    pub access: Branch,
    /// A state signed what the chip says.
    pub passive_authentication: Branch,
    /// The chip is no copy: any one proof suffices.
    pub chip_authenticity: Branch,
    /// Statements agree, and keep their form.
    pub agreement: Branch,
    /// The document is in its period of validity.
    pub validity: Branch,
}

/// Whether a part has to be there for its branch to be successful.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Need {
    Always,
    WhereOffered,
}

type Row = (&'static str, CheckId, Need);

const ACCESS: [Row; 3] = [
    ("pace", CheckId::AccessPace, Need::WhereOffered),
    ("bac", CheckId::AccessBac, Need::WhereOffered),
    ("terminal_authentication", CheckId::AccessTerminalAuthentication, Need::WhereOffered),
];
const PASSIVE: [Row; 7] = [
    ("security_object", CheckId::PassiveSodSignature, Need::Always),
    ("issuer_certificate", CheckId::PassiveSignerChain, Need::Always),
    ("certificate_validity", CheckId::PassiveSignerValidity, Need::Always),
    ("revocation", CheckId::PassiveSignerRevocation, Need::Always),
    ("chip_content", CheckId::PassiveHashes, Need::Always),
    ("security_object_and_com", CheckId::ConsistencyComSod, Need::WhereOffered),
    ("issuing_state", CheckId::ConsistencyCountry, Need::Always),
];
const CHIP: [Row; 3] = [
    ("pace_cam", CheckId::ChipPaceCam, Need::WhereOffered),
    ("chip_authentication", CheckId::ChipChipAuthentication, Need::WhereOffered),
    ("active_authentication", CheckId::ChipActiveAuthentication, Need::WhereOffered),
];
const AGREEMENT: [Row; 5] = [
    ("open_and_signed_protocols", CheckId::ConsistencyCardAccessDg14, Need::WhereOffered),
    ("presented_and_dg1", CheckId::ConsistencyPresentedDg1, Need::WhereOffered),
    ("printed_and_dg1", CheckId::ConsistencyMrzDg1, Need::WhereOffered),
    ("dg1_and_dg13", CheckId::ConsistencyDg1Dg13, Need::WhereOffered),
    ("prescribed_form", CheckId::ConsistencyContents, Need::WhereOffered),
];
const VALIDITY: [Row; 1] = [("document_validity", CheckId::ValidityDocument, Need::Always)];

impl PartResult {
    const fn of(outcome: Outcome, need: Need) -> Self {
        match (outcome, need) {
            (Outcome::Confirmed, _) => Self::Successful,
            (Outcome::Refuted(_), _) => Self::Failed,
            (Outcome::Aborted(_), _) => Self::Aborted,
            // The guideline knows no check that was left out: one that has to be there could not be said.
            (Outcome::Undetermined(_), _) | (Outcome::NotPerformed(_), Need::Always) => Self::Undetermined,
            (Outcome::NotSupported, _) | (Outcome::NotPerformed(_), Need::WhereOffered) => Self::NotSupported,
        }
    }

    /// Any failed: failed; else any aborted: aborted; else any undetermined: undetermined; parts that are not supported
    /// count for nothing, unless there is nothing else.
    fn of_all(results: impl Iterator<Item = Self>) -> Self {
        results.max().unwrap_or(Self::NotSupported)
    }

    /// Any successful: successful; else as above.
    fn of_any(results: &[Self]) -> Self {
        if results.contains(&Self::Successful) {
            Self::Successful
        } else {
            Self::of_all(results.iter().copied())
        }
    }
}

impl PartResults {
    /// The tree of some checks' outcomes.
    #[must_use]
    pub fn of(outcome: impl Fn(CheckId) -> Outcome) -> Self {
        let parts = |rows: &[Row]| -> Vec<Part> {
            let part = |(part, check, need): &Row| Part {
                part,
                check: check.as_str(),
                result: PartResult::of(outcome(*check), *need),
            };
            rows.iter().map(part).collect()
        };
        let branch = |rows: &[Row]| {
            let parts = parts(rows);
            Branch { result: PartResult::of_all(parts.iter().map(|part| part.result)), parts }
        };
        let proofs = parts(&CHIP);
        let results: Vec<PartResult> = proofs.iter().map(|part| part.result).collect();
        let chip_authenticity = Branch { result: PartResult::of_any(&results), parts: proofs };
        let (access, passive) = (branch(&ACCESS), branch(&PASSIVE));
        let (agreement, validity) = (branch(&AGREEMENT), branch(&VALIDITY));
        let all = [&access, &passive, &chip_authenticity, &agreement, &validity];
        let overall = PartResult::of_all(all.into_iter().map(|branch| branch.result));
        Self { overall, access, passive_authentication: passive, chip_authenticity, agreement, validity }
    }
}
