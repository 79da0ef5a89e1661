//! How long exchanges take on the air and in the chip, as a model: byte counts are exact, times are parameters.
//!
//! ISO 14443-4 type A with frames of 256 bytes, CCID over full-speed USB, and a chip whose time is part fixed, part per
//! byte. Every figure made with it is called modelled.

use super::{ChipWork, ExchangeSize};

/// The parameters. The default is what `docs` call the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LinkModel {
    /// Longest frame in either direction, prologue and checksum included.
    pub frame_bytes: usize,
    /// Largest message that the reader's USB interface takes.
    pub usb_message_bytes: usize,
    /// Time that the chip takes before it answers a block.
    pub chip_turnaround_s: f64,
    /// Time that the reader takes before it sends a block.
    pub reader_turnaround_s: f64,
    /// One round trip over USB.
    pub usb_s: f64,
    /// The chip's fixed time for a command.
    pub chip_fixed_s: f64,
    /// The chip's time for each byte of plaintext response data.
    pub chip_byte_s: f64,
    /// The chip's time for all of PACE.
    pub pace_s: f64,
    /// For BAC.
    pub bac_s: f64,
    /// For the key agreement of chip authentication.
    pub chip_authentication_s: f64,
    /// For a signature of active authentication.
    pub active_authentication_s: f64,
    /// One signature check of terminal authentication. Not in the measured model: taken to be like one of PACE's steps.
    pub terminal_authentication_s: f64,
    /// Frame waiting time: a chip that takes longer asks for more, which costs two small frames.
    pub waiting_s: f64,
}

impl Default for LinkModel {
    fn default() -> Self {
        Self {
            frame_bytes: 256,
            usb_message_bytes: 65_536,
            chip_turnaround_s: 0.3e-3,
            reader_turnaround_s: 0.3e-3,
            usb_s: 2.0e-3,
            chip_fixed_s: 5e-3,
            chip_byte_s: 5e-3 / 224.0,
            pace_s: 0.7,
            bac_s: 0.03,
            chip_authentication_s: 0.2,
            active_authentication_s: 0.2,
            terminal_authentication_s: 0.1,
            waiting_s: 0.0773,
        }
    }
}

/// Bytes and time of some exchanges.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Modelled {
    /// Bytes on the air in both directions, with block overhead and acknowledgements.
    pub air_bytes: usize,
    /// All of it.
    pub seconds: f64,
}

/// Prologue (one byte) and checksum (two) of a block.
const BLOCK_OVERHEAD_BYTES: usize = 3;
/// Eight bits and parity.
const BITS_PER_BYTE: f64 = 9.0;
/// Start and end of a frame from the reader.
const READER_FRAME_BITS: f64 = 3.0;
/// The same from the chip at 106 kbit/s.
const CHIP_FRAME_BITS: f64 = 2.0;
/// The same from the chip above.
const CHIP_FRAME_S: f64 = 40e-6;
/// Above this rate the chip's frames are coded otherwise.
const FASTER_THAN_BIT_S: f64 = 150e3;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Sender {
    Reader,
    Chip,
}

#[allow(clippy::cast_precision_loss, reason = "counts of bytes stay far below 2^52")]
const fn count(number: usize) -> f64 {
    number as f64
}

impl LinkModel {
    /// Models `exchanges` at `bit_rate_s` bits a second.
    #[must_use]
    pub fn total(&self, exchanges: &[ExchangeSize], bit_rate_s: f64) -> Modelled {
        let mut sum = Modelled::default();
        for exchange in exchanges {
            self.add(&mut sum, exchange, bit_rate_s);
        }
        sum
    }

    fn add(&self, sum: &mut Modelled, exchange: &ExchangeSize, bit_rate_s: f64) {
        let frame = |sum: &mut Modelled, information_bytes: usize, sender: Sender| {
            let bytes = information_bytes + BLOCK_OVERHEAD_BYTES;
            sum.air_bytes += bytes;
            sum.seconds += count(bytes) * BITS_PER_BYTE / bit_rate_s;
            sum.seconds += match sender {
                Sender::Reader => READER_FRAME_BITS / bit_rate_s,
                Sender::Chip if bit_rate_s < FASTER_THAN_BIT_S => CHIP_FRAME_BITS / bit_rate_s,
                Sender::Chip => CHIP_FRAME_S,
            };
        };
        let both_s = self.chip_turnaround_s + self.reader_turnaround_s;
        let command = self.blocks(exchange.command_bytes);
        for (index, block) in command.iter().enumerate() {
            frame(sum, *block, Sender::Reader);
            if index + 1 < command.len() {
                frame(sum, 0, Sender::Chip);
                sum.seconds += both_s;
            }
        }
        sum.seconds += self.chip_turnaround_s;
        let response = self.blocks(exchange.response_bytes);
        for (index, block) in response.iter().enumerate() {
            frame(sum, *block, Sender::Chip);
            sum.seconds += self.reader_turnaround_s;
            if index + 1 < response.len() {
                frame(sum, 0, Sender::Reader);
                sum.seconds += self.chip_turnaround_s;
            }
        }
        let chip_s =
            self.chip_fixed_s + self.chip_byte_s * count(exchange.plain_bytes) + self.work_s(exchange.work);
        let mut waited_s = self.waiting_s;
        while waited_s <= chip_s {
            frame(sum, 1, Sender::Chip);
            frame(sum, 1, Sender::Reader);
            sum.seconds += both_s;
            waited_s += self.waiting_s;
        }
        sum.seconds += chip_s;
        let longest = exchange.command_bytes.max(exchange.response_bytes);
        sum.seconds += self.usb_s * count(longest.div_ceil(self.usb_message_bytes).max(1));
    }

    /// The blocks that a message is cut into.
    fn blocks(&self, mut bytes: usize) -> Vec<usize> {
        let most = self.frame_bytes.saturating_sub(BLOCK_OVERHEAD_BYTES).max(1);
        let mut blocks = Vec::new();
        while bytes > most {
            blocks.push(most);
            bytes -= most;
        }
        blocks.push(bytes);
        blocks
    }

    /// The shares of PACE's steps are those of the model.
    fn work_s(&self, work: ChipWork) -> f64 {
        match work {
            ChipWork::None => 0.0,
            ChipWork::Bac => self.bac_s,
            ChipWork::PaceNonce | ChipWork::PaceTokens => self.pace_s * 0.05,
            ChipWork::PaceMapping => self.pace_s * 0.50,
            ChipWork::PaceAgreement => self.pace_s * 0.40,
            ChipWork::ChipAuthentication => self.chip_authentication_s,
            ChipWork::ActiveAuthentication => self.active_authentication_s,
            ChipWork::TerminalAuthentication => self.terminal_authentication_s,
        }
    }
}

#[cfg(test)]
#[path = "link_model_tests.rs"]
mod tests;
