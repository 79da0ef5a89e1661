//! A simulated chip: command bytes in, response bytes out.
//!
//! It knows nothing of what its files mean. Its TLV, its secure messaging and its protocols were written from the
//! standards and checked against the published examples alone; it shares no codec with the reader.

mod active_auth;
mod bac;
mod bad_key;
mod chip_auth;
mod chip_data;
mod command_in;
mod cv_certificate;
mod fault;
mod fault_spec;
mod files;
mod memory;
mod misbehave;
mod misshapen;
mod pace;
mod pin;
pub mod primitives;
mod sm;
mod status;
mod terminal_auth;
pub mod tlv;

pub use active_auth::recovered_block;
pub use chip_data::ChipData;
pub use command_in::Command;
pub use fault::{BadKey, Fault, KeyProof, PaceStep, Shape, Swap};
pub use memory::{Known, Memory};
pub use sm::Channel;
pub use terminal_auth::TerminalFault;

use crate::card::{Card, ChipAuthenticationKey, Directory};
use crate::num::{BigUint, expand};
use pin::Pin;
use terminal_auth::Terminal;

/// A source of the chip's randomness: it fills the slice.
pub type Entropy = Box<dyn FnMut(&mut [u8]) + Send>;

/// An answer before secure messaging and the transport have their turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Response data.
    pub data: Vec<u8>,
    /// Status word.
    pub status: u16,
}

impl Answer {
    /// Data with 9000.
    fn ok(data: impl Into<Vec<u8>>) -> Answer {
        Answer { data: data.into(), status: status::OK }
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.data[..], &self.status.to_be_bytes()].concat()
    }
}

/// The protocol that GENERAL AUTHENTICATE continues, as MSE set it. A further protocol is a variant here, an entry in
/// `manage_security` and a file of its own.
enum Protocol {
    None,
    Pace(pace::Pace),
    ChipAuthentication(ChipAuthenticationKey),
}

/// What a power cycle forgets.
struct State {
    exchanges: usize,
    torn: bool,
    directory: Directory,
    file: Option<(Directory, u16)>,
    channel: Option<Channel>,
    /// Takes over once the current answer is on its way.
    next_channel: Option<Channel>,
    /// BAC or PACE was completed in the channel that is open.
    authenticated: bool,
    /// The card access number opened the channel: a suspended PIN may be tried in it.
    by_can: bool,
    challenge: Option<[u8; 8]>,
    protocol: Protocol,
    terminal: Terminal,
    /// What GET RESPONSE will fetch.
    remaining: Vec<u8>,
    /// Every answer given.
    sent: Vec<Vec<u8>>,
}

impl State {
    fn new() -> State {
        State {
            exchanges: 0,
            torn: false,
            directory: Directory::MasterFile,
            file: None,
            channel: None,
            next_channel: None,
            authenticated: false,
            by_can: false,
            challenge: None,
            protocol: Protocol::None,
            terminal: Terminal::default(),
            remaining: Vec::new(),
            sent: Vec::new(),
        }
    }

    /// Keys and rights die together. Spec: 9303-11 §9.8.
    fn end_session(&mut self) {
        self.channel = None;
        self.authenticated = false;
        self.by_can = false;
        self.protocol = Protocol::None;
        self.terminal = Terminal::default();
    }
}

/// A simulated chip with the content of a card.
pub struct Chip {
    card: Card,
    entropy: Entropy,
    faults: Vec<Fault>,
    /// What answers in the card's place where a fault says so.
    stand_in: Option<Card>,
    /// The stand-in has taken the card's place for good.
    swapped: bool,
    /// The holder's PIN with its tries; no loss of power brings them back.
    pin: Option<Pin>,
    /// What it knew and nobody else may learn.
    memory: Memory,
    state: State,
}

impl Chip {
    /// A chip whose random numbers follow from a seed, so that every run of a test is the same.
    pub fn new(card: Card, seed: u64) -> Chip {
        let mut draws = 0u64;
        let entropy = move |out: &mut [u8]| {
            out.copy_from_slice(&expand(&[b"chip", &seed.to_be_bytes(), &draws.to_be_bytes()], out.len()));
            draws += 1;
        };
        Chip::with_entropy(card, Box::new(entropy))
    }

    /// A chip with given random numbers, as a worked example prescribes them. It draws, in this order: the BAC challenge
    /// (8 bytes), K.IC (16); the PACE nonce (16; 32 in integrated mapping with AES-192 and -256), the mapping key (not in
    /// integrated mapping) and the ephemeral key (as wide as the group's order).
    pub fn with_entropy(card: Card, entropy: Entropy) -> Chip {
        Chip {
            card,
            entropy,
            faults: Vec::new(),
            stand_in: None,
            swapped: false,
            pin: None,
            memory: Memory::default(),
            state: State::new(),
        }
    }

