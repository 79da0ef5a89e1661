//! Commands and responses as logical values; how they are coded follows what card and reader can carry.
//!
//! Spec: ISO/IEC 7816-4 §5.1 as used in 9303-10 §3.5.

use super::status::StatusWord;
use super::{Malformed, Problem};

/// Most data bytes in a short command.
pub const SHORT_DATA_MAX_BYTES: usize = 255;
/// Most response data bytes in a short exchange.
pub const SHORT_NE_MAX_BYTES: usize = 256;
/// Most data bytes in an extended command.
pub const EXTENDED_DATA_MAX_BYTES: usize = 65_535;
/// Most response data bytes in an extended exchange.
pub const EXTENDED_NE_MAX_BYTES: usize = 65_536;

/// How lengths are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LengthForm {
    /// One byte.
    Short,
    /// Three bytes, or two for Le after data.
    Extended,
}

/// A command.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    /// Class byte.
    pub cla: u8,
    /// Instruction byte.
    pub ins: u8,
    /// First parameter.
    pub p1: u8,
    /// Second parameter.
    pub p2: u8,
    /// Command data, 0 to 65,535 bytes.
    pub data: Vec<u8>,
    /// Ne: most response bytes wanted, 1 to 65,536; `None` where no data is expected.
    pub ne: Option<usize>,
}

impl Command {
    /// A command with neither data nor expected response.
    #[must_use]
    pub const fn new(cla: u8, ins: u8, p1: u8, p2: u8) -> Self {
        Self { cla, ins, p1, p2, data: Vec::new(), ne: None }
    }

    /// The same with data.
    #[must_use]
    pub fn with_data(mut self, data: impl Into<Vec<u8>>) -> Self {
        self.data = data.into();
        self
    }

    /// The same with an expected response of at most `ne` bytes.
    #[must_use]
    pub const fn expecting(mut self, ne: usize) -> Self {
        self.ne = Some(ne);
        self
    }

    /// Whether short lengths suffice.
    #[must_use]
    pub fn fits_short(&self) -> bool {
        self.data.len() <= SHORT_DATA_MAX_BYTES && self.ne.is_none_or(|ne| ne <= SHORT_NE_MAX_BYTES)
    }

    /// The bytes to send.
    ///
    /// # Errors
    /// Data or Ne exceed what `form` can carry, or Ne is zero.
    pub fn encode(&self, form: LengthForm) -> Result<Vec<u8>, Malformed> {
        let too_long = |of, limit| Malformed::new("command APDU", 4, Problem::TooMany { limit, of });
        let (data_max, ne_max) = match form {
            LengthForm::Short => (SHORT_DATA_MAX_BYTES, SHORT_NE_MAX_BYTES),
            LengthForm::Extended => (EXTENDED_DATA_MAX_BYTES, EXTENDED_NE_MAX_BYTES),
        };
        if self.data.len() > data_max {
            return Err(too_long("bytes of command data", data_max));
        }
        if self.ne.is_some_and(|ne| ne > ne_max || ne == 0) {
            return Err(too_long("bytes of expected data, or none", ne_max));
        }
        let mut out = Vec::with_capacity(self.data.len() + 9);
        out.extend_from_slice(&[self.cla, self.ins, self.p1, self.p2]);
        let [.., lc_high, lc_low] = self.data.len().to_be_bytes();
        // The largest Ne of each form wraps to zero, as the coding wants.
        let [.., le_high, le_low] = self.ne.unwrap_or_default().to_be_bytes();
        match form {
            LengthForm::Short => {
                if !self.data.is_empty() {
                    out.push(lc_low);
                    out.extend_from_slice(&self.data);
                }
                if self.ne.is_some() {
                    out.push(le_low);
                }
            }
            LengthForm::Extended => {
                if !self.data.is_empty() {
                    out.extend_from_slice(&[0, lc_high, lc_low]);
                    out.extend_from_slice(&self.data);
                } else if self.ne.is_some() {
                    out.push(0);
                }
                if self.ne.is_some() {
                    out.extend_from_slice(&[le_high, le_low]);
                }
            }
        }
        Ok(out)
    }
}

/// A response.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// Response data.
    pub data: Vec<u8>,
    /// Status word.
    pub status: StatusWord,
}

impl Response {
    /// Splits received bytes.
    ///
    /// # Errors
    /// Fewer than two bytes, or more than an extended response can hold.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let fault = |problem| Malformed::new("response APDU", 0, problem);
        if bytes.len() > EXTENDED_NE_MAX_BYTES + 2 {
            return Err(fault(Problem::TooMany { limit: EXTENDED_NE_MAX_BYTES + 2, of: "bytes" }));
        }
        let (data, status) = bytes
            .split_last_chunk::<2>()
            .ok_or_else(|| fault(Problem::Truncated { needed: 2, left: bytes.len() }))?;
        Ok(Self { data: data.to_vec(), status: StatusWord(u16::from_be_bytes(*status)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_all_four_cases_in_both_forms() {
        let base = Command::new(0x00, 0xB0, 0x9C, 0x00);
        let hex = |command: &Command, form| command.encode(form).unwrap();
        assert_eq!(hex(&base, LengthForm::Short), [0, 0xB0, 0x9C, 0]);
        assert_eq!(hex(&base.clone().expecting(256), LengthForm::Short), [0, 0xB0, 0x9C, 0, 0]);
        assert_eq!(hex(&base.clone().expecting(65_536), LengthForm::Extended), [0, 0xB0, 0x9C, 0, 0, 0, 0]);
        let data = base.with_data([1, 2]);
        assert_eq!(hex(&data, LengthForm::Short), [0, 0xB0, 0x9C, 0, 2, 1, 2]);
        assert_eq!(hex(&data.clone().expecting(8), LengthForm::Short), [0, 0xB0, 0x9C, 0, 2, 1, 2, 8]);
        assert_eq!(hex(&data.expecting(8), LengthForm::Extended), [0, 0xB0, 0x9C, 0, 0, 0, 2, 1, 2, 0, 8]);
    }

    #[test]
    fn refuses_what_does_not_fit() {
        assert!(Command::new(0, 0, 0, 0).with_data(vec![0; 256]).encode(LengthForm::Short).is_err());
        assert!(Command::new(0, 0, 0, 0).expecting(257).encode(LengthForm::Short).is_err());
        assert!(Command::new(0, 0, 0, 0).expecting(0).encode(LengthForm::Short).is_err());
        assert!(Response::parse(&[0x90]).is_err());
        assert!(Response::parse(&vec![0; 65_539]).is_err());
    }
}
