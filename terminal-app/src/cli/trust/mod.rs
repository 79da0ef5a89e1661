//! `idterm trust …`: what an operator does with the store.

mod add;
pub mod args;
mod check;
mod list;
mod refresh;
mod remove;
mod transfer;

use reader_core::pki::{Anchor, Fingerprint, Removed, TrustSnapshot};
use serde_json::{Value, json};

use super::context::Context;
use super::output::{Output, Tone, coloured};
use crate::failure::{ErrorCode, Failure};
use crate::trust::intake::Taken;
use crate::trust::policy::{PolicyError, Refused, TrustPolicy};
use crate::trust::{Kind, TrustError, TrustFolder};
use args::TrustCommand;

pub(super) use check::{examined, remedy_of};

/// Runs one of the store's commands.
///
/// # Errors
/// The store, its policy or a file cannot be read or written, or something given is no SHA-256.
pub fn run(command: &TrustCommand, context: &Context) -> Result<u8, Failure> {
    let folder = context.trust()?;
    match command {
        TrustCommand::Add { files, pin } => add::run(files, pin, &folder, context),
        TrustCommand::List(args) => list::run(args, &folder, context),
        TrustCommand::Check => check::run(&folder, context),
        TrustCommand::Remove { id, dry_run } => remove::run(id, *dry_run, &folder, context),
        TrustCommand::Refresh { sources, if_due } => refresh::run(sources, *if_due, &folder, context),
        TrustCommand::Export(args) => transfer::export(args, &folder, context),
        TrustCommand::Import(args) => transfer::import(args, &folder, context),
        TrustCommand::Key(command) => transfer::key(command, context),
    }
}

fn policy_of(folder: &TrustFolder) -> Result<TrustPolicy, Failure> {
    TrustPolicy::of_store(folder.path())
        .map_err(|error: PolicyError| Failure::new(ErrorCode::BadTrustPolicy, error.to_string()))
}

fn pins(option: &str, texts: &[String]) -> Result<Vec<Fingerprint>, Failure> {
    let parsed = |text: &String| {
        Fingerprint::from_hex(text).ok_or_else(|| {
            Failure::new(ErrorCode::Usage, format!("{option} {text}: not 64 hexadecimal digits"))
        })
    };
    texts.iter().map(parsed).collect()
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
pub(super) fn no_trust(error: TrustError) -> Failure {
    Failure::new(ErrorCode::NoTrust, error.to_string())
}

#[allow(clippy::needless_pass_by_value, reason = "it stands in map_err")]
fn not_changed(error: TrustError) -> Failure {
    let code =
        if matches!(error, TrustError::Write { .. }) { ErrorCode::CannotWrite } else { ErrorCode::NoTrust };
    Failure::new(code, error.to_string())
}

/// What became of one file or source: a line, and one more for each removal and refusal.
fn tell(what: &str, taken: &Taken, output: &Output) {
    let texts = &output.texts;
    let counted = [
        (taken.added.len(), "cli-trust-added", true),
        (taken.known, "cli-trust-known", true),
        (taken.removed.len(), "cli-trust-removed", false),
        (taken.absent, "cli-trust-absent", false),
        (taken.refused.len(), "cli-trust-refused", true),
    ];
    let counted = counted.iter().filter(|(count, _, always)| *always || *count > 0);
    let counted: Vec<String> = counted.map(|(count, key, _)| format!("{count} {}", texts.get(key))).collect();
    output.line(format!("{what} ({}): {}", kind_text(taken.kind, output), counted.join(", ")));
    for Removed { fingerprint, entry } in &taken.removed {
        let (verb, kind) = (texts.get("cli-trust-removed"), texts.get("cli-trust-kind-document-signer"));
        output.line(format!("  {verb}: {kind} {fingerprint} {entry}"));
    }
    for one in &taken.refused {
        let subject = if one.subject.is_empty() { String::new() } else { format!(" {}", one.subject) };
        output.line(format!(
            "  {} {}{subject} {}: {} ({})",
            coloured(Tone::Bad, Tone::Bad.sign()),
            one.reason.code(),
            one.fingerprint,
            texts.get(&format!("reason-{}", one.reason.number())),
            one.detail
        ));
    }
    for note in &taken.notes {
        let text = texts.get(&format!("reason-{}", note.number()));
        output.line(format!("  {} {}: {text}", coloured(Tone::Open, Tone::Open.sign()), note.code()));
    }
}

/// How much of each there is: certificates, revocation lists, deviation lists, document signers.
fn counted(counts: [usize; 4], output: &Output) -> String {
    let keys = ["cli-trust-anchors", "cli-trust-lists", "cli-trust-deviations", "cli-trust-signers"];
    let each = keys.iter().zip(counts).map(|(key, count)| format!("{}: {count}", output.texts.get(key)));
    each.collect::<Vec<_>>().join(" · ")
}

/// What a store holds of each.
fn counts(snapshot: &TrustSnapshot) -> [usize; 4] {
    let lists = [snapshot.crls().len(), snapshot.deviation_lists().len()];
    [snapshot.anchors().len(), lists[0], lists[1], snapshot.document_signers().len()]
}

fn kind_text(kind: Option<Kind>, output: &Output) -> String {
    let word = kind.map_or("snapshot", Kind::word);
    output.texts.get(&format!("cli-trust-kind-{}", word.replace('_', "-")))
}

/// As `trust remove` gives it.
fn removed_json(removed: &Removed) -> Value {
    let Removed { fingerprint, entry } = removed;
    json!({ "kind": "document_signer", "sha256": fingerprint.to_string(), "what": entry, "because": null })
}

fn refused_json(one: &Refused, output: &Output) -> Value {
    json!({
        "subject": one.subject,
        "sha256": one.fingerprint.to_string(),
        "code": one.reason.code(),
        "text": format!("{} {}", output.texts.get(&format!("reason-{}", one.reason.number())), one.detail),
    })
}

/// Subject for people, and country in capitals.
fn country_json(anchor: &Anchor) -> Value {
    match crate::trust::health::country_of(anchor) {
        country if country.is_empty() => Value::Null,
        country => country.into(),
    }
}
