//! Writes DER: every length minimal, every set sorted. Spec: X.690 §8 and §10.

/// One object: tag bytes as given, minimal length, content.
#[must_use]
pub fn tlv(tag: &[u8], content: &[u8]) -> Vec<u8> {
    let mut out = tag.to_vec();
    if content.len() < 0x80 {
        out.push(content.len().to_le_bytes()[0]);
    } else {
        let length = strip_zeros(&content.len().to_be_bytes());
        out.push(0x80 | length.len().to_le_bytes()[0]);
        out.extend(length);
    }
    out.extend_from_slice(content);
    out
}

/// The number without leading zero bytes; zero becomes one zero byte.
#[must_use]
pub fn strip_zeros(number: &[u8]) -> Vec<u8> {
    let rest: Vec<u8> = number.iter().copied().skip_while(|byte| *byte == 0).collect();
    if rest.is_empty() { vec![0] } else { rest }
}

/// SEQUENCE of finished parts.
#[must_use]
pub fn sequence<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    tlv(&[0x30], &join(parts))
}

/// SET OF finished parts, sorted as DER asks. Spec: X.690 §11.6.
#[must_use]
pub fn set_of<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    tlv(&[0x31], &join(&sorted(parts)))
}

/// The parts in the order of their bytes, for a SET OF under another tag.
#[must_use]
pub fn sorted<P: AsRef<[u8]>>(parts: &[P]) -> Vec<Vec<u8>> {
    let mut sorted: Vec<Vec<u8>> = parts.iter().map(|part| part.as_ref().to_vec()).collect();
    sorted.sort();
    sorted
}

/// The parts one after another.
#[must_use]
pub fn join<P: AsRef<[u8]>>(parts: &[P]) -> Vec<u8> {
    parts.iter().flat_map(|part| part.as_ref().iter().copied()).collect()
}

/// INTEGER from an unsigned big-endian number.
#[must_use]
pub fn integer_bytes(big_endian: &[u8]) -> Vec<u8> {
    let mut content = strip_zeros(big_endian);
    if content.first().is_some_and(|byte| byte & 0x80 != 0) {
        content.insert(0, 0);
    }
    tlv(&[0x02], &content)
}

/// INTEGER from a small number.
#[must_use]
pub fn integer(value: u64) -> Vec<u8> {
    integer_bytes(&value.to_be_bytes())
}

/// BOOLEAN.
#[must_use]
pub fn boolean(value: bool) -> Vec<u8> {
    tlv(&[0x01], &[if value { 0xFF } else { 0x00 }])
}

/// NULL.
#[must_use]
pub fn null() -> Vec<u8> {
    vec![0x05, 0x00]
}

/// OBJECT IDENTIFIER from its dotted form.
///
/// # Panics
/// When the text is not a dotted identifier; callers write literals.
#[must_use]
pub fn oid(dotted: &str) -> Vec<u8> {
    tlv(&[0x06], &oid_content(dotted))
}

/// The content bytes of an object identifier, as they stand in a MSE:Set AT or a tag of one's own.
///
/// # Panics
/// When the text is not a dotted identifier of two arcs or more.
#[must_use]
pub fn oid_content(dotted: &str) -> Vec<u8> {
    let arcs: Vec<u64> =
        dotted.split('.').map(|arc| arc.parse().expect("a dotted object identifier")).collect();
    let (first, rest) = match arcs.as_slice() {
        [first, second, rest @ ..] => (first * 40 + second, rest),
        _ => panic!("an object identifier has two arcs or more: {dotted}"),
    };
    let mut content = base128(first);
    for arc in rest {
        content.extend(base128(*arc));
    }
    content
}

fn base128(arc: u64) -> Vec<u8> {
    let mut digits = vec![(arc & 0x7F).to_le_bytes()[0]];
    let mut rest = arc >> 7;
    while rest > 0 {
        digits.insert(0, 0x80 | (rest & 0x7F).to_le_bytes()[0]);
        rest >>= 7;
    }
    digits
}

/// OCTET STRING.
#[must_use]
pub fn octet_string(content: &[u8]) -> Vec<u8> {
    tlv(&[0x04], content)
}

/// BIT STRING of whole bytes.
#[must_use]
pub fn bit_string(content: &[u8]) -> Vec<u8> {
    named_bits(0, content)
}

/// BIT STRING whose last byte has `unused` bits unused.
#[must_use]
pub fn named_bits(unused: u8, content: &[u8]) -> Vec<u8> {
    let mut value = vec![unused];
    value.extend_from_slice(content);
    tlv(&[0x03], &value)
}

/// UTF8String.
#[must_use]
pub fn utf8(text: &str) -> Vec<u8> {
    tlv(&[0x0C], text.as_bytes())
}

/// PrintableString; the caller keeps to its alphabet.
#[must_use]
pub fn printable(text: &str) -> Vec<u8> {
    tlv(&[0x13], text.as_bytes())
}

/// Context tag with finished content: constructed.
#[must_use]
pub fn explicit(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(&[0xA0 | number], content)
}

/// Context tag with raw content: primitive.
#[must_use]
pub fn implicit(number: u8, content: &[u8]) -> Vec<u8> {
    tlv(&[0x80 | number], content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_minimal() {
        assert_eq!(tlv(&[0x04], &[0; 127])[..2], [0x04, 127]);
        assert_eq!(tlv(&[0x04], &[0; 128])[..3], [0x04, 0x81, 128]);
        assert_eq!(tlv(&[0x7F, 0x61], &[0; 256])[..5], [0x7F, 0x61, 0x82, 1, 0]);
    }

    #[test]
    fn integers_stay_positive_and_minimal() {
        assert_eq!(integer(0), [2, 1, 0]);
        assert_eq!(integer(127), [2, 1, 127]);
        assert_eq!(integer(128), [2, 2, 0, 128]);
        assert_eq!(integer_bytes(&[0, 0, 1, 0]), [2, 2, 1, 0]);
    }

    #[test]
    fn object_identifiers_match_hand_coded_ones() {
        assert_eq!(oid("2.23.136.1.1.1"), [6, 6, 0x67, 0x81, 0x08, 1, 1, 1]);
        assert_eq!(oid("1.2.840.10045.2.1"), [6, 7, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 2, 1]);
    }

    #[test]
    fn sets_are_sorted() {
        assert_eq!(set_of(&[integer(5), integer(3)]), [0x31, 6, 2, 1, 3, 2, 1, 5]);
    }
}
