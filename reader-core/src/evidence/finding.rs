//! The result of one check, in six outcomes that are never mixed up.

use super::reason::Reason;

/// Outcome of one check. Spec: BSI TR-03135-1 §4.3 (results), with `NotPerformed` kept apart from `NotSupported`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was checked, and it holds.
    Confirmed,
    /// It was checked, and it does not hold.
    Refuted(Reason),
    /// It was looked at, and it cannot be said either way.
    Undetermined(Reason),
    /// The document or chip does not have it.
    NotSupported,
    /// It was not checked.
    NotPerformed(Reason),
    /// The check began and was broken off.
    Aborted(Reason),
}

impl Outcome {
    /// The reason, where the outcome has one.
    #[must_use]
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Confirmed | Self::NotSupported => None,
            Self::Refuted(reason)
            | Self::Undetermined(reason)
            | Self::NotPerformed(reason)
            | Self::Aborted(reason) => Some(reason),
        }
    }

    /// The word of the report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Refuted(_) => "refuted",
            Self::Undetermined(_) => "undetermined",
            Self::NotSupported => "not_supported",
            Self::NotPerformed(_) => "not_performed",
            Self::Aborted(_) => "aborted",
        }
    }

    /// Whether this is [`Outcome::Confirmed`].
    #[must_use]
    pub const fn is_confirmed(self) -> bool {
        matches!(self, Self::Confirmed)
    }
}

/// Whom a confirmed finding convinces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Anyone who has the bytes: a signature.
    Anyone,
    /// Only the terminal that held the session's keys.
    ThisTerminal,
}

impl Witness {
    /// The word of the report.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Anyone => "anyone",
            Self::ThisTerminal => "this_terminal",
        }
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The outcome.
    pub outcome: Outcome,
    /// Whom it convinces; only where something was checked.
    pub witness: Option<Witness>,
    /// What was tolerated or noticed on the way.
    pub notes: Vec<Reason>,
    /// Technical particulars for staff, in English, without personal data: `DG2: hash differs`.
    pub detail: Option<String>,
}

impl Finding {
    /// A finding without notes.
    #[must_use]
    pub const fn new(outcome: Outcome) -> Self {
        Self { outcome, witness: None, notes: Vec::new(), detail: None }
    }

    /// Confirmed, and for whom.
    #[must_use]
    pub const fn confirmed(witness: Witness) -> Self {
        Self { outcome: Outcome::Confirmed, witness: Some(witness), notes: Vec::new(), detail: None }
    }

    /// The same with particulars.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The same with a note.
    #[must_use]
    pub fn noting(mut self, note: Reason) -> Self {
        self.notes.push(note);
        self
    }
}

macro_rules! checks {
    ($($name:ident = $id:literal, $spec:literal;)*) => {
        /// The checks of the report. Service checks carry their connector's name instead.
        #[allow(missing_docs, reason = "the identifier beside each variant is its documentation")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum CheckId { $($name),* }

        impl CheckId {
            /// In the order of the line.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// The identifier in reports and site files.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $id),* }
            }

            /// Where the standard asks for it.
            #[must_use]
            pub const fn spec(self) -> &'static str {
                match self { $(Self::$name => $spec),* }
            }

            /// The check with this identifier.
            #[must_use]
            pub fn from_id(id: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|check| check.as_str() == id)
            }
        }
    };
}

checks! {
    AccessPace = "access.pace", "9303-11 §4.4";
    AccessBac = "access.bac", "9303-11 §4.3";
    AccessTerminalAuthentication = "access.terminal_authentication", "9303-11 §7.1";
    ChipChipAuthentication = "chip.chip_authentication", "9303-11 §6.2";
    ChipActiveAuthentication = "chip.active_authentication", "9303-11 §6.1";
    ChipPaceCam = "chip.pace_cam", "9303-11 §4.4.3.3.3";
    PassiveSodSignature = "passive.sod_signature", "9303-11 §5.1";
    PassiveSignerChain = "passive.signer_chain", "9303-12 §6";
    PassiveSignerRevocation = "passive.signer_revocation", "9303-12 §6";
    PassiveSignerValidity = "passive.signer_validity", "9303-12 §2";
    PassiveHashes = "passive.hashes", "9303-11 §5.1";
    PassiveGateway = "passive.gateway", "none: service of the issuing authority";
    ConsistencyCardAccessDg14 = "consistency.card_access_dg14", "9303-11 §4.2";
    ConsistencyPresentedDg1 = "consistency.presented_dg1", "none: what was presented is this card's";
    ConsistencyComSod = "consistency.com_sod", "9303-10 §4.6.1";
    ConsistencyMrzDg1 = "consistency.mrz_dg1", "9303-11 §5.1";
    ConsistencyDg1Dg13 = "consistency.dg1_dg13", "none: two statements of one issuer";
    ConsistencyCountry = "consistency.country", "9303-12 §7.1.1";
    ConsistencyContents = "consistency.contents", "9303-10 §4";
    ValidityDocument = "validity.document", "9303-3 §4.2";
    HolderFace = "holder.face", "none: site policy";
    HolderFinger = "holder.finger", "none: site policy";
    HolderFingerOnCard = "holder.finger_on_card", "ISO/IEC 24787";
    HolderLiveness = "holder.liveness", "ISO/IEC 30107-3";
}
