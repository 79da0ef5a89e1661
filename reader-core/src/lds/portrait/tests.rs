use image::codecs::jpeg::JpegEncoder;
use proptest::prelude::*;

use super::*;
use crate::wire::tlv::encode;

fn jpeg(width: u32, height: u32, grey: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = JpegEncoder::new_with_quality(&mut out, 90);
    let pixels = usize::try_from(width * height).unwrap();
    let (data, colour) = if grey {
        (vec![200; pixels], image::ExtendedColorType::L8)
    } else {
        ([250, 10, 10].repeat(pixels), image::ExtendedColorType::Rgb8)
    };
    encoder.encode(&data, width, height, colour).unwrap();
    out
}

fn face(image: &[u8], declared: u8) -> Vec<u8> {
    let size = u32::try_from(20 + 8 + 12 + image.len()).unwrap();
    let mut out = size.to_be_bytes().to_vec();
    out.extend([0, 1]); // one feature point
    out.extend([0; 14]);
    out.extend([0; 8]);
    out.extend([1, declared, 0, 40, 0, 30, 1, 0, 0, 0, 0, 0]);
    out.extend(image);
    out
}

fn record(faces: &[Vec<u8>]) -> Vec<u8> {
    let content = faces.concat();
    let size = u32::try_from(14 + content.len()).unwrap();
    let count = u16::try_from(faces.len()).unwrap();
    [b"FAC\x00010\0", &size.to_be_bytes()[..], &count.to_be_bytes(), &content].concat()
}

fn file(tag: u32, block: &[u8]) -> Vec<u8> {
    let header = encode(0xA1, &[0x87, 2, 1, 1, 0x88, 2, 0, 8]);
    let template = encode(0x7F60, &[header, encode(tag, block)].concat());
    encode(0x75, &encode(0x7F61, &[encode(2, &[1]), template].concat()))
}

#[test]
fn unwraps_and_decodes() {
    let image = jpeg(40, 30, false);
    for tag in [0x5F2E, 0x7F2E] {
        let portraits = Portraits::parse(&file(tag, &record(&[face(&image, 0)]))).unwrap();
        assert_eq!((portraits.declared_count, portraits.instances.len()), (1, 1));
        let found = portraits.first_image().unwrap();
        assert_eq!(found.data(), image);
        assert!(found.format_agrees() && found.lengths_agree);
        assert_eq!(
            (found.declared_width, found.declared_height, found.feature_points),
            (Some(40), Some(30), 1)
        );
        let pixels = decode(found, Limits::default()).unwrap();
        assert_eq!((pixels.width(), pixels.height(), pixels.format()), (40, 30, PixelFormat::Rgb));
        assert!(pixels.data()[0] > 230 && pixels.data()[1] < 40);
        assert_eq!(format!("{found:?}"), format!("FaceImage(Some(Jpeg), {} bytes)", image.len()));
    }
}

#[test]
fn grey_stays_grey_and_can_be_coloured() {
    let pixels = decode_bytes(&jpeg(3, 2, true), Limits::default()).unwrap();
    assert_eq!((pixels.format(), pixels.data().len(), pixels.to_rgb().len()), (PixelFormat::Grey, 6, 18));
}

#[test]
fn content_decides_and_disagreement_is_noted() {
    let image = jpeg(8, 8, true);
    let found = parse_record(&record(&[face(&image, 1)])).unwrap();
    assert_eq!(found[0].declared_format, DeclaredFormat::Jpeg2000);
    assert!(!found[0].format_agrees());
    assert!(decode(&found[0], Limits::default()).is_ok());
}

#[test]
fn several_faces_need_right_lengths_and_one_does_not() {
    let image = jpeg(8, 8, true);
    let two = parse_record(&record(&[face(&image, 0), face(&image, 0)])).unwrap();
    assert_eq!((two.len(), two[1].data()), (2, image.as_slice()));
    let mut wrong = face(&image, 0);
    wrong[0] = 1;
    assert!(parse_record(&record(&[wrong.clone(), face(&image, 0)])).is_err());
    let one = parse_record(&record(&[wrong])).unwrap();
    assert!(!one[0].lengths_agree);
    assert_eq!(one[0].data(), image);
}

#[test]
fn what_is_not_understood_is_said() {
    let other = Portraits::parse(&file(0x5F2E, b"FIR\x00")).unwrap();
    assert!(matches!(other.instances[0].record, FaceRecord::Unknown { bytes: 4 }));
    assert!(parse_record(b"FAC\x00020\0").is_err());
    assert!(parse_record(&record(&[])).is_err());
    assert!(Portraits::parse(&file(0x5F2D, b"FAC\0")).is_err());
}

/// A record of ISO/IEC 39794-5 in its wrapper, with the fields of one representation.
fn newer(fields: &[Vec<u8>]) -> Vec<u8> {
    let versions = encode(0xA0, &[0x80, 1, 3, 0x81, 2, 7, 0xE3]);
    let list = encode(0xA1, &encode(0x30, &fields.concat()));
    encode(0xA1, &encode(0x65, &[versions, list].concat()))
}

