//! Commands to a device as data: lights, buzzer, bit rates, serial frames. A template is checked when it is loaded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// How well a fact is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// Read at its source: a descriptor, a driver, the maker's document.
    Read,
    /// Read in the manual of a sibling model.
    Family,
    /// Computed, or produced by running code.
    Made,
    /// From memory: to be checked on the device before anything relies on it.
    Memory,
}

/// The way a command goes to the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Way {
    /// PC/SC control, no card needed; the driver must allow it.
    Escape,
    /// As an APDU; a card must lie on the reader.
    Transmit,
    /// Bytes on the serial line.
    Serial,
    /// Bytes on whatever port the device hangs on.
    Raw,
}

/// What may stand in a placeholder: one byte.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Placeholder {
    /// Any byte of a range, both ends included.
    Range {
        /// Least value.
        min: u8,
        /// Greatest value.
        max: u8,
    },
    /// One of several named bytes.
    OneOf(BTreeMap<String, u8>),
}

impl Placeholder {
    fn admits(&self, value: u8) -> bool {
        match self {
            Self::Range { min, max } => (*min..=*max).contains(&value),
            Self::OneOf(names) => names.values().any(|known| *known == value),
        }
    }
}

/// One piece of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
enum Piece {
    Byte(u8),
    Value(String),
    /// Two bytes, big-endian: the sum of all bytes since this offset.
    Sum16 {
        from: usize,
    },
}

/// A checked command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// The ways it can go, the best first.
    pub via: Vec<Way>,
    /// How well it is known.
    pub basis: Basis,
    /// What it does and what it answers.
    pub note: Option<String>,
    /// The device remembers it without power: send it only where the setting differs.
    pub persistent: bool,
    /// For staff, never sent by the terminal itself.
    pub staff_only: bool,
    /// Its placeholders and what each admits.
    pub placeholders: BTreeMap<String, Placeholder>,
    #[serde(skip)]
    pieces: Vec<Piece>,
}

/// Why a command could not be filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// No value was given for a placeholder.
    #[error("no value for {{{0}}}")]
    Missing(String),
    /// A value was given that the template does not have.
    #[error("the command has no {{{0}}}")]
    Unknown(String),
    /// A value that the placeholder does not admit.
    #[error("{{{name}}} does not admit {value:02X}")]
    NotAdmitted {
        /// The placeholder.
        name: String,
        /// The value.
        value: u8,
    },
}

impl Command {
    /// The bytes to send, each placeholder filled in.
    ///
    /// # Errors
    /// A value is missing, unknown or not admitted.
    pub fn render(&self, values: &[(&str, u8)]) -> Result<Vec<u8>, RenderError> {
        for (name, value) in values {
            let placeholder =
                self.placeholders.get(*name).ok_or_else(|| RenderError::Unknown((*name).to_owned()))?;
            if !placeholder.admits(*value) {
                return Err(RenderError::NotAdmitted { name: (*name).to_owned(), value: *value });
            }
        }
        let mut bytes = Vec::with_capacity(self.pieces.len() + 1);
        for piece in &self.pieces {
            match piece {
                Piece::Byte(byte) => bytes.push(*byte),
                Piece::Value(name) => {
                    let given = values.iter().find(|(key, _)| key == name);
                    bytes.push(given.ok_or_else(|| RenderError::Missing(name.clone()))?.1);
                }
                Piece::Sum16 { from } => {
                    let sum =
                        bytes.iter().skip(*from).fold(0u16, |sum, byte| sum.wrapping_add(u16::from(*byte)));
                    bytes.extend(sum.to_be_bytes());
                }
            }
        }
        Ok(bytes)
    }

    /// The byte that a placeholder calls by this name.
    #[must_use]
    pub fn named(&self, placeholder: &str, name: &str) -> Option<u8> {
        match self.placeholders.get(placeholder)? {
            Placeholder::OneOf(names) => names.get(name).copied(),
            Placeholder::Range { .. } => None,
        }
    }

    fn length_bytes(&self) -> usize {
        self.pieces.iter().map(|piece| if matches!(piece, Piece::Sum16 { .. }) { 2 } else { 1 }).sum()
    }
}

