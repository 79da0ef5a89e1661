//! A bare terminal that opens a chip by any variant of PACE.

use test_vectors::card::{Mapping, PaceOffer};
use test_vectors::chip::primitives::{
    cbc_decrypt, derive_key, encrypt_block, integrated_nonce_bytes, key_bytes, mac_unpadded, pseudo_random,
    unpad,
};
use test_vectors::chip::{Channel, Chip, tlv};
use test_vectors::num::{BigUint, Element, Group, expand};
use test_vectors::vector::to_hex;

use super::Terminal;

/// The contents of the object identifier of an offer.
pub fn identifier(offer: PaceOffer) -> Vec<u8> {
    let last = [offer.protocol_component(), offer.suite.oid_component()];
    [&[0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04][..], &last].concat()
}

/// Sends a plain command, short where it fits, and fetches the whole answer; the error is a status word other than 9000.
pub fn ask(chip: &mut Chip, header: [u8; 4], data: &[u8], answered: bool) -> Result<Vec<u8>, String> {
    let mut command = header.to_vec();
    match u8::try_from(data.len()) {
        Ok(length) => {
            command.push(length);
            command.extend_from_slice(data);
            command.extend(answered.then_some(0));
        }
        Err(_) => {
            command.push(0);
            command.extend_from_slice(&u16::try_from(data.len()).unwrap().to_be_bytes());
            command.extend_from_slice(data);
            command.extend_from_slice(&[0, 0]);
        }
    }
    let mut response = chip.exchange(&command);
    while let [.., 0x61, _] = response[..] {
        response.truncate(response.len() - 2);
        response.extend(chip.exchange(&[0x00, 0xC0, 0x00, 0x00, 0x00]));
    }
    let status = response.split_off(response.len() - 2);
    if status == [0x90, 0x00] { Ok(response) } else { Err(to_hex(&status)) }
}

/// MSE:Set AT with the objects 80 and 83, and 84 where a parameter identifier is given.
pub fn set_at(chip: &mut Chip, offer: PaceOffer, reference: u8, id: Option<u8>) -> Result<(), String> {
    let mut data = [tlv::write(0x80, &identifier(offer)), tlv::write(0x83, &[reference])].concat();
    data.extend(id.map(|id| tlv::write(0x84, &[id])).unwrap_or_default());
    ask(chip, [0x00, 0x22, 0xC1, 0xA4], &data, false).map(|_| ())
}

/// One GENERAL AUTHENTICATE with this object; gives the objects inside the answer.
pub fn step(chip: &mut Chip, tag: u16, value: Option<&[u8]>) -> Result<Vec<u8>, String> {
    let inner = value.map(|value| tlv::write(tag, value)).unwrap_or_default();
    let class = if tag == 0x85 { 0x00 } else { 0x10 };
    let answer = ask(chip, [class, 0x86, 0x00, 0x00], &tlv::write(0x7C, &inner), true)?;
    Ok(tlv::find(&tlv::split(&answer).unwrap(), 0x7C).unwrap().to_vec())
}

/// The value of an object in an answer.
pub fn value(answer: &[u8], tag: u16) -> Vec<u8> {
    tlv::find(&tlv::split(answer).unwrap(), tag).unwrap_or_else(|| panic!("no object {tag:02X}")).to_vec()
}

/// A channel, with the chip's mapping key and its decrypted Chip Authentication Data where the mapping has them.
pub struct Opened {
    pub terminal: Terminal,
    /// The ephemeral keys of the agreement, encoded: the chip's and the terminal's.
    pub keys: [Vec<u8>; 2],
    /// The objects that came with the chip's token.
    pub last: Vec<u8>,
    pub chip_mapping: Option<Element>,
    pub chip_data: Option<Vec<u8>>,
}

fn private(group: Group, label: &str) -> BigUint {
    BigUint::from_bytes_be(&expand(&[label.as_bytes()], 80)) % (group.order() - 1u8) + 1u8
}

/// The whole run; the error is the first status word that is not 9000.
pub fn open(
    chip: &mut Chip,
    offer: PaceOffer,
    (reference, password): (u8, &[u8]),
    id: Option<u8>,
) -> Result<Opened, String> {
    set_at(chip, offer, reference, id)?;
    run(chip, offer, password)
}

/// The whole run, in which the terminal may announce its rights (7F4C).
pub fn open_announcing(
    chip: &mut Chip,
    offer: PaceOffer,
    (reference, password): (u8, &[u8]),
    rights: Option<&[u8]>,
) -> Result<Opened, String> {
    let mut data = [tlv::write(0x80, &identifier(offer)), tlv::write(0x83, &[reference])].concat();
    data.extend_from_slice(rights.unwrap_or_default());
    ask(chip, [0x00, 0x22, 0xC1, 0xA4], &data, false)?;
    run(chip, offer, password)
}

fn run(chip: &mut Chip, offer: PaceOffer, password: &[u8]) -> Result<Opened, String> {
    let (group, suite) = (Group::from_parameter_id(offer.parameter_id).unwrap(), offer.suite);
    let z = value(&step(chip, 0x80, None)?, 0x80);
    let s = cbc_decrypt(suite, &derive_key(suite, password, 3), &vec![0; suite.block_bytes()], &z);
    let (generator, chip_mapping) = if offer.mapping == Mapping::Integrated {
        assert_eq!(s.len(), integrated_nonce_bytes(suite));
        let t = vec![0x3C; key_bytes(suite)];
        assert_eq!(step(chip, 0x81, Some(&t))?, [0x82, 0x00]);
        let random = BigUint::from_bytes_be(&pseudo_random(suite, &s, &t, group.prime().bits()));
        (group.from_field(&(random % group.prime())).unwrap(), None)
    } else {
        let own = private(group, "terminal, mapping");
        let public = group.encode(&group.multiple(&own, &group.generator()));
        let theirs = group.decode(&value(&step(chip, 0x81, Some(&public))?, 0x82)).unwrap();
        let nonce = group.multiple(&BigUint::from_bytes_be(&s), &group.generator());
        (group.sum(&nonce, &group.multiple(&own, &theirs)), Some(theirs))
    };
    let own = private(group, "terminal, ephemeral");
    let public = group.multiple(&own, &generator);
    let theirs = group.decode(&value(&step(chip, 0x83, Some(&group.encode(&public)))?, 0x84)).unwrap();
    let channel = Channel::from_secret(suite, &group.secret(&own, &theirs).unwrap());
    let token = |public: &Element| {
        let tag = if matches!(public, Element::Point(_)) { 0x86 } else { 0x84 };
        let body = [tlv::write(0x06, &identifier(offer)), tlv::write(tag, &group.encode(public))].concat();
        mac_unpadded(suite, channel.keys().1, &tlv::write(0x7F49, &body))
    };
    let answer = step(chip, 0x85, Some(&token(&theirs)))?;
    assert_eq!(value(&answer, 0x86), token(&public), "the chip's token");
    let encrypted = tlv::find(&tlv::split(&answer).unwrap(), 0x8A).map(<[u8]>::to_vec);
    let chip_data = encrypted.map(|data| {
        let iv = encrypt_block(suite, channel.keys().0, &[0xFF; 16]);
        unpad(&cbc_decrypt(suite, channel.keys().0, &iv, &data)).unwrap().to_vec()
    });
    let keys = [group.encode(&theirs), group.encode(&public)];
    Ok(Opened { terminal: Terminal::new(&channel), keys, last: answer, chip_mapping, chip_data })
}