    /// Gives the card a PIN with three tries, which PACE then takes too. Spec: TR-03110-2 §2.4.1.
    pub fn set_pin(&mut self, digits: &str) {
        self.pin = Some(Pin { digits: digits.to_owned(), tries_left: pin::TRIES });
    }

    /// The tries that the PIN has left, where there is one.
    pub fn pin_tries_left(&self) -> Option<u8> {
        self.pin.as_ref().map(|pin| pin.tries_left)
    }

    /// Adds a fault; several may be in force.
    pub fn misbehave(&mut self, fault: Fault) {
        self.faults.push(fault);
    }

    /// The card that takes this one's place, or lends it a key, where a fault says so.
    pub fn stand_in(&mut self, card: Card) {
        self.stand_in = Some(card);
    }

    /// Takes all faults away.
    pub fn behave(&mut self) {
        self.faults.clear();
    }

    /// Takes the power away and gives it back: the session, the current file and the count of exchanges are gone.
    pub fn reset(&mut self) {
        self.state = State::new();
        self.powered_up();
    }

    /// How many commands came since the last power-up.
    pub fn exchanges(&self) -> usize {
        self.state.exchanges
    }

    /// The content that the chip serves.
    pub fn card(&self) -> &Card {
        &self.card
    }

    /// Opens a channel with given keys in a directory, as a worked example begins that starts in the middle.
    pub fn open_channel(&mut self, channel: Channel, directory: Directory) {
        self.state = State { channel: Some(channel), authenticated: true, directory, ..State::new() };
    }

    /// The answer to reset that a PC/SC reader makes up for a contactless card: historical bytes between a fixed frame.
    /// Spec: PC/SC part 3 §3.1.3.2.3.
    pub fn atr(&self) -> Vec<u8> {
        // Card capabilities (73): select by name and by file identifier, short identifiers, extended length or not.
        let third = if self.card.extended_length { 0xC0 } else { 0x80 };
        let historical = [0x80, 0x73, 0xC8, 0x01, third];
        let count = 0x80 | historical.len().to_be_bytes()[size_of::<usize>() - 1];
        let checked = [&[count, 0x80, 0x01], &historical[..]].concat();
        let check = checked.iter().fold(0, |sum, byte| sum ^ byte);
        [&[0x3B], &checked[..], &[check]].concat()
    }

    /// One exchange. An empty answer means that the card is gone: the transport reports a lost tag.
    pub fn exchange(&mut self, command: &[u8]) -> Vec<u8> {
        let number = self.state.exchanges;
        self.state.exchanges += 1;
        self.leave_or_swap(number);
        if self.state.torn {
            return Vec::new();
        }
        let mut response = self.instead(number).unwrap_or_else(|| self.respond(command, number));
        for fault in &self.faults {
            misbehave::spoil(fault, number, &mut response);
        }
        self.state.sent.push(response.clone());
        response
    }

    /// Parses, takes secure messaging off, executes, puts it on again, and splits what does not fit.
    fn respond(&mut self, bytes: &[u8], number: usize) -> Vec<u8> {
        let Some(outer) = Command::parse(bytes) else { return Answer::error(status::WRONG_LENGTH) };
        if outer.extended && (!self.card.extended_length || self.has(&Fault::RefuseExtended)) {
            return Answer::error(status::WRONG_LENGTH);
        }
        if outer.cla & !0x1C != 0 || !matches!(outer.cla & 0x0C, 0x00 | 0x0C) {
            return Answer::error(status::CLASS_UNKNOWN);
        }
        if outer.ins == 0xC0 && !self.state.remaining.is_empty() {
            let remaining = std::mem::take(&mut self.state.remaining);
            return self.send(remaining, outer.extended);
        }
        self.state.remaining.clear();
        let protected = outer.cla & 0x0C != 0;
        let command = match (protected, self.state.channel.as_mut()) {
            (true, None) => return Answer::error(status::SM_OBJECTS_INCORRECT),
            (true, Some(channel)) => match channel.open(&outer) {
                Ok(command) => command,
                Err(sw) => {
                    self.state.end_session();
                    return Answer::error(sw);
                }
            },
            (false, channel) => {
                if channel.is_some() {
                    self.state.end_session();
                }
                outer
            }
        };
        if self.absent_unprotected(&command) {
            return Answer::error(status::FILE_NOT_FOUND);
        }
        let mut answer = self.execute(&command).unwrap_or_else(|status| Answer { data: Vec::new(), status });
        self.distort(number, &mut answer);
        let deviation = self.deviation(number);
        let response = match self.state.channel.as_mut() {
            Some(channel) if protected => channel.protect_as(&answer, command.ins & 1 == 1, deviation),
            _ => misbehave::plain(&answer, deviation),
        };
        if let Some(next) = self.state.next_channel.take() {
            self.state.channel = Some(next);
            self.state.authenticated = true;
        }
        self.send(response, command.extended)
    }

