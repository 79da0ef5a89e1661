//! The terminal's side of PACE, BAC and Chip Authentication, as bare as it can be.

use test_vectors::card::{Hash, Suite};
use test_vectors::chip::primitives::{cbc_decrypt, cbc_encrypt, derive_key, mac_unpadded};
use test_vectors::chip::{Channel, Chip, tlv};
use test_vectors::num::{BigUint, CurveName, Point, ecdh, private_from_seed, public_key};
use test_vectors::vector::{from_hex, to_hex};

use super::Terminal;

/// Sends one plain command in hexadecimal.
pub fn plain(chip: &mut Chip, command: &str) -> String {
    to_hex(&chip.exchange(&from_hex(command).unwrap()))
}

/// A command of one to four fields in hexadecimal: header, data, Le.
fn command(header: &str, data: &[u8], le: &str) -> String {
    format!("{header}{:02X}{}{le}", data.len(), to_hex(data))
}

/// PACE; the error is the first status word that is not 9000.
pub fn pace(
    chip: &mut Chip,
    suite: Suite,
    curve: CurveName,
    (reference, password): (u8, &[u8]),
) -> Result<Terminal, String> {
    let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, suite.oid_component()];
    let id = curve.parameter_id().unwrap();
    let data = [tlv::write(0x80, &oid), tlv::write(0x83, &[reference]), tlv::write(0x84, &[id])].concat();
    let mut ask = |header: &str, data: &[u8], le: &str, tag: u16| -> Result<Vec<u8>, String> {
        let response = plain(chip, &command(header, data, le));
        let (body, status) = response.split_at(response.len() - 4);
        if status != "9000" {
            return Err(status.into());
        }
        let body = from_hex(body).unwrap();
        let Some(outer) = tlv::find(&tlv::split(&body).unwrap(), 0x7C).map(<[u8]>::to_vec) else {
            return Ok(body);
        };
        Ok(tlv::find(&tlv::split(&outer).unwrap(), tag).unwrap().to_vec())
    };
    let wrap = |tag: u16, value: &[u8]| tlv::write(0x7C, &tlv::write(tag, value));
    ask("0022C1A4", &data, "", 0)?;
    let z = ask("10860000", &[0x7C, 0x00], "00", 0x80)?;
    let numbers = curve.curve();
    let iv = vec![0; suite.block_bytes()];
    let nonce = cbc_decrypt(suite, &derive_key(suite, password, 3), &iv, &z);
    let mapping = private_from_seed(curve, "terminal, mapping");
    let own = numbers.encode(&public_key(curve, &mapping));
    let chip_mapping = numbers.decode(&ask("10860000", &wrap(0x81, &own), "00", 0x82)?).unwrap();
    let shared = numbers.multiply(&BigUint::from_bytes_be(&mapping), &chip_mapping);
    let generator =
        numbers.add(&numbers.multiply(&BigUint::from_bytes_be(&nonce), &numbers.generator), &shared);
    let ephemeral = private_from_seed(curve, "terminal, ephemeral");
    let own = numbers.multiply(&BigUint::from_bytes_be(&ephemeral), &generator);
    let theirs = ask("10860000", &wrap(0x83, &numbers.encode(&own)), "00", 0x84)?;
    let theirs = numbers.decode(&theirs).unwrap();
    let channel = Channel::from_secret(suite, &ecdh(curve, &ephemeral, &theirs).unwrap());
    let token = |public: &Point| {
        let key = tlv::write(0x86, &numbers.encode(public));
        mac_unpadded(suite, channel.keys().1, &tlv::write(0x7F49, &[tlv::write(0x06, &oid), key].concat()))
    };
    let answer = ask("00860000", &wrap(0x85, &token(&theirs)), "00", 0x86)?;
    assert_eq!(answer, token(&own), "the chip's token");
    Ok(Terminal::new(&channel))
}

/// SELECT of the application and BAC; the error is the first status word that is not 9000.
pub fn bac(chip: &mut Chip, mrz_information: &str) -> Result<Terminal, String> {
    let suite = Suite::TripleDes;
    let mut ask = |command: &str| {
        let response = plain(chip, command);
        let (body, status) = response.split_at(response.len() - 4);
        if status == "9000" { Ok(from_hex(body).unwrap()) } else { Err(status.to_owned()) }
    };
    ask("00A4040C07A0000002471001")?;
    let rnd_ic = ask("0084000008")?;
    let seed = &Hash::Sha1.digest(mrz_information.as_bytes())[..16];
    let [k_enc, k_mac] = [1, 2].map(|counter| derive_key(suite, seed, counter));
    let (rnd_ifd, k_ifd) = ([0x11; 8], [0x22; 16]);
    let s = cbc_encrypt(suite, &k_enc, &[0; 8], &[&rnd_ifd[..], &rnd_ic, &k_ifd].concat());
    let data = [s.clone(), mac_unpadded(suite, &k_mac, &s)].concat();
    let answer = ask(&command("00820000", &data, "28"))?;
    let r = cbc_decrypt(suite, &k_enc, &[0; 8], &answer[..32]);
    assert_eq!(mac_unpadded(suite, &k_mac, &answer[..32]), answer[32..]);
    let secret: Vec<u8> = k_ifd.iter().zip(&r[16..]).map(|(own, theirs)| own ^ theirs).collect();
    let [encryption, authentication] = [1, 2].map(|counter| derive_key(suite, &secret, counter));
    let counter = [&rnd_ic[4..], &rnd_ifd[4..]].concat();
    Ok(Terminal::new(&Channel::from_keys(suite, &encryption, &authentication, &counter)))
}

/// Chip Authentication through an open channel. Gives the last status and the terminal under the new keys.
pub fn chip_authentication(
    chip: &mut Chip,
    terminal: &mut Terminal,
    suite: Suite,
    (curve, chip_public): (CurveName, &Point),
    by_template: bool,
) -> (String, Terminal) {
    let ephemeral = private_from_seed(curve, "terminal, chip authentication");
    let own = curve.curve().encode(&public_key(curve, &ephemeral));
    let status = if by_template {
        terminal.transmit(chip, &command("002241A6", &tlv::write(0x91, &own), ""))
    } else {
        let oid = [0x04, 0x00, 0x7F, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, suite.oid_component()];
        assert_eq!(terminal.transmit(chip, &command("002241A4", &tlv::write(0x80, &oid), "")), "9000");
        let data = tlv::write(0x7C, &tlv::write(0x80, &own));
        terminal.transmit(chip, &command("00860000", &data, "00"))
    };
    let secret = ecdh(curve, &ephemeral, chip_public).unwrap();
    (status, Terminal::new(&Channel::from_secret(suite, &secret)))
}
