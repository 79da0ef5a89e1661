//! Simulated cards that are no identity documents of this kind: what people lay on a reader by mistake.
//!
//! They answer as such cards do to the commands by which a terminal tells them apart, and to everything else with the
//! refusal that is usual for them. All of them are simulated; none is a copy of a real card.

use crate::num::expand;
use crate::vpcd::Insertable;

/// A kind of card that is no identity document of this kind.
#[derive(Debug)]
pub struct Foreign {
    /// The name, such as `bank-card`.
    pub name: &'static str,
    /// One line for people, in English.
    pub summary_en: &'static str,
    /// One line for people, in Vietnamese.
    pub summary_vi: &'static str,
    /// The code of the reason that a terminal should give.
    pub reason: &'static str,
    /// A terminal can be sure; else it can only suppose.
    pub surely: bool,
    historical: &'static [u8],
    /// Answers by the beginning of the command.
    answers: &'static [(&'static [u8], Reply)],
    /// The status word for everything else.
    otherwise: u16,
}

/// What a card answers.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// Data and status word.
    Fixed(&'static [u8]),
    /// An identifier drawn anew at each power-up: 08 and three bytes.
    RandomUid,
}

const SELECT_EMRTD: &[u8] = &[0x00, 0xA4, 0x04, 0x0C, 0x07, 0xA0, 0x00, 0x00, 0x02, 0x47, 0x10, 0x01];
const SELECT_MASTER_FILE: &[u8] = &[0x00, 0xA4, 0x00];
const SELECT_PAYMENT: &[u8] = b"\x00\xA4\x04\x00\x0E2PAY.SYS.DDF01";
const SELECT_ANY: &[u8] = &[0x00, 0xA4];
const GET_VERSION: &[u8] = &[0x90, 0x60];
const GET_UID: &[u8] = &[0xFF, 0xCA, 0x00, 0x00];
const ANY: &[u8] = &[];

const OK: Reply = Reply::Fixed(&[0x90, 0x00]);
const NOT_FOUND: Reply = Reply::Fixed(&[0x6A, 0x82]);
const FIXED_UID: Reply = Reply::Fixed(&[0x04, 0x51, 0x4D, 0x55, 0x4C, 0x41, 0x54, 0x90, 0x00]);
/// 6F { 84 name, A5 { BF0C { 61 { 4F A0000000031010, 87 01 } } } }. Spec: EMV Book B §3.3.
const PAYMENT: Reply = Reply::Fixed(
    b"\x6F\x23\x84\x0E2PAY.SYS.DDF01\xA5\x11\xBF\x0C\x0E\x61\x0C\x4F\x07\xA0\x00\x00\x00\x03\x10\x10\x87\x01\x01\x90\x00",
);
/// NXP, DESFire, 4 KB; two further parts follow.
const VERSION: Reply = Reply::Fixed(&[0x04, 0x01, 0x01, 0x01, 0x00, 0x18, 0x05, 0x91, 0xAF]);

