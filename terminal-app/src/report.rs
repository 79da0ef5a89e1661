//! The report that leaves the program: the decision, and what only the application knows about its making.

use std::collections::BTreeMap;

use reader_core::policy::VerificationReport;
use serde::Serialize;

/// `idterm.report/1`, as `docs/CLI.md` describes it.
#[derive(Clone, Serialize)]
pub struct Report {
    /// What was decided, and on what ground.
    #[serde(flatten)]
    pub decision: VerificationReport,
    /// Comparison of the person with the document.
    pub biometric: Biometric,
    /// What went over the link; absent for stored captures.
    pub link: Option<Link>,
    /// Which parts were simulated: `chip`, `gateway`. Empty: none.
    pub simulated: Vec<&'static str>,
    /// Whose rules were applied.
    pub site: SiteStamp,
    /// Versions of the parts.
    pub versions: BTreeMap<&'static str, String>,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// From beginning to decision.
    pub elapsed_ms: u64,
}

/// Results of biometric comparison; `null` where none was made.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Biometric {
    /// Face against portrait.
    pub face: Option<()>,
    /// Finger against the chip's fingers.
    pub finger: Option<()>,
}

/// The exchange with the chip in figures.
#[derive(Clone, Debug, Serialize)]
pub struct Link {
    /// Commands sent.
    pub apdus: usize,
    /// Bytes both ways, APDU headers and status words included.
    pub bytes: usize,
    /// Time measured here, in milliseconds.
    pub ms: u64,
    /// Time that the same exchanges would take on a contactless link, by bit rate in kbit/s.
    pub modelled_ms: BTreeMap<&'static str, u64>,
}

/// Which site file decided.
#[derive(Clone, Debug, Serialize)]
pub struct SiteStamp {
    /// Its name.
    pub name: String,
    /// SHA-256 of the merged file.
    pub hash: String,
}
