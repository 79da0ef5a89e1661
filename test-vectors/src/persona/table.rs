//! The personas, one entry each.
//!
//! The last three digits of a number are the code that the simulated insurance gateway answers with (000: in order),
//! the last six are the card access number. Every number begins with 090, which no province uses.

use super::recipe::{Access, Contents, Dates, Fault, Holder, Layout, Recipe};
use super::{Expected, Outcome, Persona, Verdict};
use crate::card::{Mapping, PaceOffer, Suite};
use crate::issuer::cms_out::SignerIdentifier;
use crate::issuer::country::{FORGER, SignerNumber, UTOPIA, VIETNAM, VIETNAM_NIST, VIETNAM_RSA};
use crate::issuer::details::ParentsForm;
use crate::issuer::signer::CurveForm;
use crate::issuer::sod::LdsVersion;
use crate::num::{CurveName, Group};

use super::recipe::{ActiveAuthentication, ChipAuthentication};

/// The usual Vietnamese card: PACE and BAC, both proofs of the chip, LDS 1.7.
pub(super) const USUAL: Recipe = Recipe {
    country: VIETNAM,
    signer: SignerNumber(1),
    layout: Layout::VietnameseCard,
    state: "VNM",
    access: Access::PaceAndBac(&[PaceOffer::generic(Suite::Aes128, 13)]),
    chip_authentication: Some(ChipAuthentication {
        group: Group::Curve(CurveName::BrainpoolP256r1),
        form: CurveForm::Explicit,
        suite: Suite::Aes128,
    }),
    active_authentication: ActiveAuthentication::Ecdsa(CurveName::BrainpoolP256r1),
    contents: Contents::Usual,
    terminals: None,
    version: LdsVersion::V1_7,
    identifier: SignerIdentifier::IssuerAndSerial,
    extended_length: false,
    dates: Dates::Valid,
    fault: Fault::None,
};

const NIST: Recipe = Recipe {
    country: VIETNAM_NIST,
    access: Access::PaceAndBac(&[PaceOffer::generic(Suite::Aes256, 12)]),
    chip_authentication: Some(ChipAuthentication {
        group: Group::Curve(CurveName::P256),
        form: CurveForm::Named,
        suite: Suite::Aes256,
    }),
    active_authentication: ActiveAuthentication::Ecdsa(CurveName::P256),
    version: LdsVersion::V1_8,
    identifier: SignerIdentifier::SubjectKeyIdentifier,
    extended_length: true,
    ..USUAL
};

/// Chip authentication mapping, which never comes alone. Spec: 9303-11 §4.4.
pub(super) const CHIP_MAPPING: Recipe = Recipe {
    access: Access::PaceAndBac(&[
        PaceOffer { suite: Suite::Aes128, parameter_id: 13, mapping: Mapping::ChipAuthentication },
        PaceOffer::generic(Suite::Aes128, 13),
    ]),
    extended_length: true,
    ..USUAL
};

/// The person whom nothing special is said about.
pub(super) const SOMEBODY: Holder = Holder {
    number: "090000001000",
    full_name: "NGUYỄN VĂN MẪU",
    female: false,
    elderly: false,
    glasses: false,
    birth_month_day: [3, 15],
    ethnicity: "Kinh",
    religion: "Không",
    origin: "Xã Ví Dụ, huyện Giả Định, tỉnh Thử Nghiệm",
    residence: "Số 12, ngõ 34, đường Hư Cấu, phường Ví Dụ, thành phố Thử Nghiệm",
    features: "Nốt ruồi C: 1cm dưới đuôi mắt trái",
    parents: ["NGUYỄN VĂN CHA", "TRẦN THỊ MẸ"],
    parents_form: ParentsForm::Siblings,
    spouse: None,
    old_number: Some("090001000"),
};

pub(super) const fn man(number: &'static str, full_name: &'static str, birth_month_day: [u8; 2]) -> Holder {
    Holder { number, full_name, birth_month_day, ..SOMEBODY }
}

pub(super) const fn woman(number: &'static str, full_name: &'static str, birth_month_day: [u8; 2]) -> Holder {
    Holder {
        number,
        full_name,
        birth_month_day,
        female: true,
        origin: "Xã Mường Ví Dụ, huyện Giả Định, tỉnh Thử Nghiệm",
        features: "Sẹo chấm C: 2cm trên sau đầu lông mày phải",
        parents: ["LÊ VĂN BỐ", "PHẠM THỊ MÁ"],
        parents_form: ParentsForm::Together,
        spouse: Some("ĐỖ QUANG CHỒNG"),
        old_number: None,
        ..SOMEBODY
    }
}

