//! How a session ends, and what can begin after it.

use zeroize::Zeroize;

use crate::capture::{AccessFailure, ChipAuthenticationTrace, Interruption};
use crate::channel::{Broken, Unprotectable};
use crate::crypto::cipher::CipherError;
use crate::crypto::secret::EntropyError;
use crate::lds::FileId;
use crate::transport::{Recovery, Transport, TransportError};
use crate::wire::Malformed;
use crate::wire::apdu::Command;
use crate::wire::status::StatusWord;

use super::link::{ChipWork, Link};
use super::terminal_auth::Basis;
use super::{ChipSession, Open};

/// Why a session ended.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Cause {
    /// Nothing came back.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The secure channel broke.
    #[error("the secure channel broke: {0}")]
    Channel(#[from] Broken),
    /// Access control did not succeed.
    #[error("the chip was not opened: {}", explain_access(.0))]
    Access(AccessFailure),
    /// The chip refused a step without which nothing can go on.
    #[error("the chip refused {what} with {status}")]
    Refused {
        /// The step.
        what: &'static str,
        /// Its status word.
        status: StatusWord,
    },
    /// The chip's bytes break the protocol.
    #[error("the chip breaks the protocol: {0}")]
    Protocol(&'static str),
    /// A response or command that cannot be coded.
    #[error(transparent)]
    Malformed(#[from] Malformed),
    /// A command that cannot be protected.
    #[error(transparent)]
    Unprotectable(#[from] Unprotectable),
    /// A cipher was used with a wrong length.
    #[error(transparent)]
    Cipher(#[from] CipherError),
    /// No randomness.
    #[error(transparent)]
    Entropy(#[from] EntropyError),
    /// Another chip than the one whose reading was to be resumed. Nothing of it was taken.
    #[error("this is another card than the one that was being read; place that one again, or begin anew")]
    OtherChip,
    /// The observer asked to stop.
    #[error("cancelled")]
    Cancelled,
}

impl From<AccessFailure> for Cause {
    fn from(failure: AccessFailure) -> Self {
        Self::Access(failure)
    }
}

impl From<&Cause> for Interruption {
    /// What a protocol that was under way is broken off by.
    fn from(cause: &Cause) -> Self {
        match cause {
            Cause::Transport(error) => match error.recovery() {
                Recovery::PowerAnew | Recovery::PlaceCard => Self::CardGone,
                Recovery::Reconnect | Recovery::Staff | Recovery::Nothing => Self::Terminal,
            },
            Cause::Channel(_)
            | Cause::Access(_)
            | Cause::Refused { .. }
            | Cause::Protocol(_)
            | Cause::Malformed(_)
            | Cause::OtherChip => Self::Chip(cause.to_string()),
            Cause::Unprotectable(_) | Cause::Cipher(_) | Cause::Entropy(_) | Cause::Cancelled => {
                Self::Terminal
            }
        }
    }
}

fn explain_access(failure: &AccessFailure) -> String {
    match failure {
        AccessFailure::WrongPassword => {
            "the number, MRZ or CAN is not this card's; check it against the card and enter it again"
                .to_owned()
        }
        AccessFailure::WrongPin { tries_left } => format!(
            "the PIN is not this card's; {tries_left} tries are left; let the holder make sure before the next one"
        ),
        AccessFailure::PinSuspended => {
            "one try of the PIN is left, and it was not used; present the card access number \
             as well, and let the holder make sure of the PIN: another wrong one blocks it"
                .to_owned()
        }
        AccessFailure::PinBlocked => {
            "the PIN is blocked and was not sent; the issuing authority can unblock it".to_owned()
        }
        AccessFailure::Refused(status) => format!("it refused access control with {}", StatusWord(*status)),
        AccessFailure::Protocol(what) => format!("its answers break the access protocol: {what}"),
        AccessFailure::BrokenOff(Interruption::CardGone) => {
            "the card left during access control; place it again".to_owned()
        }
        AccessFailure::BrokenOff(Interruption::Chip(what)) => {
            format!("its answers broke access control off: {what}; place it again")
        }
        AccessFailure::BrokenOff(Interruption::Terminal) => {
            "the terminal broke access control off; begin anew".to_owned()
        }
        AccessFailure::ParametersRefused(why) => {
            format!(
                "the domain parameters that it offers for PACE are not taken: {why}; report the card type"
            )
        }
        AccessFailure::BeyondReader => {
            "it offers only keys of 2048 bits for PACE, and this reader carries no commands of extended length; \
             use a reader that does, or present the machine-readable zone: the card may open by BAC"
                .to_owned()
        }
        AccessFailure::NotOffered => {
            "it offers no access protocol that is known here, or none for the kind of number that was given"
                .to_owned()
        }
    }
}

/// A file whose reading was broken off. Its bytes are wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct PartialFile {
    /// Which.
    pub file: FileId,
    /// The bytes that came.
    pub bytes: Vec<u8>,
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

/// A session that is over. Its keys are wiped.
pub struct Ended<T> {
    pub(super) link: Box<Link<T>>,
    /// Why.
    pub cause: Cause,
    /// The file that was being read.
    pub partial: Option<PartialFile>,
}

impl<T: Transport> Ended<T> {
    pub(super) fn new(mut link: Link<T>, cause: impl Into<Cause>) -> Self {
        let cause = cause.into();
        if let Some(ChipAuthenticationTrace::Aborted(by)) = &mut link.chip_authentication {
            *by = Interruption::from(&cause);
        }
        Self { link: Box::new(link), cause, partial: None }
    }

    /// The transport, for another session or to let the card go.
    pub fn into_transport(self) -> T {
        self.link.transport
    }

    /// How chip authentication stood.
    #[must_use]
    pub fn chip_authentication(&self) -> Option<&ChipAuthenticationTrace> {
        self.link.chip_authentication.as_ref()
    }

    /// A new session on the same transport: access control begins anew.
    #[must_use]
    pub fn restart(self) -> ChipSession<T, Open> {
        let mut link = *self.link;
        link.chip_authentication = None;
        link.terminal = Basis::new();
        link.mapping = None;
        link.extended = false;
        ChipSession { link, state: Open(()) }
    }

    /// The same with the chip powered anew, or at least its master file selected: after a session in the application the
    /// current directory is unknown, and EF.CardAccess and PACE belong to the master file.
    ///
    /// # Errors
    /// The card is gone.
    pub fn restart_in_master_file(self) -> Result<ChipSession<T, Open>, Self> {
        let mut session = self.restart();
        let powered = match session.link.transport.reset() {
            Ok(powered) => powered,
            Err(error) => return Err(Self::new(session.link, error)),
        };
        if !powered {
            // Some cards do not know the command (6D00); what matters shows in the next step.
            let select = Command::new(0x00, 0xA4, 0x00, 0x0C).with_data([0x3F, 0x00]);
            if let Err(cause) = session.link.plain(&select, ChipWork::None) {
                return Err(Self::new(session.link, cause));
            }
        }
        Ok(session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_broke_off_is_told_apart() {
        let by = |cause: Cause| Interruption::from(&cause);
        let reader = || "a reader".to_owned();
        for gone in [
            TransportError::TagLost,
            TransportError::NoCard { reader: reader() },
            TransportError::Communication { code: 0x8010_002F },
            TransportError::TimedOut { timeout_ms: 1 },
        ] {
            assert_eq!(by(gone.into()), Interruption::CardGone);
        }
        for machine in [TransportError::ReaderGone { reader: reader() }, TransportError::ServiceStopped] {
            assert_eq!(by(machine.into()), Interruption::Terminal);
        }
        assert_eq!(by(Cause::Cancelled), Interruption::Terminal);
        for chip in [
            Cause::Channel(Broken::BareStatus(StatusWord(0x6982))),
            Cause::Channel(Broken::WrongMac),
            Cause::Protocol("in these words"),
            Cause::Refused { what: "a step", status: StatusWord(0x6A88) },
        ] {
            let words = chip.to_string();
            assert_eq!(by(chip), Interruption::Chip(words));
        }
    }
}
