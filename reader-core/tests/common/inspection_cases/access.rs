//! Units ISO7816_A and B.

use reader_core::lds::FileId;
use test_vectors::chip::{Fault, Shape};
use test_vectors::inspection::Seen;
use test_vectors::issuer::security_infos;

use super::case;
use crate::inspected::Setup;
use crate::simulated::on_card;

/// A chip that gives its files to anybody.
fn open() -> Setup {
    let mut setup = Setup::of("good");
    setup.card.access.bac = false;
    setup.card.access.pace.clear();
    setup.card.files.remove(&on_card(FileId::CARD_ACCESS));
    let key = setup.card.chip_authentication[0].clone();
    let form = test_vectors::issuer::signer::CurveForm::Explicit;
    let mut infos =
        vec![security_infos::chip_authentication(&key), security_infos::chip_public_key(&key, form)];
    infos.extend(security_infos::active_authentication(setup.card.active_authentication.as_ref().unwrap()));
    setup.with_group(14, security_infos::dg14(&infos))
}

pub fn selection() -> Vec<Seen> {
    let refused = |persona| {
        [0x6A82, 0x6A81, 0x6999].map(|sw| Setup::of(persona).with_fault(Fault::RefuseApplication(sw)))
    };
    vec![
        case("ISO7816_A_01", [open()]),
        case("ISO7816_A_02", [Setup::of("good-bac")]),
        case("ISO7816_A_03", ["good", "good-bac"].into_iter().flat_map(refused)),
    ]
}

pub fn bac_and_messaging() -> Vec<Seen> {
    let bac = || Setup::of("good-bac");
    let answer = bac().first(0x82);
    let refusals = [0x6300, 0x6982, 0x6988, 0x6A80].map(|sw| bac().with_fault(Fault::BacRefused(sw)));
    // A bit of the cryptogram on its way, and a cryptogram of other content under a right MAC.
    let other_cryptogram = [
        bac().with_fault(Fault::FlipBit { exchange: answer, bit: 5 }),
        bac().with_fault(Fault::BacWrongNonce),
    ];
    // Under both ciphers, and from the first protected reading on.
    let both = |fault: &dyn Fn(usize) -> Fault| {
        ["good-bac", "good"].map(|persona| {
            let setup = Setup::of(persona);
            let first = setup.first_protected_read();
            setup.failing_from(first, fault)
        })
    };
    let shape = |shape| both(&move |exchange| Fault::Misshapen { exchange, shape });
    vec![
        case("ISO7816_B_01", [bac().with_fault(Fault::BacWrongMac)]),
        case("ISO7816_B_02", other_cryptogram),
        case("ISO7816_B_03", refusals),
        case(
            "ISO7816_B_04",
            [0x6987, 0x6988]
                .into_iter()
                .flat_map(|sw| both(&move |exchange| Fault::PlainStatus { exchange, sw })),
        ),
        case("ISO7816_B_05", shape(Shape::NoMac)),
        case("ISO7816_B_06", both(&|exchange| Fault::Empty { exchange })),
        case("ISO7816_B_07", shape(Shape::NoStatus)),
        case("ISO7816_B_08", both(&|exchange| Fault::WrongMac { exchange })),
        case("ISO7816_B_09", both(&|exchange| Fault::FlipBit { exchange, bit: 8 * 20 + 3 })),
        case("ISO7816_B_10", [Setup::of("revoked-signer")]),
    ]
}
