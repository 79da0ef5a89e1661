//! BER into the definite, shortest form that the readers of this program take.
//!
//! Some issuers write EF.SOD, and some states their lists, with indefinite lengths and with strings in pieces. What has
//! neither inside is copied as it stands, byte for byte, so that a certificate keeps the bytes that were signed; around
//! it, lengths are written anew and pieces joined. Sets are not sorted: a signer who signed another order is for the
//! check of the signature to note. Spec: X.690 §8.1.3, §8.7.3, §8.14.6.

use super::tlv::{Reader, Rules, encode_header};
use super::{Malformed, Problem};

/// Deepest nesting that is followed. Certificates in signed data take fewer than twenty.
const MAX_DEPTH: usize = 32;
const INDEFINITE: u8 = 0x80;
const END_OF_CONTENTS: [u8; 2] = [0, 0];
const CONSTRUCTED: u8 = 0x20;
/// Universal strings and times that may come in pieces, as primitive tags. A BIT STRING in pieces is refused: no document
/// has one, and joining it means more than putting bytes together.
const STRINGS: [u8; 9] = [0x04, 0x0C, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1A];

/// A constructed object whose content is being read.
struct Open {
    /// Where it begins in the input.
    start: usize,
    /// Where its content ends; `None` where an end-of-contents does.
    end: Option<usize>,
    /// Where its content begins in the output.
    written: usize,
    tag_bytes: usize,
    /// A string in pieces, by its primitive tag.
    joins: Option<u8>,
    /// Something in it was written anew.
    changed: bool,
}

/// The same object without indefinite lengths and without strings in pieces. `what` names it in errors.
///
/// # Errors
/// Not one whole object, nested too deep, or a form that cannot be normalised.
pub fn normalise(what: &'static str, bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let fault = |at: usize, problem: Problem| Malformed::new(what, at, problem);
    let mut out = Vec::with_capacity(bytes.len());
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    loop {
        // Ends first: an object may end several others.
        while let Some(last) = open.last() {
            let ended = match last.end {
                Some(end) => at == end,
                None => bytes.get(at..at + 2) == Some(&END_OF_CONTENTS[..]),
            };
            if !ended {
                break;
            }
            at += if last.end.is_none() { END_OF_CONTENTS.len() } else { 0 };
            let Some(closed) = open.pop() else { break };
            close(&closed, open.last_mut(), bytes.get(closed.start..at).unwrap_or_default(), &mut out);
        }
        if open.is_empty() && at > 0 {
            break;
        }
        if open.len() > MAX_DEPTH {
            return Err(fault(at, Problem::TooMany { limit: MAX_DEPTH, of: "levels of nesting" }));
        }
        // No object reaches beyond the one that it stands in.
        let end = open.iter().rev().find_map(|outer| outer.end).unwrap_or(bytes.len());
        let rest = bytes.get(at..end).unwrap_or_default();
        let joins = open.last().and_then(|outer| outer.joins);
        let head = Head::read(what, rest).map_err(|error| fault(at + error.offset, error.problem))?;
        if let Some(piece) = joins
            && head.first & !CONSTRUCTED != piece
        {
            return Err(fault(at, Problem::Form("a string in pieces of another kind")));
        }
        let constructed = head.first & CONSTRUCTED != 0;
        let content = at + head.header_bytes;
        match head.content_bytes {
            Some(length) if !constructed => {
                let from = if joins.is_some() { content } else { at };
                out.extend_from_slice(bytes.get(from..content + length).unwrap_or_default());
                at = content + length;
            }
            length => {
                let primitive = head.first & !CONSTRUCTED;
                if head.first == 0x23 {
                    return Err(fault(at, Problem::Form("a BIT STRING in pieces")));
                }
                let pieces = constructed && STRINGS.contains(&primitive);
                open.push(Open {
                    start: at,
                    end: length.map(|length| content + length),
                    written: out.len(),
                    tag_bytes: head.tag_bytes,
                    joins: pieces.then_some(primitive),
                    changed: pieces || length.is_none(),
                });
                at = content;
            }
        }
    }
    match bytes.len() - at {
        0 => Ok(out),
        left => Err(fault(at, Problem::Trailing { bytes: left })),
    }
}

