//! Sound cards whose variant of PACE or chip authentication is rarer than those of the table: for the tests of that
//! variant.

use super::recipe::{Access, ChipAuthentication, Recipe};
use super::table::{USUAL, accepted, man, woman};
use super::{Expected, Persona};
use crate::card::{Mapping, PaceOffer, Suite};
use crate::issuer::signer::CurveForm;
use crate::num::{Group, Modp};

const EXPECTED: Expected = accepted("everything agrees");

const fn offer(suite: Suite, parameter_id: u8, mapping: Mapping) -> PaceOffer {
    PaceOffer { suite, parameter_id, mapping }
}

const INTEGRATED: &[PaceOffer] = &[offer(Suite::Aes128, 13, Mapping::Integrated)];
const MODULAR: &[PaceOffer] = &[offer(Suite::Aes256, 2, Mapping::Generic)];
const MODULAR_INTEGRATED: &[PaceOffer] = &[offer(Suite::Aes128, 0, Mapping::Integrated)];

/// The usual card, opened otherwise. Public keys of 2048 bits need commands of extended length.
const fn with(offers: &'static [PaceOffer]) -> Recipe {
    Recipe { access: Access::PaceAndBac(offers), extended_length: true, ..USUAL }
}

/// Chip authentication over a prime of 2048 bits, written out as X9.42 has it.
const DH_CHIP_KEY: Recipe = Recipe {
    chip_authentication: Some(ChipAuthentication {
        group: Group::Modp(Modp::Of2048And256),
        form: CurveForm::Explicit,
        suite: Suite::Aes256,
    }),
    extended_length: true,
    ..USUAL
};

pub(super) static BEYOND: [Persona; 4] = [
    Persona {
        name: "good-pace-im",
        summary_en: "A sound card: PACE with elliptic curves and integrated mapping",
        summary_vi: "Thẻ hợp lệ: PACE trên đường cong elliptic, ánh xạ tích hợp",
        expected: EXPECTED,
        holder: man("090000101000", "KIỀU VĂN ÁNH", [2, 3]),
        recipe: with(INTEGRATED),
    },
    Persona {
        name: "good-pace-dh",
        summary_en: "A sound card: PACE with numbers of 2048 bits and AES-256",
        summary_vi: "Thẻ hợp lệ: PACE với số nguyên tố 2048 bit và AES-256",
        expected: EXPECTED,
        holder: woman("090000102000", "LA THỊ SỐ", [3, 14]),
        recipe: with(MODULAR),
    },
    Persona {
        name: "good-pace-dh-im",
        summary_en: "A sound card: PACE with numbers of 1024 bits and integrated mapping",
        summary_vi: "Thẻ hợp lệ: PACE với số nguyên tố 1024 bit, ánh xạ tích hợp",
        expected: EXPECTED,
        holder: man("090000103000", "MẠC VĂN NGUYÊN", [6, 28]),
        recipe: with(MODULAR_INTEGRATED),
    },
    Persona {
        name: "good-ca-dh",
        summary_en: "A sound card: the chip proves itself with numbers of 2048 bits",
        summary_vi: "Thẻ hợp lệ: chip tự chứng thực bằng số nguyên tố 2048 bit",
        expected: EXPECTED,
        holder: man("090000105000", "ÔNG VĂN LŨY", [11, 5]),
        recipe: DH_CHIP_KEY,
    },
];
