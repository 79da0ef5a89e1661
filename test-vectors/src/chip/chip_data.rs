//! Chip Authentication Data, which end PACE with chip authentication mapping, and such as no honest chip sends.
//! Spec: 9303-11 §4.4.3.5.

use super::primitives::{cbc_encrypt, encrypt_block, pad};
use super::sm::Channel;
use super::{Chip, Fault, tlv};
use crate::num::{BigUint, Group, fixed_width};

/// What may be wrong with the Chip Authentication Data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipData {
    /// Data object 8A is left out.
    Missing,
    /// It is there and empty.
    Empty,
    /// One bit of the data is another.
    Wrong,
    /// The data are zero.
    Zero,
    /// The order less the data: the mapping key's x coordinate results, and its other y.
    Negative,
    /// One byte, a zero, too many in front.
    Longer,
    /// The first byte is left out.
    Shorter,
    /// A whole block too many behind.
    TooLong,
    /// The padding is zeros alone.
    NoPadding,
    /// The last byte of the cryptogram is left out.
    PartBlock,
    /// It is not encrypted.
    Plain,
    /// The initialization vector is the block of ones itself, not its encryption.
    OtherVector,
    /// It stands in data object 8B.
    OtherTag,
    /// Two objects: one with other data, one with the right ones.
    Twice,
}

impl ChipData {
    /// All of them.
    pub const ALL: [ChipData; 14] = [
        ChipData::Missing,
        ChipData::Empty,
        ChipData::Wrong,
        ChipData::Zero,
        ChipData::Negative,
        ChipData::Longer,
        ChipData::Shorter,
        ChipData::TooLong,
        ChipData::NoPadding,
        ChipData::PartBlock,
        ChipData::Plain,
        ChipData::OtherVector,
        ChipData::OtherTag,
        ChipData::Twice,
    ];

    /// The word in a fault's text.
    pub const fn word(self) -> &'static str {
        match self {
            ChipData::Missing => "missing",
            ChipData::Empty => "empty",
            ChipData::Wrong => "wrong",
            ChipData::Zero => "zero",
            ChipData::Negative => "negative",
            ChipData::Longer => "longer",
            ChipData::Shorter => "shorter",
            ChipData::TooLong => "too-long",
            ChipData::NoPadding => "no-padding",
            ChipData::PartBlock => "part-block",
            ChipData::Plain => "plain",
            ChipData::OtherVector => "other-vector",
            ChipData::OtherTag => "other-tag",
            ChipData::Twice => "twice",
        }
    }

    /// The data with this word.
    pub fn parse(word: &str) -> Option<ChipData> {
        ChipData::ALL.into_iter().find(|data| data.word() == word)
    }

    /// What is sent in place of the object with the honest `data`.
    fn objects(self, channel: &Channel, group: Group, data: &[u8]) -> Vec<u8> {
        let object = |value: &[u8]| tlv::write(0x8A, value);
        let sealed = |data: &[u8]| object(&encrypted(channel, data));
        let block_bytes = channel.suite().block_bytes();
        let mut changed = data.to_vec();
        match self {
            ChipData::Missing => Vec::new(),
            ChipData::Empty => object(&[]),
            ChipData::Wrong | ChipData::Twice => {
                if let Some(last) = changed.last_mut() {
                    *last ^= 1;
                }
                let wrong = sealed(&changed);
                if self == ChipData::Twice { [wrong, sealed(data)].concat() } else { wrong }
            }
            ChipData::Zero => sealed(&vec![0; data.len()]),
            ChipData::Negative => {
                sealed(&fixed_width(&(group.order() - BigUint::from_bytes_be(data)), data.len()))
            }
            ChipData::Longer => sealed(&[&[0], data].concat()),
            ChipData::Shorter => sealed(data.get(1..).unwrap_or_default()),
            ChipData::TooLong => sealed(&[data, &vec![0; block_bytes]].concat()),
            ChipData::NoPadding => {
                changed.resize(data.len().next_multiple_of(block_bytes), 0);
                object(&cbc_encrypt(channel.suite(), channel.keys().0, &vector(channel), &changed))
            }
            ChipData::PartBlock => {
                let mut cryptogram = encrypted(channel, data);
                cryptogram.pop();
                object(&cryptogram)
            }
            ChipData::OtherTag => tlv::write(0x8B, &encrypted(channel, data)),
            ChipData::Plain => object(&pad(data, block_bytes)),
            ChipData::OtherVector => {
                let padded = pad(data, block_bytes);
                object(&cbc_encrypt(channel.suite(), channel.keys().0, &vec![0xFF; block_bytes], &padded))
            }
        }
    }
}

impl Chip {
    /// Data object 8A with A_IC, or what a fault puts in its place.
    pub(super) fn chip_data_objects(&self, channel: &Channel, group: Group, data: &[u8]) -> Vec<u8> {
        let fault = self.fault(|fault| if let Fault::ChipData(data) = fault { Some(*data) } else { None });
        match fault {
            Some(fault) => fault.objects(channel, group, data),
            None => tlv::write(0x8A, &encrypted(channel, data)),
        }
    }
}

/// A_IC. Spec: 9303-11 §4.4.3.5.3 and §4.4.3.5.4.
fn encrypted(channel: &Channel, data: &[u8]) -> Vec<u8> {
    let padded = pad(data, channel.suite().block_bytes());
    cbc_encrypt(channel.suite(), channel.keys().0, &vector(channel), &padded)
}

fn vector(channel: &Channel) -> Vec<u8> {
    encrypt_block(channel.suite(), channel.keys().0, &vec![0xFF; channel.suite().block_bytes()])
}
