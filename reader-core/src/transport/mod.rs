//! How bytes reach a chip: one trait, the PC/SC reader, and wrappers that trace, record, replay and disturb.

pub mod faulty;
#[cfg(feature = "pcsc")]
pub mod pcsc;
pub mod recorded;
pub mod traced;

pub use faulty::{Disturbance, Faulty};
pub use recorded::{Recorded, Replayed, Transcript, TranscriptError};
pub use traced::{TraceEvent, Traced};

/// What a reader and its driver can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Longest command, header and length fields included.
    pub command_bytes: usize,
    /// Longest response, status word included.
    pub response_bytes: usize,
    /// Extended-length commands pass.
    pub extended: bool,
}

impl Limits {
    /// Short APDUs only: what every reader carries.
    pub const SHORT: Self = Self { command_bytes: 261, response_bytes: 258, extended: false };
    /// The largest extended APDUs.
    pub const EXTENDED: Self = Self { command_bytes: 65_544, response_bytes: 65_538, extended: true };
}

/// Exchanges commands with one chip. Blocking; one at a time.
pub trait Transport {
    /// Sends `command` and puts the chip's answer, status word included, into `response` (cleared first).
    ///
    /// # Errors
    /// The chip is gone, the reader is gone, or neither answered within `timeout_ms`.
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError>;

    /// What may be sent.
    fn limits(&self) -> Limits;

    /// Takes the chip's power away and gives it back, so that a new session starts in the master file. `false` where this
    /// transport cannot.
    ///
    /// # Errors
    /// The chip or the reader is gone.
    fn reset(&mut self) -> Result<bool, TransportError> {
        Ok(false)
    }
}

impl<T: Transport + ?Sized> Transport for &mut T {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        (**self).exchange(command, timeout_ms, response)
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        (**self).reset()
    }
}

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        (**self).exchange(command, timeout_ms, response)
    }

    fn limits(&self) -> Limits {
        (**self).limits()
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        (**self).reset()
    }
}

/// Why nothing came back. None of these says anything about the chip's authenticity.
///
/// The texts are for staff: what happened, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The card left the field or lost power.
    #[error("the card left the reader; place it again and leave it until the reading ends")]
    TagLost,
    /// Another process or the driver reset the card: the session is gone, the card is not.
    #[error("the card was reset by another program; close other card programs and read again")]
    Reset,
    /// The card is there and the exchange failed: moved while answering, or a weak field.
    #[error(
        "communication with the card failed ({code:#010X}); lay the card flat on the reader and read again"
    )]
    Communication {
        /// The service's code, such as 0x8010002F.
        code: u32,
    },
    /// A card lies on the reader and does not answer to power.
    #[error(
        "the card in {reader} does not answer; turn it over or move it, and check that only one card is there"
    )]
    Unresponsive {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// The card has no power: the field was switched off, or the reader saves energy.
    #[error("the card in {reader} has no power; lay it flat on the reader and read again")]
    Unpowered {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// No card lies on the reader.
    #[error("there is no card on {reader}; place one")]
    NoCard {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// No reader has this name.
    #[error("no reader is called {wanted:?}; connected are: {}", list(present))]
    NoSuchReader {
        /// What was asked for.
        wanted: String,
        /// The readers that are there.
        present: Vec<String>,
    },
    /// The reader was unplugged or its driver ended.
    #[error("the reader {reader} is gone; check its cable")]
    ReaderGone {
        /// Its PC/SC name.
        reader: String,
    },
    /// A call into the reader's driver did not return in time. It cannot be ended from outside.
    #[error(
        "the reader {reader} did not return within {timeout_ms} ms; unplug it and plug it in again, and if that does not \
         help, restart the PC/SC service"
    )]
    ReaderHung {
        /// Its PC/SC name.
        reader: String,
        /// How long was waited.
        timeout_ms: u32,
    },
    /// Another program holds the card.
    #[error("another program is using the card in {reader}; close it")]
    Busy {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// The PC/SC service does not run.
    #[error("the PC/SC service is not running; {}", START_SERVICE)]
    NoService,
    /// The PC/SC service ended while it was in use.
    #[error("the PC/SC service stopped; read again, and if it does not return: {}", START_SERVICE)]
    ServiceStopped,
    /// The system does not let this program use readers or cards.
    #[error("the system does not let this program use the reader; {}", ALLOW)]
    NotAllowed,
    /// No answer in time.
    #[error("no answer within {timeout_ms} ms; place the card again")]
    TimedOut {
        /// How long was waited.
        timeout_ms: u32,
    },
    /// Waiting was cancelled by this program.
    #[error("cancelled")]
    Cancelled,
    /// The command is longer than the reader carries.
    #[error(
        "a command of {bytes} bytes exceeds the reader's limit of {limit}; correct the limits in its profile"
    )]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// A recording is replayed and this command is not the one that was recorded.
    #[error("the recording has another command at exchange {exchange}, or ends there")]
    NotRecorded {
        /// Counted from zero.
        exchange: usize,
    },
    /// The PC/SC service answered with something else.
    #[error("PC/SC: {what} ({code:#010X})")]
    Service {
        /// What the service says.
        what: String,
        /// Its code.
        code: u32,
    },
}

#[cfg(target_os = "linux")]
const START_SERVICE: &str = "start it with `sudo systemctl enable --now pcscd.socket`, or `sudo pcscd` where there is no \
                             systemd (package pcscd)";
#[cfg(target_os = "windows")]
const START_SERVICE: &str =
    "start the service \"Smart Card\" (SCardSvr), or plug in a reader, which starts it";
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
const START_SERVICE: &str = "start the system's smart-card service, or plug in a reader";

#[cfg(target_os = "linux")]
const ALLOW: &str =
    "allow its user the actions org.debian.pcsc-lite.access_pcsc and access_card by a polkit rule";
#[cfg(not(target_os = "linux"))]
const ALLOW: &str = "run it as a user who may use smart cards";

/// What mends a fault of the link, and who does it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Recovery {
    /// The card is there but its session is gone: [`Transport::reset`], a new session, and the reading goes on. A session
    /// does so once by itself; if that was not enough, the card is to be laid down again.
    PowerAnew,
    /// A person lays the card on the reader (again).
    PlaceCard,
    /// Reader or service has to come back, by itself or by somebody's hand; then a new connection to the service.
    Reconnect,
    /// Nothing will change until staff has put it right.
    Staff,
    /// Nothing failed: waiting was ended, or a recording.
    Nothing,
}

fn list(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl TransportError {
    /// What mends it.
    #[must_use]
    pub const fn recovery(&self) -> Recovery {
        match self {
            Self::Reset | Self::Communication { .. } | Self::Unpowered { .. } => Recovery::PowerAnew,
            Self::TagLost | Self::Unresponsive { .. } | Self::NoCard { .. } | Self::TimedOut { .. } => {
                Recovery::PlaceCard
            }
            Self::NoSuchReader { .. }
            | Self::ReaderGone { .. }
            | Self::ReaderHung { .. }
            | Self::NoService
            | Self::ServiceStopped => Recovery::Reconnect,
            Self::Busy { .. } | Self::NotAllowed | Self::TooLong { .. } | Self::Service { .. } => {
                Recovery::Staff
            }
            Self::Cancelled | Self::NotRecorded { .. } => Recovery::Nothing,
        }
    }

    /// The card is gone or has to be placed again: a person can mend it.
    #[must_use]
    pub const fn is_card(&self) -> bool {
        matches!(self.recovery(), Recovery::PowerAnew | Recovery::PlaceCard)
    }
}
