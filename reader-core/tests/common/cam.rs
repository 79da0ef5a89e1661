//! The card of the chip authentication mapping with another EF.CardSecurity.

#![allow(dead_code, reason = "each test file uses a part of it")]

use reader_core::lds::FileId;
use test_vectors::card::{Card, ChipAuthenticationKey};
use test_vectors::issuer::calendar::Date;
use test_vectors::issuer::card_security::ef_card_security;
use test_vectors::issuer::cms_out::SignerIdentifier;
use test_vectors::issuer::country::{Country, FORGER, SignerNumber, SignerTimes, VIETNAM};
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::CurveForm;
use test_vectors::num::{CurveName, Group};

use crate::simulated::{NOW_UNIX_S, on_card};

/// What may be wrong with the file.
pub const ALTERED: [&str; 14] = [
    "missing",
    "empty",
    "cut",
    "bare",
    "list-of-hashes",
    "one-bit-of-the-key",
    "one-bit-of-the-signature",
    "forged",
    "revoked-signer",
    "no-key",
    "other-key",
    "other-number",
    "other-curve",
    "other-chip",
];

fn signed(card: &Card, country: Country, number: u8, key: Option<&ChipAuthenticationKey>) -> Vec<u8> {
    let day = Date::from_unix_s(NOW_UNIX_S).plus_years(-2);
    let signer = country.document_signer(SignerNumber(number), SignerTimes::around(day));
    let time = Some(day.to_unix_s() + 3_600);
    ef_card_security(&infos(card, key), SignerIdentifier::IssuerAndSerial, time, &signer)
}

fn infos(card: &Card, key: Option<&ChipAuthenticationKey>) -> Vec<Vec<u8>> {
    let offers = card.access.pace.iter().map(|offer| security_infos::pace(*offer));
    offers.chain(key.map(|key| security_infos::chip_public_key(key, CurveForm::Standardized))).collect()
}

/// The card with the file so altered. As `other-chip` it is another chip of the same issuer, with that one's keys and its
/// genuine EF.CardSecurity, and with the files of this card.
pub fn altered(card: &Card, word: &str) -> Card {
    let mut card = card.clone();
    let own = card.chip_authentication.first().cloned().unwrap();
    let private = own.group.private_from_seed("another chip's key");
    let other = ChipAuthenticationKey { private, ..own.clone() };
    let at = on_card(FileId::CARD_SECURITY);
    let sound = signed(&card, VIETNAM, 1, Some(&own));
    let flipped = |at: usize| {
        let mut file = sound.clone();
        file[at] ^= 1;
        file
    };
    let file = match word {
        "missing" => {
            card.files.remove(&at);
            return card;
        }
        "empty" => Vec::new(),
        "cut" => sound[..sound.len() / 2].to_vec(),
        "bare" => security_infos::ef_card_access(&infos(&card, Some(&own))),
        // EF.SOD without its own tag is the same kind of message.
        "list-of-hashes" => {
            let list = &card.files[&on_card(FileId::SOD)];
            reader_core::lds::sod::SodFile::parse(list).unwrap().content_info.to_vec()
        }
        "one-bit-of-the-key" => {
            let key = security_infos::chip_public_key(&own, CurveForm::Standardized);
            let start = sound.windows(key.len()).position(|part| part == key.as_slice()).unwrap();
            flipped(start + key.len() - 10)
        }
        "one-bit-of-the-signature" => flipped(sound.len() - 3),
        "forged" => signed(&card, FORGER, 1, Some(&own)),
        "revoked-signer" => signed(&card, VIETNAM, 2, Some(&own)),
        "no-key" => signed(&card, VIETNAM, 1, None),
        "other-key" => signed(&card, VIETNAM, 1, Some(&other)),
        "other-number" => signed(&card, VIETNAM, 1, Some(&ChipAuthenticationKey { key_id: Some(12), ..own })),
        "other-curve" => {
            let group = Group::Curve(CurveName::P256);
            signed(&card, VIETNAM, 1, Some(&ChipAuthenticationKey { group, ..own }))
        }
        "other-chip" => {
            let file = signed(&card, VIETNAM, 1, Some(&other));
            card.chip_authentication = vec![other];
            file
        }
        _ => panic!("{word}"),
    };
    card.files.insert(at, file);
    card
}