fn plain(image: &[u8], about: &[u8]) -> Vec<u8> {
    let inner = [encode(0x80, image), encode(0xA1, about)].concat();
    encode(0xA1, &encode(0xA0, &encode(0xA0, &inner)))
}

#[test]
fn the_newer_record_gives_its_image() {
    let image = jpeg(40, 30, true);
    let about = [
        &[0xA0, 3, 0x80, 1, 2, 0xA1, 3, 0x80, 1, 0][..],
        &[0xA7, 6, 0x80, 1, 40, 0x81, 1, 30],
        &[0xA9, 3, 0x80, 1, 5],
    ]
    .concat();
    let landmarks = encode(0xA9, &[0x30, 0, 0x30, 0]);
    let whole = newer(&[encode(0x80, &[0]), plain(&image, &about), landmarks]);
    for tag in [0x5F2E, 0x7F2E] {
        let portraits = Portraits::parse(&file(tag, &whole)).unwrap();
        let FaceRecord::Iso39794(images) = &portraits.instances[0].record else { panic!() };
        assert_eq!((images.len(), images[0].data()), (1, image.as_slice()));
        assert_eq!((images[0].declared_width, images[0].declared_height), (Some(40), Some(30)));
        assert_eq!((images[0].face_image_type, images[0].feature_points), (Some(0), 2));
        assert!(images[0].format_agrees() && decode(&images[0], Limits::default()).is_ok());
        assert_eq!(portraits.first_image(), Some(&images[0]));
    }
    // Nothing about the image: its own bytes tell.
    let bare = parse_39794_record(&newer(&[plain(&image, &[])])).unwrap();
    assert_eq!((bare[0].declared_format, bare[0].declared_width), (DeclaredFormat::Unstated, None));
    assert!(!bare[0].format_agrees() && decode(&bare[0], Limits::default()).is_ok());
    // A shape in three dimensions is passed over, and the next template's image is found.
    let shape = newer(&[encode(0xA1, &encode(0xA0, &encode(0xA1, &[])))]);
    assert_eq!(parse_39794_record(&shape).unwrap(), []);
    for wrong in [newer(&[]), newer(&[encode(0x80, &[0])]), newer(&[plain(&[], &[])]), encode(0x65, &[])] {
        assert!(parse_39794_record(&wrong).is_err());
        assert!(Portraits::parse(&file(0x7F2E, &wrong)).is_err());
    }
    let many = encode(0x65, &[encode(0xA0, &[]), encode(0xA1, &[0x30, 0].repeat(17))].concat());
    assert!(parse_39794_record(&many).is_err());
}

#[test]
fn large_images_are_refused_before_they_are_decoded() {
    let small = Limits { side_pixels: 16, ..Limits::default() };
    assert!(matches!(decode_bytes(&jpeg(17, 8, true), small), Err(DecodeError::TooLarge { width: 17, .. })));
    let few = Limits { pixels: 100, ..Limits::default() };
    assert!(matches!(decode_bytes(&jpeg(11, 10, true), few), Err(DecodeError::TooLarge { .. })));
    assert!(decode_bytes(&jpeg(10, 10, true), few).is_ok());
    let siz = |right: u32, tile: u32, components: u16| {
        let mut out = vec![0xFF, 0x4F, 0xFF, 0x51, 0, 41, 0, 0];
        for value in [right, 100, 0, 0, tile, 100, 0, 0] {
            out.extend(value.to_be_bytes());
        }
        out.extend(components.to_be_bytes());
        out
    };
    let refused = |bytes: &[u8]| decode_bytes(bytes, Limits::default());
    assert!(matches!(refused(&siz(1 << 31, 1 << 31, 3)), Err(DecodeError::TooLarge { .. })));
    assert!(matches!(refused(&siz(4_000, 1, 3)), Err(DecodeError::TooLarge { tiles: 4_000, .. })));
    assert!(matches!(refused(&siz(100, 100, 9)), Err(DecodeError::Components(9))));
    assert!(matches!(refused(&siz(100, 0, 3)), Err(DecodeError::Header(_))));
    assert!(refused(&siz(100, 100, 3)).is_err());
    assert_eq!(refused(b"GIF89a"), Err(DecodeError::UnknownFormat));
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Portraits::parse(&bytes);
        let _ = parse_record(&[b"FAC\x00010\0", &bytes[..]].concat());
        let _ = Portraits::parse(&file(0x5F2E, &[b"FAC\x00010\0", &bytes[..]].concat()));
        let _ = Portraits::parse(&file(0x7F2E, &newer(std::slice::from_ref(&bytes))));
        let _ = Portraits::parse(&file(0x7F2E, &newer(&[plain(&bytes, &bytes)])));
    }

    #[test]
    fn damaged_images_are_decoded_or_refused(at in 2_usize..600, byte in any::<u8>(), cut in 2_usize..600) {
        let mut image = jpeg(24, 16, false);
        if let Some(place) = image.get_mut(at) { *place = byte; }
        let _ = decode_bytes(&image, Limits::default());
        image.truncate(cut);
        let _ = decode_bytes(&image, Limits::default());
    }
}
