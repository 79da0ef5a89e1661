//! Where faults that belong to no protocol take hold: on the way out, in the answer, in the files.

use std::borrow::Cow;

use super::command_in::Command;
use super::misshapen::Deviation;
use super::{Answer, Chip, Fault, KeyProof, Shape, State, Swap, status};
use crate::card::{Card, ChipAuthenticationKey, Directory};
use crate::num::Group;

/// DG14, with the key of Chip Authentication.
const DG14: u16 = 0x010E;
/// DG15, with the key of Active Authentication.
const DG15: u16 = 0x010F;
/// How many bytes more than asked for a read gives that keeps to no length.
const BEYOND_BYTES: usize = 16;

impl Chip {
    /// The card leaves, or another takes its place.
    pub(super) fn leave_or_swap(&mut self, number: usize) {
        self.state.torn |= self.has(&Fault::TornAt { exchange: number });
        if self.swapped {
            return;
        }
        let how = self.fault(|fault| match fault {
            Fault::SwappedAt { exchange, how } if *exchange == number => Some(*how),
            _ => None,
        });
        match how {
            None => {}
            Some(Swap::Powered) => self.state.torn = true,
            Some(Swap::Relayed) => self.swap(),
            Some(Swap::Plain) => {
                let (exchanges, sent) = (self.state.exchanges, std::mem::take(&mut self.state.sent));
                self.state = State { exchanges, sent, ..State::new() };
                self.swap();
            }
        }
    }

    /// After the card was away, the other one lies there.
    pub(super) fn powered_up(&mut self) {
        let powered = |fault: &Fault| matches!(fault, Fault::SwappedAt { how: Swap::Powered, .. });
        if !self.swapped && self.faults.iter().any(powered) {
            self.swap();
        }
    }

    fn swap(&mut self) {
        if let Some(card) = self.stand_in.take() {
            self.card = card;
            self.swapped = true;
        }
    }

    /// What comes in place of an answer: the command is not executed.
    pub(super) fn instead(&self, number: usize) -> Option<Vec<u8>> {
        let sent = &self.state.sent;
        let older = |back: usize| sent.len().checked_sub(back).and_then(|at| sent.get(at)).cloned();
        self.fault(|fault| match fault {
            Fault::PlainStatus { exchange, sw } if *exchange == number => Some(Answer::error(*sw)),
            Fault::EndlessMore { exchange } if *exchange <= number => Some(more_for_ever(number - exchange)),
            Fault::ReplayPrevious { exchange } if *exchange == number => Some(older(1).unwrap_or_default()),
            Fault::ReplayOlder { exchange, back } if *exchange == number => older(*back),
            _ => None,
        })
    }

    /// Changes an answer before it is protected.
    pub(super) fn distort(&self, number: usize, answer: &mut Answer) {
        for fault in &self.faults {
            match fault {
                Fault::WrongStatus { exchange, sw } if *exchange == number => answer.status = *sw,
                Fault::Empty { exchange } if *exchange == number => *answer = Answer::ok([]),
                Fault::EndlessLength { exchange } if *exchange <= number => {
                    let [.., low] = number.to_be_bytes();
                    *answer = Answer { data: Vec::new(), status: status::EXACT_LENGTH | u16::from(low | 1) };
                }
                _ => {}
            }
        }
    }

    /// How this answer's protection deviates.
    pub(super) fn deviation(&self, number: usize) -> Deviation {
        let mut deviation = Deviation::default();
        for fault in &self.faults {
            match fault {
                Fault::WrongCounter { exchange, ahead } if *exchange == number => deviation.ahead = *ahead,
                Fault::Misshapen { exchange, shape } if *exchange == number => deviation.shape = Some(*shape),
                Fault::InnerStatus { exchange, sw } if *exchange == number => deviation.inner = Some(*sw),
                Fault::OuterStatus { exchange, sw } if *exchange == number => deviation.outer = Some(*sw),
                _ => {}
            }
        }
        deviation
    }

    pub(super) fn absent_unprotected(&self, command: &Command) -> bool {
        let asked = match (command.ins, command.p1, command.data.as_slice()) {
            (0xA4, 0x02, &[high, low]) => u16::from_be_bytes([high, low]),
            (0xB0, p1 @ 0x80.., _) => 0x0100 | u16::from(p1 & 0x7F),
            _ => return false,
        };
        self.state.directory == Directory::Lds && self.has(&Fault::AbsentUnprotected { file: asked })
    }

    /// How many bytes a read may give, and from where, when a fault has its way.
    pub(super) fn stretch(&self, offset: usize, room: usize) -> (usize, usize) {
        let number = self.state.exchanges.saturating_sub(1);
        let (mut offset, mut room) = (offset, room);
        for fault in &self.faults {
            match fault {
                Fault::OneByte { exchange } if *exchange <= number => room = 1,
                Fault::BeyondLe { exchange } if *exchange == number => room += BEYOND_BYTES,
                Fault::OtherOffset { exchange, ahead } if *exchange == number => offset += ahead,
                _ => {}
            }
        }
        (offset, room)
    }

