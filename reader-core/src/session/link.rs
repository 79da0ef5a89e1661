//! The transport below a session: status words of the transfer itself, and the sizes of what went over it.

use crate::capture::{ChipAuthenticationTrace, PaceCamTrace};
use crate::transport::{Transport, TransportError};
use crate::wire::apdu::{Command, EXTENDED_NE_MAX_BYTES, LengthForm, Response};
use crate::wire::status::StatusWord;

use super::Cause;
use super::terminal_auth::Basis;

/// Rounds of GET RESPONSE before a chip is taken to be stuck: 65,536 bytes in pieces of 256.
const MAX_GET_RESPONSE: usize = 256;

/// Work of the chip beyond copying bytes, for the model of its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ChipWork {
    /// None worth counting.
    None,
    /// EXTERNAL AUTHENTICATE of BAC.
    Bac,
    /// PACE: the nonce.
    PaceNonce,
    /// PACE: mapping.
    PaceMapping,
    /// PACE: key agreement.
    PaceAgreement,
    /// PACE: tokens.
    PaceTokens,
    /// Key agreement of chip authentication.
    ChipAuthentication,
    /// A signature of active authentication.
    ActiveAuthentication,
    /// A signature check of terminal authentication.
    TerminalAuthentication,
}

/// The sizes of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeSize {
    /// The command as sent.
    pub command_bytes: usize,
    /// The response as received, status word included.
    pub response_bytes: usize,
    /// Response data without protection and status word.
    pub plain_bytes: usize,
    /// What else the chip did.
    pub work: ChipWork,
}

/// A transport with what the session saw on it.
pub(super) struct Link<T> {
    pub transport: T,
    pub timeout_ms: u32,
    pub exchanges: Vec<ExchangeSize>,
    /// Chip authentication as witnessed so far.
    pub chip_authentication: Option<ChipAuthenticationTrace>,
    /// What terminal authentication rests on.
    pub terminal: Basis,
    /// What the chip authentication mapping of PACE gave in this session.
    pub mapping: Option<PaceCamTrace>,
    /// The last protected command had extended lengths.
    pub extended: bool,
    /// This chip refused a short identifier and gave the file after SELECT: the next ones are selected at once.
    pub selects_files: bool,
}

impl<T: Transport> Link<T> {
    pub const fn new(transport: T, timeout_ms: u32) -> Self {
        Self {
            transport,
            timeout_ms,
            exchanges: Vec::new(),
            chip_authentication: None,
            terminal: Basis::new(),
            mapping: None,
            extended: false,
            selects_files: false,
        }
    }

    /// Sends bytes and collects the whole response, whatever the number of pieces (61xx).
    pub fn raw(&mut self, command: &[u8], work: ChipWork) -> Result<Vec<u8>, Cause> {
        let mut response = self.once(command, work)?;
        for _ in 0..MAX_GET_RESPONSE {
            let Some(more) = outer_status(&response).and_then(StatusWord::more_available) else {
                return Ok(response);
            };
            response.truncate(response.len().saturating_sub(2));
            let rest = Command::new(0x00, 0xC0, 0x00, 0x00).expecting(usize::from(more));
            response.extend(self.once(&rest.encode(LengthForm::Short)?, ChipWork::None)?);
            if response.len() > EXTENDED_NE_MAX_BYTES + 2 {
                break;
            }
        }
        Err(Cause::Protocol("a response in pieces (61xx) that does not end"))
    }

    /// An unprotected command, extended only where it does not fit otherwise; 6Cxx is answered with the length the chip wants, once.
    pub fn plain(&mut self, command: &Command, work: ChipWork) -> Result<Response, Cause> {
        let form = if command.fits_short() { LengthForm::Short } else { LengthForm::Extended };
        let received = self.raw(&command.encode(form)?, work)?;
        let response = Response::parse(&received)?;
        let Some(ne) = response.status.correct_le() else { return Ok(response) };
        let again = command.clone().expecting(usize::from(ne));
        Ok(Response::parse(&self.raw(&again.encode(form)?, ChipWork::None)?)?)
    }

    /// Corrects the plain size of the last exchange, once its protection is off.
    pub fn note_plain(&mut self, plain_bytes: usize) {
        if let Some(last) = self.exchanges.last_mut() {
            last.plain_bytes = plain_bytes;
        }
    }

    fn once(&mut self, command: &[u8], work: ChipWork) -> Result<Vec<u8>, TransportError> {
        let mut response = Vec::new();
        self.transport.exchange(command, self.timeout_ms, &mut response)?;
        self.exchanges.push(ExchangeSize {
            command_bytes: command.len(),
            response_bytes: response.len(),
            plain_bytes: response.len().saturating_sub(2),
            work,
        });
        Ok(response)
    }
}

fn outer_status(response: &[u8]) -> Option<StatusWord> {
    response.last_chunk::<2>().map(|status| StatusWord(u16::from_be_bytes(*status)))
}
