//! What DG11, DG12 and DG16 share: texts, dates and pictures under tags of their own. Spec: 9303-10 §4.7.11, §4.7.12,
//! §4.7.16.
//!
//! An element that is not what the standard says is kept raw beside the others: a document is not worse for it.

use std::fmt;

use zeroize::Zeroizing;

use super::mrz::PartialDate;
use super::personal::PersonalText;
use super::portrait::ImageFormat;
use crate::wire::tlv::{Reader, Rules, Tlv};
use crate::wire::{Malformed, Problem};

/// Data elements of one group. The standard names thirteen at most.
const MAX_ELEMENTS: usize = 64;
/// The standard gives texts 99 bytes, custody information 999, and says bytes where issuers count characters.
const MAX_TEXT_BYTES: usize = 4_096;

/// An element that has no place of its own: of another tag, repeated, or of an unexpected content.
#[derive(Clone, PartialEq, Eq)]
pub struct OtherElement {
    /// Its tag.
    pub tag: u32,
    /// Its value as it stands.
    pub value: Zeroizing<Vec<u8>>,
}

impl OtherElement {
    pub(super) fn of(object: &Tlv<'_>) -> Self {
        Self { tag: object.tag, value: Zeroizing::new(object.value.to_vec()) }
    }
}

impl fmt::Debug for OtherElement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "OtherElement({:X}, {} bytes)", self.tag, self.value.len())
    }
}

/// A picture of a person or of a paper about him. Wiped when it goes; `Debug` tells its size only.
#[derive(Clone, PartialEq, Eq)]
pub struct PersonalImage(Zeroizing<Vec<u8>>);

impl PersonalImage {
    /// Copies the picture's bytes.
    #[must_use]
    pub fn new(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The image as a file of its own.
    #[must_use]
    pub fn data(&self) -> &[u8] {
        &self.0
    }

    /// The coding by the image's own bytes; `None` if it is none that is known here.
    #[must_use]
    pub fn format(&self) -> Option<ImageFormat> {
        ImageFormat::sniff(&self.0)
    }
}

impl fmt::Debug for PersonalImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PersonalImage({:?}, {} bytes)", self.format(), self.0.len())
    }
}

/// A moment of personalization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StatedTime {
    /// The day.
    pub date: PartialDate,
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// 0 to 60.
    pub second: u8,
}

/// Every object up to the end, each given to `take`; what it does not take is kept raw.
pub(super) fn each<'a>(
    reader: &mut Reader<'a>,
    others: &mut Vec<OtherElement>,
    mut take: impl FnMut(&Tlv<'a>, &Reader<'a>) -> bool,
) -> Result<(), Malformed> {
    let mut count = 0;
    while !reader.is_empty() {
        count += 1;
        if count > MAX_ELEMENTS {
            return Err(reader.fault(Problem::TooMany { limit: MAX_ELEMENTS, of: "elements" }));
        }
        let object = reader.any()?;
        if !take(&object, reader) {
            others.push(OtherElement::of(&object));
        }
    }
    Ok(())
}

/// A file of one group that lists its tags, `tag { 5C …, … }`: the list goes into `listed`, each other element is given to
/// `take`. What neither takes is kept raw; with it, the bytes in the file after the object.
pub(super) fn listing<'a>(
    (what, tag): (&'static str, u32),
    file: &'a [u8],
    listed: &mut Vec<u32>,
    mut take: impl FnMut(&Tlv<'a>, &Reader<'a>) -> bool,
) -> Result<(Vec<OtherElement>, usize), Malformed> {
    let mut outer = Reader::new(what, Rules::Ber, file);
    let mut group = outer.enter(what, tag)?;
    let mut others = Vec::new();
    each(&mut group, &mut others, |object, reader| match object.tag {
        0x5C => listed.is_empty() && extend(listed, tag_list(object)),
        _ => take(object, reader),
    })?;
    Ok((others, outer.rest().len()))
}

/// Appends what there is; false if there is nothing.
pub(super) fn extend<T>(all: &mut Vec<T>, more: Option<impl IntoIterator<Item = T>>) -> bool {
    more.is_some_and(|more| {
        all.extend(more);
        true
    })
}

/// Fills an empty place; false if there is nothing to fill it with or it is taken.
pub(super) fn put<T>(place: &mut Option<T>, value: Option<T>) -> bool {
    let free = place.is_none() && value.is_some();
    if free {
        *place = value;
    }
    free
}

/// UTF-8 of a bounded size.
pub(super) fn text(object: &Tlv<'_>) -> Option<PersonalText> {
    let bytes = Some(object.value).filter(|bytes| bytes.len() <= MAX_TEXT_BYTES)?;
    std::str::from_utf8(bytes).ok().map(PersonalText::new)
}

/// The parts of a text that `<` separates, joined.
pub(crate) fn parts(text: &PersonalText, with: &str) -> PersonalText {
    let parts: Vec<&str> = text.as_str().split('<').map(str::trim).filter(|part| !part.is_empty()).collect();
    PersonalText::new(parts.join(with))
}

