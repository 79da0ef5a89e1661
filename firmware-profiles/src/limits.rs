//! What a reader carries, derived from the sizes that its USB descriptor states.

use serde::{Deserialize, Serialize};

/// Which APDU lengths a reader passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApduLevel {
    /// Short APDUs only.
    Short,
    /// Extended APDUs too. They are used only where the chip declares buffers for them. Spec: 9303-11 §9.3.1.2.
    Extended,
    /// Not known: treated as short, until a reader is measured and gets a profile.
    Probe,
}

/// What a reader carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Limits {
    /// Short or extended APDUs.
    pub apdu_level: ApduLevel,
    /// Longest command APDU in bytes, header and lengths included.
    pub max_command_bytes: usize,
    /// Longest response APDU in bytes, status word included.
    pub max_response_bytes: usize,
    /// How long one exchange may take.
    pub exchange_timeout_ms: u32,
    /// Longest CCID message (`dwMaxCCIDMessageLength`), its header of ten bytes included.
    pub ccid_message_bytes: Option<usize>,
    /// Bytes of a file that one READ BINARY asks for at first.
    pub read_chunk_bytes: Option<usize>,
    /// The radio rate that the descriptor claims (`dwMaxDataRate`); a hint only.
    pub max_rate_bps: Option<u32>,
    /// Slots or interfaces that the device shows.
    pub slots: Option<u8>,
    /// How long an answer about an empty slot may take.
    pub slot_status_ms: Option<u32>,
}

/// The limits as written.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawLimits {
    pub apdu_level: Option<ApduLevel>,
    pub max_command_bytes: Option<usize>,
    pub max_response_bytes: Option<usize>,
    pub exchange_timeout_ms: Option<u32>,
    pub ccid_message_bytes: Option<usize>,
    pub read_chunk_bytes: Option<usize>,
    pub max_rate_bps: Option<u32>,
    pub slots: Option<u8>,
    pub slot_status_ms: Option<u32>,
}

/// Longest short command: header, Lc, 255 bytes, Le. Spec: ISO/IEC 7816-4 §5.2.
const SHORT_COMMAND_BYTES: usize = 261;
/// Longest short response: 256 bytes and the status word.
const SHORT_RESPONSE_BYTES: usize = 258;
/// A CCID message's own header. Spec: USB CCID 1.10 §6.1.
const CCID_HEADER_BYTES: usize = 10;
/// No CCID message that carries less is of use: a protected command of the chip protocols must fit.
const LEAST_COMMAND_BYTES: usize = 240;

impl RawLimits {
    /// These keys over those of `parent`.
    pub fn over(&self, parent: &Self) -> Self {
        Self {
            apdu_level: self.apdu_level.or(parent.apdu_level),
            max_command_bytes: self.max_command_bytes.or(parent.max_command_bytes),
            max_response_bytes: self.max_response_bytes.or(parent.max_response_bytes),
            exchange_timeout_ms: self.exchange_timeout_ms.or(parent.exchange_timeout_ms),
            ccid_message_bytes: self.ccid_message_bytes.or(parent.ccid_message_bytes),
            read_chunk_bytes: self.read_chunk_bytes.or(parent.read_chunk_bytes),
            max_rate_bps: self.max_rate_bps.or(parent.max_rate_bps),
            slots: self.slots.or(parent.slots),
            slot_status_ms: self.slot_status_ms.or(parent.slot_status_ms),
        }
    }

    /// The checked limits. Sizes that are not written follow from the CCID message and the read chunk.
    pub fn check(&self, faults: &mut Vec<String>) -> Option<Limits> {
        let before = faults.len();
        let missing = |key: &str| format!("`limits.{key}` is set neither here nor in what it inherits");
        let (Some(apdu_level), Some(exchange_timeout_ms)) = (self.apdu_level, self.exchange_timeout_ms)
        else {
            for (key, absent) in [
                ("apdu_level", self.apdu_level.is_none()),
                ("exchange_timeout_ms", self.exchange_timeout_ms.is_none()),
            ] {
                if absent {
                    faults.push(missing(key));
                }
            }
            return None;
        };
        if exchange_timeout_ms == 0 {
            faults.push("`limits.exchange_timeout_ms` = 0 lets no exchange end".to_owned());
        }
        let room = self.ccid_message_bytes.map(|bytes| bytes.saturating_sub(CCID_HEADER_BYTES));
        let extended = apdu_level == ApduLevel::Extended;
        let command_room = match room {
            Some(room) if extended => room,
            Some(room) => room.min(SHORT_COMMAND_BYTES),
            None => SHORT_COMMAND_BYTES,
        };
        let response_room = room.unwrap_or(SHORT_RESPONSE_BYTES).min(SHORT_RESPONSE_BYTES);
        let response_room = match self.read_chunk_bytes {
            // The driver joins a response that spans several messages.
            Some(chunk) if extended => response_room.max(protected_response_bytes(chunk)),
            _ => response_room,
        };
        let max_command_bytes = self.max_command_bytes.unwrap_or(command_room);
        let max_response_bytes = self.max_response_bytes.unwrap_or(response_room);
        if max_command_bytes < LEAST_COMMAND_BYTES || max_response_bytes < LEAST_COMMAND_BYTES {
            faults.push(format!(
                "{max_command_bytes} bytes of command and {max_response_bytes} of response are too few for the chip \
                 protocols, which need {LEAST_COMMAND_BYTES}; see `limits.ccid_message_bytes`"
            ));
        }
        if !extended && (max_command_bytes > SHORT_COMMAND_BYTES || max_response_bytes > SHORT_RESPONSE_BYTES)
        {
            faults.push(
                "`limits.max_command_bytes` exceeds 261 or `max_response_bytes` 258, although `apdu_level` is not \
                 `extended`"
                    .to_owned(),
            );
        }
        if let Some(chunk) = self.read_chunk_bytes
            && protected_response_bytes(chunk) > max_response_bytes
        {
            faults.push(format!(
                "`limits.read_chunk_bytes` = {chunk} does not fit into {max_response_bytes} bytes of protected response"
            ));
        }
        (faults.len() == before).then_some(Limits {
            apdu_level,
            max_command_bytes,
            max_response_bytes,
            exchange_timeout_ms,
            ccid_message_bytes: self.ccid_message_bytes,
            read_chunk_bytes: self.read_chunk_bytes,
            max_rate_bps: self.max_rate_bps,
            slots: self.slots,
            slot_status_ms: self.slot_status_ms,
        })
    }
}

/// Size of a response that carries this much under AES secure messaging: padding to 16, the objects 87, 99 and 8E, the
/// status word. Spec: 9303-11 §9.8.
const fn protected_response_bytes(plain: usize) -> usize {
    let value = (plain / 16 + 1) * 16 + 1;
    let length = if value < 0x80 {
        1
    } else if value < 0x100 {
        2
    } else {
        3
    };
    1 + length + value + 4 + 10 + 2
}
