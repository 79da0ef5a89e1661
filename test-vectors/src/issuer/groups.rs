//! The data groups of a card: EF.COM, EF.CVCA, DG1, DG2. Spec: 9303-10 §4.
//!
//! DG3 and DG4 are in [`super::patterns`], DG5, DG7, DG11, DG12 and DG16 in [`super::personal`], DG13 in
//! [`super::details`], DG14 and DG15 in [`super::security_infos`].

use super::der_out::{join, strip_zeros, tlv};
use super::portrait::Portrait;
use crate::card::Directory;

/// Where a file stands.
pub type Address = (Directory, u16);

/// EF.CardAccess.
pub const EF_CARD_ACCESS: Address = (Directory::MasterFile, 0x011C);
/// EF.CardSecurity.
pub const EF_CARD_SECURITY: Address = (Directory::MasterFile, 0x011D);
/// EF.ATR/INFO.
pub const EF_ATR_INFO: Address = (Directory::MasterFile, 0x2F01);
/// EF.COM.
pub const EF_COM: Address = (Directory::Lds, 0x011E);
/// EF.CVCA.
pub const EF_CVCA: Address = (Directory::Lds, 0x011C);
/// EF.SOD.
pub const EF_SOD: Address = (Directory::Lds, 0x011D);

/// Where a data group stands, 1 to 16.
#[must_use]
pub fn data_group(group: u8) -> Address {
    (Directory::Lds, 0x0100 | u16::from(group))
}

/// EF.ATR/INFO of a chip that takes commands and gives responses of this many bytes. Spec: 9303-10 §3.11.2.
#[must_use]
pub fn ef_atr_info(limit_bytes: u16) -> Vec<u8> {
    // A number whose first bit is set would be a negative one.
    let [high, low] = limit_bytes.to_be_bytes();
    let limit = if high < 0x80 { tlv(&[0x02], &[high, low]) } else { tlv(&[0x02], &[0x00, high, low]) };
    // Capabilities: selection by name and short identifier, byte offsets, extended length as stated here.
    join(&[tlv(&[0x47], &[0x84, 0x01, 0x60]), tlv(&[0x7F, 0x66], &join(&[limit.clone(), limit]))])
}

/// EF.CVCA: the references of the authorities that the chip trusts, the most recent first, padded with zeros.
/// Spec: 9303-11 appendix K.2.
#[must_use]
pub fn ef_cvca(references: &[Vec<u8>]) -> Vec<u8> {
    let mut file = join(&references.iter().map(|reference| tlv(&[0x42], reference)).collect::<Vec<_>>());
    file.resize(36.max(file.len()), 0);
    file
}

/// The tag of a data group, 1 to 16. Spec: 9303-10 §4.6.1, table 38.
#[must_use]
pub fn tag(group: u8) -> u8 {
    const TAGS: [u8; 17] = [
        0x60, 0x61, 0x75, 0x63, 0x76, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F, 0x70,
    ];
    TAGS[usize::from(group.min(16))]
}

/// EF.COM with the groups in the order given: LDS 1.7, Unicode 4.0.
#[must_use]
pub fn ef_com(groups: &[u8]) -> Vec<u8> {
    let tags: Vec<u8> = groups.iter().map(|group| tag(*group)).collect();
    let body = [tlv(&[0x5F, 0x01], b"0107"), tlv(&[0x5F, 0x36], b"040000"), tlv(&[0x5C], &tags)];
    tlv(&[0x60], &join(&body))
}

/// DG1: the lines of the machine readable zone without line ends.
#[must_use]
pub fn dg1(lines: &[String]) -> Vec<u8> {
    tlv(&[0x61], &tlv(&[0x5F, 0x1F], lines.concat().as_bytes()))
}

/// How a biometric template is announced. Spec: 9303-10 §4.7.2.1, ISO/IEC 7816-11 and CBEFF.
pub(super) struct Template {
    pub kind: u32,
    pub subtype: Option<u8>,
    pub format_type: u16,
}

/// A group of biometric templates, each with its record.
pub(super) fn biometric_group(group: u8, instances: &[(Template, Vec<u8>)]) -> Vec<u8> {
    let count = instances.len().to_le_bytes()[0];
    let mut body = vec![tlv(&[0x02], &[count])];
    for (template, record) in instances {
        let subtype = template.subtype.map_or_else(Vec::new, |subtype| tlv(&[0x82], &[subtype]));
        let header = join(&[
            tlv(&[0x80], &[0x01, 0x01]),
            tlv(&[0x81], &strip_zeros(&template.kind.to_be_bytes())),
            subtype,
            tlv(&[0x87], &[0x01, 0x01]),
            tlv(&[0x88], &template.format_type.to_be_bytes()),
        ]);
        let instance = join(&[tlv(&[0xA1], &header), tlv(&[0x5F, 0x2E], record)]);
        body.push(tlv(&[0x7F, 0x60], &instance));
    }
    tlv(&[tag(group)], &tlv(&[0x7F, 0x61], &join(&body)))
}

