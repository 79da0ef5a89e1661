//! Files of other makers against what is known of them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test, which says what it skipped")]

use std::path::PathBuf;

use reader_core::lds::com::Com;
use reader_core::lds::dg1::Dg1;
use reader_core::lds::mrz::Format;
use reader_core::lds::portrait::{
    DeclaredFormat, FaceRecord, ImageFormat, Limits, PixelFormat, Pixels, Portraits, decode, decode_bytes,
    parse_record,
};
use reader_core::lds::security_infos::{KeyAgreement, SecurityInfo, SecurityInfos, Suite};
use reader_core::lds::sod::{LdsObjectVersion, LdsSecurityObject, SodFile};
use reader_core::lds::{DataGroup, dg14, dg15};
use reader_core::wire::cms::SignedData;

fn shared(name: &str) -> Option<Vec<u8>> {
    let root = std::env::var_os("IDTERM_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared"), PathBuf::from);
    let path = root.join("vectors").join(name);
    match std::fs::read(&path) {
        Ok(bytes) => Some(bytes),
        Err(_) if std::env::var("REQUIRE_SHARED").as_deref() == Ok("1") => {
            panic!("{} is missing", path.display())
        }
        Err(_) => {
            println!("skipped, data not present: {}", path.display());
            None
        }
    }
}

const SETS: [&str; 3] = ["bsi-2008", "bsi-2013", "etsi-eacaa"];

#[test]
fn zones_of_the_specimens() {
    for set in SETS {
        let Some(file) = shared(&format!("lds/{set}/Datagroup1.bin")) else { return };
        let dg1 = Dg1::parse(&file).unwrap();
        assert_eq!((dg1.mrz.format(), dg1.trailing_bytes), (Format::Td3, 0), "{set}");
        assert_eq!(dg1.mrz.issuer(), "D", "{set}");
        assert_eq!(dg1.mrz.name().primary.as_str(), "MUSTERMANN", "{set}");
    }
    let Some(file) = shared("sod-negative/17_DG1.bin") else { return };
    assert_eq!(Dg1::parse(&file).unwrap().mrz.issuer(), "SU");
}

#[test]
fn portraits_of_the_specimens() {
    let Some(expected) = shared("biometric/ICAO_39794_5_AP_DG2_Face.jpg") else { return };
    assert!(decode_bytes(&expected, Limits::default()).is_ok());
    for set in SETS {
        let Some(file) = shared(&format!("lds/{set}/Datagroup2.bin")) else { return };
        let portraits = Portraits::parse(&file).unwrap();
        assert_eq!((portraits.declared_count, portraits.instances.len()), (1, 1), "{set}");
        let image = portraits.first_image().unwrap();
        assert_eq!(image.format(), Some(ImageFormat::Jpeg2000File));
        assert!(image.format_agrees() && image.lengths_agree);
        let pixels = decode(image, Limits::default()).unwrap();
        assert_eq!((pixels.width(), pixels.height(), pixels.format()), (413, 531, PixelFormat::Rgb));
        // The record declares other dimensions than the image has.
        assert_ne!((image.declared_width, image.declared_height), (Some(413), Some(531)));
        let start = image.data().windows(4).position(|bytes| bytes == [0xFF, 0x4F, 0xFF, 0x51]).unwrap();
        let bare = decode_bytes(&image.data()[start..], Limits::default()).unwrap();
        assert_eq!(bare.data(), pixels.data(), "a bare codestream gives the same pixels");
    }
}

/// Red, green and blue of sixteen equal fields, averaged, as another decoder has them.
type Fields = [[u8; 3]; 16];

/// OpenJPEG 2.5 on the portrait of the specimens.
#[rustfmt::skip]
const SPECIMEN: Fields = [
    [156, 142, 131], [95, 61, 48], [78, 49, 39], [140, 111, 93],
    [225, 178, 144], [200, 126, 101], [169, 102, 81], [178, 124, 96],
    [206, 141, 109], [227, 131, 108], [180, 90, 71], [165, 102, 79],
    [180, 123, 99], [223, 139, 112], [182, 94, 72], [147, 95, 79],
];

/// libjpeg on the image of the ISO 19794-5 record.
#[rustfmt::skip]
const RECORD: Fields = [
    [254, 254, 254], [254, 254, 254], [254, 254, 254], [254, 254, 254],
    [232, 232, 232], [177, 177, 177], [183, 183, 183], [219, 219, 219],
    [196, 196, 196], [192, 192, 192], [202, 202, 202], [218, 218, 218],
    [248, 248, 248], [254, 254, 254], [254, 254, 254], [254, 254, 254],
];

