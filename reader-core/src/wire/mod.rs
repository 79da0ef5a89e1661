//! Bytes to shapes and back: TLV, DER, APDUs, status words, dates; JSON as far as signed statements need it. Nothing here judges.
//!
//! Every reader in this folder is zero-copy and bounded: no recursion, no allocation that grows with an announced
//! length, no panic on any input. What a shape means is decided by `lds`, `pki` and `session`.

pub mod apdu;
pub mod atr;
pub mod base64;
pub mod ber;
pub mod cms;
pub mod cursor;
pub mod cvc;
pub mod date;
pub mod der;
pub mod dynamic;
pub mod json;
pub mod ldif;
pub mod oid;
pub mod spki;
pub mod status;
pub mod tlv;

/// Bytes that are not what they should be: which structure, where, and in what way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}, byte {offset}: {problem}")]
pub struct Malformed {
    /// The structure being read, in the standard's words, such as `LDSSecurityObject`.
    pub what: &'static str,
    /// Offset of the fault in bytes from the beginning of that structure.
    pub offset: usize,
    /// What is wrong there.
    pub problem: Problem,
}

/// The ways in which bytes can be wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The bytes end too early.
    #[error("{needed} bytes are needed and {left} are left")]
    Truncated {
        /// Bytes that the structure announces.
        needed: usize,
        /// Bytes that are there.
        left: usize,
    },
    /// Bytes remain where the structure should end.
    #[error("{bytes} bytes remain after the end")]
    Trailing {
        /// How many remain.
        bytes: usize,
    },
    /// Another tag than the one required.
    #[error("tag {expected:X} is required and {found:X} is there")]
    UnexpectedTag {
        /// The tag that the structure requires.
        expected: u32,
        /// The tag that is there.
        found: u32,
    },
    /// A tag or length written in a form that is not allowed here.
    #[error("{0}")]
    Form(&'static str),
    /// A value outside its range.
    #[error("{0}")]
    Value(&'static str),
    /// A count or size beyond the limit set for this structure.
    #[error("more than {limit} {of}")]
    TooMany {
        /// The limit.
        limit: usize,
        /// What is counted.
        of: &'static str,
    },
}

impl Malformed {
    /// A fault of `what` at `offset`.
    #[must_use]
    pub const fn new(what: &'static str, offset: usize, problem: Problem) -> Self {
        Self { what, offset, problem }
    }

    /// A value outside its range, with no better place than the beginning of `what`.
    #[must_use]
    pub const fn value(what: &'static str, problem: &'static str) -> Self {
        Self::new(what, 0, Problem::Value(problem))
    }
}
