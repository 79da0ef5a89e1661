//! Protected answers that are wrong in shape or counter, with the MAC that is right for what they are.

use super::primitives::{cbc_encrypt, pad};
use super::sm::Channel;
use super::{Answer, tlv};

/// What is wrong with the data objects of a protected answer. All but the last two of [`Shape::ALL`] are under the MAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// 99 stands before 87.
    StatusFirst,
    /// 99 is missing.
    NoStatus,
    /// 99 is there twice: 9000, then another.
    TwiceStatus,
    /// 99 holds one byte.
    ShortStatus,
    /// 87 is there twice.
    TwiceData,
    /// 87 without its padding indicator's value 01: 02 instead.
    OtherIndicator,
    /// 85 in place of 87, or the other way round.
    OtherTag,
    /// 87 with the indicator and nothing else.
    EmptyData,
    /// The plaintext has no padding that could be taken off.
    NoPadding,
    /// 87 with a cryptogram that is not of whole blocks.
    PartBlock,
    /// 87 announces four gigabytes.
    FourGigabytes,
    /// A data object of another kind stands between 87 and 99.
    ForeignObject,
    /// 8E is missing.
    NoMac,
    /// 8E holds the first four bytes.
    ShortMac,
    /// 8E is there twice.
    TwiceMac,
    /// Further bytes follow 8E; in a plain answer they follow the data.
    Trailing,
}

impl Shape {
    /// All of them.
    pub const ALL: [Shape; 16] = [
        Shape::StatusFirst,
        Shape::NoStatus,
        Shape::TwiceStatus,
        Shape::ShortStatus,
        Shape::TwiceData,
        Shape::OtherIndicator,
        Shape::OtherTag,
        Shape::EmptyData,
        Shape::NoPadding,
        Shape::PartBlock,
        Shape::FourGigabytes,
        Shape::ForeignObject,
        Shape::NoMac,
        Shape::ShortMac,
        Shape::TwiceMac,
        Shape::Trailing,
    ];

    /// The word in a fault's text.
    pub const fn word(self) -> &'static str {
        match self {
            Shape::StatusFirst => "status-first",
            Shape::NoStatus => "no-status",
            Shape::TwiceStatus => "twice-status",
            Shape::ShortStatus => "short-status",
            Shape::TwiceData => "twice-data",
            Shape::OtherIndicator => "other-indicator",
            Shape::OtherTag => "other-tag",
            Shape::EmptyData => "empty-data",
            Shape::NoPadding => "no-padding",
            Shape::PartBlock => "part-block",
            Shape::FourGigabytes => "four-gigabytes",
            Shape::ForeignObject => "foreign-object",
            Shape::NoMac => "no-mac",
            Shape::ShortMac => "short-mac",
            Shape::TwiceMac => "twice-mac",
            Shape::Trailing => "trailing",
        }
    }

    /// The shape with this word.
    pub fn parse(word: &str) -> Option<Shape> {
        Shape::ALL.into_iter().find(|shape| shape.word() == word)
    }
}

/// How one protected answer deviates.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Deviation {
    /// By how much the counter is ahead.
    pub ahead: i8,
    pub shape: Option<Shape>,
    /// The status word under the MAC, where it is not the answer's.
    pub inner: Option<u16>,
    /// The bare status word, where it is not the answer's.
    pub outer: Option<u16>,
}

impl Channel {
    /// Protects an answer as `deviation` says. The channel itself goes on as if nothing had happened.
    pub(super) fn protect_as(&mut self, answer: &Answer, odd: bool, deviation: Deviation) -> Vec<u8> {
        self.count();
        let mut other = self.clone();
        other.shift(deviation.ahead);
        let outer = deviation.outer.unwrap_or(answer.status);
        let inner = Answer { status: deviation.inner.unwrap_or(answer.status), ..answer.clone() };
        [other.objects(&inner, odd, deviation.shape), outer.to_be_bytes().to_vec()].concat()
    }

    fn objects(&self, answer: &Answer, odd: bool, shape: Option<Shape>) -> Vec<u8> {
        let mut data = self.data_object(answer, odd, shape);
        let mut status = tlv::write(0x99, &answer.status.to_be_bytes());
        match shape {
            Some(Shape::NoStatus) => status.clear(),
            Some(Shape::ShortStatus) => status = tlv::write(0x99, &[0x90]),
            Some(Shape::TwiceStatus) => status.extend(tlv::write(0x99, &[0x62, 0x82])),
            Some(Shape::TwiceData) => data.extend(data.clone()),
            Some(Shape::ForeignObject) => data.extend(tlv::write(0x80, &[0x5A; 4])),
            _ => {}
        }
        let body = match shape {
            Some(Shape::StatusFirst) => [status, data].concat(),
            _ => [data, status].concat(),
        };
        let code = self.mac_over(&[], &body);
        let code = match shape {
            Some(Shape::NoMac) => Vec::new(),
            Some(Shape::ShortMac) => tlv::write(0x8E, &code[..4]),
            Some(Shape::TwiceMac) => [tlv::write(0x8E, &code), tlv::write(0x8E, &code)].concat(),
            Some(Shape::Trailing) => [tlv::write(0x8E, &code), vec![0; 4]].concat(),
            _ => tlv::write(0x8E, &code),
        };
        [body, code].concat()
    }

    /// A shape that is about data gives some to an answer that has none.
    fn data_object(&self, answer: &Answer, odd: bool, shape: Option<Shape>) -> Vec<u8> {
        let about_data = matches!(
            shape,
            Some(
                Shape::StatusFirst
                    | Shape::TwiceData
                    | Shape::OtherIndicator
                    | Shape::OtherTag
                    | Shape::EmptyData
                    | Shape::NoPadding
                    | Shape::PartBlock
                    | Shape::FourGigabytes
            )
        );
        let plain = match (answer.data.as_slice(), about_data) {
            ([], false) => return Vec::new(),
            ([], true) => &[0x5A; 5],
            (data, _) => data,
        };
        let block_bytes = self.suite().block_bytes();
        let mut padded = pad(plain, block_bytes);
        if shape == Some(Shape::NoPadding) {
            padded.fill(0);
        }
        let mut cryptogram = cbc_encrypt(self.suite(), self.keys().0, &self.iv(), &padded);
        match shape {
            Some(Shape::EmptyData) => cryptogram.clear(),
            Some(Shape::PartBlock) => cryptogram.truncate(cryptogram.len() - 3),
            _ => {}
        }
        let indicator = if shape == Some(Shape::OtherIndicator) { 2 } else { 1 };
        let tagged = odd == (shape == Some(Shape::OtherTag));
        let value = if odd { cryptogram } else { [vec![indicator], cryptogram].concat() };
        match (shape, tagged) {
            (Some(Shape::FourGigabytes), _) => {
                [&[if odd { 0x85 } else { 0x87 }, 0x84][..], &[0xFF; 4], &value].concat()
            }
            (_, true) => tlv::write(0x87, &value),
            (_, false) => tlv::write(0x85, &value),
        }
    }
}
