//! Terminal authentication, version 1: the terminal shows its certificates and signs the chip's challenge, so that the
//! chip gives fingers and irises. Spec: 9303-11 §7.1; TR-03110-3 §B.11.

use std::fmt;
use std::sync::Arc;

use crate::capture::{TerminalAuthenticationOutcome, TerminalAuthenticationStep};
use crate::crypto::hash::HashAlgorithm;
use crate::crypto::secret::Entropy;
use crate::crypto::signature::{self, SignatureCheck};
use crate::cvc::{Chain, Reference, TerminalCertificates, TerminalKey};
use crate::lds::FileId;
use crate::transport::{Limits, Transport};
use crate::wire::apdu::{Command, LengthForm, Response};
use crate::wire::cvc;
use crate::wire::date::Date;
use crate::wire::status::StatusWord;
use crate::wire::tlv;

use super::link::ChipWork;
use super::{ChipSession, Ended, ReadLimits, Secured};

/// Length of the challenge.
const CHALLENGE_BYTES: usize = 8;
/// Length of EF.CVCA. Spec: TR-03110-3 §A.1.1.3.
const CVCA_BYTES: usize = 36;

/// What a terminal needs to be let in: certificates, the key of one of them, and the day.
#[derive(Clone)]
pub struct TerminalAuthentication {
    /// The terminal's certificates, those above it, and link certificates.
    pub certificates: Arc<TerminalCertificates>,
    /// The key of its own certificate.
    pub key: Arc<dyn TerminalKey>,
    /// The present day, by the terminal's clock; what a chip takes for the present is not known.
    pub today: Date,
}

impl fmt::Debug for TerminalAuthentication {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (count, today) = (self.certificates.all().len(), self.today);
        write!(f, "TerminalAuthentication({count} certificates, {today})")
    }
}

/// The authorities that a chip trusts.
pub struct Authorities {
    /// Their references, the newest first.
    pub named: Vec<Reference>,
    /// The bytes of the file that names them, where one was read.
    pub file: Option<Vec<u8>>,
}

/// What a session knows that terminal authentication rests on. None of it is secret.
pub(super) struct Basis {
    /// ID_IC: the number with its check digit after BAC, the chip's compressed ephemeral key after PACE.
    chip_id: Option<Vec<u8>>,
    /// The terminal's compressed key of PACE; it counts where PACE proved the chip.
    pace_key: Option<Vec<u8>>,
    /// The terminal's newest compressed key of chip authentication.
    ephemeral: Option<Vec<u8>>,
    /// Authorities that the chip named at the end of PACE, the newest first.
    authorities: Vec<Reference>,
    /// It was tried; a chip takes it once.
    pub tried: bool,
}

impl Basis {
    pub const fn new() -> Self {
        Self { chip_id: None, pace_key: None, ephemeral: None, authorities: Vec::new(), tried: false }
    }

    pub fn opened_by_bac(&mut self, number_with_check_digit: &str) {
        *self = Self { chip_id: Some(number_with_check_digit.as_bytes().to_vec()), ..Self::new() };
    }

    /// With both ephemeral keys of the key agreement, as they were sent.
    pub fn opened_by_pace(&mut self, chip: &[u8], terminal: &[u8], curve: bool) {
        self.chip_id = Some(compress(chip, curve));
        self.pace_key = Some(compress(terminal, curve));
    }

    /// Certification authority references at the end of PACE (tags 87 and 88); what can be none is left out.
    pub fn names_authority(&mut self, reference: &[u8]) {
        self.authorities.extend(Reference::from_bytes(reference));
    }

    /// Chip authentication used this key of the terminal.
    pub fn has_new_key(&mut self, compressed: Vec<u8>) {
        self.ephemeral = Some(compressed);
    }

    /// Of chip authentication, else of the mapping that proved the chip. Spec: 9303-11 §7.1.2, note.
    fn proving_key(&self) -> Option<Vec<u8>> {
        self.ephemeral.clone().or_else(|| self.pace_key.clone())
    }

    /// The compressed key of chip authentication.
    pub fn newest_key(&self) -> Option<&[u8]> {
        self.ephemeral.as_deref()
    }
}

/// Comp(PK): the x coordinate, or the SHA-1 of a public value over a prime field. Spec: 9303-11 §7.1.4.1.3, §7.1.4.2.3.
fn compress(key: &[u8], curve: bool) -> Vec<u8> {
    if !curve {
        return HashAlgorithm::Sha1.digest(key);
    }
    let coordinates = key.get(1..).unwrap_or_default();
    coordinates.get(..coordinates.len() / 2).unwrap_or_default().to_vec()
}

impl<T: Transport> ChipSession<T, Secured> {
    /// The authorities that the chip trusts, the newest first: as it named them in PACE, else out of EF.CVCA (or the file
    /// that DG14 names in its place). With the file's bytes, where it was read.
    ///
    /// # Errors
    /// The channel breaks or the card is gone. A file that is missing or cannot be understood names no authority.
    pub fn terminal_authorities(self, file: FileId) -> Result<(Self, Authorities), Ended<T>> {
        if !self.link.terminal.authorities.is_empty() {
            let known = self.link.terminal.authorities.clone();
            return Ok((self, Authorities { named: known, file: None }));
        }
        let (session, bytes) = self.read_cvca(file)?;
        let named = bytes.as_deref().and_then(|bytes| cvc::authorities(bytes).ok()).unwrap_or_default();
        let named = named.into_iter().filter_map(Reference::from_bytes).collect();
        Ok((session, Authorities { named, file: bytes }))
    }

