//! `idterm readers`: readers and cards present, with the profile that matched and its limits.

use firmware_profiles::{ApduLevel, Catalogue, Choice, Limits, Match, Slot};
use reader_core::transport::pcsc::{PcscService, ReaderInfo};
use serde_json::{Value, json};

use super::output::{Output, Tone, bold, coloured};
use crate::capture_folder::hex;
use crate::devices::pcsc::failure_of;
use crate::failure::Failure;
use crate::text::Texts;

/// Lists what is there.
///
/// # Errors
/// The PC/SC service does not run.
pub fn run(catalogue: &Catalogue, output: &Output) -> Result<u8, Failure> {
    let service = PcscService::connect().map_err(|error| failure_of(&error))?;
    let readers = service.readers().map_err(|error| failure_of(&error))?;
    let mut rows = Vec::new();
    for reader in &readers {
        let choice = catalogue.choose(&reader.name);
        rows.push(row(reader, choice.as_ref()));
        let card = if reader.atr.is_some() { "cli-reader-card" } else { "cli-reader-empty" };
        let tone = if reader.atr.is_some() { Tone::Good } else { Tone::Grey };
        output.line(format!("{} — {}", bold(&reader.name), coloured(tone, &output.texts.get(card))));
        match choice {
            Some(Choice::Use(found)) => {
                output.line(format!(
                    "  {} {}: {}",
                    output.texts.get("cli-reader-profile"),
                    found.profile.id,
                    why(&found, &output.texts)
                ));
                output.line(format!("  {}", limits(&found.limits, &output.texts)));
                for advice in advice(&found, &output.texts) {
                    output.line(format!("  {advice}"));
                }
                for warning in firmware(&found, &output.texts) {
                    output.line(format!("  {}", coloured(Tone::Open, &warning)));
                }
            }
            Some(Choice::Refuse { profile, because }) => {
                output.line(format!("  {}", output.texts.get("cli-reader-not-used")));
                let why = output.texts.with("cli-reader-because", &[("part", because)]);
                output.line(format!("  {} {}: {why}", output.texts.get("cli-reader-profile"), profile.id));
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

/// One reader in the document: `profile` is null where it must not be used, `because` says which part of the name
/// decided.
fn row(reader: &ReaderInfo, choice: Option<&Choice<'_>>) -> Value {
    let used = match choice {
        Some(Choice::Use(found)) => Some(found),
        _ => None,
    };
    let because = match choice {
        Some(Choice::Use(found)) => found.because,
        Some(Choice::Refuse { because, .. }) => Some(*because),
        None => None,
    };
    json!({
        "name": reader.name,
        "card": reader.atr.is_some(),
        "atr": reader.atr.as_deref().map(hex),
        "in_use": reader.in_use,
        "profile": used.map(|found| &found.profile.id),
        "because": because,
        "slot": used.map(|found| match found.slot {
            Slot::Preferred(_) => "preferred",
            Slot::Only => "only",
            Slot::Other => "other",
        }),
        "limits": used.map(|found| &found.limits),
        "quirks": used.map(|found| &found.profile.quirks),
        "bad_firmware": used.map(|found| &found.profile.bad_firmware),
    })
}

/// Why this profile, and what the name says of the slot.
pub(super) fn why(found: &Match<'_>, texts: &Texts) -> String {
    let profile = match found.because {
        Some(part) => texts.with("cli-reader-because", &[("part", part)]),
        None => texts.get("cli-reader-generic"),
    };
    match found.slot {
        Slot::Preferred(part) => {
            format!("{profile}; {}", texts.with("cli-reader-slot-preferred", &[("part", part)]))
        }
        Slot::Only => profile,
        Slot::Other => format!("{profile}; {}", texts.get("cli-reader-slot-other")),
    }
}

/// The limits in words.
pub(super) fn limits(limits: &Limits, texts: &Texts) -> String {
    let level = match limits.apdu_level {
        ApduLevel::Short => "cli-reader-level-short",
        ApduLevel::Extended => "cli-reader-level-extended",
        ApduLevel::Probe => "cli-reader-level-probe",
    };
    texts.with(
        "cli-reader-limits",
        &[
            ("level", &texts.get(level)),
            ("command", &limits.max_command_bytes.to_string()),
            ("response", &limits.max_response_bytes.to_string()),
        ],
    )
}

/// What whoever installs this reader should know: the profile's advice, then its peculiarities.
pub(super) fn advice(found: &Match<'_>, texts: &Texts) -> Vec<String> {
    let profile = found.profile;
    let mut lines = profile.advice.clone();
    lines.extend(profile.quirks.iter().map(|quirk| texts.get(&format!("quirk-{}", quirk.key()))));
    lines
}

/// Firmware of this model that is known to be bad. Readers do not say which one they have.
pub(super) fn firmware(found: &Match<'_>, texts: &Texts) -> Vec<String> {
    let bad = found.profile.bad_firmware.iter();
    bad.map(|bad| texts.with("cli-reader-firmware", &[("version", &bad.below), ("reason", &bad.reason)]))
        .collect()
}
