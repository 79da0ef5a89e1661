//! `idterm mrz TEXT`: decodes a machine-readable zone, checks its digits, derives what opens the chip.

use reader_core::lds::mrz::{Expiry, Mrz, PartialDate, Sex};
use reader_core::wire::date::Date;
use serde_json::json;

use super::access::value_of;
use super::output::{Output, Tone, coloured};
use crate::failure::{ErrorCode, Failure};

/// Decodes `argument`. A zone with a wrong check digit is decoded and reported, and the command succeeds with the
/// exit status of a rejection: the text is not what was printed on the card.
///
/// # Errors
/// No zone of a known format.
pub fn run(argument: &str, today: Date, output: &Output) -> Result<u8, Failure> {
    let text = value_of("TEXT", argument)?;
    let mrz = Mrz::parse(&text).map_err(|error| {
        Failure::new(ErrorCode::BadAccess, format!("machine-readable zone: {error}")).with_remedy(
            "Give all lines as printed: 3 of 30 characters (card), 2 of 36, or 2 of 44 (passport).",
        )
    })?;
    let checks = mrz.checks();
    let faulty = checks.iter().filter(|check| !check.holds).count();
    let number = mrz.vietnamese_number();
    let sex = match mrz.sex() {
        Sex::Female => "F".to_owned(),
        Sex::Male => "M".to_owned(),
        Sex::Unspecified => "X".to_owned(),
        Sex::Other(other) => other.to_string(),
    };
    let expiry = match mrz.expiry_on(today) {
        Expiry::On(date) => date.to_string(),
        Expiry::Unlimited => "unlimited".to_owned(),
        Expiry::Unknown(partial) => partial_text(partial),
    };
    let name = mrz.name();
    let fields = [
        ("format", format!("{:?}", mrz.format()).to_uppercase()),
        ("document_code", mrz.document_code().to_owned()),
        ("issuer", mrz.issuer().to_owned()),
        ("document_number", mrz.document_number().as_str().to_owned()),
        ("number", number.as_ref().map(|number| number.as_str().to_owned()).unwrap_or_default()),
        ("primary_name", name.primary.as_str().to_owned()),
        ("secondary_name", name.secondary.as_str().to_owned()),
        ("nationality", mrz.nationality().to_owned()),
        ("birth_date", partial_text(mrz.birth().as_birth(today))),
        ("sex", sex),
        ("expiry_date", expiry),
        ("can", number.as_ref().map(|number| number.can().as_str().to_owned()).unwrap_or_default()),
        ("mrz_information", mrz.access_information().as_str().to_owned()),
    ];
    let mut document = serde_json::Map::new();
    for (key, value) in &fields {
        document.insert((*key).to_owned(), if value.is_empty() { json!(null) } else { json!(value) });
    }
    let listed: Vec<_> =
        checks.iter().map(|check| json!({"field": check.field.to_string(), "holds": check.holds})).collect();
    document.insert("checks".to_owned(), json!(listed));
    output.document(&document);
    for (key, value) in fields.iter().filter(|(_, value)| !value.is_empty()) {
        let spelled =
            if *key == "sex" { output.texts.find(&format!("sex-{}", value.to_lowercase())) } else { None };
        output.row(key, spelled.as_ref().unwrap_or(value));
    }
    for check in &checks {
        let tone = if check.holds { Tone::Good } else { Tone::Bad };
        let field = check.field.to_string();
        let field = output.texts.find(&format!("zone-{}", field.replace(' ', "-"))).unwrap_or(field);
        output.line(format!(
            "{} {}",
            coloured(tone, tone.sign()),
            output.texts.with("cli-check-digit", &[("field", &field)])
        ));
    }
    Ok(if faulty == 0 { 0 } else { 3 })
}

fn partial_text(date: PartialDate) -> String {
    if let Some(date) = date.full() {
        return date.to_string();
    }
    let part = |value: Option<String>, width: usize| value.unwrap_or_else(|| "?".repeat(width));
    format!(
        "{}-{}-{}",
        part(date.year.map(|year| format!("{year:04}")), 4),
        part(date.month.map(|month| format!("{month:02}")), 2),
        part(date.day.map(|day| format!("{day:02}")), 2)
    )
}
