//! Tag, length, value: the splitter and the writer of the chip. Tags of one or two bytes, definite lengths.

/// A data object as it stands in the input.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// The tag; 7F49 is one number.
    pub tag: u16,
    /// The contents.
    pub value: &'a [u8],
    /// Tag, length and contents.
    pub encoded: &'a [u8],
}

/// Splits a row of data objects; `None` if any is cut off or has an indefinite length.
pub fn split(bytes: &[u8]) -> Option<Vec<Object<'_>>> {
    let mut out = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let mut at = 1;
        let mut tag = u16::from(rest[0]);
        if tag & 0x1F == 0x1F {
            tag = tag << 8 | u16::from(*rest.get(1)?);
            at = 2;
        }
        let first = usize::from(*rest.get(at)?);
        at += 1;
        let length = match first {
            0..=0x7F => first,
            0x81..=0x84 => {
                let digits = rest.get(at..at + (first - 0x80))?;
                at += digits.len();
                digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit))
            }
            _ => return None,
        };
        let value = rest.get(at..)?.get(..length)?;
        out.push(Object { tag, value, encoded: &rest[..at + length] });
        rest = &rest[at + length..];
    }
    Some(out)
}

/// The value of the first object with a tag.
pub fn find<'a>(objects: &[Object<'a>], tag: u16) -> Option<&'a [u8]> {
    objects.iter().find(|object| object.tag == tag).map(|object| object.value)
}

/// Writes one data object with the shortest length.
pub fn write(tag: u16, value: &[u8]) -> Vec<u8> {
    let tag = tag.to_be_bytes();
    let mut out = if tag[0] == 0 { vec![tag[1]] } else { tag.to_vec() };
    let length = (value.len() as u64).to_be_bytes();
    let digits = &length[length.iter().position(|digit| *digit != 0).unwrap_or(length.len() - 1)..];
    match digits {
        [digit] if *digit < 0x80 => out.push(*digit),
        _ => {
            out.push(0x80 | digits.len().to_be_bytes()[size_of::<usize>() - 1]);
            out.extend_from_slice(digits);
        }
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_split_again() {
        for length in [0usize, 1, 127, 128, 255, 256, 65535, 65536] {
            let value = vec![0xAB; length];
            let bytes = [write(0x7F49, &value), write(0x80, &[1])].concat();
            let objects = split(&bytes).unwrap();
            assert_eq!(find(&objects, 0x7F49), Some(value.as_slice()));
            assert_eq!(find(&objects, 0x80), Some([1].as_slice()));
            assert!(split(&bytes[..bytes.len() - 1]).is_none());
        }
        assert_eq!(write(0x53, &[0; 128])[..3], [0x53, 0x81, 0x80]);
        assert!(split(&[0x30, 0x80, 0, 0]).is_none());
    }
}
