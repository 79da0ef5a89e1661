//! The report as people read it on a terminal.

use reader_core::evidence::{Holder, Reason};
use reader_core::policy::{CheckReport, Verdict};

#[cfg(feature = "simulator")]
use super::context::Context;
use super::output::{Output, Tone, bold, coloured};
use crate::report::Report;

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
        output.line(check_line(check, output));
    }
    if let Some(holder) = &report.decision.holder {
        output.line(format!("\n{}", bold(&texts.get("cli-holder"))));
        holder_lines(holder, output);
    }
    for service in &report.decision.services {
        let tone = tone_of(service.outcome);
        let name = texts.get(&format!("check-service-{}", service.id));
        let code = service.code.as_deref().unwrap_or("–");
        let text = service.text.as_deref().unwrap_or_default();
        output.line(format!("\n{} {} [{code}] {text}", coloured(tone, tone.sign()), bold(&name)));
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

fn check_line(check: &CheckReport, output: &Output) -> String {
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
    if let Some(detail) = &check.detail {
        line.push_str(&format!("\n    {detail}"));
    }
    line
}

fn holder_lines(holder: &Holder, output: &Output) {
    let unlimited = output.texts.get("cli-unlimited");
    let rows = [
        ("number", Some(&holder.number)),
        ("name", Some(&holder.name)),
        ("birth-date", holder.birth_date.as_ref()),
        ("sex", holder.sex.as_ref()),
        ("nationality", holder.nationality.as_ref()),
        ("document-number", Some(&holder.document_number)),
        ("expiry-date", Some(holder.expiry_date.as_ref().unwrap_or(&unlimited))),
    ];
    for (key, value) in rows {
        if let Some(value) = value {
            output.line(format!("  {:<22} {value}", output.texts.get(&format!("field-{key}"))));
        }
    }
    for (key, value) in &holder.details {
        let label =
            output.texts.find(&format!("field-{}", key.replace('_', "-"))).unwrap_or_else(|| key.clone());
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
