//! How terminal authentication went. Names and status words; never a key or a signature.

use super::Interruption;
use crate::lds::DataGroup;

/// The record of one terminal authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TerminalAuthenticationTrace {
    /// The authorities that the chip names, the newest first.
    pub authorities: Vec<String>,
    /// The holders of the certificates that were chosen, in the order in which they are sent.
    pub certificates: Vec<String>,
    /// The groups that these certificates let the terminal read, if the chip agrees.
    pub rights: Vec<DataGroup>,
    /// What came of it.
    pub outcome: TerminalAuthenticationOutcome,
}

/// What came of terminal authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalAuthenticationOutcome {
    /// The chip took the signature.
    Authenticated,
    /// Nothing that it opens was to be read.
    NotNeeded,
    /// No chip authentication came before, whose key would be signed.
    ChipNotAuthenticated,
    /// The chip names no authority.
    NoAuthority,
    /// No chain leads from the chip's authorities to the terminal's key, in these words.
    NoChain(String),
    /// There is a chain that is not valid today or not signed well, in these words.
    ChainInvalid(String),
    /// The terminal's key could not be used, in these words.
    KeyFailed(String),
    /// The chip refused a step.
    Refused {
        /// Which.
        step: TerminalAuthenticationStep,
        /// Its status word.
        status: u16,
    },
    /// The chip's answer breaks the protocol, in these words.
    Protocol(&'static str),
    /// It was broken off.
    Aborted(Interruption),
}

/// A step of terminal authentication.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TerminalAuthenticationStep {
    /// MSE:Set DST.
    SelectAuthority,
    /// PSO:Verify Certificate.
    VerifyCertificate,
    /// MSE:Set AT.
    SelectKey,
    /// GET CHALLENGE.
    Challenge,
    /// EXTERNAL AUTHENTICATE.
    Signature,
}

impl TerminalAuthenticationStep {
    /// The command, in the standard's words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SelectAuthority => "MSE:Set DST",
            Self::VerifyCertificate => "PSO:Verify Certificate",
            Self::SelectKey => "MSE:Set AT",
            Self::Challenge => "GET CHALLENGE",
            Self::Signature => "EXTERNAL AUTHENTICATE",
        }
    }
}
