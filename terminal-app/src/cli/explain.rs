//! `idterm explain CODE`.

use reader_core::evidence::Reason;

use super::output::{Output, bold};
use crate::failure::{ErrorCode, Failure};

/// The page of all reasons, built in so that the explanation needs no network and no source.
const REASONS: &str = include_str!("../../../docs/REASONS.md");

/// Explains a reason (`R1203`) or an error (`E2001`).
///
/// # Errors
/// No such code.
pub fn run(code: &str, output: &Output) -> Result<u8, Failure> {
    if let Some(reason) = Reason::from_code(code) {
        let section = section_of(&reason.code()).unwrap_or_default();
        let key = format!("reason-{}", reason.number());
        output.document(&serde_json::json!({
            "code": reason.code(),
            "meaning": reason.meaning(),
            "text": output.texts.get(&key),
            "explanation": section,
        }));
        output.line(format!("{}  {}", bold(&reason.code()), output.texts.find(&key).unwrap_or_default()));
        output.line(section);
        return Ok(0);
    }
    if let Some(error) = ErrorCode::from_code(code) {
        let key = format!("error-{}", error.number());
        let (meaning, remedy) = (output.texts.get(&key), output.texts.get(&format!("{key}-remedy")));
        output.document(&serde_json::json!({
            "code": error.code(), "meaning": error.meaning(), "text": meaning, "remedy": remedy,
        }));
        output.line(format!("{}  {meaning}\n{remedy}", bold(&error.code())));
        return Ok(0);
    }
    Err(Failure::new(
        ErrorCode::UnknownCode,
        format!("{code:?} is neither a reason (R1203) nor an error (E2001)"),
    ))
}

/// The text under the heading that begins with `code`.
fn section_of(code: &str) -> Option<String> {
    let mut lines = REASONS.lines().skip_while(|line| !(line.starts_with('#') && line.contains(code)));
    lines.next()?;
    let body: Vec<&str> = lines.take_while(|line| !line.starts_with('#')).collect();
    Some(body.join("\n").trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_has_a_page() {
        for reason in Reason::ALL {
            assert!(section_of(&reason.code()).is_some_and(|text| text.len() > 40), "{}", reason.code());
        }
    }
}