fn looks_like(pixels: &Pixels, expected: &Fields) {
    let (width, height) = (pixels.width() as usize, pixels.height() as usize);
    let rgb = pixels.to_rgb();
    for (field, expected) in expected.iter().enumerate() {
        let (row, column) = (field / 4, field % 4);
        for (channel, expected) in expected.iter().enumerate() {
            let (mut sum, mut count) = (0_usize, 0_usize);
            for y in row * height / 4..(row + 1) * height / 4 {
                for x in column * width / 4..(column + 1) * width / 4 {
                    sum += usize::from(rgb[(y * width + x) * 3 + channel]);
                    count += 1;
                }
            }
            let found = (sum + count / 2) / count;
            assert!(found.abs_diff(usize::from(*expected)) <= 1, "field {field}: {found} for {expected}");
        }
    }
}

#[test]
fn pixels_are_those_of_other_decoders() {
    let Some(file) = shared("lds/bsi-2008/Datagroup2.bin") else { return };
    let portraits = Portraits::parse(&file).unwrap();
    looks_like(&decode(portraits.first_image().unwrap(), Limits::default()).unwrap(), &SPECIMEN);
    let Some(record) = shared("biometric/ISO19794_Test1_Data.bin") else { return };
    looks_like(&decode(&parse_record(&record).unwrap()[0], Limits::default()).unwrap(), &RECORD);
}

#[test]
fn damaged_jpeg_2000_is_decoded_or_refused() {
    let Some(file) = shared("lds/bsi-2008/Datagroup2.bin") else { return };
    let portraits = Portraits::parse(&file).unwrap();
    let image = portraits.first_image().unwrap().data();
    let small = Limits { pixels: 300_000, tiles: 16, ..Limits::default() };
    // Every byte of the headers, and a sample of what follows.
    for at in (12..260).chain((260..image.len()).step_by(499)) {
        let mut damaged = image.to_vec();
        damaged[at] ^= 1 << (at % 8);
        let _ = decode_bytes(&damaged, small);
        if at % 7 == 0 {
            let _ = decode_bytes(&image[..at], small);
        }
    }
}

#[test]
fn face_record_gives_its_image_byte_for_byte() {
    let Some(record) = shared("biometric/ISO19794_Test1_Data.bin") else { return };
    let Some(expected) = shared("biometric/ISO19794_Test1_Face.jpg") else { return };
    let images = parse_record(&record).unwrap();
    assert_eq!(images.len(), 1);
    assert_eq!(images[0].data(), expected);
    // The record says JPEG 2000 and holds JPEG.
    assert_eq!(images[0].declared_format, DeclaredFormat::Jpeg2000);
    assert_eq!(images[0].format(), Some(ImageFormat::Jpeg));
    let pixels = decode(&images[0], Limits::default()).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (148, 70));
}

#[test]
fn the_newer_face_record_gives_its_image_byte_for_byte() {
    let Some(file) = shared("biometric/ICAO_39794_5_AP_DG2_MandFields.dat") else { return };
    let Some(expected) = shared("biometric/ICAO_39794_5_AP_DG2_Face.jpg") else { return };
    let portraits = Portraits::parse(&file).unwrap();
    assert!(matches!(&portraits.instances[0].record, FaceRecord::Iso39794(images) if images.len() == 1));
    assert_eq!(portraits.instances[0].header.format_type, Some(0x002A));
    let image = portraits.first_image().unwrap();
    assert_eq!(image.data(), expected);
    assert!(image.format_agrees(), "it says JPEG 2000 and is");
    assert_eq!((image.declared_width, image.declared_height), (None, None));
    let pixels = decode(image, Limits::default()).unwrap();
    assert_eq!((pixels.width(), pixels.height()), (413, 531));
}

#[test]
fn keys_of_the_specimens() {
    for set in SETS {
        let Some(file) = shared(&format!("lds/{set}/Datagroup14.bin")) else { return };
        let infos = dg14::parse(&file).unwrap();
        assert!(infos.chip_authentication_keys().count() > 0, "{set}");
        assert!(
            !infos.entries.iter().any(|entry| matches!(entry.info, SecurityInfo::Unreadable(_))),
            "{set}"
        );
        let Some(file) = shared(&format!("lds/{set}/Datagroup15.bin")) else { return };
        assert!(dg15::parse(&file).unwrap().starts_with(&[0x30]), "{set}");
    }
}

