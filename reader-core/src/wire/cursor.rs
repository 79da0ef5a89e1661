//! A position in bytes that are read from front to back, for formats with fixed fields (ISO 19794, MRZ).

use super::{Malformed, Problem};

/// Reads fixed-width big-endian fields and refuses to run past the end.
#[derive(Clone, Debug)]
pub struct Cursor<'a> {
    what: &'static str,
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// Starts at the first byte; `what` names the structure in errors.
    #[must_use]
    pub const fn new(what: &'static str, bytes: &'a [u8]) -> Self {
        Self { what, bytes, at: 0 }
    }

    /// Offset of the next byte.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.at
    }

    /// Bytes not yet read.
    #[must_use]
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or_default()
    }

    /// The next `count` bytes.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn take(&mut self, count: usize) -> Result<&'a [u8], Malformed> {
        let rest = self.rest();
        let taken = rest
            .get(..count)
            .ok_or_else(|| self.fault(Problem::Truncated { needed: count, left: rest.len() }))?;
        self.at += count;
        Ok(taken)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Malformed> {
        let left = self.rest().len();
        let fault = self.fault(Problem::Truncated { needed: N, left });
        let taken = self.rest().first_chunk::<N>().ok_or(fault)?;
        self.at += N;
        Ok(*taken)
    }

    /// The next byte.
    ///
    /// # Errors
    /// None is left.
    pub fn u8(&mut self) -> Result<u8, Malformed> {
        self.array::<1>().map(|[byte]| byte)
    }

    /// The next two bytes, big-endian.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn u16(&mut self) -> Result<u16, Malformed> {
        self.array().map(u16::from_be_bytes)
    }

    /// The next four bytes, big-endian.
    ///
    /// # Errors
    /// Fewer are left.
    pub fn u32(&mut self) -> Result<u32, Malformed> {
        self.array().map(u32::from_be_bytes)
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Bytes are left over.
    pub fn finish(self) -> Result<(), Malformed> {
        match self.rest().len() {
            0 => Ok(()),
            bytes => Err(self.fault(Problem::Trailing { bytes })),
        }
    }

    /// A fault at the present offset.
    #[must_use]
    pub const fn fault(&self, problem: Problem) -> Malformed {
        Malformed::new(self.what, self.at, problem)
    }
}
