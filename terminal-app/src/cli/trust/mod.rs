//! `idterm trust …`: what an operator does with the store.

mod add;
pub mod args;
mod check;
mod list;
mod refresh;
mod remove;
mod transfer;

use reader_core::pki::{Anchor, Fingerprint};
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

/// What became of one file or source: a line, and one more for each refusal.
fn tell(what: &str, taken: &Taken, output: &Output) {
    let texts = &output.texts;
    output.line(format!(
        "{what} ({}): {} {}, {} {}, {} {}",
        kind_text(taken.kind, output),
        taken.added.len(),
        texts.get("cli-trust-added"),
        taken.known,
        texts.get("cli-trust-known"),
        taken.refused.len(),
        texts.get("cli-trust-refused"),
    ));
    for one in &taken.refused {
        output.line(format!(
            "  {} {} {} {}: {} ({})",
            coloured(Tone::Bad, Tone::Bad.sign()),
            one.reason.code(),
            one.subject,
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

fn kind_text(kind: Option<Kind>, output: &Output) -> String {
    let word = kind.map_or("snapshot", Kind::word);
    output.texts.get(&format!("cli-trust-kind-{}", word.replace('_', "-")))
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