/// A picture; an empty element and the single zero that stands for one are none.
pub(super) fn image(object: &Tlv<'_>) -> Option<PersonalImage> {
    (object.value.len() > 1).then(|| PersonalImage::new(object.value))
}

/// The names inside `A0 { 02 count, name… }`; `None` if something else is there.
pub(super) fn names(inside: &mut Reader<'_>, tag: u32) -> Option<Vec<PersonalText>> {
    let mut names = Vec::new();
    inside.optional(0x02).ok()?;
    while !inside.is_empty() {
        if names.len() == MAX_ELEMENTS {
            return None;
        }
        names.push(text(&inside.expect(tag).ok()?)?);
    }
    Some(names)
}

/// The tags that `5C` lists; `None` if it is no list of tags.
fn tag_list(object: &Tlv<'_>) -> Option<Vec<u32>> {
    let mut tags = Vec::new();
    let mut bytes = object.value.iter().copied();
    while let Some(first) = bytes.next() {
        if tags.len() == MAX_ELEMENTS {
            return None;
        }
        let mut tag = u32::from(first);
        if first & 0x1F == 0x1F {
            tag = (tag << 8) | u32::from(bytes.next()?);
        }
        tags.push(tag);
    }
    Some(tags)
}

/// `yyyymmdd` as digits in ASCII or packed two to a byte, as the standard recommends to take both. Zeros stand for what
/// is unknown. Spec: 9303-10 §4.7.11.1, §4.7.12.
pub(super) fn date(bytes: &[u8]) -> Option<PartialDate> {
    day(digits::<8>(bytes)?)
}

/// `yyyymmddhhmmss` in the same two codings.
pub(super) fn time(bytes: &[u8]) -> Option<StatedTime> {
    let [y0, y1, y2, y3, m0, m1, d0, d1, clock @ ..] = digits::<14>(bytes)?;
    let [h0, h1, n0, n1, s0, s1] = clock;
    let (hour, minute, second) = (h0 * 10 + h1, n0 * 10 + n1, s0 * 10 + s1);
    let date = day([y0, y1, y2, y3, m0, m1, d0, d1])?;
    (hour < 24 && minute < 60 && second <= 60).then_some(StatedTime { date, hour, minute, second })
}

fn day([y0, y1, y2, y3, m0, m1, d0, d1]: [u8; 8]) -> Option<PartialDate> {
    let year = [y0, y1, y2, y3].iter().fold(0_u16, |year, digit| year * 10 + u16::from(*digit));
    let known = |number: u8| (number != 0).then_some(number);
    let date = PartialDate {
        year: (year != 0).then_some(year),
        month: known(m0 * 10 + m1),
        day: known(d0 * 10 + d1),
    };
    // Of an unknown year or month, that day must exist somewhere: in a leap year, in a month of 31 days.
    let somewhere = PartialDate { year: date.year.or(Some(2000)), month: date.month.or(Some(1)), ..date };
    somewhere.earliest().map(|_| date)
}

fn digits<const N: usize>(bytes: &[u8]) -> Option<[u8; N]> {
    let mut out = [0; N];
    if bytes.len() == N {
        for (digit, byte) in out.iter_mut().zip(bytes) {
            *digit = byte.is_ascii_digit().then(|| byte - b'0')?;
        }
    } else if bytes.len() * 2 == N {
        for (pair, byte) in out.chunks_exact_mut(2).zip(bytes) {
            let halves = [byte >> 4, byte & 0x0F];
            if halves.iter().any(|half| *half > 9) {
                return None;
            }
            pair.copy_from_slice(&halves);
        }
    } else {
        return None;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::date::Date;

    #[test]
    fn dates_in_either_coding_and_with_open_parts() {
        let full = date(b"20240229").unwrap();
        assert_eq!(full.full(), Date::new(2024, 2, 29));
        assert_eq!(date(&[0x20, 0x24, 0x02, 0x29]), Some(full));
        let open = date(b"19650000").unwrap();
        assert_eq!((open.year, open.month, open.day), (Some(1965), None, None));
        assert_eq!(date(b"00000229").unwrap().year, None);
        for wrong in [&b"20230229"[..], b"20241301", b"2024-1-1", b"2024", b"", &[0x20, 0x24, 0x0A, 0x01]] {
            assert_eq!(date(wrong), None, "{wrong:X?}");
        }
    }

    #[test]
    fn times_in_either_coding() {
        let noon = time(b"20240101123059").unwrap();
        assert_eq!(
            (noon.date.full(), noon.hour, noon.minute, noon.second),
            (Date::new(2024, 1, 1), 12, 30, 59)
        );
        assert_eq!(time(&[0x20, 0x24, 0x01, 0x01, 0x12, 0x30, 0x59]), Some(noon));
        assert_eq!(time(b"20240101240000"), None);
        assert_eq!(time(b"20240101"), None);
    }

    #[test]
    fn nothing_personal_is_printed() {
        let other = OtherElement { tag: 0x5F99, value: Zeroizing::new(b"secret".to_vec()) };
        assert_eq!(format!("{other:?}"), "OtherElement(5F99, 6 bytes)");
        assert_eq!(format!("{:?}", PersonalImage::new(b"secret")), "PersonalImage(None, 6 bytes)");
    }
}
