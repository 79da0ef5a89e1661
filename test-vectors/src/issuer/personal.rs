//! DG5, DG7, DG11, DG12 and DG16: pictures for display, and details in words.
//! Spec: 9303-10 §4.7.5, §4.7.7, §4.7.11, §4.7.12, §4.7.16.

use jpeg_encoder::{ColorType, Encoder};

use super::calendar::Date;
use super::der_out::{join, tlv};
use super::portrait::Portrait;
use crate::num;

const SIGNATURE_WIDTH: u16 = 160;
const SIGNATURE_HEIGHT: u16 = 48;

/// Somebody to notify.
#[derive(Clone, Debug)]
pub struct Contact {
    /// Full name in capitals with its marks.
    pub name: String,
    /// Telephone.
    pub telephone: String,
    /// Address.
    pub address: String,
}

/// The personal details of DG11.
#[derive(Clone, Debug)]
pub struct Personal {
    /// Full name in capitals with its marks.
    pub name: String,
    /// Another name.
    pub other_name: String,
    /// Personal number.
    pub number: String,
    /// Date of birth.
    pub birth: Date,
    /// Place of birth.
    pub place: String,
    /// Permanent address.
    pub address: String,
    /// Telephone.
    pub telephone: String,
    /// Profession.
    pub profession: String,
}

/// The details of the document in DG12.
#[derive(Clone, Debug)]
pub struct Issue {
    /// Issuing authority.
    pub authority: String,
    /// Day of issue and of personalization.
    pub issued: Date,
    /// An observation.
    pub observation: String,
    /// Serial number of the machine that personalized it.
    pub machine: String,
}

fn text(tag: [u8; 2], text: &str) -> Vec<u8> {
    tlv(&tag, text.as_bytes())
}

/// YYYYMMDD.
fn day(date: Date) -> String {
    date.iso().replace('-', "")
}

/// `primary<<secondary`, the parts of each separated by `<`, with every mark kept.
fn as_in_mrz(full_name: &str) -> String {
    match full_name.split_once(' ') {
        Some((primary, secondary)) => format!("{primary}<<{}", secondary.replace(' ', "<")),
        None => full_name.to_owned(),
    }
}

/// A list of the tags that follow, then the elements.
fn listed(group: u8, elements: &[([u8; 2], Vec<u8>)]) -> Vec<u8> {
    let tags: Vec<u8> = elements.iter().flat_map(|(tag, _)| *tag).collect();
    let body: Vec<Vec<u8>> = elements.iter().map(|(_, element)| element.clone()).collect();
    tlv(&[group], &join(&[tlv(&[0x5C], &tags), join(&body)]))
}

/// DG5: one displayed portrait.
#[must_use]
pub fn dg5(portrait: &Portrait) -> Vec<u8> {
    tlv(&[0x65], &join(&[tlv(&[0x02], &[1]), tlv(&[0x5F, 0x40], &portrait.jpeg)]))
}

/// DG7: one displayed signature, a line that nobody wrote.
#[must_use]
pub fn dg7(seed: &str) -> Vec<u8> {
    tlv(&[0x67], &join(&[tlv(&[0x02], &[1]), tlv(&[0x5F, 0x43], &signature(seed))]))
}

/// DG11.
#[must_use]
pub fn dg11(personal: &Personal) -> Vec<u8> {
    let other = join(&[tlv(&[0x02], &[1]), text([0x5F, 0x0F], &as_in_mrz(&personal.other_name))]);
    let element = |low: u8, value: &str| ([0x5F, low], text([0x5F, low], value));
    listed(
        0x6B,
        &[
            element(0x0E, &as_in_mrz(&personal.name)),
            ([0x5F, 0x0F], tlv(&[0xA0], &other)),
            element(0x10, &personal.number),
            element(0x2B, &day(personal.birth)),
            element(0x11, &personal.place.replace(", ", "<")),
            element(0x42, &personal.address.replace(", ", "<")),
            element(0x12, &personal.telephone),
            element(0x13, &personal.profession),
        ],
    )
}

