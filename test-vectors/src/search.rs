//! Searches what a program left behind (traces, logs, files, answers) for secrets, in every form that one might take.

use crate::chip::Known;

const BASE64: [&[u8; 64]; 2] = [
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
];
/// Shorter passwords occur by chance within longer runs of digits, so they count only where they stand alone.
const LONG_PASSWORD_BYTES: usize = 12;

/// What stands in `place`, as `WHAT as FORM`. The forms: the bytes themselves, hexadecimal digits in any case with or
/// without separators, decimal lists such as `{:?}` prints them, base64 of both alphabets at any offset.
#[must_use]
pub fn secrets(known: &[Known], place: &[u8]) -> Vec<String> {
    let place = Place::new(place);
    let found = known.iter().filter_map(|one| Some(format!("{} as {}", one.what, place.form_of(one)?)));
    found.collect()
}

/// Bytes to be searched: a char for each byte, so that the standard library's search does the work.
struct Place {
    raw: String,
    /// Small letters, without what stands between hexadecimal digits.
    digits: String,
    /// Without white space.
    dense: String,
}

fn chars(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}

impl Place {
    fn new(place: &[u8]) -> Self {
        let raw = chars(place);
        let dense = raw.chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>();
        let mut digits = dense.to_ascii_lowercase().replace("0x", "");
        digits.retain(|c| !matches!(c, ':' | '-' | '_' | ',' | ';' | '.'));
        Self { raw, digits, dense }
    }

    fn form_of(&self, known: &Known) -> Option<&'static str> {
        let bytes = &known.bytes;
        if if known.is_password { self.has_password(bytes) } else { self.raw.contains(&chars(bytes)) } {
            return Some("it is");
        }
        let hexadecimal: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        if self.digits.contains(&hexadecimal) {
            return Some("hexadecimal digits");
        }
        let list: Vec<String> = bytes.iter().map(u8::to_string).collect();
        if self.dense.contains(&list.join(",")) {
            return Some("a list of numbers");
        }
        let coded =
            BASE64.iter().any(|alphabet| (0..3).any(|at| self.dense.contains(&base64(alphabet, bytes, at))));
        coded.then_some("base64")
    }

    fn has_password(&self, password: &[u8]) -> bool {
        let password = chars(password);
        let alone = |(at, _): (usize, &str)| {
            let before = self.raw[..at].chars().next_back();
            let after = self.raw[at + password.len()..].chars().next();
            ![before, after].into_iter().flatten().any(|c| c.is_ascii_hexdigit())
        };
        let mut places = self.raw.match_indices(&password);
        if password.len() >= LONG_PASSWORD_BYTES { places.next().is_some() } else { places.any(alone) }
    }
}

/// The digits of base64 that `bytes` alone decide where they begin `offset` bytes into a group of three.
fn base64(alphabet: &[u8; 64], bytes: &[u8], offset: usize) -> String {
    let mut bits = vec![false; offset * 8];
    bits.extend(bytes.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1 == 1)));
    let value = |six: &[bool]| six.iter().fold(0usize, |sum, bit| sum << 1 | usize::from(*bit));
    let digits = bits.chunks_exact(6).map(|six| char::from(alphabet[value(six)]));
    digits.skip((offset * 8).div_ceil(6)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key() -> Known {
        let bytes = (0..16u8).map(|n| n.wrapping_mul(37).wrapping_add(200)).collect();
        Known { what: "a key".into(), bytes, is_password: false }
    }

    fn password(text: &str) -> Known {
        Known { what: "a number".into(), bytes: text.into(), is_password: true }
    }

    #[test]
    fn a_key_is_found_in_every_form() {
        let bytes = key().bytes;
        let spelled = |between: &str, upper: bool| {
            let digits = bytes.iter().map(|b| if upper { format!("{b:02X}") } else { format!("{b:02x}") });
            digits.collect::<Vec<_>>().join(between)
        };
        let mut forms = vec![chars(&bytes), format!("{bytes:?}"), format!("{bytes:#?}")];
        for between in ["", " ", ":", "-", ", ", "\n", ", 0x"] {
            forms.extend([false, true].map(|upper| spelled(between, upper)));
        }
        for alphabet in BASE64 {
            // What stands around it changes the digits at its ends alone.
            for around in ["", "x", "yz"] {
                let all = [around.as_bytes(), &bytes, b"tail!!"].concat();
                forms.push(base64(alphabet, &all, 0));
            }
        }
        for form in forms {
            let place: Vec<u8> =
                format!("log: {form} end").chars().map(|c| u8::try_from(c).unwrap()).collect();
            assert_eq!(secrets(&[key()], &place).len(), 1, "{form}");
        }
        let mut other = bytes.clone();
        other[7] ^= 1;
        assert!(secrets(&[key()], &other).is_empty());
        assert!(secrets(&[key()], format!("{other:02X?} {other:?}").as_bytes()).is_empty());
    }

    #[test]
    fn short_numbers_count_where_they_stand_alone() {
        for told in ["CAN 001000", "can=\"001000\"", "303031303030", "[48, 48, 49, 48, 48, 48]", "MDAxMDAw"] {
            assert_eq!(secrets(&[password("001000")], told.as_bytes()).len(), 1, "{told}");
        }
        for chance in ["090000001000", "a00100057", "001000f", "0010000", ""] {
            assert!(secrets(&[password("001000")], chance.as_bytes()).is_empty(), "{chance}");
        }
        assert_eq!(secrets(&[password("0900000010005")], b"x0900000010005f").len(), 1);
    }
}