/// Writes what was in `closed` as one object into the one around it.
fn close(closed: &Open, outer: Option<&mut Open>, raw: &[u8], out: &mut Vec<u8>) {
    if !closed.changed {
        out.truncate(closed.written);
        out.extend_from_slice(raw);
        return;
    }
    let joined_by_outer = outer.as_ref().is_some_and(|outer| outer.joins.is_some());
    if let Some(outer) = outer {
        outer.changed = true;
    }
    if joined_by_outer {
        return;
    }
    let content = out.split_off(closed.written);
    let mut tag = raw.get(..closed.tag_bytes).unwrap_or_default().to_vec();
    if let (Some(first), Some(primitive)) = (tag.first_mut(), closed.joins) {
        *first = primitive;
    }
    encode_header(out, &tag, content.len());
    out.extend(content);
}

/// The beginning of an object.
struct Head {
    first: u8,
    tag_bytes: usize,
    header_bytes: usize,
    /// `None` where the length is indefinite.
    content_bytes: Option<usize>,
}

impl Head {
    fn read(what: &'static str, bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(what, Rules::Ber, bytes);
        let tag = reader.peek_tag()?;
        let tag_bytes = tag.to_be_bytes().iter().skip_while(|byte| **byte == 0).count().max(1);
        let first = bytes.first().copied().unwrap_or_default();
        if tag == 0 {
            return Err(reader.fault(Problem::Form("an end of contents where none can be")));
        }
        if bytes.get(tag_bytes) == Some(&INDEFINITE) {
            if first & CONSTRUCTED == 0 {
                return Err(reader.fault(Problem::Form("an indefinite length of a primitive object")));
            }
            return Ok(Self { first, tag_bytes, header_bytes: tag_bytes + 1, content_bytes: None });
        }
        let object = reader.any()?;
        let header_bytes = object.raw.len() - object.value.len();
        Ok(Self { first, tag_bytes, header_bytes, content_bytes: Some(object.value.len()) })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::tlv::encode;
    use super::*;

    fn made(bytes: &[u8]) -> Vec<u8> {
        normalise("test", bytes).unwrap()
    }

    #[test]
    fn what_is_definite_is_kept_byte_for_byte() {
        // A length in a longer form than needed stays: someone may have signed it.
        for bytes in [&[0x30, 0x81, 3, 2, 1, 5][..], &[4, 2, 0, 0], &[0x30, 0], &[0x7F, 0x49, 3, 4, 1, 9]] {
            assert_eq!(made(bytes), bytes);
        }
    }

    #[test]
    fn lengths_are_written_and_pieces_joined() {
        assert_eq!(made(&[0x30, 0x80, 2, 1, 5, 0, 0]), [0x30, 3, 2, 1, 5]);
        let pieces = [0x24, 0x80, 4, 2, 1, 2, 0x24, 3, 4, 1, 3, 0x24, 0x80, 4, 0, 0, 0, 0, 0];
        assert_eq!(made(&pieces), [4, 3, 1, 2, 3]);
        assert_eq!(made(&[&[0xA0, 19][..], &pieces].concat()), [0xA0, 5, 4, 3, 1, 2, 3]);
        // A definite object around an indefinite one gets another length; its definite neighbour keeps its odd one.
        let around = [0x30, 0x81, 9, 0x30, 0x80, 0, 0, 0x30, 0x81, 2, 5, 0];
        assert_eq!(made(&around), [0x30, 7, 0x30, 0, 0x30, 0x81, 2, 5, 0]);
        let long = [&[0x30, 0x80][..], &encode(4, &[7; 300]), &[0, 0]].concat();
        assert_eq!(made(&long), encode(0x30, &encode(4, &[7; 300])));
    }

    #[test]
    fn what_cannot_be_is_refused() {
        for bytes in [
            &[][..],
            &[0, 0],
            &[0x30, 0x80],
            &[0x30, 0x80, 0],
            &[0x04, 0x80, 0, 0],
            &[0x30, 2, 0, 0],
            &[0x30, 3, 2, 2, 5, 5],
            &[0x30, 4, 0x30, 0x80, 0, 0, 0, 0],
            &[0x24, 0x80, 2, 1, 5, 0, 0],
            &[0x23, 4, 3, 2, 0, 5],
            &[0x30, 0x80, 0, 0, 5],
            &[0x30, 3, 0x30, 0x80, 2, 1, 5, 0, 0],
        ] {
            assert!(normalise("test", bytes).is_err(), "{bytes:02X?}");
        }
        let deep = vec![[0x30, 0x80]; 100_000].concat();
        assert!(matches!(normalise("test", &deep), Err(Malformed { problem: Problem::TooMany { .. }, .. })));
    }

    proptest! {
        #[test]
        fn any_bytes_are_normalised_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(once) = normalise("test", &bytes) {
                prop_assert_eq!(normalise("test", &once).unwrap(), once);
            }
        }
    }
}