    /// Its size is fixed and its content no single data object, so it is read at once.
    fn read_cvca(self, file: FileId) -> Result<(Self, Option<Vec<u8>>), Ended<T>> {
        let by_short = file.short().map(|short| Command::new(0x00, 0xB0, 0x80 | short, 0x00));
        let mut session = self;
        if let Some(command) = by_short {
            let (next, response) = session.ask(&command, CVCA_BYTES)?;
            if !response.data.is_empty() {
                return Ok((next, Some(response.data)));
            }
            session = next;
        }
        let select = Command::new(0x00, 0xA4, 0x02, 0x0C).with_data(file.id.to_be_bytes());
        let (session, response) = session.transmit(&select, LengthForm::Short, ChipWork::None)?;
        if response.status != StatusWord::OK {
            return Ok((session, None));
        }
        let (session, response) = session.ask(&Command::new(0x00, 0xB0, 0x00, 0x00), CVCA_BYTES)?;
        Ok((session, Some(response.data).filter(|data| !data.is_empty())))
    }

    /// A command for at most `ne` bytes, repeated once with the length that the chip wants (6Cxx).
    fn ask(self, command: &Command, ne: usize) -> Result<(Self, Response), Ended<T>> {
        let first = command.clone().expecting(ne);
        let (session, response) = self.transmit(&first, LengthForm::Short, ChipWork::None)?;
        match response.status.correct_le() {
            Some(ne) => {
                let again = command.clone().expecting(usize::from(ne));
                session.transmit(&again, LengthForm::Short, ChipWork::None)
            }
            None => Ok((session, response)),
        }
    }

    /// Shows `chain` and signs the chip's challenge with `key`. Whatever comes of it, the session goes on: a chip keeps its
    /// channel when terminal authentication fails. Spec: 9303-11 §7.1.3.
    ///
    /// # Errors
    /// The channel breaks or the card is gone.
    pub fn authenticate_terminal(
        mut self,
        chain: &Chain,
        key: &dyn TerminalKey,
        limits: &ReadLimits,
        entropy: &mut dyn Entropy,
    ) -> Result<(Self, TerminalAuthenticationOutcome), Ended<T>> {
        use TerminalAuthenticationStep as Step;
        self.link.terminal.tried = true;
        let (Some(chip_id), Some(ephemeral)) =
            (self.link.terminal.chip_id.clone(), self.link.terminal.proving_key())
        else {
            return Ok((self, TerminalAuthenticationOutcome::ChipNotAuthenticated));
        };
        let Some(own) = chain.terminal().cloned() else {
            return Ok((self, TerminalAuthenticationOutcome::ChipNotAuthenticated));
        };
        let mut session = self;
        for certificate in chain.certificates() {
            let reference = tlv::encode(0x83, certificate.authority().as_bytes());
            let select = Command::new(0x00, 0x22, 0x81, 0xB6).with_data(reference);
            let verify = Command::new(0x00, 0x2A, 0x00, 0xBE).with_data(certificate.for_chip());
            for (command, step) in [(select, Step::SelectAuthority), (verify, Step::VerifyCertificate)] {
                let (next, status) = session.send(&command, limits)?;
                if status != StatusWord::OK {
                    return Ok((next, refused(step, status)));
                }
                session = next;
            }
        }
        let reference = tlv::encode(0x83, own.holder().as_bytes());
        let select = Command::new(0x00, 0x22, 0x81, 0xA4).with_data(reference);
        let (session, status) = session.send(&select, limits)?;
        if status != StatusWord::OK {
            return Ok((session, refused(Step::SelectKey, status)));
        }
        let (session, response) = session.ask(&Command::new(0x00, 0x84, 0x00, 0x00), CHALLENGE_BYTES)?;
        if response.status != StatusWord::OK {
            return Ok((session, refused(Step::Challenge, response.status)));
        }
        if response.data.len() != CHALLENGE_BYTES {
            let outcome = TerminalAuthenticationOutcome::Protocol("the challenge has not 8 bytes");
            return Ok((session, outcome));
        }
        let signed = [chip_id, response.data, ephemeral].concat();
        let signature = match key.sign(own.scheme(), &signed, entropy) {
            Ok(signature) => signature,
            Err(failure) => return Ok((session, TerminalAuthenticationOutcome::KeyFailed(failure.0))),
        };
        // A chip counts nothing, but a key that errs should be known before the chip says no.
        let holds = signature::verify(&key.public_key(), own.scheme(), &signed, &signature);
        if !holds.is_ok_and(SignatureCheck::is_valid) {
            let what =
                "the key made a signature that does not hold; check that key and certificate belong together";
            return Ok((session, TerminalAuthenticationOutcome::KeyFailed(what.to_owned())));
        }
        let answer = Command::new(0x00, 0x82, 0x00, 0x00).with_data(signature);
        let (session, status) = session.send(&answer, limits)?;
        Ok((
            session,
            match status {
                StatusWord::OK => TerminalAuthenticationOutcome::Authenticated,
                status => refused(Step::Signature, status),
            },
        ))
    }

    /// A command without response data, extended as far as declared.
    fn send(self, command: &Command, limits: &ReadLimits) -> Result<(Self, StatusWord), Ended<T>> {
        let reader = self.link.transport.limits();
        let declared = limits.declared.filter(|card: &Limits| card.extended && reader.extended);
        let extended_bytes = declared.map(|card| card.command_bytes);
        let work = ChipWork::TerminalAuthentication;
        let (session, response) = self.transmit_long(command, extended_bytes, work)?;
        Ok((session, response.status))
    }
}

fn refused(step: TerminalAuthenticationStep, status: StatusWord) -> TerminalAuthenticationOutcome {
    TerminalAuthenticationOutcome::Refused { step, status: status.0 }
}