/// DG12. Personalization was at nine in the morning.
#[must_use]
pub fn dg12(issue: &Issue) -> Vec<u8> {
    let element = |low: u8, value: &str| ([0x5F, low], text([0x5F, low], value));
    listed(
        0x6C,
        &[
            element(0x19, &issue.authority),
            element(0x26, &day(issue.issued)),
            element(0x1B, &issue.observation),
            element(0x55, &format!("{}090000", day(issue.issued))),
            element(0x56, &issue.machine),
        ],
    )
}

/// DG16: whom to notify, at most fifteen, all recorded on one day.
#[must_use]
pub fn dg16(contacts: &[Contact], recorded: Date) -> Vec<u8> {
    let count = contacts.len().min(15).to_le_bytes()[0];
    let templates = contacts.iter().zip(0xA1..=0xAF).map(|(contact, tag): (&Contact, u8)| {
        let body = [
            text([0x5F, 0x50], &day(recorded)),
            text([0x5F, 0x51], &as_in_mrz(&contact.name)),
            text([0x5F, 0x52], &contact.telephone),
            text([0x5F, 0x53], &contact.address.replace(", ", "<")),
        ];
        tlv(&[tag], &join(&body))
    });
    tlv(&[0x70], &join(&[tlv(&[0x02], &[count]), join(&templates.collect::<Vec<_>>())]))
}

/// A wavy line, JPEG; empty if it cannot be encoded, which whole constants exclude.
fn signature(seed: &str) -> Vec<u8> {
    let chance = num::expand(&[b"simulated signature", seed.as_bytes()], 4);
    let [a, b, c, d] = [0, 1, 2, 3].map(|at| i64::from(chance.get(at).copied().unwrap_or(0)) % 7 + 5);
    // A wave of triangles: up and down within twice the step.
    let wave = |x: i64, step: i64| (x % (2 * step) - step).abs();
    let mut pixels = Vec::new();
    for y in 0..i64::from(SIGNATURE_HEIGHT) {
        for x in 0..i64::from(SIGNATURE_WIDTH) {
            let line = 10 + wave(x, a) + wave(x + b, 2 * c) - wave(x, d) / 2;
            let inked = (12..148).contains(&x) && (y - line).abs() < 2;
            pixels.push(if inked { 20 } else { 255 });
        }
    }
    let mut jpeg = Vec::new();
    let encoded =
        Encoder::new(&mut jpeg, 90).encode(&pixels, SIGNATURE_WIDTH, SIGNATURE_HEIGHT, ColorType::Luma);
    if encoded.is_err() {
        jpeg.clear();
    }
    jpeg
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of 9303-10 appendix A.6, without its second person.
    #[test]
    fn persons_to_notify_are_written_as_in_the_worked_example() {
        let contact = Contact {
            name: "SMITH CHARLES R".into(),
            telephone: "19525551212".into(),
            address: "123 MAPLE RD, ANYTOWN, MN, 55100".into(),
        };
        let file = dg16(&[contact], Date::new(2002, 1, 1));
        let person = [
            &[0x5F, 0x50, 0x08][..],
            b"20020101",
            &[0x5F, 0x51, 0x10],
            b"SMITH<<CHARLES<R",
            &[0x5F, 0x52, 0x0B],
            b"19525551212",
            &[0x5F, 0x53, 0x1D],
            b"123 MAPLE RD<ANYTOWN<MN<55100",
        ]
        .concat();
        assert_eq!(file, [&[0x70, 0x51, 0x02, 0x01, 0x01, 0xA1, 0x4C][..], &person].concat());
    }

    #[test]
    fn a_signature_is_a_picture() {
        let file = dg7("a");
        assert_eq!(file[0], 0x67);
        assert!(file.windows(3).any(|window| window == [0xFF, 0xD8, 0xFF]));
        assert_ne!(file, dg7("b"));
    }
}
