//! `idterm trust export`, `import` and `key`.

use reader_core::pki::TrustSnapshot;
use serde_json::{Value, json};

use super::args::{ExportArgs, ImportArgs, KeyCommand};
use super::{counted, counts, no_trust, not_changed, pins, policy_of, refused_json, tell};
use crate::cli::context::Context;
use crate::cli::output::bold;
use crate::failure::{ErrorCode, Failure};
use crate::signing_key::{self, SigningKey};
use crate::trust::policy::FILE;
use crate::trust::refresh::RefreshState;
use crate::trust::transfer::{self, Conditions, MAX_SNAPSHOT_BYTES, Numbers, SnapshotFault};
use crate::trust::{TrustFolder, intake, read_at_most, replace_file};

const DAY_S: i64 = 86_400;

pub(super) fn export(args: &ExportArgs, folder: &TrustFolder, context: &Context) -> Result<u8, Failure> {
    let key = SigningKey::open(&args.key)?;
    let snapshot = folder.open().map_err(no_trust)?;
    let mut numbers = Numbers::of_store(folder.path()).map_err(no_trust)?;
    let number = numbers.next_export(context.now);
    let expires = args.valid_days.map(|days| context.now.plus_s(i64::from(days) * DAY_S));
    let file = transfer::export(&snapshot, number, context.now, expires, &key)?;
    // The number first: one that is skipped harms nobody, one that is used twice hides a change.
    numbers.save(folder.path()).map_err(not_changed)?;
    replace_file(&args.file, &file).map_err(not_changed)?;
    let output = &context.output;
    let signer = key.fingerprint().to_string();
    output.document(&json!({
        "file": args.file.display().to_string(),
        "bytes": file.len(),
        "number": number,
        "signer": signer,
        "exported_at": context.now.to_string(),
        "expires_at": expires.map(|expires| expires.to_string()),
        "anchors": snapshot.anchors().len(),
        "revocation_lists": snapshot.crls().len(),
        "deviation_lists": snapshot.deviation_lists().len(),
        "document_signers": snapshot.document_signers().len(),
    }));
    let texts = &output.texts;
    let shown = args.file.display().to_string();
    output.line(format!("{}: {}", bold(&shown), counted(counts(&snapshot), output)));
    output.line(texts.with("cli-trust-exported", &[("number", &number.to_string()), ("signer", &signer)]));
    Ok(0)
}

pub(super) fn import(args: &ImportArgs, folder: &TrustFolder, context: &Context) -> Result<u8, Failure> {
    let output = &context.output;
    let policy = policy_of(folder)?;
    // A signer named here stands in place of those of the policy: the operator knows which one he means.
    let named = pins("--signer", &args.signer)?.into_iter().collect();
    let signers = if args.signer.is_empty() { &policy.snapshots_signed_by } else { &named };
    let mut numbers = Numbers::of_store(folder.path()).map_err(no_trust)?;
    let file = read_at_most(&args.file, MAX_SNAPSHOT_BYTES)
        .map_err(|error| Failure::new(ErrorCode::CannotRead, error.to_string()))?;
    let conditions = Conditions { signers, now: context.now, allow_older: args.allow_older };
    let shown = args.file.display();
    let failed = |fault: SnapshotFault| failure(&shown.to_string(), &fault);
    let opened = transfer::open(&file, &numbers, conditions).map_err(failed)?;
    let taken = if args.merge {
        let merged = |snapshot: TrustSnapshot| match transfer::import(&opened, Some(&snapshot), &policy) {
            Ok((merged, taken)) => (merged, Ok(taken)),
            Err(fault) => (snapshot, Err(fault)),
        };
        intake::change(folder, merged).map_err(not_changed)?.map_err(failed)?
    } else {
        // What is replaced need not be whole: this is the way to mend it.
        let (snapshot, taken) = transfer::import(&opened, None, &policy).map_err(failed)?;
        folder.save(&snapshot).map_err(not_changed)?;
        taken
    };
    numbers.imported(opened.signer, opened.manifest.number);
    numbers.save(folder.path()).map_err(not_changed)?;
    let mut state = RefreshState::of_store(folder.path());
    if !state.is_empty() {
        state.forget_validators();
        state.save(folder.path()).map_err(not_changed)?;
    }
    let refused: Vec<Value> = taken.refused.iter().map(|one| refused_json(one, output)).collect();
    output.document(&json!({
        "added": taken.added.len(),
        "known": taken.known,
        "refused": refused,
        "number": opened.manifest.number,
        "signer": opened.signer.to_string(),
        "exported_at": opened.manifest.exported_at,
        "expires_at": opened.manifest.expires_at,
        "merged": args.merge,
    }));
    tell(&bold(&shown.to_string()), &taken, output);
    Ok(0)
}

fn failure(file: &str, fault: &SnapshotFault) -> Failure {
    let (code, remedy) = match fault {
        SnapshotFault::Signer { found } => (
            ErrorCode::SnapshotSigner,
            Some(format!(
                "Compare {found} with what `idterm trust key show` says at the exporting terminal; if it is the same, give it \
                 with --signer or in introduce.snapshots_signed_by of {FILE}."
            )),
        ),
        SnapshotFault::Older { .. } | SnapshotFault::Expired(_) => (ErrorCode::SnapshotOld, None),
        _ => (ErrorCode::SnapshotUnusable, None),
    };
    let failure = Failure::new(code, format!("{file}: {fault}"));
    match remedy {
        Some(remedy) => failure.with_remedy(remedy),
        None => failure,
    }
}

pub(super) fn key(command: &KeyCommand, context: &Context) -> Result<u8, Failure> {
    let (shown, fingerprint) = match command {
        KeyCommand::New { file } => (file.display().to_string(), signing_key::make(file)?),
        KeyCommand::Show { key } => (key.clone(), SigningKey::open(key)?.fingerprint()),
    };
    let output = &context.output;
    output.document(&json!({ "key": shown, "sha256": fingerprint.to_string() }));
    output.line(format!("{}: {fingerprint}", bold(&shown)));
    if matches!(command, KeyCommand::New { .. }) {
        output.line(output.texts.get("cli-trust-key-hint"));
    }
    Ok(0)
}
