//! How bytes reach a chip: one trait, the PC/SC reader, and wrappers that trace, record, replay and disturb.

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
}

/// Why nothing came back. None of these says anything about the chip's authenticity.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransportError {
    /// The card left the field or lost power.
    #[error("the card left the reader")]
    TagLost,
    /// Another process or the driver reset the card: the session is gone, the card is not.
    #[error("the card was reset by another program")]
    Reset,
    /// The reader was unplugged or its driver ended.
    #[error("the reader {reader} is gone; check its cable")]
    ReaderGone {
        /// Its PC/SC name.
        reader: String,
    },
    /// Another program holds the card.
    #[error("another program is using the card in {reader}; close it")]
    Busy {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// No answer in time.
    #[error("no answer within {timeout_ms} ms")]
    TimedOut {
        /// How long was waited.
        timeout_ms: u32,
    },
    /// Waiting was cancelled by this program.
    #[error("cancelled")]
    Cancelled,
    /// The command is longer than the reader carries.
    #[error("a command of {bytes} bytes exceeds the reader's limit of {limit}")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// The PC/SC service answered with something else.
    #[error("PC/SC: {what} (0x{code:08X})")]
    Service {
        /// What the service says.
        what: String,
        /// Its code.
        code: u32,
    },
}
