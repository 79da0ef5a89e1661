//! Base64 with the standard alphabet, as texts of services and PEM carry bytes. Spec: RFC 4648 §4; RFC 7468 §3.

use super::Malformed;

const WHAT: &str = "base64";

/// Decodes `text`. White space is skipped, as lines are broken in PEM; padding has to be there and right.
///
/// # Errors
/// Another character, a length that no bytes have, or bits beyond the last byte.
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    let digits: Vec<u8> = text.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    if !digits.len().is_multiple_of(4) {
        return Err(Malformed::value(WHAT, "its length is no multiple of four"));
    }
    let padding = digits.iter().rev().take_while(|byte| **byte == b'=').count();
    if padding > 2 {
        return Err(Malformed::value(WHAT, "more padding than there can be"));
    }
    let digits = digits.get(..digits.len() - padding).unwrap_or_default();
    let mut bytes = Vec::with_capacity(digits.len() / 4 * 3 + 2);
    for group in digits.chunks(4) {
        let mut bits: u32 = 0;
        for digit in group {
            bits = bits << 6 | value(*digit).ok_or_else(|| Malformed::value(WHAT, "a character of none"))?;
        }
        // 2, 3 or 4 digits carry 1, 2 or 3 bytes; what is left over has to be zero, so that there is one writing alone.
        let (len, spare) = match group.len() {
            4 => (3, 0),
            3 => (2, 2),
            _ => (1, 4),
        };
        if bits & ((1 << spare) - 1) != 0 {
            return Err(Malformed::value(WHAT, "bits beyond its last byte"));
        }
        let whole = (bits >> spare).to_be_bytes();
        bytes.extend(whole.get(4 - len..).unwrap_or_default());
    }
    Ok(bytes)
}

fn value(digit: u8) -> Option<u32> {
    let value = match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Spec: RFC 4648 §10.
    #[test]
    fn published_examples() {
        for (text, bytes) in [
            ("", ""),
            ("Zg==", "f"),
            ("Zm8=", "fo"),
            ("Zm9v", "foo"),
            ("Zm9vYg==", "foob"),
            ("Zm9vYmE=", "fooba"),
            ("Zm9v\r\nYmFy\n", "foobar"),
        ] {
            assert_eq!(decode(text).as_deref(), Ok(bytes.as_bytes()), "{text}");
        }
    }

    #[test]
    fn there_is_one_writing_alone() {
        for bad in ["Zg", "Zg=", "Zh==", "Zm9=", "Z===", "====", "Zm9v====", "Zg==Zg==", "Zm-_", "Zm9\u{e9}"]
        {
            assert!(decode(bad).is_err(), "{bad}");
        }
    }
}