#[test]
fn lists_of_the_specimens() {
    for set in ["bsi-2008", "bsi-2013"] {
        let Some(file) = shared(&format!("lds/{set}/EF_COM.bin")) else { return };
        let com = Com::parse(&file).unwrap();
        assert_eq!((com.lds_version.as_str(), com.trailing_bytes), ("0107", 0), "{set}");
        assert_eq!(com.groups.first(), Some(&DataGroup::Dg1), "{set}");
    }
    for set in SETS {
        let Some(file) = shared(&format!("lds/{set}/EF_SOD.bin")) else { return };
        assert_eq!(SodFile::parse(&file).unwrap().trailing_bytes, 0, "{set}");
    }
    for set in SETS {
        let Some(file) = shared(&format!("lds/{set}/EF_SOD.bin")) else { return };
        let Some(expected) = shared(&format!("lds/{set}/expected.json")) else { return };
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        let signed = SignedData::parse(SodFile::parse(&file).unwrap().content_info).unwrap();
        let object = LdsSecurityObject::parse(signed.content.unwrap()).unwrap();
        assert_eq!((object.version, &object.version_info), (LdsObjectVersion::V0, &None), "{set}");
        let listed = expected["EF_SOD.bin"]["dgs"].as_object().unwrap();
        assert_eq!(object.hashes().count(), listed.len(), "{set}");
        for (group, hash) in object.hashes() {
            let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(listed[&group.number().to_string()].as_str(), Some(hex.as_str()), "{set} {group}");
        }
    }
    let Some(file) = shared("sod-negative/11_EF_SOD.bin") else { return };
    let signed = SignedData::parse(SodFile::parse(&file).unwrap().content_info).unwrap();
    let object = LdsSecurityObject::parse(signed.content.unwrap()).unwrap();
    assert_eq!(object.version, LdsObjectVersion::Other(2));
    let Some(file) = shared("sod-negative/13_EF_SOD.bin") else { return };
    assert_eq!(SodFile::parse(&file).unwrap().trailing_bytes, 1);
}

#[test]
fn security_infos_of_cards() {
    for (name, entries, suites, trailing_bytes) in [
        ("ausweisapp_efCardAccess", 6, &[Suite::Aes128][..], 828),
        ("ef_cardaccess_new_testcard", 5, &[Suite::Aes128], 38),
        ("ef_cardaccess_old_testcard", 6, &[Suite::Aes128], 0),
        ("tc_ecdh_ef_cardaccess", 6, &[Suite::Aes128], 0),
        ("ef_cardaccess_slowenia", 4, &[], 2),
    ] {
        let Some(file) = shared(&format!("security-infos/{name}.bin")) else { return };
        let infos = SecurityInfos::parse(&file).unwrap();
        let offered: Vec<Suite> = infos.pace().map(|pace| pace.protocol.suite).collect();
        let rebuilt: usize = infos.entries.iter().map(|entry| entry.raw.len()).sum();
        assert!(rebuilt + infos.trailing_bytes < file.len());
        assert_eq!(
            (infos.entries.len(), offered.as_slice(), infos.trailing_bytes),
            (entries, suites, trailing_bytes),
            "{name}"
        );
    }
}

#[test]
fn security_infos_of_card_security() {
    for name in ["ausweisapp_efCardSecurity", "tc_ecdh_ef_cardsecurity"] {
        let Some(file) = shared(&format!("security-infos/{name}.bin")) else { return };
        let infos = SecurityInfos::parse(SignedData::parse(&file).unwrap().content.unwrap()).unwrap();
        assert!(infos.chip_authentication_keys().count() > 0, "{name}");
        assert!(
            !infos.entries.iter().any(|entry| matches!(entry.info, SecurityInfo::Unreadable(_))),
            "{name}"
        );
    }
    // Of the two, only the guideline's example is a pair: what EF.CardAccess says stands byte for byte in the other.
    let Some(access) = shared("security-infos/tc_ecdh_ef_cardaccess.bin") else { return };
    let Some(file) = shared("security-infos/tc_ecdh_ef_cardsecurity.bin") else { return };
    let signed = SecurityInfos::parse(SignedData::parse(&file).unwrap().content.unwrap()).unwrap();
    for entry in SecurityInfos::parse(&access).unwrap().entries {
        // PrivilegedTerminalInfo of TR-03110 says which keys are kept for privileged terminals, and differs by file.
        let known = !matches!(entry.info, SecurityInfo::Unknown(_));
        assert!(signed.contains(&entry.raw) || !known, "{:?}", entry.info);
    }
}

#[test]
fn the_standards_own_dg14() {
    let Some(file) = shared("security-infos/doc9303_sample_dg14.bin") else { return };
    let infos = dg14::parse(&file).unwrap();
    let keys: Vec<_> = infos.chip_authentication_keys().collect();
    assert_eq!(keys.len(), 1);
    assert_eq!((keys[0].agreement, keys[0].key_id), (KeyAgreement::Dh, None));
    assert!(keys[0].spki.starts_with(&[0x30, 0x82]));
    let offered: Vec<_> =
        infos.chip_authentication().map(|info| (info.agreement, info.suite, info.version)).collect();
    assert_eq!(offered, [(KeyAgreement::Dh, Suite::TripleDes, 1)]);
    assert_eq!(infos.terminal_authentication().map(|info| info.version), Some(1));
    assert_eq!((infos.entries.len(), infos.trailing_bytes), (3, 0));
    assert!(infos.active_authentication().is_none());
}
