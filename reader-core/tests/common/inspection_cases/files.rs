//! Unit ISO7816_C.

use reader_core::lds::{DataGroup, FileId};
use test_vectors::chip::Fault;
use test_vectors::inspection::Seen;
use test_vectors::issuer::groups;
use test_vectors::issuer::portrait::{self, Look};

use super::case;
use crate::inspected::Setup;
use crate::simulated::on_card;

/// A portrait of exactly this size.
fn of_size(bytes: usize) -> Setup {
    let picture = portrait::draw("inspection", Look::default());
    Setup::of("good").with_group(2, groups::dg2_of_size(&picture, bytes).unwrap())
}

pub fn cases() -> Vec<Seen> {
    let good = || Setup::of("good");
    let mut denied = good();
    denied.card.files.remove(&on_card(FileId::group(DataGroup::Dg1)));
    let refused = |sw| Setup::of("good").with_fault(Fault::BeyondEndRefused(sw));
    let empty = portrait::Portrait { jpeg: Vec::new(), ..portrait::cut_short([]) };
    vec![
        case("ISO7816_C_01", [denied, good().with_fault(Fault::AbsentUnprotected { file: 0x0101 })]),
        case("ISO7816_C_02", [of_size(18_000), of_size(32_767)]),
        case("ISO7816_C_03", [0x6700, 0x6A86, 0x6B00].map(refused)),
        case("ISO7816_C_04", [refused(0x6B00), good().with_fault(Fault::NoEndOfFileWarning)]),
        case("ISO7816_C_05", [good()]),
        case("ISO7816_C_06", [good().with_fault(Fault::AskForExactLength)]),
        case("ISO7816_C_07", [of_size(32_800), of_size(40_000)]),
        case("ISO7816_C_08", [good().with_group(2, groups::dg2(&empty))]),
    ]
}
