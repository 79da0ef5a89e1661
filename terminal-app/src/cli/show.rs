//! The report as people read it on a terminal.

use reader_core::evidence::{Holder, Reason};
use reader_core::policy::{CheckReport, ServiceReport, Verdict};

#[cfg(feature = "simulator")]
use super::context::Context;
use super::output::{Output, Tone, bold, coloured};
use crate::report::{Logged, Report};

/// Prints a report; nothing with `--json`.
pub fn report(report: &Report, output: &Output) {
    if output.json {
        return;
    }
    let texts = &output.texts;
    if !report.simulated.is_empty() {
        output.line(coloured(
            Tone::Open,
            &texts.with("cli-simulated", &[("parts", &report.simulated.join(", "))]),
        ));
    }
    output.line("");
    for check in &report.decision.checks {
        let answered = |service: &&ServiceReport| {
            service.text.is_some() && check.id.strip_prefix("service.") == Some(service.id.as_str())
        };
        // What a service answered follows below in the language chosen.
        let with_detail = !report.decision.services.iter().any(|service| answered(&service));
        output.line(check_line(check, with_detail, output));
    }
    if let Some(holder) = &report.decision.holder {
        output.line(format!("\n{}", bold(&texts.get("cli-holder"))));
        holder_lines(holder, output);
    }
    // A service that was not asked has said nothing that could stand here; why stands with its check.
    for service in report.decision.services.iter().filter(|service| service.text.is_some()) {
        let tone = tone_of(service.outcome);
        let name = texts.get(&format!("check-service-{}", service.id));
        let text = service.text.as_deref().unwrap_or_default();
        output.line(format!("\n{} {}: {text}", coloured(tone, tone.sign()), bold(&name)));
    }
    for delivery in report.deliveries.iter().flatten() {
        let tone = match delivery.state {
            "accepted" => Tone::Good,
            "failed" => Tone::Bad,
            _ => Tone::Grey,
        };
        let label = bold(&texts.get("cli-deliveries"));
        output.line(format!(
            "\n{} {label} ({}): {}",
            coloured(tone, tone.sign()),
            delivery.id,
            delivery.text
        ));
    }
    if let Some(link) = &report.link {
        let figure = |number: u64| number.to_string();
        let modelled = link.modelled_ms.get("424").copied().unwrap_or_default();
        output.line(format!(
            "\n{}: {}",
            texts.get("cli-link"),
            texts.with(
                "cli-link-figures",
                &[
                    ("apdus", &link.apdus.to_string()),
                    ("bytes", &link.bytes.to_string()),
                    ("ms", &figure(link.ms)),
                    ("modelled", &figure(modelled)),
                ]
            )
        ));
    }
    let hash = report.site.hash.get(..12).unwrap_or_default();
    output.line(format!(
        "{}: {} ({hash})   {}: {} ms",
        texts.get("cli-site"),
        report.site.name,
        texts.get("cli-elapsed"),
        report.elapsed_ms
    ));
    match &report.audit {
        None => {}
        Some(Logged::Stands(stamp)) => {
            output.line(texts.with("cli-audit-recorded", &[("seq", &stamp.seq.to_string())]));
        }
        Some(Logged::Failed { error }) => {
            let text = format!("{} {}: {}", texts.get("cli-audit-not-recorded"), error.code, error.text);
            output.line(coloured(Tone::Bad, &text));
        }
    }
    let (key, tone) = match report.decision.verdict {
        Verdict::Accept => ("verdict-accept", Tone::Good),
        Verdict::Refer => ("verdict-refer", Tone::Open),
        Verdict::Reject => ("verdict-reject", Tone::Bad),
    };
    output.line(format!("\n{}: {}", texts.get("cli-verdict"), coloured(tone, &bold(&texts.get(key)))));
    for reason in &report.decision.reasons {
        output.line(format!("  {} {} ({})", reason.code, reason_text(reason.reason, output), reason.check));
    }
}

