//! Unit ISO7816_F.

use reader_core::lds::{DataGroup, FileId};
use reader_core::wire::tlv::encode;
use test_vectors::card::{ActiveAuthenticationKey, Hash};
use test_vectors::chip::Fault;
use test_vectors::inspection::Seen;
use test_vectors::issuer::security_infos;
use test_vectors::issuer::signer::RsaTestKeys;

use super::case;
use crate::inspected::Setup;

fn rsa(hash: Hash) -> Setup {
    let mut setup = Setup::of("good-rsa");
    let key = RsaTestKeys::get().active_authentication();
    let key = ActiveAuthenticationKey::Rsa { modulus: key.modulus, private: key.private, hash };
    let file = security_infos::dg15(&key);
    setup.card.active_authentication = Some(key);
    setup.with_group(15, file)
}

/// DG14 whose ActiveAuthenticationInfo names an object identifier that is no signature.
fn invalid_algorithm() -> Setup {
    let setup = Setup::of("good");
    let own =
        security_infos::active_authentication(setup.card.active_authentication.as_ref().unwrap()).unwrap();
    let file = setup.file(FileId::group(DataGroup::Dg14)).to_vec();
    let at = file.windows(own.len()).position(|part| part == own.as_slice()).unwrap();
    // The last arc is the hash's number.
    let mut changed = file;
    changed[at + own.len() - 1] = 0x7E;
    assert_eq!(encode(0x30, &own[2..]), own);
    setup.with_group(14, changed)
}

pub fn cases() -> Vec<Seen> {
    vec![
        case("ISO7816_F_01", [rsa(Hash::Sha1)]),
        case("ISO7816_F_02", [Setup::of("good"), Setup::of("good-nist")]),
        case("ISO7816_F_04", [rsa(Hash::Sha224)]),
        case("ISO7816_F_05", [rsa(Hash::Sha256)]),
        case("ISO7816_F_06", [rsa(Hash::Sha384)]),
        case("ISO7816_F_07", [rsa(Hash::Sha512)]),
        case("ISO7816_F_08", [rsa(Hash::Sha256).with_fault(Fault::AaUnknownTrailer)]),
        case("ISO7816_F_09", [invalid_algorithm()]),
    ]
}
