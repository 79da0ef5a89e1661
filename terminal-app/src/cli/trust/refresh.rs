//! `idterm trust refresh`: for a person, a timer or a task scheduler.

use serde_json::{Value, json};

use super::{not_changed, policy_of, refused_json, removed_json, tell};
use crate::cli::context::Context;
use crate::cli::output::{Output, Tone, bold, coloured};
use crate::failure::{ErrorCode, Failure};
use crate::trust::TrustFolder;
use crate::trust::policy::FILE;
use crate::trust::refresh::{FetchFault, Outcome, RefreshState, Wanted, refresh};
use crate::trust::sources::Source;

pub(super) fn run(
    names: &[String],
    if_due: bool,
    folder: &TrustFolder,
    context: &Context,
) -> Result<u8, Failure> {
    let output = &context.output;
    let policy = policy_of(folder)?;
    if let Some(unknown) = names.iter().find(|name| policy.sources.iter().all(|source| source.name != **name))
    {
        let known: Vec<&str> = policy.sources.iter().map(|source| source.name.as_str()).collect();
        let what = format!("there is no source {unknown:?}; there are: {}", known.join(", "));
        return Err(Failure::new(ErrorCode::Usage, what));
    }
    if policy.sources.is_empty() {
        let path = folder.path().join(FILE);
        let what = format!("no source is configured in {}", path.display());
        return Err(Failure::new(ErrorCode::BadTrustPolicy, what)
            .with_remedy("Name sources under [[sources]] there; docs/TRUST.md shows how."));
    }
    let mut state = RefreshState::of_store(folder.path());
    let mut rows = Vec::new();
    let mut good = true;
    let mut told = |source: &Source, outcome: &Outcome| {
        rows.push(row(source, outcome, output));
        good &= outcome.is_good();
        tell_source(source, outcome, output);
    };
    let wanted = Wanted { if_due, names };
    let refreshed = refresh(folder, &mut state, &policy, wanted, context.now, &mut told);
    // What was learnt of the sources is kept, whatever became of the store.
    state.save(folder.path()).map_err(not_changed)?;
    refreshed.map_err(not_changed)?;
    for row in &mut rows {
        let name = row["name"].as_str().unwrap_or_default();
        let source = policy.sources.iter().find(|source| source.name == name);
        let last = source.and_then(|source| state.of(source)?.last_success_unix_s);
        row["last_success"] = last.map(|last| reader_core::wire::date::Timestamp(last).to_string()).into();
    }
    output.document(&json!({ "sources": rows }));
    Ok(u8::from(!good))
}

fn row(source: &Source, outcome: &Outcome, output: &Output) -> Value {
    let mut row = json!({
        "name": source.name, "kind": source.kind.word(), "url": source.place.shown(), "outcome": outcome.word(),
        "added": 0, "known": 0, "removed": [], "absent": 0, "refused": [], "fault": null,
    });
    match outcome {
        Outcome::NotDue | Outcome::Unchanged => {}
        Outcome::Taken(taken) | Outcome::Refused(taken) => {
            row["added"] = taken.added.len().into();
            row["known"] = taken.known.into();
            row["removed"] = taken.removed.iter().map(removed_json).collect();
            row["absent"] = taken.absent.into();
            row["refused"] = taken.refused.iter().map(|one| refused_json(one, output)).collect();
        }
        Outcome::Failed(fault) => {
            let (text, remedy) = fault_texts(fault, output);
            row["fault"] = json!({ "kind": fault.word().replace('-', "_"), "text": text, "remedy": remedy, "detail": fault.detail() });
        }
    }
    row
}

fn fault_texts(fault: &FetchFault, output: &Output) -> (String, String) {
    let key = format!("trust-fault-{}", fault.word());
    (output.texts.with(&key, &[("detail", &fault.detail())]), output.texts.get(&format!("{key}-remedy")))
}

fn tell_source(source: &Source, outcome: &Outcome, output: &Output) {
    let texts = &output.texts;
    let name = bold(&source.name);
    match outcome {
        Outcome::NotDue | Outcome::Unchanged => {
            let key = format!("cli-trust-{}", outcome.word().replace('_', "-"));
            output.line(format!("{} {name}: {}", coloured(Tone::Good, Tone::Good.sign()), texts.get(&key)));
        }
        Outcome::Taken(taken) => {
            tell(&format!("{} {name}", coloured(Tone::Good, Tone::Good.sign())), taken, output);
        }
        Outcome::Refused(taken) => {
            tell(&format!("{} {name}", coloured(Tone::Bad, Tone::Bad.sign())), taken, output);
        }
        Outcome::Failed(fault) => {
            let (text, remedy) = fault_texts(fault, output);
            output.line(format!("{} {name}: {text}", coloured(Tone::Bad, Tone::Bad.sign())));
            output.line(format!("    {}", source.place.shown()));
            output.line(format!("    {} {remedy}", texts.get("cli-remedy")));
        }
    }
}
