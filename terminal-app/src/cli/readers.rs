//! `idterm readers`: readers and cards present, with the profile that matched and its limits.

use firmware_profiles::Catalogue;
use reader_core::transport::pcsc::PcscService;
use serde_json::json;

use super::output::{Output, Tone, bold, coloured};
use crate::capture_folder::hex;
use crate::devices::pcsc::failure_of;
use crate::failure::Failure;

/// Lists what is there.
///
/// # Errors
/// The PC/SC service does not run.
pub fn run(catalogue: &Catalogue, output: &Output) -> Result<u8, Failure> {
    let service = PcscService::connect().map_err(|error| failure_of(&error))?;
    let readers = service.readers().map_err(|error| failure_of(&error))?;
    let mut rows = Vec::new();
    for reader in &readers {
        let matched = catalogue.for_reader(&reader.name);
        rows.push(json!({
            "name": reader.name,
            "card": reader.atr.is_some(),
            "atr": reader.atr.as_deref().map(hex),
            "in_use": reader.in_use,
            "profile": matched.as_ref().map(|found| &found.profile.id),
            "because": matched.as_ref().and_then(|found| found.because),
            "limits": matched.as_ref().map(|found| &found.profile.limits),
            "quirks": matched.as_ref().map(|found| &found.profile.quirks),
        }));
        let card = if reader.atr.is_some() { "cli-reader-card" } else { "cli-reader-empty" };
        let tone = if reader.atr.is_some() { Tone::Good } else { Tone::Grey };
        output.line(format!("{} — {}", bold(&reader.name), coloured(tone, &output.texts.get(card))));
        match matched {
            Some(found) => {
                let limits = found.profile.limits;
                output.line(format!(
                    "  {} {} ({:?}, {} / {} bytes)",
                    output.texts.get("cli-reader-profile"),
                    found.profile.id,
                    limits.apdu_level,
                    limits.max_command_bytes,
                    limits.max_response_bytes
                ));
                for advice in &found.profile.advice {
                    output.line(format!("  {advice}"));
                }
            }
            None => output.line(format!("  {}", output.texts.get("cli-reader-not-used"))),
        }
    }
    if readers.is_empty() {
        output.line(output.texts.get("cli-reader-none"));
    }
    output.document(&json!({ "readers": rows }));
    Ok(0)
}
