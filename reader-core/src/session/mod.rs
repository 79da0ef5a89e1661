//! Conversing with a chip: access control, chip authentication, active authentication, files.
//!
//! The state of a session is its type. A new session can only open the chip; what opens gives a session that reads:
//!
//! ```compile_fail
//! use reader_core::lds::FileId;
//! use reader_core::session::{ChipSession, Open, ReadLimits};
//! use reader_core::transport::Replayed;
//!
//! fn too_early(session: ChipSession<Replayed, Open>) {
//!     // No method named `read_file`: access control comes first.
//!     let _ = session.read_file(FileId::SOD, &ReadLimits::default(), &mut |_, _| std::ops::ControlFlow::Continue(()));
//! }
//! ```
//!
//! The same call on a session that was opened compiles:
//!
//! ```
//! use reader_core::lds::FileId;
//! use reader_core::session::{ChipSession, ReadLimits, Secured};
//! use reader_core::transport::Replayed;
//!
//! fn in_time(session: ChipSession<Replayed, Secured>) {
//!     let _ = session.read_file(FileId::SOD, &ReadLimits::default(), &mut |_, _| std::ops::ControlFlow::Continue(()));
//! }
//! ```
//!
//! Every method consumes the session. Failure gives [`Ended`], from which only a new session can begin.
//! [`read_chip`] is the whole conversation by a [`Plan`]; [`resume_chip`] goes on with
//! it after the card left and came back.

mod access_key;
mod active_auth;
mod bac;
mod chaining;
mod chip_auth;
mod conversation;
mod declared;
mod ended;
mod expected;
mod files;
mod link;
pub mod link_model;
mod observe;
mod pace;
mod pace_cam;
mod pace_group;
mod pace_offer;
mod pace_pin;
#[cfg(test)]
mod pace_published;
#[cfg(all(test, feature = "pcsc"))]
#[path = "tests/pcsc.rs"]
mod pcsc_service;
mod plan;
#[cfg(test)]
mod published;
mod resume;
mod terminal_auth;
pub mod wrong_card;

use crate::capture::{AccessFailure, ChipAuthenticationTrace, FileState, PaceCamTrace};
use crate::channel::Idle;
use crate::crypto::kdf::CipherSuite;
use crate::crypto::secret::Entropy;
use crate::lds::FileId;
use crate::lds::file_id::EMRTD_AID;
use crate::lds::security_infos::Suite;
use crate::transport::Transport;
use crate::wire::apdu::{Command, LengthForm, Response};
use crate::wire::status::StatusWord;

pub use access_key::{AccessKey, AccessKeyError};
pub use chip_auth::{ChipAuthenticationOffer, Extended, KeyCommand};
pub use conversation::{Reading, read_chip};
pub use declared::{LearntLimits, declared_by_atr};
pub use ended::{Cause, Ended, PartialFile};
pub use files::{FileRead, ReadLimits};
use link::Link;
pub use link::{ChipWork, ExchangeSize};
pub use observe::{Event, Observer, Step};
pub use pace_group::PaceGroup;
pub use pace_offer::{NoOffer, PaceOffer};
pub use plan::{ActiveAuthentication, BacFallback, ChipAuthentication, Plan};
pub use resume::{Earlier, resume_chip};
pub use terminal_auth::{Authorities, TerminalAuthentication};

/// Before access control.
pub struct Open(());

/// After access control: everything is protected by a channel.
pub struct Secured {
    channel: Idle,
    /// Chip authentication switched keys, and no response under them has come yet.
    unconfirmed: Option<ChipAuthenticationTrace>,
}

/// A conversation with one chip in the state `S`: [`Open`] or [`Secured`].
pub struct ChipSession<T, S> {
    link: Link<T>,
    state: S,
}

impl<T: Transport> ChipSession<T, Open> {
    /// Begins with a chip that was just powered. `timeout_ms` is for one exchange.
    pub const fn new(transport: T, timeout_ms: u32) -> Self {
        Self { link: Link::new(transport, timeout_ms), state: Open(()) }
    }

    fn stop(self) -> Ended<T> {
        Ended::new(self.link, Cause::Cancelled)
    }

