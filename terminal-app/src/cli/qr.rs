//! `idterm qr TEXT`: decodes the text of a QR code and derives what opens the chip.

use reader_core::lds::mrz::PartialDate;
use reader_core::lds::personal::PersonalText;
use reader_core::lds::qr::{CardQr, DerivedExpiry, InsuranceQr, Qr};
use serde_json::{Map, Value, json};

use super::access::value_of;
use super::output::Output;
use crate::failure::{ErrorCode, Failure};

/// Decodes `argument`.
///
/// # Errors
/// No code of a card that is known here.
pub fn run(argument: &str, output: &Output) -> Result<u8, Failure> {
    let text = value_of("TEXT", argument)?;
    let qr = Qr::parse(&text).map_err(|error| {
        Failure::new(ErrorCode::BadAccess, format!("QR code: {error}"))
            .with_remedy("Scan the code on the identity card again, or type the 12 digits.")
    })?;
    let (kind, fields) = match &qr {
        Qr::Card(card) => ("card", card_fields(card)),
        Qr::Insurance(insurance) => ("insurance", insurance_fields(insurance)),
    };
    let mut document = Map::new();
    document.insert("kind".to_owned(), json!(kind));
    for (key, value) in &fields {
        document.insert((*key).to_owned(), if value.is_empty() { Value::Null } else { json!(value) });
    }
    output.document(&document);
    for (key, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        output.row(key, value);
    }
    Ok(0)
}

fn card_fields(card: &CardQr) -> Vec<(&'static str, String)> {
    let access = card.derived_access();
    let text = |value: &PersonalText| value.as_str().to_owned();
    vec![
        ("number", card.number.as_str().to_owned()),
        ("old_number", card.old_number.as_ref().map(text).unwrap_or_default()),
        ("name", text(&card.name)),
        ("birth_date", card.birth.full().map(|date| date.to_string()).unwrap_or_default()),
        ("sex", text(&card.sex)),
        ("residence", text(&card.residence)),
        ("issue_date", card.issued.map(|date| date.to_string()).unwrap_or_default()),
        ("expiry_derived", card.derived_expiry().map(DerivedExpiry::zone_characters).unwrap_or_default()),
        ("can", access.can.as_str().to_owned()),
        ("mrz_information", access.zone_information.map(|text| text.as_str().to_owned()).unwrap_or_default()),
    ]
}

fn insurance_fields(insurance: &InsuranceQr) -> Vec<(&'static str, String)> {
    let full = |date: Option<PartialDate>| {
        date.and_then(PartialDate::full).map(|date| date.to_string()).unwrap_or_default()
    };
    vec![
        ("document_number", insurance.card.as_str().to_owned()),
        ("name", insurance.name.as_str().to_owned()),
        ("birth_date", full(insurance.birth)),
        ("residence", insurance.address.as_str().to_owned()),
        ("issue_date", full(insurance.from)),
        ("expiry_date", full(insurance.to)),
    ]
}