    /// Sends at most 256 bytes of data to a short command and keeps the rest for GET RESPONSE.
    fn send(&mut self, mut response: Vec<u8>, extended: bool) -> Vec<u8> {
        if extended || response.len() <= 258 {
            return response;
        }
        self.state.remaining = response.split_off(256);
        let left = u8::try_from(self.state.remaining.len() - 2).unwrap_or(0);
        response.extend_from_slice(&[0x61, left]);
        response
    }

    /// A chain of commands is one command whose data came in parts. GENERAL AUTHENTICATE of PACE marks its steps with the
    /// same class bit, and each step is a command. Spec: ISO/IEC 7816-4 §5.3.3; 9303-11 §4.4.4.2.
    fn execute(&mut self, command: &Command) -> Result<Answer, u16> {
        let Some(command) = &self.gather(command)? else { return Ok(Answer::ok([])) };
        match command.ins {
            0xA4 => self.select(command),
            0xB0 => self.read_binary(command),
            0xB1 => self.read_binary_odd(command),
            0x84 => self.get_challenge(command),
            0x82 if self.state.terminal.is_selected() => self.authenticate_terminal(command),
            0x82 => self.external_authenticate(command),
            0x2A if (command.p1, command.p2) == (0x00, 0xBE) => self.verify_certificate(command),
            0x88 => self.internal_authenticate(command),
            0x22 => self.manage_security(command),
            0x86 => match std::mem::replace(&mut self.state.protocol, Protocol::None) {
                Protocol::None => Err(status::CONDITIONS_NOT_SATISFIED),
                Protocol::Pace(pace) => self.pace_step(pace, command),
                Protocol::ChipAuthentication(key) => self.chip_authentication_step(&key, command),
            },
            _ => Err(status::INSTRUCTION_UNKNOWN),
        }
    }

    fn manage_security(&mut self, command: &Command) -> Result<Answer, u16> {
        self.state.protocol = Protocol::None;
        match (command.p1, command.p2) {
            (0xC1, 0xA4) if !self.card.access.pace.is_empty() => self.set_pace(command),
            (0x41, 0xA4) if !self.card.chip_authentication.is_empty() => {
                self.set_chip_authentication(command)
            }
            (0x41, 0xA6) if !self.card.chip_authentication.is_empty() => {
                self.set_key_agreement_template(command)
            }
            (0x81, 0xB6) => self.set_verification_key(command),
            (0x81, 0xA4) => self.set_terminal(command),
            _ => Err(status::WRONG_PARAMETERS),
        }
    }

    /// The files of the application and the chip's own proofs need BAC or PACE, where the card has either.
    fn require_access(&self) -> Result<(), u16> {
        let unprotected = !self.card.access.bac && self.card.access.pace.is_empty();
        if unprotected || self.state.authenticated { Ok(()) } else { Err(status::SECURITY_NOT_SATISFIED) }
    }

    fn fault<T>(&self, select: impl FnMut(&Fault) -> Option<T>) -> Option<T> {
        self.faults.iter().find_map(select)
    }

    fn has(&self, fault: &Fault) -> bool {
        self.faults.contains(fault)
    }

    fn fill_random(&mut self, out: &mut [u8]) {
        (self.entropy)(out);
    }

    fn random<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        self.fill_random(&mut out);
        out
    }

    /// A number between 1 and the order less one.
    fn random_scalar(&mut self, order: &BigUint) -> BigUint {
        let mut bytes = vec![0; order.to_bytes_be().len()];
        loop {
            self.fill_random(&mut bytes);
            let excess = bytes.len() as u64 * 8 - order.bits();
            let candidate = BigUint::from_bytes_be(&bytes) >> excess;
            if candidate != BigUint::ZERO && candidate < *order {
                return candidate;
            }
        }
    }
}

impl Answer {
    /// A bare status word.
    fn error(status: u16) -> Vec<u8> {
        status.to_be_bytes().to_vec()
    }
}