    /// EF.CardAccess, read before access control: its short identifier in the master file, without selecting anything
    /// first. Spec: 9303-10 §3.6.1.1; 9303-11 §4.2, §9.2.11.
    ///
    /// # Errors
    /// The card is gone, or its bytes are no responses.
    pub fn read_card_access(self) -> Result<(Self, FileRead), Ended<T>> {
        self.read_open(FileId::CARD_ACCESS)
    }

    /// EF.ATR/INFO in the same way; some chips give it only after access control. Spec: 9303-10 §3.11.1.
    ///
    /// # Errors
    /// The card is gone, or its bytes are no responses.
    pub fn read_atr_info(self) -> Result<(Self, FileRead), Ended<T>> {
        self.read_open(FileId::ATR_INFO)
    }

    fn read_open(mut self, file: FileId) -> Result<(Self, FileRead), Ended<T>> {
        let mut reader = files::FileReader::new(file, &ReadLimits::default(), 256, None);
        loop {
            let (command, _) = reader.next_command();
            match self.link.plain(&command, ChipWork::None) {
                Ok(response) => {
                    if let Some(read) = reader.take(&response) {
                        return Ok((self, read));
                    }
                }
                Err(cause) => {
                    let partial = Some(reader.into_partial());
                    return Err(Ended { partial, ..Ended::new(self.link, cause) });
                }
            }
        }
    }

    /// PACE in the master file. The application is not selected yet afterwards: [`ChipSession::select_application`].
    ///
    /// # Errors
    /// Any failure ends the session; the cause says whether the password was wrong.
    pub fn pace(
        self,
        offer: &PaceOffer,
        key: &AccessKey,
        entropy: &mut dyn Entropy,
    ) -> Result<ChipSession<T, Secured>, Ended<T>> {
        let mut link = self.link;
        match pace::run(&mut link, offer, key, pace::LastTry::Keep, entropy) {
            Ok(pace::Established { channel, mapping }) => {
                link.mapping = mapping;
                Ok(ChipSession { link, state: Secured { channel, unconfirmed: None } })
            }
            Err(cause) => Err(Ended::new(link, cause)),
        }
    }

    /// Selects the application and opens it with BAC.
    ///
    /// # Errors
    /// Any failure ends the session; a card access number is not taken.
    pub fn bac(
        self,
        key: &AccessKey,
        entropy: &mut dyn Entropy,
    ) -> Result<ChipSession<T, Secured>, Ended<T>> {
        let mut link = self.link;
        let Some(information) = key.bac_information() else {
            return Err(Ended::new(link, AccessFailure::NotOffered));
        };
        let opened = link.plain(&select_application(), ChipWork::None).and_then(|response| {
            if response.status == StatusWord::OK {
                link.terminal.opened_by_bac(key.number_with_check_digit().unwrap_or_default());
                bac::run(&mut link, information, entropy)
            } else {
                Err(AccessFailure::Refused(response.status.0).into())
            }
        });
        match opened {
            Ok(channel) => Ok(ChipSession { link, state: Secured { channel, unconfirmed: None } }),
            Err(cause) => Err(Ended::new(link, cause)),
        }
    }
}

impl<T: Transport> ChipSession<T, Secured> {
    /// The cipher of the channel.
    pub const fn suite(&self) -> CipherSuite {
        self.state.channel.suite()
    }

    /// How chip authentication stands in this session.
    pub const fn chip_authentication(&self) -> Option<&ChipAuthenticationTrace> {
        self.link.chip_authentication.as_ref()
    }

    /// What the chip authentication mapping of PACE gave, where PACE ran with it.
    pub const fn pace_mapping(&self) -> Option<&PaceCamTrace> {
        self.link.mapping.as_ref()
    }

    /// Whether chip authentication changed the keys, confirmed or not yet.
    fn has_new_keys(&self) -> bool {
        self.state.unconfirmed.is_some()
            || matches!(self.chip_authentication(), Some(ChipAuthenticationTrace::NewKeysAnswered { .. }))
    }

    /// Ends the session here.
    pub fn end(self, cause: Cause) -> Ended<T> {
        Ended::new(self.link, cause)
    }

    /// Selects the application under the channel, as after PACE.
    ///
    /// # Errors
    /// The chip refuses, the channel breaks, or the card is gone.
    pub fn select_application(self) -> Result<Self, Ended<T>> {
        let (session, response) = self.transmit(&select_application(), LengthForm::Short, ChipWork::None)?;
        match response.status {
            StatusWord::OK => Ok(session),
            status => Err(session.end(Cause::Refused { what: "SELECT of the eMRTD application", status })),
        }
    }

