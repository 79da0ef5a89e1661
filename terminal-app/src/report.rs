//! The report that leaves the program: the decision, and what only the application knows about its making.

use std::collections::BTreeMap;

use firmware_profiles::Profile;
use reader_core::policy::VerificationReport;
use reader_core::session::ExchangeSize;
use reader_core::session::link_model::LinkModel;
use serde::Serialize;

use crate::audit::Stamp;
use crate::devices::signals::Refused;
use crate::transaction::{IdempotencyKey, Transaction};

/// `idterm.report/1`, as `docs/CLI.md` describes it.
#[derive(Clone, Serialize)]
pub struct Report {
    /// Which verification this is.
    pub transaction: Transaction,
    /// What was decided, and on what ground.
    #[serde(flatten)]
    pub decision: VerificationReport,
    /// Comparison of the person with the document.
    pub biometric: Biometric,
    /// What went over the link; absent for stored captures.
    pub link: Option<Link>,
    /// The reader. Absent for stored captures and simulated chips.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reader: Option<Reader>,
    /// Which parts were simulated: `chip`, `gateway`. Empty: none.
    pub simulated: Vec<&'static str>,
    /// Whose rules were applied.
    pub site: SiteStamp,
    /// Where it stands in the audit log, or why it does not. Absent: this terminal keeps none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audit: Option<Logged>,
    /// Versions of the parts.
    pub versions: BTreeMap<&'static str, String>,
    /// What became of each delivery of the site. Absent: the site has none, or a stored capture was judged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deliveries: Option<Vec<DeliveryReport>>,
    /// When it began, RFC 3339, UTC.
    pub started: String,
    /// From beginning to decision.
    pub elapsed_ms: u64,
}

/// What became of a delivery of this verification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryReport {
    /// The recipient's name in the site's file.
    pub id: String,
    /// `accepted`: kept, and sent from now on. `failed`: not kept, and never sent. `not_configured`: this terminal has no settings for it.
    pub state: &'static str,
    /// The key by which the recipient will know it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<IdempotencyKey>,
    /// Code of the reason of `failed`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The same for people.
    pub text: String,
}

/// Whether a verification stands in the audit log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Logged {
    /// It does.
    Stands(Stamp),
    /// It could not be recorded.
    Failed {
        /// Why.
        error: LogFault,
    },
}

/// Why a verification could not be recorded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LogFault {
    /// The error's code.
    pub code: String,
    /// What went wrong, for staff.
    pub text: String,
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
    /// When the card, the reader or the service was away in between. Absent: never.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub interruptions: Vec<Interruption>,
    /// Lengths learnt from earlier cards were used, which the standard does not foresee. Absent: no.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub learnt_limits: bool,
}

/// The reader, and what whoever looks after it should know.
#[derive(Clone, Debug, Serialize)]
pub struct Reader {
    /// Its PC/SC name.
    pub name: String,
    /// The profile that it was used by.
    pub profile: String,
    /// Firmware of this model that is known to be bad; which one the reader has is not asked. Absent: none is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bad_firmware: Vec<BadFirmware>,
    /// Lights, tones and bit rates that it did not take. Absent: none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub signals_refused: Vec<Refused>,
}

/// Firmware that is known to be bad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct BadFirmware {
    /// Every version below this one.
    pub below: String,
    /// What goes wrong.
    pub reason: String,
}

impl BadFirmware {
    /// What the profile says of it.
    #[must_use]
    pub fn of(profile: &Profile) -> Vec<Self> {
        let all = profile.bad_firmware.iter();
        all.map(|bad| Self { below: bad.below.clone(), reason: bad.reason.clone() }).collect()
    }
}

/// The link stood still in the middle of a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Interruption {
    /// Commands answered before it, in all sessions together.
    pub after_apdus: usize,
    /// How long nothing was exchanged.
    pub away_ms: u64,
    /// Another card lay on the reader then.
    pub other_card: bool,
    /// Reading went on afterwards.
    pub resumed: bool,
}

/// Bit rates of the contactless link that the model is asked for, by their names in kbit/s.
const BIT_RATES: [(&str, f64); 4] = [("106", 106e3), ("212", 212e3), ("424", 424e3), ("848", 848e3)];

/// Milliseconds that `exchanges` would take on a contactless link, by bit rate in kbit/s.
#[must_use]
pub fn modelled_ms(exchanges: &[ExchangeSize]) -> BTreeMap<&'static str, u64> {
    let model = LinkModel::default();
    let rounded = |rate: f64| {
        let ms = model.total(exchanges, rate).seconds * 1000.0;
        // A reading takes seconds, far below what 64 bits hold; a negative or absurd sum would be a fault of the model.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped before")]
        let ms = ms.round().clamp(0.0, 1e12) as u64;
        ms
    };
    BIT_RATES.iter().map(|(name, rate)| (*name, rounded(*rate))).collect()
}

/// Bytes of all commands and responses.
#[must_use]
pub fn link_bytes(exchanges: &[ExchangeSize]) -> usize {
    exchanges.iter().map(|exchange| exchange.command_bytes + exchange.response_bytes).sum()
}

impl Link {
    /// The figures of these exchanges, which took `elapsed_ms` here.
    #[must_use]
    pub fn of(exchanges: &[ExchangeSize], elapsed_ms: u64, interruptions: Vec<Interruption>) -> Self {
        Self {
            apdus: exchanges.len(),
            bytes: link_bytes(exchanges),
            ms: elapsed_ms,
            modelled_ms: modelled_ms(exchanges),
            interruptions,
            learnt_limits: false,
        }
    }
}

/// Which site file decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteStamp {
    /// Its name.
    pub name: String,
    /// SHA-256 of the merged file.
    pub hash: String,
}
