//! What only devices of one kind have: a serial line, an image, paper, lines of text.

use serde::{Deserialize, Serialize};

/// Parity of a serial line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parity {
    /// No parity bit.
    None,
    /// An even number of ones.
    Even,
    /// An odd number of ones.
    Odd,
}

/// Bits of one character on a serial line, as in `8N1`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Framing {
    /// Data bits: 7 or 8.
    pub data_bits: u8,
    /// Parity.
    pub parity: Parity,
    /// Stop bits: 1 or 2.
    pub stop_bits: u8,
}

impl TryFrom<String> for Framing {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let refused = || format!("framing `{text}` is not data bits, parity (N, E, O), stop bits, as in 8N1");
        let [data, parity, stop] = text.as_bytes() else { return Err(refused()) };
        Ok(Self {
            data_bits: match data {
                b'7' => 7,
                b'8' => 8,
                _ => return Err(refused()),
            },
            parity: match parity {
                b'N' => Parity::None,
                b'E' => Parity::Even,
                b'O' => Parity::Odd,
                _ => return Err(refused()),
            },
            stop_bits: match stop {
                b'1' => 1,
                b'2' => 2,
                _ => return Err(refused()),
            },
        })
    }
}

impl From<Framing> for String {
    fn from(framing: Framing) -> Self {
        let parity = match framing.parity {
            Parity::None => 'N',
            Parity::Even => 'E',
            Parity::Odd => 'O',
        };
        format!("{}{parity}{}", framing.data_bits, framing.stop_bits)
    }
}

/// A serial line.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Serial {
    /// The speed that the device has when new, in baud; none where makers differ.
    pub default_baud: Option<u32>,
    /// Speeds it can be set to, lowest first; where a range is known, its ends.
    pub bauds: Vec<u32>,
    /// Bits of one character.
    pub framing: Framing,
    /// Several devices share one pair of wires (RS-485).
    #[serde(default)]
    pub shared_line: bool,
}

impl Serial {
    pub(crate) fn faults(&self, faults: &mut Vec<String>) {
        if self.bauds.is_empty() || !self.bauds.is_sorted() {
            faults.push("`serial.bauds` must name at least one speed, the lowest first".to_owned());
        }
        if let (Some(default), Some(least), Some(most)) =
            (self.default_baud, self.bauds.first(), self.bauds.last())
            && !(*least..=*most).contains(&default)
        {
            faults.push(format!("`serial.default_baud` = {default} lies outside `serial.bauds`"));
        }
    }
}

/// A fingerprint module.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fingerprint {
    /// Width of its image in pixels.
    pub image_width: Option<u16>,
    /// Height of its image in pixels.
    pub image_height: Option<u16>,
    /// Bits of one pixel.
    pub image_bits: Option<u8>,
    /// Size of its image on the line.
    pub image_bytes: Option<u32>,
    /// Data sizes of a packet that can be chosen.
    #[serde(default)]
    pub packet_bytes: Vec<u16>,
    /// Size of its own, proprietary template.
    pub template_bytes: Option<u16>,
    /// Size of a command frame, where it is fixed.
    pub frame_bytes: Option<u8>,
}

impl Fingerprint {
    pub(crate) fn faults(&self, faults: &mut Vec<String>) {
        if let (Some(width), Some(height), Some(bits), Some(bytes)) =
            (self.image_width, self.image_height, self.image_bits, self.image_bytes)
            && u64::from(width) * u64::from(height) * u64::from(bits) != u64::from(bytes) * 8
        {
            faults
                .push(format!("`fingerprint.image_bytes` = {bytes} is not {width} × {height} × {bits} bit"));
        }
    }
}

/// A receipt printer.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    /// Widths of paper.
    pub paper_mm: Vec<u16>,
    /// Characters in a line, for each width of paper.
    pub line_chars: Vec<u16>,
    /// Its port where it hangs on the network.
    pub tcp_port: Option<u16>,
}

impl Printer {
    pub(crate) fn faults(&self, faults: &mut Vec<String>) {
        if self.paper_mm.len() != self.line_chars.len() {
            faults
                .push("`printer.line_chars` must have one number for each of `printer.paper_mm`".to_owned());
        }
    }
}

/// A reader of machine-readable zones.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Mrz {
    /// Characters of the shortest line it sends.
    pub min_line_chars: u16,
    /// Characters of the longest line it sends.
    pub max_line_chars: u16,
}

/// A relay board.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Relay {
    /// Channels of the largest board.
    pub channels_max: u8,
}

/// An OSDP peripheral device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Osdp {
    /// It must have answered after this time.
    pub reply_ms: u16,
    /// It usually answers after this time.
    pub reply_typical_ms: u16,
    /// Highest address.
    pub address_max: u8,
}

/// A terminal of another maker on the network, which reads chips itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Network {
    /// Its address as delivered.
    pub endpoint: String,
    /// What it speaks.
    pub protocol: String,
    /// Files that it hands on as the chip gave them.
    pub raw_files: Vec<String>,
    /// How long one request may take.
    pub timeout_ms: u32,
}
