//! EF.COM, EF.CVCA and EF.ATR/INFO: units LDS_A, G and K.

use reader_core::lds::FileId;
use reader_core::wire::tlv::encode;
use test_vectors::inspection::Seen;

use super::{resized, tagged};
use crate::inspected::Setup;
use crate::inspection_cases::{case, terminal};

const TAGS: [u8; 6] = [0x61, 0x75, 0x63, 0x6D, 0x6E, 0x6F];

/// EF.COM of these objects; none is left out.
fn list(lds: Option<&str>, unicode: Option<&str>, tags: Option<&[u8]>) -> Vec<u8> {
    let objects = [
        lds.map(|version| encode(0x5F01, version.as_bytes())),
        unicode.map(|version| encode(0x5F36, version.as_bytes())),
        tags.map(|tags| encode(0x5C, tags)),
    ];
    encode(0x60, &objects.into_iter().flatten().flatten().collect::<Vec<_>>())
}

pub fn com() -> Vec<Seen> {
    let with = |file| [Setup::of("good").with_file(FileId::COM, file)];
    let usual = || list(Some("0107"), Some("040000"), Some(&TAGS));
    vec![
        case("LDS_A_01", with(tagged(usual(), 0x61))),
        case("LDS_A_02", [with(resized(usual(), -1)), with(resized(usual(), -8))].concat()),
        case("LDS_A_03", [with(resized(usual(), 1)), with(resized(usual(), 8))].concat()),
        case("LDS_A_04", with(list(Some("0300"), Some("040000"), Some(&TAGS)))),
        case("LDS_A_05", with(list(None, Some("040000"), Some(&TAGS)))),
        case("LDS_A_06", with(list(Some("0107"), Some("050000"), Some(&TAGS)))),
        case("LDS_A_07", with(list(Some("0107"), None, Some(&TAGS)))),
        case("LDS_A_08", with(list(Some("0107"), Some("040000"), Some(&TAGS[1..])))),
        case("LDS_A_09", with(list(Some("0107"), Some("040000"), None))),
        case("LDS_A_10", with(list(Some("0108"), Some("040000"), Some(&TAGS)))),
    ]
}

pub fn cvca() -> Vec<Seen> {
    let with = |file| [terminal::sound().with_file(FileId::CVCA, file)];
    let usual = terminal::sound().file(FileId::CVCA).to_vec();
    vec![
        case("LDS_G_01", with(tagged(usual, 0x43))),
        case("LDS_G_02", [with(Vec::new()), with(vec![0; 36])].concat()),
    ]
}

pub fn atr_info() -> Vec<Seen> {
    let with = |sizes: &[&[u8]], tag| {
        let sizes: Vec<u8> = sizes.iter().flat_map(|size| encode(0x02, size)).collect();
        let file = [encode(0x47, &[0x84, 0x01, 0x60]), encode(tag, &sizes)].concat();
        [Setup::of("good-nist").with_file(FileId::ATR_INFO, file)]
    };
    let (two, three): (&[u8], &[u8]) = (&[0x08, 0x00], &[0x00, 0xFF, 0xFF]);
    vec![
        case("LDS_K_01", with(&[two, two], 0x7F66)),
        case("LDS_K_02", with(&[three, three], 0x7F66)),
        case("LDS_K_03", with(&[two], 0x7F66)),
        case("LDS_K_04", with(&[two, two], 0x7F65)),
    ]
}
