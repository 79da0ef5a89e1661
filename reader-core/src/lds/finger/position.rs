//! Which finger: the numbers of the two record standards, and the bits of the template's header.

/// Left or right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hand {
    /// Right.
    Right,
    /// Left.
    Left,
}

/// A finger of a hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Digit {
    /// Thumb.
    Thumb,
    /// Pointer.
    Index,
    /// Middle finger.
    Middle,
    /// Ring finger.
    Ring,
    /// Little finger.
    Little,
}

/// Which finger an image is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FingerPosition {
    /// Not said.
    Unknown,
    /// This one.
    Finger(Hand, Digit),
    /// Another number of the standard, such as several fingers at once.
    Other(u8),
}

const DIGITS: [Digit; 5] = [Digit::Thumb, Digit::Index, Digit::Middle, Digit::Ring, Digit::Little];

impl FingerPosition {
    /// The number in a record: 1 to 5 from the right thumb, 6 to 10 from the left. Spec: ISO/IEC 19794-4:2005 table 5.
    #[must_use]
    pub fn from_code(code: u8) -> Self {
        let (hand, index) = match code {
            0 => return Self::Unknown,
            1..=5 => (Hand::Right, code - 1),
            6..=10 => (Hand::Left, code - 6),
            _ => return Self::Other(code),
        };
        DIGITS.get(usize::from(index)).map_or(Self::Other(code), |digit| Self::Finger(hand, *digit))
    }

    /// The sub-type in a template's header: two bits for the hand, three for the finger. A hand without a finger, or the
    /// reverse, names none. Spec: 9303-10 §4.7.3.2.1, table 49.
    #[must_use]
    pub fn from_subtype(subtype: u8) -> Self {
        let hand = match subtype & 0b11 {
            0b01 => Some(Hand::Right),
            0b10 => Some(Hand::Left),
            _ => None,
        };
        let digit = usize::from(subtype >> 2 & 0b111).checked_sub(1).and_then(|index| DIGITS.get(index));
        match (hand, digit) {
            (Some(hand), Some(digit)) if subtype >> 5 == 0 => Self::Finger(hand, *digit),
            _ if subtype == 0 => Self::Unknown,
            _ => Self::Other(subtype),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_numbers_of_the_standards() {
        assert_eq!(FingerPosition::from_code(2), FingerPosition::Finger(Hand::Right, Digit::Index));
        assert_eq!(FingerPosition::from_code(10), FingerPosition::Finger(Hand::Left, Digit::Little));
        assert_eq!(FingerPosition::from_code(13), FingerPosition::Other(13));
        // The two of the standard's worked example, and a thumb.
        assert_eq!(FingerPosition::from_subtype(0x09), FingerPosition::Finger(Hand::Right, Digit::Index));
        assert_eq!(FingerPosition::from_subtype(0x0A), FingerPosition::Finger(Hand::Left, Digit::Index));
        assert_eq!(FingerPosition::from_subtype(0x05), FingerPosition::Finger(Hand::Right, Digit::Thumb));
        assert_eq!(FingerPosition::from_subtype(0), FingerPosition::Unknown);
        for odd in [0x01, 0x04, 0x1D, 0x29, 0x0B] {
            assert_eq!(FingerPosition::from_subtype(odd), FingerPosition::Other(odd));
        }
    }
}
