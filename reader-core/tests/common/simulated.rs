//! The simulated chip as a transport, and randomness that is the same in every run.

#![allow(dead_code, reason = "each test file uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test that meets the unexpected should end there")]

use std::ops::ControlFlow;

use reader_core::crypto::secret::{Entropy, EntropyError};
use reader_core::lds::{Directory, FileId};
use reader_core::session::{AccessKey, Event, Plan, Reading, read_chip};
use reader_core::transport::{Limits, Transport, TransportError};
use test_vectors::card::{self, Card};
use test_vectors::chip::{Chip, Fault};
use test_vectors::persona::{self, Persona};

/// The day that all cards are made for: 21 November 2026, noon UTC.
pub const NOW_UNIX_S: i64 = 1_795_262_400;

/// A simulated chip on a simulated reader. An empty answer means that the card has left.
pub struct SimulatedTransport {
    pub chip: Chip,
    pub limits: Limits,
    pub exchanges: usize,
    /// The reader can take the chip's power away.
    pub resets: bool,
}

impl SimulatedTransport {
    pub fn new(card: Card) -> Self {
        Self { chip: Chip::new(card, 7), limits: Limits::SHORT, exchanges: 0, resets: true }
    }

    pub fn with_fault(mut self, fault: Fault) -> Self {
        self.chip.misbehave(fault);
        self
    }

    pub fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }
}

impl Transport for SimulatedTransport {
    fn exchange(
        &mut self,
        command: &[u8],
        _timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        self.exchanges += 1;
        assert!(command.len() <= self.limits.command_bytes, "longer than the reader carries");
        *response = self.chip.exchange(command);
        if response.is_empty() { Err(TransportError::TagLost) } else { Ok(()) }
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        if self.resets {
            self.chip.reset();
        }
        Ok(self.resets)
    }
}

/// A reader that loses an answer where `loses` says so, of the number of the exchange and the answer: the card stays.
pub struct LosesAnswers<F> {
    pub inner: SimulatedTransport,
    pub loses: F,
}

impl<F: Fn(usize, &[u8]) -> bool> Transport for LosesAnswers<F> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        self.inner.exchange(command, timeout_ms, response)?;
        if (self.loses)(self.inner.exchanges, response) {
            response.clear();
            return Err(TransportError::Communication { code: 0x8010_002F });
        }
        Ok(())
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        self.inner.reset()
    }
}

/// Different bytes in each draw, the same in each run.
pub struct SeededEntropy(pub u64);

impl Entropy for SeededEntropy {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), EntropyError> {
        for byte in out {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            *byte = u8::try_from((mixed ^ (mixed >> 27)) >> 56).unwrap();
        }
        Ok(())
    }
}

pub fn persona(name: &str) -> &'static Persona {
    persona::find(name).unwrap_or_else(|| panic!("no persona {name}"))
}

pub fn card(name: &str) -> Card {
    persona(name).card(NOW_UNIX_S)
}

/// What the persona presents: the card access number, if the card has one, and the MRZ.
pub fn keys(name: &str) -> Vec<AccessKey> {
    let access = persona(name).access(NOW_UNIX_S);
    let mrz = AccessKey::mrz(&access.document_number, &access.birth, &access.expiry).unwrap();
    let can = access.can.map(|digits| AccessKey::can(&digits).unwrap());
    can.into_iter().chain([mrz]).collect()
}

pub fn mrz_key(name: &str) -> Vec<AccessKey> {
    keys(name).into_iter().filter(|key| !key.is_can()).collect()
}

/// The same file as the simulated card addresses it.
pub fn on_card(file: FileId) -> (card::Directory, u16) {
    let directory = match file.directory {
        Directory::MasterFile => card::Directory::MasterFile,
        Directory::Emrtd => card::Directory::Lds,
    };
    (directory, file.id)
}

pub fn quiet(_: Event<'_>) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub fn read<T: Transport>(transport: T, keys: &[AccessKey], plan: &Plan) -> Reading<T> {
    read_chip(transport, keys, plan, &mut SeededEntropy(1), &mut quiet)
}
