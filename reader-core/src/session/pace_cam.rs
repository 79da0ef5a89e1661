//! What the chip authentication mapping adds to PACE: data by which the chip shows that its mapping key and its signed
//! key belong together.
//!
//! Whether the signed key is the issuer's is judged in `verify`. Spec: 9303-11 §4.4.3.3.3, §4.4.3.5.

use crate::capture::PaceCamTrace;
use crate::crypto::cipher;
use crate::crypto::ec::Point;
use crate::crypto::kdf::SessionKeys;
use crate::crypto::mapping;
use crate::crypto::signature::PublicKey;
use crate::lds::card_security;
use crate::lds::security_infos::SecurityInfos;

use super::pace_offer::PaceOffer;

/// The trace of the answer: `mapping_key` is the chip's of the mapping phase, `encrypted` the value of data object 8A.
pub(super) fn trace(
    keys: &SessionKeys,
    offer: &PaceOffer,
    mapping_key: Vec<u8>,
    encrypted: Option<&[u8]>,
) -> PaceCamTrace {
    let Some(encrypted) = encrypted else {
        return PaceCamTrace::Malformed("the chip sent no Chip Authentication Data with its token");
    };
    match decrypt(keys, encrypted) {
        Some(chip_data) => {
            PaceCamTrace::Answered { parameter_id: offer.parameter_id, mapping_key, chip_data }
        }
        None => PaceCamTrace::Malformed("the Chip Authentication Data cannot be decrypted"),
    }
}

/// The initialisation vector is the encryption of -1: a block of ones. Spec: 9303-11 §4.4.3.5.3, §4.4.3.5.4.
fn decrypt(keys: &SessionKeys, encrypted: &[u8]) -> Option<Vec<u8>> {
    let block_bytes = keys.suite.block_size();
    let vector = cipher::encrypt_block(keys.suite, &keys.enc, &vec![0xFF; block_bytes]).ok()?;
    let padded = cipher::cbc_decrypt(keys.suite, &keys.enc, &vector, encrypted).ok()?;
    cipher::unpad(&padded, block_bytes).ok().map(<[u8]>::to_vec)
}

/// The key of EF.CardSecurity by which the chip answered, if it did. Nobody's signature was looked at: it tells whether
/// another proof of the chip is worth its time, and whether the chip is the one of before.
pub(super) fn answering_key(trace: &PaceCamTrace, card_security: &[u8]) -> Option<Point> {
    let PaceCamTrace::Answered { parameter_id, mapping_key, chip_data } = trace else { return None };
    let infos = card_security::unproved_infos(card_security).ok()?;
    let mut keys = infos.chip_authentication_keys().filter(|key| key.key_id == *parameter_id);
    keys.find_map(|key| match crate::key::public_key(&key.spki) {
        Ok(PublicKey::Ec(key)) if mapping::chip_data_belongs(chip_data, &key, mapping_key) => Some(key),
        _ => None,
    })
}

/// Whether a set names this key for chip authentication.
pub(super) fn names_key(infos: &SecurityInfos, key: &Point) -> bool {
    let same =
        |spki: &[u8]| crate::key::public_key(spki).is_ok_and(|other| other == PublicKey::Ec(key.clone()));
    infos.chip_authentication_keys().any(|candidate| same(&candidate.spki))
}
