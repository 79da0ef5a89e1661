//! DG14, DG15 and EF.CardSecurity: units LDS_F, I and J, and LDS_H_93.

use reader_core::wire::tlv::encode;
use test_vectors::inspection::Seen;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::CurveForm;

use super::{resized, tagged};
use crate::cam;
use crate::inspected::Setup;
use crate::inspection_cases::case;
use crate::inspection_cases::pace::with_card_security;

pub fn dg14() -> Vec<Seen> {
    let good = || Setup::of("good");
    let file = good().group(14).to_vec();
    let key = good().card.chip_authentication[0].clone();
    let info = security_infos::chip_authentication(&key);
    let public = security_infos::chip_public_key(&key, CurveForm::Explicit);
    // SEQUENCE, then the object identifier: id-PK-ECDH in the one, id-CA-ECDH with its cipher in the other.
    let body = |entry: &[u8]| {
        let header = if entry[1] & 0x80 == 0 { 2 } else { 2 + usize::from(entry[1] & 0x0F) };
        entry[header..].to_vec()
    };
    let other_identifier = {
        let mut body = body(&public);
        let last = 2 + usize::from(body[1]) - 1;
        body[last] = 7;
        encode(0x30, &body)
    };
    let no_identifier = encode(0x30, &body(&public)[2 + usize::from(body(&public)[1])..]);
    let other_version = {
        let mut body = body(&info);
        *body.last_mut().unwrap() = 5;
        encode(0x30, &body)
    };
    let no_version = encode(0x30, &body(&info)[..2 + usize::from(body(&info)[1])]);
    vec![
        case("LDS_F_01", [good().with_group(14, tagged(file.clone(), 0x6F))]),
        case("LDS_F_02", [good().with_group(14, resized(file.clone(), -1))]),
        case("LDS_F_03", [good().with_group(14, resized(file, 1))]),
        case("LDS_F_04", [good().with_entry(&public, &other_identifier)]),
        case("LDS_F_05", [good().with_entry(&public, &no_identifier)]),
        case("LDS_F_06", [good().with_entry(&info, &other_version)]),
        case("LDS_F_07", [good().with_entry(&info, &no_version)]),
    ]
}

pub fn dg15() -> Vec<Seen> {
    let good = || Setup::of("good");
    let file = good().group(15).to_vec();
    vec![
        case("LDS_I_01", [good().with_group(15, tagged(file.clone(), 0x70))]),
        case("LDS_I_02", [good().with_group(15, resized(file.clone(), -1))]),
        case("LDS_I_03", [good().with_group(15, resized(file, 1))]),
    ]
}

pub fn card_security() -> Vec<Seen> {
    let cam = || Setup::of("good-pace-cam");
    let own = |key: &_| security_infos::chip_public_key(key, CurveForm::Standardized);
    let foreign = encode(0x30, &[encode(0x06, &[0x2B, 0x06, 0x01, 0x04, 0x01]), encode(0x02, &[1])].concat());
    let more = with_card_security(cam(), |key, open| [open, vec![own(key), foreign.clone()]].concat());
    let fewer =
        with_card_security(cam(), |key, open| [open[..open.len() - 1].to_vec(), vec![own(key)]].concat());
    // The number of the parameters stands last in a PACEInfo.
    let other = with_card_security(cam(), |key, mut open| {
        *open[0].last_mut().unwrap() = 12;
        [open, vec![own(key)]].concat()
    });
    let no_protocol = with_card_security(cam(), |key, open| {
        let entry = own(key);
        let header = if entry[1] & 0x80 == 0 { 2 } else { 2 + usize::from(entry[1] & 0x0F) };
        let identifier = 2 + usize::from(entry[header + 1]);
        [open, vec![encode(0x30, &entry[header + identifier..])]].concat()
    });
    let broken = ["one-bit-of-the-signature", "one-bit-of-the-key", "forged"].map(|word| {
        let mut setup = cam();
        setup.card = cam::altered(&setup.card, word);
        setup
    });
    vec![
        case("LDS_J_01", [more]),
        case("LDS_J_02", [fewer]),
        case("LDS_J_03", [other]),
        case("LDS_J_04", [no_protocol]),
        case("LDS_H_93", broken),
    ]
}
