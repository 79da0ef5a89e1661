//! DG13 as the Vietnamese card holds it: numbered fields of texts.

use super::der_out::{integer, join, oid, printable, sequence, tlv, utf8};

/// How the two parents are written; both are seen on cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParentsForm {
    /// Two sequences beside each other.
    Siblings,
    /// One sequence that holds both.
    Together,
}

/// The sixteen fields. An absent text leaves its field out; an empty one is written empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Details {
    /// 1: the number of 12 digits.
    pub number: String,
    /// 2: full name.
    pub full_name: String,
    /// 3: date of birth, `dd/MM/yyyy`.
    pub birth: String,
    /// 4: `Nam` or `Nữ`.
    pub sex: String,
    /// 5: nationality.
    pub nationality: String,
    /// 6: ethnicity.
    pub ethnicity: String,
    /// 7: religion.
    pub religion: String,
    /// 8: place of origin.
    pub origin: String,
    /// 9: residence.
    pub residence: String,
    /// 10: identifying features.
    pub features: String,
    /// 11: issue date, `dd/MM/yyyy`.
    pub issued: Option<String>,
    /// 12: expiry, `dd/MM/yyyy`, or a text where the card does not expire.
    pub expires: String,
    /// 13: father and mother; either may be empty.
    pub parents: [String; 2],
    /// How the parents are written.
    pub parents_form: ParentsForm,
    /// 14: spouse, where there is one.
    pub spouse: Option<String>,
    /// 15: the old number of nine digits, where there was one.
    pub old_number: Option<String>,
    /// 16: sixteen hexadecimal characters of unknown meaning.
    pub mark: String,
}

fn field(number: u64, values: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[integer(number), join(values)])
}

impl Details {
    /// DG13, with its tag 6D. The fields stand in the order of their numbers, as on the card, though DER would sort
    /// the SET by its bytes.
    #[must_use]
    pub fn dg13(&self) -> Vec<u8> {
        let [father, mother] = self.parents.each_ref().map(|parent| utf8(parent));
        let parents = match self.parents_form {
            ParentsForm::Siblings => vec![sequence(&[father]), sequence(&[mother])],
            ParentsForm::Together => vec![sequence(&[father, mother])],
        };
        let spouse: Vec<Vec<u8>> = self.spouse.iter().map(|name| sequence(&[utf8(name)])).collect();
        let mut fields = vec![
            field(1, &[printable(&self.number)]),
            field(2, &[utf8(&self.full_name)]),
            field(3, &[printable(&self.birth)]),
            field(4, &[utf8(&self.sex)]),
            field(5, &[utf8(&self.nationality)]),
            field(6, &[utf8(&self.ethnicity)]),
            field(7, &[utf8(&self.religion)]),
            field(8, &[utf8(&self.origin)]),
            field(9, &[utf8(&self.residence)]),
            field(10, &[utf8(&self.features)]),
        ];
        fields.extend(self.issued.iter().map(|date| field(11, &[printable(date)])));
        fields.push(field(12, &[utf8(&self.expires)]));
        fields.push(field(13, &parents));
        fields.push(field(14, &spouse));
        fields.extend(self.old_number.iter().map(|number| field(15, &[printable(number)])));
        fields.push(field(16, &[printable(&self.mark)]));
        let body = sequence(&[integer(1), oid("1.0.10646.1.0.8"), tlv(&[0x31], &join(&fields))]);
        tlv(&[0x6D], &body)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn details() -> Details {
        Details {
            number: "090000000123".into(),
            full_name: "TRẦN THỊ THỬ".into(),
            birth: "02/03/1994".into(),
            sex: "Nữ".into(),
            nationality: "Việt Nam".into(),
            ethnicity: "Kinh".into(),
            religion: "Không".into(),
            origin: String::new(),
            residence: String::new(),
            features: String::new(),
            issued: None,
            expires: "02/03/2034".into(),
            parents: ["TRẦN VĂN CHA".into(), String::new()],
            parents_form: ParentsForm::Siblings,
            spouse: None,
            old_number: None,
            mark: "0123456789ABCDEF".into(),
        }
    }

    fn holds(file: &[u8], part: &[u8]) -> bool {
        file.windows(part.len()).any(|window| window == part)
    }

    #[test]
    fn the_frame_is_as_reported() {
        let file = details().dg13();
        assert_eq!(file[..2], [0x6D, 0x81]);
        assert_eq!(usize::from(file[2]), file.len() - 3);
        assert!(holds(&file, &[0x02, 0x01, 0x01, 0x06, 0x06, 0x28, 0xD3, 0x16, 0x01, 0x00, 0x08]));
        assert!(holds(&file, &[0x30, 0x11, 0x02, 0x01, 0x01, 0x13, 0x0C, b'0', b'9', b'0']));
    }

    #[test]
    fn unmarried_is_an_empty_field_and_empty_texts_stay() {
        let file = details().dg13();
        assert!(holds(&file, &[0x30, 0x03, 0x02, 0x01, 0x0E]));
        // The mother is unknown: her sequence holds an empty text.
        assert!(holds(&file, &[0x30, 0x02, 0x0C, 0x00, 0x30, 0x03, 0x02, 0x01, 0x0E]));
        assert!(holds(&file, &[0x30, 0x05, 0x02, 0x01, 0x0A, 0x0C, 0x00]));
    }

    #[test]
    fn an_absent_issue_date_leaves_its_field_out() {
        assert!(!holds(&details().dg13(), &[0x02, 0x01, 0x0B]));
        let dated = Details { issued: Some("01/01/2025".into()), ..details() };
        assert!(holds(&dated.dg13(), &[0x30, 0x0F, 0x02, 0x01, 0x0B, 0x13, 0x0A, b'0', b'1']));
    }
}