    /// Reads one file to its end. `progress` is told bytes done and in all, and may stop the session.
    ///
    /// # Errors
    /// The channel breaks, the card is gone, or `progress` stopped it; the bytes that came are in
    /// [`Ended::partial`]. A file that is absent or protected is an answer, not an error.
    pub fn read_file(
        self,
        file: FileId,
        limits: &ReadLimits,
        progress: &mut dyn FnMut(usize, usize) -> std::ops::ControlFlow<()>,
    ) -> Result<(Self, FileRead), Ended<T>> {
        self.resume_file(PartialFile { file, bytes: Vec::new() }, limits, progress)
    }

    /// Reads on in a file whose reading was broken off in an earlier session. Its first part is read again, by short
    /// identifier, in place of a selection: [`FileRead::changed`] tells when it is not what it was.
    ///
    /// # Errors
    /// As [`ChipSession::read_file`].
    pub fn resume_file(
        self,
        mut earlier: PartialFile,
        limits: &ReadLimits,
        progress: &mut dyn FnMut(usize, usize) -> std::ops::ControlFlow<()>,
    ) -> Result<(Self, FileRead), Ended<T>> {
        let (short, extended) = limits.chunks(&self.state.channel, self.link.transport.limits());
        let known = std::mem::take(&mut earlier.bytes);
        let reader = files::FileReader::new(earlier.file, limits, short, extended).after(known);
        let mut reader = reader.selecting(self.link.selects_files);
        let mut session = self;
        loop {
            let (command, form) = reader.next_command();
            let response = match session.transmit(&command, form, ChipWork::None) {
                Ok((next, response)) => {
                    session = next;
                    response
                }
                Err(ended) => return Err(Ended { partial: Some(reader.into_partial()), ..ended }),
            };
            if let Some(read) = reader.take(&response) {
                session.link.selects_files |=
                    read.selected_by_identifier && matches!(read.state, FileState::Read(_));
                return Ok((session, read));
            }
            let (done_bytes, total_bytes) = reader.progress();
            if progress(done_bytes, total_bytes).is_break() {
                let partial = Some(reader.into_partial());
                return Err(Ended { partial, ..session.end(Cause::Cancelled) });
            }
        }
    }

    /// One protected exchange. Under fresh keys of chip authentication, its outcome is that protocol's outcome.
    fn transmit(
        self,
        command: &Command,
        form: LengthForm,
        work: ChipWork,
    ) -> Result<(Self, Response), Ended<T>> {
        let Self { mut link, state: Secured { channel, unconfirmed } } = self;
        let (bytes, awaiting) = match channel.protect(command, form) {
            Ok(protected) => protected,
            Err(error) => return Err(Ended::new(link, error)),
        };
        link.extended = form == LengthForm::Extended;
        let received = match link.raw(&bytes, work) {
            Ok(received) => received,
            Err(cause) => return Err(Ended::new(link, cause)),
        };
        match awaiting.open(&received) {
            Ok((response, channel)) => {
                link.note_plain(response.data.len());
                if unconfirmed.is_some() {
                    link.chip_authentication = unconfirmed;
                }
                Ok((Self { link, state: Secured { channel, unconfirmed: None } }, response))
            }
            Err(broken) => {
                if unconfirmed.is_some() {
                    link.chip_authentication = Some(ChipAuthenticationTrace::NewKeysRefused);
                }
                Err(Ended::new(link, broken))
            }
        }
    }
}

fn select_application() -> Command {
    Command::new(0x00, 0xA4, 0x04, 0x0C).with_data(EMRTD_AID)
}

const fn cipher_suite(suite: Suite) -> CipherSuite {
    match suite {
        Suite::TripleDes => CipherSuite::TripleDes,
        Suite::Aes128 => CipherSuite::Aes128,
        Suite::Aes192 => CipherSuite::Aes192,
        Suite::Aes256 => CipherSuite::Aes256,
    }
}

/// The state of a file that was asked for and not reached.
const NOT_REACHED: FileState = FileState::Aborted { read_bytes: 0 };