fn check_line(check: &CheckReport, with_detail: bool, output: &Output) -> String {
    let tone = tone_of(check.outcome);
    let name = output.texts.get(&format!("check-{}", check.id.replace(['.', '_'], "-")));
    let outcome = output.texts.get(&format!("outcome-{}", check.outcome.replace('_', "-")));
    let reason =
        check.reason.as_deref().and_then(Reason::from_code).map(|reason| reason_text(reason, output));
    let mut line = format!("{} {name}: {outcome}", coloured(tone, tone.sign()));
    if let (Some(code), Some(text)) = (&check.reason, reason) {
        line.push_str(&format!(" — {code} {text}"));
    }
    for note in &check.notes {
        let text = Reason::from_code(note).map(|reason| reason_text(reason, output)).unwrap_or_default();
        line.push_str(&format!("\n    {note} {text}"));
    }
    if let Some(detail) = check.detail.as_ref().filter(|_| with_detail) {
        line.push_str(&format!("\n    {detail}"));
    }
    line
}

/// Particulars of DG13 in the order in which the card prints them, and those of DG11 in their places; what is not known
/// here follows by its key.
const DETAILS: [&str; 12] = [
    "personal_number",
    "ethnicity",
    "religion",
    "origin",
    "place_of_birth",
    "residence",
    "features",
    "issued",
    "father",
    "mother",
    "spouse",
    "old_number",
];
/// DG13 spells out what DG1 gives as three letters.
const NATIONALITY: &str = "nationality";

fn holder_lines(holder: &Holder, output: &Output) {
    let texts = &output.texts;
    let sex = holder
        .sex
        .as_ref()
        .map(|sex| texts.find(&format!("sex-{}", sex.to_lowercase())).unwrap_or_else(|| sex.clone()));
    let spelled = holder.details.get(NATIONALITY);
    let nationality = holder.nationality.as_ref().map(|code| match spelled {
        Some(name) => format!("{name} ({code})"),
        None => code.clone(),
    });
    let rows = [
        ("number", Some(holder.number.clone())),
        ("name", Some(holder.name.clone())),
        ("birth-date", holder.birth_date.clone()),
        ("sex", sex),
        ("nationality", nationality),
        ("document-number", Some(holder.document_number.clone())),
        ("expiry-date", Some(holder.expiry_date.clone().unwrap_or_else(|| texts.get("cli-unlimited")))),
    ];
    for (key, value) in rows {
        if let Some(value) = value {
            output.line(format!("  {:<22} {value}", texts.get(&format!("field-{key}"))));
        }
    }
    let known = DETAILS.iter().filter_map(|key| holder.details.get_key_value(*key));
    let other =
        holder.details.iter().filter(|(key, _)| !DETAILS.contains(&key.as_str()) && *key != NATIONALITY);
    for (key, value) in known.chain(other) {
        let label = texts.find(&format!("field-{}", key.replace('_', "-"))).unwrap_or_else(|| key.clone());
        output.line(format!("  {label:<22} {value}"));
    }
}

fn reason_text(reason: Reason, output: &Output) -> String {
    output.texts.get(&format!("reason-{}", reason.number()))
}

/// The tone of an outcome's word.
#[must_use]
pub fn tone_of(outcome: &str) -> Tone {
    match outcome {
        "confirmed" => Tone::Good,
        "refuted" => Tone::Bad,
        "undetermined" => Tone::Open,
        _ => Tone::Grey,
    }
}

/// What a persona is, in the language chosen.
#[cfg(feature = "simulator")]
#[must_use]
pub fn persona_summary(persona: &test_vectors::persona::Persona, context: &Context) -> &'static str {
    if context.output.texts.language().code() == "vi" { persona.summary_vi } else { persona.summary_en }
}

/// What a wrong card is, in the language chosen.
#[cfg(feature = "simulator")]
#[must_use]
pub fn foreign_summary(foreign: &test_vectors::foreign::Foreign, context: &Context) -> &'static str {
    if context.output.texts.language().code() == "vi" { foreign.summary_vi } else { foreign.summary_en }
}
