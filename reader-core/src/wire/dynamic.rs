//! Dynamic authentication data: the `7C` template that PACE and chip authentication exchange.
//!
//! The crate `iso7816-tlv` builds and splits it, with two guards for its known defects: nothing reaches its parser that
//! our own bounded reader has not walked first (it would follow any nesting), and nothing of 127 bytes reaches its
//! writer (it codes such a length in two bytes and counts one). Spec: 9303-11 §4.4.5, §6.2.4.2.

use iso7816_tlv::ber::{Tag, Tlv, Value};

use super::tlv::{self, Reader, Rules};
use super::{Malformed, Problem};

const TEMPLATE: u32 = 0x7C;
/// Context tags `80` to `8A` are all that the protocols use.
const MAX_OBJECTS: usize = 8;
/// The length that the crate writes wrongly.
const MISWRITTEN_BYTES: usize = 0x7F;

/// The template around `objects`; `7C 00` without any.
#[must_use]
pub fn encode(objects: &[(u8, &[u8])]) -> Vec<u8> {
    let own = || {
        let inner: Vec<u8> =
            objects.iter().flat_map(|(tag, value)| tlv::encode(u32::from(*tag), value)).collect();
        tlv::encode(TEMPLATE, &inner)
    };
    let inner_bytes: usize =
        objects.iter().map(|(tag, value)| tlv::encode(u32::from(*tag), value).len()).sum();
    let miswritten =
        inner_bytes == MISWRITTEN_BYTES || objects.iter().any(|(_, value)| value.len() == MISWRITTEN_BYTES);
    if miswritten { own() } else { through_crate(objects).unwrap_or_else(own) }
}

fn through_crate(objects: &[(u8, &[u8])]) -> Option<Vec<u8>> {
    let inner = objects
        .iter()
        .map(|(tag, value)| Tlv::new(Tag::try_from(*tag).ok()?, Value::Primitive(value.to_vec())).ok())
        .collect::<Option<Vec<_>>>()?;
    let template = Tlv::new(Tag::try_from(0x7C_u8).ok()?, Value::Constructed(inner)).ok()?;
    Some(template.to_vec())
}

/// The objects inside the one template that `bytes` consist of, in their order.
///
/// # Errors
/// Another tag, bytes after the end, more objects than any protocol has, an object twice, or one that is constructed.
pub fn parse(bytes: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, Malformed> {
    const WHAT: &str = "dynamic authentication data";
    let template = tlv::single(WHAT, Rules::Ber, TEMPLATE, bytes)?;
    let mut reader = Reader::new(WHAT, Rules::Ber, template.value);
    let mut spans = Vec::new();
    while !reader.is_empty() {
        if spans.len() == MAX_OBJECTS {
            return Err(reader.fault(Problem::TooMany { limit: MAX_OBJECTS, of: "data objects" }));
        }
        let object = reader.any()?;
        if object.is_constructed() || object.tag > 0xFF {
            return Err(reader.fault(Problem::Form("an object that is no primitive one with a short tag")));
        }
        if spans.iter().any(|(tag, _)| *tag == object.tag) {
            return Err(reader.fault(Problem::Value("an object that is there twice")));
        }
        spans.push((object.tag, object.raw));
    }
    spans
        .into_iter()
        .map(|(tag, raw)| {
            let fault = || Malformed::value(WHAT, "an object that two readers understand differently");
            let object = Tlv::from_bytes(raw).map_err(|_| fault())?;
            let tag = u8::try_from(tag).map_err(|_| fault())?;
            match object.value() {
                Value::Primitive(value) if object.tag().to_bytes() == [tag] => Ok((tag, value.clone())),
                _ => Err(fault()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_length_is_written_as_our_own_writer_would_and_read_back() {
        assert_eq!(encode(&[]), [0x7C, 0]);
        for length in (0..=300).chain([1000, 65_535]) {
            let value = vec![0xA5; length];
            let bytes = encode(&[(0x81, &value)]);
            assert_eq!(bytes, tlv::encode(TEMPLATE, &tlv::encode(0x81, &value)), "{length}");
            assert_eq!(parse(&bytes).unwrap(), [(0x81, value)], "{length}");
        }
    }

    #[test]
    fn refuses_repeats_nesting_and_leftovers() {
        for bytes in [
            &[0x7C, 4, 0x80, 0, 0x80, 0][..],
            &[0x7C, 4, 0xA0, 2, 0x80, 0],
            &[0x7C, 0, 0],
            &[0x7C, 3, 0x80, 2, 1],
            &[0x30, 0],
            &[0x7C],
            &[],
            &[0x7C, 0x80, 0x80, 1, 1, 0, 0],
        ] {
            assert!(parse(bytes).is_err(), "{bytes:02X?}");
        }
        let deep: Vec<u8> = (0..10_000).fold(Vec::new(), |inner, _| {
            if inner.len() > 60_000 {
                inner
            } else {
                [&[0x7C, 0x82][..], &u16::try_from(inner.len()).unwrap().to_be_bytes(), &inner].concat()
            }
        });
        assert!(parse(&deep).is_err());
    }
}