pub(super) const fn accepted(why: &'static str) -> Expected {
    Expected { verdict: Verdict::Accept, check: None, reason: None, why }
}

pub(super) const fn told_by(
    verdict: Verdict,
    check: &'static str,
    outcome: Outcome,
    [code, why]: [&'static str; 2],
) -> Expected {
    Expected { verdict, check: Some((check, outcome)), reason: Some(code), why }
}

pub(super) const fn noted(check: &'static str, code_and_why: [&'static str; 2]) -> Expected {
    told_by(Verdict::Accept, check, Outcome::Confirmed, code_and_why)
}

pub(super) const fn rejected(check: &'static str, code_and_why: [&'static str; 2]) -> Expected {
    told_by(Verdict::Reject, check, Outcome::Refuted, code_and_why)
}

pub(super) const fn referred(
    check: &'static str,
    outcome: Outcome,
    code_and_why: [&'static str; 2],
) -> Expected {
    told_by(Verdict::Refer, check, outcome, code_and_why)
}

const fn with_fault(fault: Fault) -> Recipe {
    Recipe { fault, ..USUAL }
}

/// Every persona, the sound cards first.
pub(super) static PERSONAS: [Persona; 25] = [
    Persona {
        name: "good",
        summary_en: "A sound card: PACE with AES-128, both proofs of the chip",
        summary_vi: "Thẻ hợp lệ: PACE với AES-128, đủ hai cách chứng thực chip",
        expected: accepted("everything agrees"),
        holder: SOMEBODY,
        recipe: Recipe { extended_length: true, ..USUAL },
    },
    Persona {
        name: "good-bac",
        summary_en: "A sound card of the older kind: BAC only, triple DES throughout",
        summary_vi: "Thẻ hợp lệ loại cũ: chỉ có BAC, dùng 3DES",
        expected: accepted("BAC is allowed for a card issued before 2027"),
        holder: woman("090000002000", "LÊ THỊ THỬ", [7, 2]),
        recipe: Recipe {
            access: Access::Bac,
            chip_authentication: Some(ChipAuthentication {
                group: Group::Curve(CurveName::BrainpoolP256r1),
                form: CurveForm::Explicit,
                suite: Suite::TripleDes,
            }),
            ..USUAL
        },
    },
    Persona {
        name: "good-rsa",
        summary_en: "A sound card under RSA certificates, with RSA active authentication",
        summary_vi: "Thẻ hợp lệ với chứng thư RSA và chứng thực chip bằng RSA",
        expected: accepted("everything agrees"),
        holder: man("090000003000", "TRẦN HỮU NGHĨA", [11, 30]),
        recipe: Recipe {
            country: VIETNAM_RSA,
            active_authentication: ActiveAuthentication::Rsa,
            identifier: SignerIdentifier::SubjectKeyIdentifier,
            ..USUAL
        },
    },
    Persona {
        name: "good-nist",
        summary_en: "A sound card on NIST curves: PACE with AES-256, LDS 1.8",
        summary_vi: "Thẻ hợp lệ trên đường cong NIST: PACE với AES-256, LDS 1.8",
        expected: accepted("everything agrees"),
        holder: Holder { elderly: true, glasses: true, ..man("090000004000", "VÕ ĐÌNH ƯỚC", [1, 9]) },
        recipe: NIST,
    },
    Persona {
        name: "good-no-ca",
        summary_en: "A sound card that proves its chip by active authentication alone",
        summary_vi: "Thẻ hợp lệ chỉ chứng thực chip bằng Active Authentication",
        expected: accepted("one proof of the chip is enough"),
        holder: Holder { glasses: true, ..woman("090000005000", "PHAN NGỌC ẢNH", [5, 21]) },
        recipe: Recipe { chip_authentication: None, ..USUAL },
    },
    Persona {
        name: "good-pace-cam",
        summary_en: "A sound card: PACE proves the chip at once, with EF.CardSecurity",
        summary_vi: "Thẻ hợp lệ: PACE chứng thực luôn chip, có EF.CardSecurity",
        expected: accepted("the chip proved itself while it was opened"),
        holder: woman("090000104000", "NINH THỊ CHỨNG", [9, 17]),
        recipe: CHIP_MAPPING,
    },
    Persona {
        name: "changed-dg2-byte",
        summary_en: "One bit of the portrait file was changed after signing",
        summary_vi: "Một bit trong tệp ảnh bị sửa sau khi ký",
        expected: rejected("passive.hashes", ["R1206", "the hash of DG2 differs from the signed one"]),
        holder: man("090000006000", "HOÀNG VĂN SỬA", [8, 8]),
        recipe: with_fault(Fault::Dg2Bit),
    },
    Persona {
        name: "untrusted-csca",
        summary_en: "A forger's card: every name is right, the country key is the forger's own",
        summary_vi: "Thẻ giả: tên cơ quan đúng nhưng khóa ký của kẻ làm giả",
        expected: referred(
            "passive.signer_chain",
            Outcome::Undetermined,
            ["R1203", "no trusted key signed this signer"],
        ),
        holder: woman("090000007000", "ĐẶNG THỊ GIẢ", [2, 17]),
        recipe: Recipe { country: FORGER, ..USUAL },
    },
    Persona {
        name: "another-persons-card",
        summary_en: "A genuine card of somebody else whose access number is the same",
        summary_vi: "Thẻ thật của người khác có cùng sáu số cuối",
        expected: rejected(
            "consistency.presented_dg1",
            ["R1304", "the number presented is not the number in DG1"],
        ),
        holder: Holder { elderly: true, ..woman("090111001000", "BÙI THỊ KHÁC", [9, 28]) },
        recipe: with_fault(Fault::PresentedBy("good")),
    },
    Persona {
        name: "dg14-stripped",
        summary_en: "DG14 was taken away so that no chip authentication is asked for",
        summary_vi: "DG14 bị gỡ bỏ để tránh chứng thực chip",
        expected: rejected(
            "passive.hashes",
            ["R1210", "the signature lists DG14 and the chip does not hold it"],
        ),
        holder: man("090000008000", "NGÔ VĂN THIẾU", [12, 5]),
        recipe: with_fault(Fault::Dg14Stripped),
    },
    Persona {
        name: "expired-signer-at-signing",
        summary_en: "The signer's key was used ten months after its period of use",
        summary_vi: "Khóa ký được dùng mười tháng sau khi hết thời hạn sử dụng",
        expected: rejected(
            "passive.signer_validity",
            ["R1222", "the signing time lies outside the key's period of use"],
        ),
        holder: woman("090000009000", "DƯƠNG THỊ TRỄ", [4, 4]),
        recipe: Recipe { signer: SignerNumber(3), ..with_fault(Fault::SignerUsedTooLate) },
    },
    Persona {
        name: "signer-expired-since",
        summary_en: "The signer's certificate has expired since; it was valid when it signed",
        summary_vi: "Chứng thư người ký nay đã hết hạn, nhưng còn hạn lúc ký",
        expected: referred(
            "passive.signer_validity",
            Outcome::Undetermined,
            ["R1224", "a signer that has merely expired since is for a person"],
        ),
        holder: man("090000010000", "LÝ VĂN XƯA", [6, 11]),
        recipe: Recipe { signer: SignerNumber(4), ..with_fault(Fault::SignerExpiredSince) },
    },
    Persona {
        name: "no-signing-time",
        summary_en: "Neither a signing time nor an issue date: nothing says when it was signed",
        summary_vi: "Không có thời điểm ký và ngày cấp",
        expected: referred(
            "passive.signer_validity",
            Outcome::Undetermined,
            ["R1223", "no date of signing is known"],
        ),
        holder: woman("090000011000", "HỒ THỊ NGÀY", [10, 19]),
        recipe: with_fault(Fault::NoDates),
    },
    Persona {
        name: "cloned-without-key",
        summary_en: "A copy of every file on a chip that has none of the keys",
        summary_vi: "Bản sao mọi tệp trên một chip không có khóa",
        expected: rejected("chip.chip_authentication", ["R1101", "the chip cannot prove the key of DG14"]),
        holder: man("090000012000", "TRƯƠNG VĂN CHÉP", [3, 3]),
        recipe: with_fault(Fault::Cloned),
    },
    Persona {
        name: "wrong-ca-key",
        summary_en: "The chip's key of chip authentication is not the one in DG14",
        summary_vi: "Khóa Chip Authentication không khớp với DG14",
        expected: rejected("chip.chip_authentication", ["R1101", "the chip cannot prove the key of DG14"]),
        holder: woman("090000013000", "MAI THỊ LỆCH", [7, 24]),
        recipe: with_fault(Fault::WrongChipKey),
    },
    Persona {
        name: "wrong-cam-key",
        summary_en: "EF.CardSecurity signs another key than the one by which the chip proves itself in PACE",
        summary_vi: "EF.CardSecurity ký khóa khác với khóa chip dùng để tự chứng thực trong PACE",
        expected: rejected("chip.pace_cam", ["R1112", "the chip cannot prove the key of EF.CardSecurity"]),
        holder: man("090000109000", "PHÙNG VĂN SAI", [6, 6]),
        recipe: Recipe { fault: Fault::OtherMappingKey, ..CHIP_MAPPING },
    },
    Persona {
        name: "expired-card",
        summary_en: "The card expired three months ago, on the holder's 25th birthday",
        summary_vi: "Thẻ hết hạn ba tháng trước, vào sinh nhật lần thứ 25",
        expected: rejected("validity.document", ["R1401", "the card has expired"]),
        holder: man("090000014000", "ĐINH VĂN HẠN", [1, 1]),
        recipe: Recipe { dates: Dates::Expired, ..USUAL },
    },
    Persona {
        name: "dg13-contradicts-dg1",
        summary_en: "DG13 states another date of birth than DG1; both are signed",
        summary_vi: "Ngày sinh trong DG13 khác với DG1, dù cả hai đều được ký",
        expected: rejected("consistency.dg1_dg13", ["R1309", "two signed groups contradict each other"]),
        holder: woman("090000015000", "TÔ THỊ MÂU", [2, 25]),
        recipe: with_fault(Fault::Dg13OtherBirth),
    },
    Persona {
        name: "revoked-insurance",
        summary_en: "A sound card; the insurance gateway answers 110, revoked",
        summary_vi: "Thẻ hợp lệ; cổng bảo hiểm trả mã 110, thẻ bị thu hồi",
        expected: referred("service.insurance", Outcome::Refuted, ["R1602", "the insurance was revoked"]),
        holder: man("090000000110", "CAO VĂN THU", [8, 30]),
        recipe: USUAL,
    },
    Persona {
        name: "insurance-expired",
        summary_en: "A sound card; the insurance gateway answers 010, expired",
        summary_vi: "Thẻ hợp lệ; cổng bảo hiểm trả mã 010, thẻ hết hạn",
        expected: referred("service.insurance", Outcome::Refuted, ["R1602", "the insurance has expired"]),
        holder: woman("090000000010", "LƯƠNG THỊ HẾT", [11, 11]),
        recipe: USUAL,
    },
    Persona {
        name: "foreign-passport",
        summary_en: "A Utopian passport; this terminal trusts no Utopian key",
        summary_vi: "Hộ chiếu Utopia; thiết bị không tin khóa nào của Utopia",
        expected: referred(
            "passive.signer_chain",
            Outcome::Undetermined,
            ["R1203", "no trusted key signed this signer"],
        ),
        holder: Holder { glasses: true, ..man("UT0000017", "SPECIMEN ALEX MORGAN", [4, 30]) },
        recipe: Recipe { country: UTOPIA, layout: Layout::Passport, state: "UTO", ..NIST },
    },
    Persona {
        name: "revoked-signer",
        summary_en: "The country has revoked the signer of this card",
        summary_vi: "Chứng thư người ký thẻ này đã bị thu hồi",
        expected: rejected("passive.signer_revocation", ["R1219", "the revocation list names the signer"]),
        holder: man("090000018000", "THÁI VĂN HỒI", [5, 5]),
        recipe: Recipe { signer: super::REVOKED_SIGNER, ..USUAL },
    },
    Persona {
        name: "sod-corrupt",
        summary_en: "EF.SOD can be read, but its inside ends too soon",
        summary_vi: "Đọc được EF.SOD nhưng nội dung bị cụt",
        expected: rejected("passive.sod_signature", ["R1202", "EF.SOD cannot be decoded"]),
        holder: woman("090000019000", "QUÁCH THỊ CỤT", [9, 9]),
        recipe: with_fault(Fault::SodCut),
    },
    Persona {
        name: "wrong-country",
        summary_en: "DG1 names Utopia as issuing state, a Vietnamese signer signed it",
        summary_vi: "DG1 ghi nước cấp là Utopia nhưng người ký là Việt Nam",
        expected: rejected(
            "consistency.country",
            ["R1311", "DG1 names another country than the signer's certificate"],
        ),
        holder: man("090000020000", "VŨ VĂN XỨ", [12, 24]),
        recipe: Recipe { state: "UTO", ..USUAL },
    },
    Persona {
        name: "downgraded",
        summary_en: "The signed DG14 offers PACE; the chip hides it so that BAC is used",
        summary_vi: "DG14 có PACE nhưng chip giấu đi để buộc dùng BAC",
        expected: referred(
            "consistency.card_access_dg14",
            Outcome::Refuted,
            ["R1302", "a signed PACEInfo is missing from EF.CardAccess"],
        ),
        holder: woman("090000021000", "CHÂU THỊ HẠ", [10, 1]),
        recipe: with_fault(Fault::Downgraded),
    },
];
