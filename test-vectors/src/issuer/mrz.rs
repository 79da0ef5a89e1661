//! Machine readable zones. Spec: 9303-3 §4, 9303-4 §4.2, 9303-5 §4.2, 9303-6 §4.2.

/// The check digit over a field: weights 7, 3, 1. Spec: 9303-3 §4.9.
#[must_use]
pub fn check_digit(field: &str) -> char {
    let sum: u32 = field
        .chars()
        .zip([7, 3, 1].into_iter().cycle())
        .map(|(letter, weight)| letter.to_digit(36).unwrap_or(0) * weight)
        .sum();
    char::from_digit(sum % 10, 10).unwrap_or('0')
}

fn with_digit(field: &str) -> String {
    format!("{field}{}", check_digit(field))
}

fn padded(text: &str, width: usize) -> String {
    format!("{text:<<width$}").chars().take(width).collect()
}

/// What a zone says, in the zone's own alphabet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fields {
    /// Document code, such as `ID` or `P`.
    pub code: String,
    /// Issuing state, three letters.
    pub state: String,
    /// Document number, nine characters or fewer.
    pub number: String,
    /// Birth date, `yyMMdd`.
    pub birth: String,
    /// `M`, `F` or `<`.
    pub sex: char,
    /// Expiry date, `yyMMdd`.
    pub expiry: String,
    /// Nationality, three letters.
    pub nationality: String,
    /// Names, `SURNAME<<GIVEN<NAMES`.
    pub names: String,
    /// Optional data, without its own check digit.
    pub optional: String,
}

impl Fields {
    fn number_with_digit(&self) -> String {
        with_digit(&padded(&self.number, 9))
    }

    /// Number, birth and expiry with their check digits: the seed of BAC. Spec: 9303-11 §4.3.2.
    #[must_use]
    pub fn information(&self) -> String {
        format!("{}{}{}", self.number_with_digit(), with_digit(&self.birth), with_digit(&self.expiry))
    }

    /// Three lines of 30.
    #[must_use]
    pub fn td1(&self) -> Vec<String> {
        let first = format!(
            "{}{}{}{}",
            padded(&self.code, 2),
            padded(&self.state, 3),
            self.number_with_digit(),
            padded(&self.optional, 15)
        );
        let dates = format!("{}{}{}", with_digit(&self.birth), self.sex, with_digit(&self.expiry));
        let second = format!("{dates}{}{}", padded(&self.nationality, 3), padded("", 11));
        let composite = check_digit(&format!(
            "{}{}{}{}",
            first.get(5..).unwrap_or_default(),
            with_digit(&self.birth),
            with_digit(&self.expiry),
            padded("", 11)
        ));
        vec![first, format!("{second}{composite}"), padded(&self.names, 30)]
    }

    /// Two lines of 36.
    #[must_use]
    pub fn td2(&self) -> Vec<String> {
        let first = format!("{}{}{}", padded(&self.code, 2), padded(&self.state, 3), padded(&self.names, 31));
        let (number, birth, expiry) =
            (self.number_with_digit(), with_digit(&self.birth), with_digit(&self.expiry));
        let optional = padded(&self.optional, 7);
        let composite = check_digit(&format!("{number}{birth}{expiry}{optional}"));
        let nationality = padded(&self.nationality, 3);
        vec![first, format!("{number}{nationality}{birth}{}{expiry}{optional}{composite}", self.sex)]
    }

    /// Two lines of 44.
    #[must_use]
    pub fn td3(&self) -> Vec<String> {
        let first = format!("{}{}{}", padded(&self.code, 2), padded(&self.state, 3), padded(&self.names, 39));
        let (number, birth, expiry) =
            (self.number_with_digit(), with_digit(&self.birth), with_digit(&self.expiry));
        let optional = with_digit(&padded(&self.optional, 14));
        let composite = check_digit(&format!("{number}{birth}{expiry}{optional}"));
        let nationality = padded(&self.nationality, 3);
        vec![first, format!("{number}{nationality}{birth}{}{expiry}{optional}{composite}", self.sex)]
    }

    /// Three lines of 30 as the Vietnamese card has them: the last nine digits of the number as document number, the
    /// whole number as optional data, closed by a check digit of its own over positions 16 to 29.
    #[must_use]
    pub fn vietnamese(&self, number12: &str) -> Vec<String> {
        let optional = with_digit(&padded(number12, 14));
        let number = number12.get(3..).unwrap_or_default().to_owned();
        Self { number, optional, ..self.clone() }.td1()
    }
}

/// A Vietnamese name in the zone's alphabet: marks dropped, Đ as D, surname first.
#[must_use]
pub fn names(full_name: &str) -> String {
    let plain: String = full_name.chars().map(plain_letter).collect();
    match plain.split_once(' ') {
        Some((surname, given)) => format!("{surname}<<{}", given.replace(' ', "<")),
        None => plain,
    }
}

fn plain_letter(letter: char) -> char {
    const GROUPS: [(&str, char); 7] = [
        ("AÁÀẢÃẠĂẮẰẲẴẶÂẤẦẨẪẬ", 'A'),
        ("EÉÈẺẼẸÊẾỀỂỄỆ", 'E'),
        ("IÍÌỈĨỊ", 'I'),
        ("OÓÒỎÕỌÔỐỒỔỖỘƠỚỜỞỠỢ", 'O'),
        ("UÚÙỦŨỤƯỨỪỬỮỰ", 'U'),
        ("YÝỲỶỸỴ", 'Y'),
        ("DĐ", 'D'),
    ];
    GROUPS.iter().find(|(group, _)| group.contains(letter)).map_or(letter, |(_, plain)| *plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn specimen() -> Fields {
        Fields {
            code: "P".into(),
            state: "UTO".into(),
            number: "L898902C3".into(),
            birth: "740812".into(),
            sex: 'F',
            expiry: "120415".into(),
            nationality: "UTO".into(),
            names: "ERIKSSON<<ANNA<MARIA".into(),
            optional: "ZE184226B".into(),
        }
    }

    /// The specimen of 9303-4 appendix B.
    #[test]
    fn the_published_passport_comes_out() {
        assert_eq!(
            specimen().td3(),
            ["P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10"]
        );
    }

    /// The specimen of 9303-5 appendix B.
    #[test]
    fn the_published_card_comes_out() {
        let card =
            Fields { code: "I".into(), number: "D23145890".into(), optional: String::new(), ..specimen() };
        assert_eq!(
            card.td1(),
            [
                "I<UTOD231458907<<<<<<<<<<<<<<<",
                "7408122F1204159UTO<<<<<<<<<<<6",
                "ERIKSSON<<ANNA<MARIA<<<<<<<<<<"
            ]
        );
    }

    /// The specimen of 9303-6 appendix B.
    #[test]
    fn the_published_sheet_comes_out() {
        let sheet =
            Fields { code: "I".into(), number: "D23145890".into(), optional: String::new(), ..specimen() };
        assert_eq!(
            sheet.td2(),
            ["I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6"]
        );
    }

    #[test]
    fn the_vietnamese_layout_comes_out() {
        let card = Fields {
            code: "ID".into(),
            state: "VNM".into(),
            number: String::new(),
            birth: "900101".into(),
            sex: 'M',
            expiry: "300101".into(),
            nationality: "VNM".into(),
            names: names("NGUYỄN VĂN A"),
            optional: String::new(),
        };
        let lines = card.vietnamese("001090000019");
        assert_eq!(
            lines,
            [
                "IDVNM0900000199001090000019<<0",
                "9001011M3001019VNM<<<<<<<<<<<8",
                "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"
            ]
        );
    }
}