/// A placeholder as written: a range, names, or a sum.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum RawPlaceholder {
    Range(RawRange),
    Names(RawNames),
    Sum(RawSum),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRange {
    min: u8,
    max: u8,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNames {
    one_of: BTreeMap<String, String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSum {
    sum16_from: usize,
}

/// A command as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawCommand {
    via: Vec<Way>,
    hex: String,
    basis: Basis,
    note: Option<String>,
    #[serde(default)]
    persistent: bool,
    #[serde(default)]
    staff_only: bool,
    #[serde(default)]
    values: BTreeMap<String, RawPlaceholder>,
}

impl RawCommand {
    /// The checked command, or every fault of it.
    pub fn check(self) -> Result<Command, Vec<String>> {
        let mut faults = Vec::new();
        if self.via.is_empty() {
            faults.push("`via` names no way".to_owned());
        }
        let (mut placeholders, mut sums) = (BTreeMap::new(), BTreeMap::new());
        for (name, raw) in self.values {
            match raw {
                RawPlaceholder::Range(RawRange { min, max }) if min > max => {
                    faults.push(format!("{{{name}}}: min {min} is above max {max}"));
                }
                RawPlaceholder::Range(RawRange { min, max }) => {
                    placeholders.insert(name, Placeholder::Range { min, max });
                }
                RawPlaceholder::Sum(RawSum { sum16_from }) => {
                    sums.insert(name, sum16_from);
                }
                RawPlaceholder::Names(RawNames { one_of }) => {
                    let bytes = one_of.iter().map(|(key, hex)| Some((key.clone(), byte(hex)?)));
                    match bytes.collect::<Option<BTreeMap<_, _>>>() {
                        Some(bytes) if !bytes.is_empty() => {
                            placeholders.insert(name, Placeholder::OneOf(bytes));
                        }
                        _ => faults.push(format!("{{{name}}}: each name stands for two hexadecimal digits")),
                    }
                }
            }
        }
        let mut pieces = Vec::new();
        for word in self.hex.split_whitespace() {
            match word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
                Some(name) if placeholders.contains_key(name) => pieces.push(Piece::Value(name.to_owned())),
                Some(name) => match sums.get(name) {
                    Some(from) if *from < pieces.len() => pieces.push(Piece::Sum16 { from: *from }),
                    Some(from) => {
                        faults.push(format!("{{{name}}}: sums from byte {from}, which lies behind it"));
                    }
                    None => faults.push(format!("`hex` has {{{name}}}, which `values` does not explain")),
                },
                None => match byte(word) {
                    Some(value) => pieces.push(Piece::Byte(value)),
                    None => {
                        faults.push(format!("`hex` has `{word}`: write two hexadecimal digits or {{name}}"));
                    }
                },
            }
        }
        for name in placeholders.keys().chain(sums.keys()) {
            if !self.hex.split_whitespace().any(|word| word == format!("{{{name}}}")) {
                faults.push(format!("`values` explains {{{name}}}, which `hex` does not have"));
            }
        }
        if pieces.is_empty() {
            faults.push("`hex` is empty".to_owned());
        }
        let command = Command {
            via: self.via,
            basis: self.basis,
            note: self.note,
            persistent: self.persistent,
            staff_only: self.staff_only,
            placeholders,
            pieces,
        };
        if command.via.contains(&Way::Transmit) && !is_short_apdu(&command) {
            faults.push(
                "`hex` is no short APDU, although `via` has `transmit`: its length byte is wrong".to_owned(),
            );
        }
        if faults.is_empty() { Ok(command) } else { Err(faults) }
    }
}

/// Header alone, with Le, with Lc and data, or with all of them. Spec: ISO/IEC 7816-4 §5.2.
fn is_short_apdu(command: &Command) -> bool {
    let data = match command.pieces.get(4) {
        Some(Piece::Byte(length)) => usize::from(*length),
        _ => 0,
    };
    matches!(command.length_bytes(), 4 | 5)
        || [5 + data, 6 + data].contains(&command.length_bytes()) && data > 0
}

fn byte(hex: &str) -> Option<u8> {
    (hex.len() == 2 && hex.chars().all(|digit| digit.is_ascii_hexdigit()))
        .then(|| u8::from_str_radix(hex, 16).ok())
        .flatten()
}