    /// The content of a file as the chip gives it.
    pub(super) fn content(&self, file: (Directory, u16)) -> Option<Cow<'_, [u8]>> {
        let file = self.other_file(file).unwrap_or(file);
        let lent = |proof, id| file == (Directory::Lds, id) && self.has(&Fault::ForeignKey(proof));
        let foreign = lent(KeyProof::ChipAuthentication, DG14) || lent(KeyProof::ActiveAuthentication, DG15);
        let card = self.stand_in.as_ref().filter(|_| foreign).unwrap_or(&self.card);
        let mut content = Cow::Borrowed(card.files.get(&file)?.as_slice());
        for fault in &self.faults {
            match fault {
                Fault::Announces { file: id, bytes } if *id == file.1 => {
                    let tag = content.first().copied()?;
                    let header = [&[tag, 0x84][..], &bytes.to_be_bytes()].concat();
                    content = Cow::Owned([&header, content.get(header_bytes(&content)..)?].concat());
                }
                Fault::Changing { file: id } if *id == file.1 => {
                    let [.., change] = self.state.exchanges.to_be_bytes();
                    let from = header_bytes(&content);
                    content.to_mut().iter_mut().skip(from).for_each(|byte| *byte ^= change);
                }
                Fault::CaKey(bad) if file == (Directory::Lds, DG14) => {
                    for key in &card.chip_authentication {
                        let (honest, group) = honest_key(key);
                        let sent = bad.encode(group, &honest, &group.encode(&group.generator()));
                        replace(content.to_mut(), &honest, &sent);
                    }
                }
                _ => {}
            }
        }
        Some(content)
    }

    fn other_file(&self, file: (Directory, u16)) -> Option<(Directory, u16)> {
        let given = self.fault(|fault| match fault {
            Fault::OtherFile { asked, given } if *asked == file.1 => Some(*given),
            _ => None,
        })?;
        let places = [file.0, Directory::MasterFile].map(|directory| (directory, given));
        places.into_iter().find(|place| self.card.files.contains_key(place))
    }

    /// The card whose key a proof uses.
    pub(super) fn key_holder(&self, proof: KeyProof) -> &Card {
        self.stand_in.as_ref().filter(|_| self.has(&Fault::ForeignKey(proof))).unwrap_or(&self.card)
    }
}

/// An unprotected answer. Of the deviations of a protected one, trailing bytes are possible here.
pub(super) fn plain(answer: &Answer, deviation: Deviation) -> Vec<u8> {
    let mut answer = answer.clone();
    if deviation.shape == Some(Shape::Trailing) {
        answer.data.extend([0; 4]);
    }
    answer.bytes()
}

/// Some data and the promise of more; the first answer only promises.
fn more_for_ever(round: usize) -> Vec<u8> {
    let data = if round == 0 { vec![] } else { vec![0x5A; 16] };
    [data, vec![0x61, 0x10]].concat()
}

/// Tag and length of a file with a tag of one byte.
fn header_bytes(content: &[u8]) -> usize {
    match content.get(1) {
        Some(first @ 0x81..=0x84) => 2 + usize::from(first & 0x0F),
        _ => 2,
    }
    .min(content.len())
}

fn honest_key(key: &ChipAuthenticationKey) -> (Vec<u8>, Group) {
    (key.group.encode(&key.group.public_key(&key.private)), key.group)
}

/// Puts a key in the place of another, as wide as that.
fn replace(content: &mut [u8], honest: &[u8], sent: &[u8]) {
    let Some(at) = content.windows(honest.len()).position(|window| window == honest) else { return };
    let Some(place) = content.get_mut(at..at + honest.len()) else { return };
    place.fill(0);
    for (byte, new) in place.iter_mut().rev().zip(sent.iter().rev()) {
        *byte = *new;
    }
}

/// Damages a finished response.
pub(super) fn spoil(fault: &Fault, number: usize, response: &mut Vec<u8>) {
    match fault {
        Fault::WrongMac { exchange } if *exchange == number => {
            // Data object 8E stands last, in front of the status word.
            if let Some([0x8E, 0x08, code @ ..]) =
                response.len().checked_sub(12).and_then(|at| response.get_mut(at..))
            {
                code[0] ^= 1;
            }
        }
        Fault::TruncateResponse { exchange } if *exchange == number => response.truncate(response.len() / 2),
        Fault::FlipBit { exchange, bit } if *exchange == number => {
            let bit = bit % (response.len() * 8).max(1);
            if let Some(byte) = response.get_mut(bit / 8) {
                *byte ^= 0x80 >> (bit % 8);
            }
        }
        _ => {}
    }
}
