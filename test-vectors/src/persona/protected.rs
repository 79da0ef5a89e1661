//! Sound cards whose DG3 and DG4 are for terminals with a certificate: for the tests of Terminal Authentication.

use super::Persona;
use super::recipe::{Contents, Recipe};
use super::table::{CHIP_MAPPING, USUAL, accepted, man, woman};
use crate::issuer::terminal_pki::Hierarchy;

const fn with(hierarchy: Hierarchy) -> Recipe {
    Recipe { terminals: Some(hierarchy), extended_length: true, ..USUAL }
}

pub(super) static PROTECTED: [Persona; 5] = [
    Persona {
        name: "eac",
        summary_en: "A sound card: fingers for terminals with a certificate, ECDSA",
        summary_vi: "Thẻ hợp lệ: vân tay chỉ dành cho thiết bị có chứng thư, ECDSA",
        expected: accepted("everything agrees, with fingers or without"),
        holder: man("090000201000", "NÔNG VĂN QUYỀN", [4, 12]),
        recipe: with(Hierarchy::BrainpoolP256),
    },
    Persona {
        name: "eac-rsa",
        summary_en: "A sound card: fingers for terminals with a certificate, RSA",
        summary_vi: "Thẻ hợp lệ: vân tay chỉ dành cho thiết bị có chứng thư, RSA",
        expected: accepted("everything agrees, with fingers or without"),
        holder: woman("090000202000", "ÔNG THỊ PHÉP", [8, 19]),
        recipe: with(Hierarchy::RsaPss),
    },
    Persona {
        name: "all-groups",
        summary_en: "A sound card with every data group that the reader knows, fingers and iris among them",
        summary_vi: "Thẻ hợp lệ có đủ mọi nhóm dữ liệu, kể cả vân tay và mống mắt",
        expected: accepted("everything agrees, with the protected groups or without"),
        holder: woman("090000203000", "PHÙNG THỊ ĐỦ", [1, 27]),
        recipe: Recipe { contents: Contents::EveryGroup, ..with(Hierarchy::P256) },
    },
    Persona {
        name: "eac-cam",
        summary_en: "A sound card: PACE proves the chip, fingers for terminals with a certificate",
        summary_vi: "Thẻ hợp lệ: PACE chứng thực luôn chip, vân tay chỉ dành cho thiết bị có chứng thư",
        expected: accepted("everything agrees, with fingers or without"),
        holder: man("090000204000", "TIÊU VĂN ÁNH", [10, 3]),
        recipe: Recipe { terminals: Some(Hierarchy::P256), ..CHIP_MAPPING },
    },
    Persona {
        name: "eac-pkcs1",
        summary_en: "A sound card: fingers for terminals with a certificate, RSA in its older form",
        summary_vi: "Thẻ hợp lệ: vân tay chỉ dành cho thiết bị có chứng thư, RSA kiểu cũ",
        expected: accepted("everything agrees, with fingers or without"),
        holder: woman("090000205000", "VI THỊ CỔ", [3, 22]),
        recipe: with(Hierarchy::RsaPkcs1),
    },
];
