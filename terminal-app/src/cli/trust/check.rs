//! `idterm trust check`.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{counted, counts, no_trust};
use crate::cli::context::Context;
use crate::cli::output::{Output, Tone, bold, coloured};
use crate::failure::Failure;
use crate::text::Texts;
use crate::trust::TrustFolder;
use crate::trust::health::{self, Candidate, Finding, FindingKind, Wishes};
use crate::trust::policy::TrustPolicy;
use reader_core::pki::TrustSnapshot;

/// Most findings of one kind, and most addresses, that are written out for people.
const SHOWN: usize = 10;

pub(super) fn run(folder: &TrustFolder, context: &Context) -> Result<u8, Failure> {
    let (snapshot, findings, candidates) = examined(folder, context)?;
    let output = &context.output;
    let texts = &output.texts;
    let rows: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "finding": finding.kind.word(),
                "state": if finding.kind.is_bad() { "bad" } else { "attention" },
                "what": finding.what,
                "sha256": finding.sha256,
                "text": text_of(finding.kind, texts),
                "remedy": remedy_of(finding.kind, texts),
            })
        })
        .collect();
    let addresses: Vec<Value> =
        candidates.iter().map(|one| json!({ "country": one.country, "url": one.url })).collect();
    output.document(&json!({
        "anchors": snapshot.anchors().len(),
        "revocation_lists": snapshot.crls().len(),
        "deviation_lists": snapshot.deviation_lists().len(),
        "document_signers": snapshot.document_signers().len(),
        "findings": rows,
        "crl_addresses": addresses,
    }));
    output.line(counted(counts(&snapshot), output));
    tell_findings(&findings, output);
    tell_candidates(&candidates, output);
    if findings.is_empty() {
        output.line(format!("{} {}", coloured(Tone::Good, Tone::Good.sign()), texts.get("cli-trust-sound")));
    }
    Ok(u8::from(findings.iter().any(|finding| finding.kind.is_bad())))
}

/// The store, what is wrong with it, and where revocation lists may come from.
///
/// # Errors
/// The store cannot be opened, or the site is faulty.
pub(in crate::cli) fn examined(
    folder: &TrustFolder,
    context: &Context,
) -> Result<(TrustSnapshot, Vec<Finding>, Vec<Candidate>), Failure> {
    let site = context.site()?;
    let countries: BTreeSet<String> = site.trust_countries.iter().cloned().collect();
    let wishes =
        Wishes { now: context.now, countries: &countries, list_max_age_days: site.list_max_age_days };
    let snapshot = folder.open().map_err(no_trust)?;
    let policy = TrustPolicy::of_store(folder.path());
    let findings = health::examine(folder.path(), &snapshot, &policy, wishes);
    let candidates = health::candidates(&snapshot, &policy.unwrap_or_default(), context.now);
    Ok((snapshot, findings, candidates))
}

fn text_of(kind: FindingKind, texts: &Texts) -> String {
    texts.get(&format!("cli-trust-{}", kind.word().replace('_', "-")))
}

/// What to do about a finding.
pub(in crate::cli) fn remedy_of(kind: FindingKind, texts: &Texts) -> String {
    texts.get(&format!("cli-trust-{}-remedy", kind.word().replace('_', "-")))
}

fn tell_findings(findings: &[Finding], output: &Output) {
    let texts = &output.texts;
    for of_kind in findings.chunk_by(|one, next| one.kind == next.kind) {
        let Some(kind) = of_kind.first().map(|finding| finding.kind) else { continue };
        let tone = if kind.is_bad() { Tone::Bad } else { Tone::Open };
        output.line(format!(
            "{} {} ({})",
            coloured(tone, tone.sign()),
            bold(&text_of(kind, texts)),
            of_kind.len()
        ));
        if matches!(kind, FindingKind::NoList | FindingKind::CountryMissing) {
            // Countries: one line has room for the world.
            let countries: Vec<&str> = of_kind.iter().map(|finding| finding.what.as_str()).collect();
            output.line(format!("    {}", countries.join(" ")));
        } else {
            for finding in of_kind.iter().take(SHOWN) {
                let id = finding.sha256.as_deref().and_then(|id| id.get(..16)).map(|id| format!(" {id}"));
                output.line(format!("    {}{}", finding.what, id.unwrap_or_default()));
            }
            more(of_kind.len(), output);
        }
        output.line(format!("    {} {}", texts.get("cli-remedy"), remedy_of(kind, texts)));
    }
}

fn tell_candidates(candidates: &[Candidate], output: &Output) {
    if candidates.is_empty() {
        return;
    }
    output.line(format!(
        "{} {}",
        coloured(Tone::Grey, Tone::Grey.sign()),
        output.texts.get("cli-trust-crl-addresses")
    ));
    for one in candidates.iter().take(SHOWN) {
        output.line(format!("    {} {}", one.country, one.url));
    }
    more(candidates.len(), output);
}

fn more(count: usize, output: &Output) {
    if let Some(left) = count.checked_sub(SHOWN).filter(|left| *left > 0) {
        output.line(format!("    {}", output.texts.with("cli-trust-more", &[("count", &left.to_string())])));
    }
}
