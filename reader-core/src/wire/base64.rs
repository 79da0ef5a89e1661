//! Base64 with the standard alphabet, as texts of services and PEM carry bytes. Spec: RFC 4648 §4; RFC 7468 §3.

use super::Malformed;

const WHAT: &str = "base64";

/// Decodes `text`. White space is skipped, as lines are broken in PEM; padding has to be there and right.
///
/// # Errors
/// As [`decode_unbroken`].
pub fn decode(text: &str) -> Result<Vec<u8>, Malformed> {
    decode_unbroken(text.bytes().filter(|byte| !byte.is_ascii_whitespace()))
}

/// Decodes characters among which no white space may stand; padding has to be there and right.
///
/// # Errors
/// Another character, a length that no bytes have, or bits beyond the last byte.
pub fn decode_unbroken(text: impl Iterator<Item = u8>) -> Result<Vec<u8>, Malformed> {
    let mut bytes = Vec::with_capacity(text.size_hint().1.unwrap_or_default() / 4 * 3);
    // Of what was read: bits that are no whole byte yet, how many they are, and how much padding.
    let (mut bits, mut held, mut padding) = (0_u32, 0_u8, 0_u8);
    for character in text {
        if character == b'=' {
            padding += 1;
            if padding > 2 {
                return Err(Malformed::value(WHAT, "more padding than there can be"));
            }
            continue;
        }
        if padding > 0 {
            return Err(Malformed::value(WHAT, "characters behind its padding"));
        }
        let digit = value(character).ok_or_else(|| Malformed::value(WHAT, "a character of none"))?;
        bits = (bits << 6 | digit) & 0xFFFF;
        held += 6;
        if held >= 8 {
            held -= 8;
            bytes.push((bits >> held).to_le_bytes()[0]);
        }
    }
    if !matches!((held, padding), (0, 0) | (4, 2) | (2, 1)) {
        return Err(Malformed::value(WHAT, "its length is no multiple of four"));
    }
    // What is left over has to be zero, so that there is one writing alone.
    if bits & ((1 << held) - 1) != 0 {
        return Err(Malformed::value(WHAT, "bits beyond its last byte"));
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

    #[test]
    fn white_space_stands_where_lines_may_be_broken_and_nowhere_else() {
        let read = |text: &str| decode_unbroken(text.bytes()).ok();
        for (text, bytes) in
            [("", &b""[..]), ("Zg==", b"f"), ("Zm8=", b"fo"), ("Zm9v", b"foo"), ("+/8=", b"\xFB\xFF")]
        {
            assert_eq!(read(text).as_deref(), Some(bytes), "{text}");
        }
        for text in ["Z", "Zg", "Zg=", "Zg===", "Zh==", "Zm9=", "Z g=", "Zg==Zg==", "Zm9v=", "Ä"] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