/// All of them.
pub static ALL: [Foreign; 11] = [
    Foreign {
        name: "bank-card",
        summary_en: "a contactless bank card",
        summary_vi: "thẻ ngân hàng không tiếp xúc",
        reason: "R1051",
        surely: true,
        historical: &[0x00, 0x73, 0x66, 0x05],
        answers: &[(SELECT_PAYMENT, PAYMENT), (SELECT_ANY, NOT_FOUND), (GET_UID, FIXED_UID)],
        otherwise: 0x6D00,
    },
    Foreign {
        name: "paying-phone",
        summary_en: "a phone with a wallet that answers as a bank card",
        summary_vi: "điện thoại có ví, trả lời như thẻ ngân hàng",
        reason: "R1051",
        surely: true,
        historical: &[],
        answers: &[(SELECT_PAYMENT, PAYMENT), (SELECT_ANY, NOT_FOUND), (GET_UID, Reply::RandomUid)],
        otherwise: 0x6A82,
    },
    Foreign {
        name: "transit-card",
        summary_en: "a MIFARE DESFire card, as for rides and doors",
        summary_vi: "thẻ MIFARE DESFire, như thẻ đi tàu xe hay ra vào",
        reason: "R1052",
        surely: true,
        historical: &[0x80],
        answers: &[(GET_VERSION, VERSION), (GET_UID, FIXED_UID), (SELECT_ANY, NOT_FOUND)],
        otherwise: 0x6D00,
    },
    Foreign {
        name: "classic-card",
        summary_en: "a MIFARE Classic card, told by the reader's answer to reset",
        summary_vi: "thẻ MIFARE Classic, nhận ra qua ATR của đầu đọc",
        reason: "R1052",
        surely: true,
        historical: &[0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x03, 0x00, 0x01, 0, 0, 0, 0],
        answers: &[(GET_UID, Reply::Fixed(&[0x51, 0x4D, 0x55, 0x4C, 0x90, 0x00]))],
        otherwise: 0x6A81,
    },
    Foreign {
        name: "felica-card",
        summary_en: "a FeliCa card, told by the reader's answer to reset",
        summary_vi: "thẻ FeliCa, nhận ra qua ATR của đầu đọc",
        reason: "R1052",
        surely: true,
        historical: &[0x80, 0x4F, 0x0C, 0xA0, 0x00, 0x00, 0x03, 0x06, 0x11, 0x00, 0x3B, 0, 0, 0, 0],
        answers: &[(GET_UID, FIXED_UID)],
        otherwise: 0x6A81,
    },
    Foreign {
        name: "phone",
        summary_en: "a phone that emulates no known card",
        summary_vi: "điện thoại không giả lập thẻ nào được biết",
        reason: "R1054",
        surely: false,
        historical: &[],
        answers: &[(GET_UID, Reply::RandomUid)],
        otherwise: 0x6A82,
    },
    Foreign {
        name: "other-id-card",
        summary_en: "a chip card of another kind, without the application of travel and identity documents",
        summary_vi: "thẻ chip loại khác, không có ứng dụng giấy tờ tùy thân",
        reason: "R1055",
        surely: true,
        historical: &[0x80, 0x31, 0xC0],
        answers: &[(SELECT_MASTER_FILE, OK), (SELECT_ANY, NOT_FOUND), (GET_UID, Reply::RandomUid)],
        otherwise: 0x6D00,
    },
    Foreign {
        name: "deactivated-card",
        summary_en: "a document whose application was deactivated (6283)",
        summary_vi: "thẻ có ứng dụng đã bị vô hiệu hóa (6283)",
        reason: "R1056",
        surely: true,
        historical: &[0x80, 0x73, 0xC8, 0x01, 0x80],
        answers: &[(SELECT_EMRTD, Reply::Fixed(&[0x62, 0x83])), (GET_UID, Reply::RandomUid)],
        otherwise: 0x6985,
    },
    Foreign {
        name: "terminated-card",
        summary_en: "a document whose application was terminated for good (6285)",
        summary_vi: "thẻ có ứng dụng đã bị chấm dứt vĩnh viễn (6285)",
        reason: "R1056",
        surely: true,
        historical: &[0x80, 0x73, 0xC8, 0x01, 0x80],
        answers: &[(SELECT_EMRTD, Reply::Fixed(&[0x62, 0x85])), (GET_UID, Reply::RandomUid)],
        otherwise: 0x6985,
    },
    Foreign {
        name: "refusing-card",
        summary_en: "a document whose application will not be selected (6985): blocked, perhaps",
        summary_vi: "thẻ từ chối chọn ứng dụng (6985): có lẽ đã bị khóa",
        reason: "R1056",
        surely: false,
        historical: &[0x80, 0x73, 0xC8, 0x01, 0x80],
        answers: &[
            (SELECT_EMRTD, Reply::Fixed(&[0x69, 0x85])),
            (SELECT_MASTER_FILE, OK),
            (GET_UID, FIXED_UID),
        ],
        otherwise: 0x6D00,
    },
    Foreign {
        name: "stacked-cards",
        summary_en: "two cards, one above the other: the reader finds something, and nothing answers",
        summary_vi: "hai thẻ chồng lên nhau: đầu đọc thấy có thẻ nhưng không nhận được trả lời",
        reason: "R1053",
        surely: false,
        historical: &[],
        answers: &[(ANY, Reply::Fixed(&[]))],
        otherwise: 0x6F00,
    },
];

/// The one of this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Foreign> {
    ALL.iter().find(|foreign| foreign.name == name)
}

impl Foreign {
    /// Such a card. The seed decides its random identifiers.
    #[must_use]
    pub fn card(&'static self, seed: u64) -> ForeignCard {
        ForeignCard { foreign: self, seed, powered: 0 }
    }
}

/// A simulated card of such a kind.
#[derive(Debug)]
pub struct ForeignCard {
    foreign: &'static Foreign,
    seed: u64,
    powered: u64,
}

impl ForeignCard {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> &'static Foreign {
        self.foreign
    }

    /// Whether nothing that it answers is understood.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        matches!(self.foreign.answers, &[(ANY, Reply::Fixed(&[])), ..])
    }
}

impl Insertable for ForeignCard {
    fn atr(&self) -> Vec<u8> {
        let historical = self.foreign.historical;
        let count = 0x80 | historical.len().to_be_bytes()[size_of::<usize>() - 1];
        let checked = [&[count, 0x80, 0x01], historical].concat();
        let check = checked.iter().fold(0, |sum, byte| sum ^ byte);
        [&[0x3B], &checked[..], &[check]].concat()
    }

    fn exchange(&mut self, command: &[u8]) -> Vec<u8> {
        let known = self.foreign.answers.iter().find(|(start, _)| command.starts_with(start));
        match known.map(|(_, reply)| *reply) {
            Some(Reply::Fixed(bytes)) => bytes.to_vec(),
            Some(Reply::RandomUid) => {
                let drawn = expand(&[b"uid", &self.seed.to_be_bytes(), &self.powered.to_be_bytes()], 3);
                [&[0x08], &drawn[..], &[0x90, 0x00]].concat()
            }
            None => self.foreign.otherwise.to_be_bytes().to_vec(),
        }
    }

    fn reset(&mut self) {
        self.powered += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_each_and_no_persona_has_them() {
        let mut names: Vec<&str> = ALL.iter().map(|foreign| foreign.name).collect();
        assert!(names.iter().all(|name| crate::persona::find(name).is_none()));
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }

    /// The supplemental document's example for MIFARE Standard 1K ends with 6A.
    #[test]
    fn answers_to_reset_are_framed() {
        for foreign in &ALL {
            let atr = foreign.card(1).atr();
            assert_eq!(atr[1..].iter().fold(0, |sum, byte| sum ^ byte), 0, "{}", foreign.name);
        }
        assert_eq!(find("classic-card").unwrap().card(1).atr().last(), Some(&0x6A));
    }

    #[test]
    fn a_phone_changes_its_identifier_with_each_power_up() {
        let mut phone = find("phone").unwrap().card(1);
        let first = phone.exchange(GET_UID);
        assert_eq!((first[0], first.len(), phone.exchange(GET_UID)), (0x08, 6, first.clone()));
        phone.reset();
        assert_ne!(phone.exchange(GET_UID), first);
    }
}