/// DG2: one face.
#[must_use]
pub fn dg2(portrait: &Portrait) -> Vec<u8> {
    let template = Template { kind: 0x02, subtype: None, format_type: 0x0008 };
    biometric_group(2, &[(template, face_record(portrait))])
}

/// DG2 of exactly this size: the picture is padded with a comment that no decoder shows. `None` where the picture
/// alone is larger.
#[must_use]
pub fn dg2_of_size(portrait: &Portrait, size_bytes: usize) -> Option<Vec<u8>> {
    // A comment has four bytes at least, and lengths grow by themselves: approach from below.
    let mut comment_bytes = size_bytes.checked_sub(dg2(portrait).len() + 4)?;
    loop {
        let file = dg2(&portrait.with_comment(comment_bytes));
        match file.len().checked_sub(size_bytes) {
            Some(0) => return Some(file),
            Some(excess) => comment_bytes = comment_bytes.checked_sub(excess)?,
            None => return None,
        }
    }
}

/// A facial record with one full frontal JPEG picture and the centres of both eyes. Spec: ISO/IEC 19794-5:2005 §5.
fn face_record(portrait: &Portrait) -> Vec<u8> {
    let mut points = Vec::new();
    // 12.1 is the left eye of the person, 12.2 the right one.
    for (code, [x, y]) in [(0xC1, portrait.left_eye), (0xC2, portrait.right_eye)] {
        points.extend([0x01, code]);
        points.extend(x.to_be_bytes());
        points.extend(y.to_be_bytes());
        points.extend([0, 0]);
    }
    let block_bytes = 20 + points.len() + 12 + portrait.jpeg.len();
    let mut block = four_bytes(block_bytes);
    block.extend([0, 2]); // feature points
    block.extend([portrait.gender_code(), 0, 0]); // gender; eye and hair colour unspecified
    block.extend([0; 3]); // properties unspecified
    block.extend([0, 0]); // expression unspecified
    block.extend([0; 6]); // pose and its uncertainty unspecified
    block.extend(points);
    block.extend([1, 0]); // full frontal; JPEG
    block.extend(portrait.width.to_be_bytes());
    block.extend(portrait.height.to_be_bytes());
    block.extend([1, 0, 0, 0, 0, 0]); // sRGB 24 bit; source, device and quality unspecified
    block.extend(&portrait.jpeg);
    let mut record = b"FAC\x00010\x00".to_vec();
    record.extend(four_bytes(14 + block.len()));
    record.extend([0, 1]);
    record.extend(block);
    record
}

fn four_bytes(number: usize) -> Vec<u8> {
    number.to_be_bytes().iter().copied().skip(size_of::<usize>() - 4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::issuer::portrait;

    #[test]
    fn com_lists_in_the_order_given() {
        let file = ef_com(&[1, 2, 3, 13, 15, 14]);
        let expected = [
            &[0x60, 0x18, 0x5F, 0x01, 0x04][..],
            b"0107",
            &[0x5F, 0x36, 0x06],
            b"040000",
            &[0x5C, 0x06, 0x61, 0x75, 0x63, 0x6D, 0x6F, 0x6E],
        ]
        .concat();
        assert_eq!(file, expected);
    }

    #[test]
    fn dg1_frames_the_lines() {
        let lines = vec!["A".repeat(30); 3];
        assert_eq!(dg1(&lines)[..5], [0x61, 93, 0x5F, 0x1F, 90]);
        assert_eq!(dg1(&lines).len(), 95);
    }

    #[test]
    fn dg2_has_the_size_asked_for() {
        let portrait = portrait::draw("size", portrait::Look::default());
        for size_bytes in [18_000, 20_000, 30_000] {
            let file = dg2_of_size(&portrait, size_bytes).unwrap();
            assert_eq!(file.len(), size_bytes);
            assert_eq!(file[0], 0x75);
            assert!(file.windows(8).any(|window| window == b"FAC\x00010\x00"));
        }
        assert!(dg2_of_size(&portrait, 1_000).is_none());
    }
}
