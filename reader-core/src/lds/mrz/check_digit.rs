//! Check digits. Spec: 9303-3 §4.9.

/// The check digit of `characters`, as an ASCII digit: weights 7, 3, 1; A is 10 to Z is 35; `<` is 0. `None` if a
/// character is none of the zone's.
#[must_use]
pub fn check_digit(characters: impl IntoIterator<Item = u8>) -> Option<u8> {
    let mut sum = 0_u32;
    for (character, weight) in characters.into_iter().zip([7_u32, 3, 1].into_iter().cycle()) {
        let value = match character {
            b'0'..=b'9' => character - b'0',
            b'A'..=b'Z' => character - b'A' + 10,
            b'<' => 0,
            _ => return None,
        };
        // Remainders keep the sum small however long the input is.
        sum = (sum + u32::from(value) * weight) % 10;
    }
    u8::try_from(sum).ok().map(|digit| b'0' + digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_as_the_examples_do() {
        assert_eq!(check_digit(*b"520727"), Some(b'3'));
        assert_eq!(check_digit(*b"AB2134<<<"), Some(b'5'));
        assert_eq!(check_digit(*b""), Some(b'0'));
        assert_eq!(check_digit(*b"a"), None);
    }
}
