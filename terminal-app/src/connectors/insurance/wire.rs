//! Shapes of the insurance service on the wire: fields to strings, answers to values. Nothing is judged here.

use crate::connectors::BirthDate;
use crate::connectors::finding::Details;
use crate::connectors::http::{self, Reply};
use crate::connectors::secret::Secret;

pub(super) const TOKEN_PATH: &str = "/api/token/take";
pub(super) const CHECK_PATH: &str = "/api/egw/KQNhanLichSuKCB2024";

/// Facts taken from an answer, by our name and the service's.
const DETAILS: &[(&str, &str)] = &[
    ("card_code", "maThe"),
    ("name", "hoTen"),
    ("sex", "gioiTinh"),
    ("birth_date", "ngaySinh"),
    ("address", "diaChi"),
    ("registered_facility_code", "maDKBD"),
    ("registered_facility", "tenDKBD"),
    ("agency", "cqBHXH"),
    ("valid_from", "gtTheTu"),
    ("valid_to", "gtTheDen"),
    ("region_code", "maKV"),
    ("five_years_on", "ngayDu5Nam"),
    ("social_insurance_number", "maSoBHXH"),
    ("old_card_code", "maTheCu"),
    ("new_card_code", "maTheMoi"),
    ("new_valid_from", "gtTheTuMoi"),
    ("new_valid_to", "gtTheDenMoi"),
    ("new_registered_facility_code", "maDKBDMoi"),
    ("new_registered_facility", "tenDKBDMoi"),
];

/// The names of the facts that an answer may hold.
pub(in crate::connectors) const FACTS: &[&str] = &{
    let mut names = [""; DETAILS.len()];
    let mut at = 0;
    while at < names.len() {
        names[at] = DETAILS[at].0;
        at += 1;
    }
    names
};

/// A token as the service hands it out.
pub(super) struct TokenAnswer {
    pub access: Secret,
    pub id: Secret,
    /// Seconds, where the service gives a number.
    pub expires_in_s: Option<u64>,
}

/// `None`: the service gave no token.
pub(super) fn token(reply: &Reply) -> Option<TokenAnswer> {
    let key = reply.member("APIKey")?;
    Some(TokenAnswer {
        access: Secret::new(http::text(key.get("access_token")?)?),
        id: Secret::new(http::text(key.get("id_token")?)?),
        expires_in_s: key.get("expires_in").and_then(http::text).and_then(|text| text.parse().ok()),
    })
}

/// `maKetQua`, three digits even where it came as a number.
pub(super) fn code(reply: &Reply) -> Option<String> {
    match reply.member("maKetQua")? {
        serde_json::Value::Number(number) => Some(format!("{:03}", number.as_u64()?)),
        _ => reply.text("maKetQua").and_then(|text| crate::connectors::finding::clean(&text)),
    }
}

/// The facts of an answer that it gives.
pub(super) fn details(reply: &Reply) -> Details {
    let mut details = Details::default();
    for (ours, theirs) in DETAILS {
        if let Some(value) = reply.text(theirs).and_then(|text| crate::connectors::finding::clean(&text)) {
            details.insert(ours, value);
        }
    }
    details
}

/// `ngaySinh`: dd/MM/yyyy, MM/yyyy or yyyy; run-together digits fail at the service.
pub(super) fn birth_date(date: BirthDate) -> String {
    match date {
        BirthDate::Full { year, month, day } => format!("{day:02}/{month:02}/{year:04}"),
        BirthDate::Month { year, month } => format!("{month:02}/{year:04}"),
        BirthDate::Year(year) => format!("{year:04}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_have_slashes() {
        assert_eq!(birth_date(BirthDate::Full { year: 1990, month: 6, day: 5 }), "05/06/1990");
        assert_eq!(birth_date(BirthDate::Month { year: 1990, month: 6 }), "06/1990");
        assert_eq!(birth_date(BirthDate::Year(1990)), "1990");
    }

    #[test]
    fn codes_as_string_or_number() {
        for (text, expected) in [
            (r#"{"maKetQua":"000"}"#, Some("000")),
            (r#"{"maKetQua":0}"#, Some("000")),
            (r#"{"maKetQua":61}"#, Some("061")),
            (r#"{"maKetQua":" 110 "}"#, Some("110")),
            (r#"{"maKetQua":-1}"#, None),
            (r#"{"maKetQua":null}"#, None),
            (r#"{"maKetQua":""}"#, None),
            (r#"{}"#, None),
        ] {
            assert_eq!(code(&Reply::of(text)).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn tokens() {
        let whole =
            token(&Reply::of(r#"{"APIKey":{"access_token":"a","id_token":"b","expires_in":"60"}}"#)).unwrap();
        assert_eq!((whole.access.expose(), whole.id.expose(), whole.expires_in_s), ("a", "b", Some(60)));
        let dated =
            token(&Reply::of(r#"{"APIKey":{"access_token":"a","id_token":"b","expires_in":"2030-01-01"}}"#));
        assert_eq!(dated.unwrap().expires_in_s, None);
        for none in ["{}", r#"{"APIKey":null}"#, r#"{"APIKey":{"access_token":"a"}}"#] {
            assert!(token(&Reply::of(none)).is_none(), "{none}");
        }
    }
}
