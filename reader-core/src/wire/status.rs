//! The two status bytes that end every response. Spec: ISO/IEC 7816-4 §5.6 as used in 9303-10 and 9303-11.

use std::fmt;

/// A status word.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StatusWord(pub u16);

impl StatusWord {
    /// Done.
    pub const OK: Self = Self(0x9000);
    /// The file ended before Le bytes.
    pub const END_OF_FILE: Self = Self(0x6282);
    /// Verification failed (PACE: wrong password).
    pub const VERIFICATION_FAILED: Self = Self(0x6300);
    /// Wrong length.
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// Security status not satisfied.
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    /// Authentication method blocked.
    pub const BLOCKED: Self = Self(0x6983);
    /// Conditions of use not satisfied.
    pub const CONDITIONS_NOT_SATISFIED: Self = Self(0x6985);
    /// Expected secure messaging data objects are missing.
    pub const SM_OBJECTS_MISSING: Self = Self(0x6987);
    /// Secure messaging data objects are incorrect.
    pub const SM_OBJECTS_INCORRECT: Self = Self(0x6988);
    /// File or application not found.
    pub const NOT_FOUND: Self = Self(0x6A82);
    /// Referenced data not found.
    pub const REFERENCED_DATA_NOT_FOUND: Self = Self(0x6A88);
    /// Offset outside the file.
    pub const WRONG_PARAMETERS: Self = Self(0x6B00);
    /// Instruction not supported.
    pub const INSTRUCTION_NOT_SUPPORTED: Self = Self(0x6D00);
    /// Class not supported.
    pub const CLASS_NOT_SUPPORTED: Self = Self(0x6E00);

    /// `61xx`: that many more bytes wait (0 means 256).
    #[must_use]
    pub const fn more_available(self) -> Option<u16> {
        match self.0.to_be_bytes() {
            [0x61, 0] => Some(256),
            [0x61, count] => Some(count as u16),
            _ => None,
        }
    }

    /// `6Cxx`: the command should be repeated with this Le (0 means 256).
    #[must_use]
    pub const fn correct_le(self) -> Option<u16> {
        match self.0.to_be_bytes() {
            [0x6C, 0] => Some(256),
            [0x6C, count] => Some(count as u16),
            _ => None,
        }
    }

    /// Whether a chip that cannot take a command of extended length may answer so: 6700, 6D00, or 6F00, which says nothing.
    #[must_use]
    pub const fn refuses_length(self) -> bool {
        matches!(self, Self::WRONG_LENGTH | Self::INSTRUCTION_NOT_SUPPORTED | Self(0x6F00))
    }

    /// `63Cx`: tries left.
    #[must_use]
    pub const fn tries_left(self) -> Option<u8> {
        match self.0.to_be_bytes() {
            [0x63, count] if count & 0xF0 == 0xC0 => Some(count & 0x0F),
            _ => None,
        }
    }
}

impl fmt::Display for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04X}", self.0)
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "StatusWord({self})")
    }
}
