//! `idterm audit …`: what stands in the log, and whether it can be believed.

pub mod args;

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reader_core::pki::Fingerprint;
use reader_core::wire::date::Date;
use serde_json::{Value, json};

use super::context::Context;
use super::output::{Output, Tone, bold, coloured};
use crate::audit::{
    self, AuditLog, Examined, Fault, Note, Pinned, Question, Record, RecordHash, Source, Span, earlier,
};
use crate::failure::{ErrorCode, Failure};
use crate::private_file;
use args::{AuditCommand, ExportArgs, ListArgs, VerifyArgs};

const DAY_S: i64 = 86_400;
/// Largest file with a public key.
const MAX_KEY_BYTES: u64 = 8 << 10;

/// Runs one of the log's commands.
///
/// # Errors
/// The log or a file cannot be read or written.
pub fn run(command: &AuditCommand, context: &Context) -> Result<u8, Failure> {
    match command {
        AuditCommand::Verify(args) => verify(args, context),
        AuditCommand::Export(args) => export(args, context),
        AuditCommand::List(args) => list(args, None, context),
        AuditCommand::Tail { number } => list(&ListArgs::default(), Some(*number), context),
    }
}

fn verify(args: &VerifyArgs, context: &Context) -> Result<u8, Failure> {
    let source = match &args.path {
        Some(path) if path.is_file() => Source::Export(path.clone()),
        Some(path) => Source::Log(existing(AuditLog::at(path))?),
        None => Source::Log(existing(context.audit()?)?),
    };
    let question = Question {
        key: args.key.as_deref().map(key).transpose()?,
        earlier: args.earlier.as_deref().map(earlier_of).transpose()?,
    };
    let examined = audit::examine(&source, &question, &mut |_, _| {})?;
    let output = &context.output;
    output.document(&document(&examined, &question));
    tell(&examined, &question, output);
    Ok(if examined.fault.is_some() { 3 } else { 0 })
}

/// A log that is not there cannot be judged.
fn existing(log: AuditLog) -> Result<AuditLog, Failure> {
    if log.path().is_dir() {
        return Ok(log);
    }
    let what = format!("{} is neither a log's folder nor an export", log.path().display());
    Err(Failure::new(ErrorCode::AuditUnusable, what)
        .with_remedy("Name the folder or the file, or the folder with --audit DIR."))
}

/// A key by its SHA-256, or out of a file.
fn key(text: &str) -> Result<Pinned, Failure> {
    if let Some(fingerprint) = Fingerprint::from_hex(text) {
        return Ok(Pinned(fingerprint));
    }
    let unusable = |what: String| {
        Failure::new(ErrorCode::Usage, format!("--key {text}: {what}")).with_remedy(
            "Give the key's SHA-256 (64 hexadecimal digits), or a file with the public key, PEM or DER.",
        )
    };
    let read =
        private_file::read(Path::new(text), MAX_KEY_BYTES).map_err(|error| unusable(error.to_string()))?;
    let bytes = read.ok_or_else(|| unusable("neither a SHA-256 nor a file".to_owned()))?;
    let pem = std::str::from_utf8(&bytes).ok().and_then(|text| {
        let (_, rest) = text.split_once("-----BEGIN PUBLIC KEY-----")?;
        let (inner, _) = rest.split_once("-----END PUBLIC KEY-----")?;
        STANDARD.decode(inner.split_whitespace().collect::<String>()).ok()
    });
    Ok(Pinned(Fingerprint::of(&pem.unwrap_or(bytes))))
}

fn earlier_of(path: &Path) -> Result<(u64, RecordHash), Failure> {
    earlier(path)?.ok_or_else(|| {
        Failure::new(ErrorCode::Usage, format!("--earlier {}: no signed head and no export", path.display()))
            .with_remedy("Give a copy of the log's head.json, or a file of `idterm audit export`.")
    })
}

fn document(examined: &Examined, question: &Question) -> Value {
    json!({
        "intact": examined.fault.is_none(),
        "first": examined.first,
        "last": examined.last,
        "hash": examined.hash,
        "signed_at": examined.signed_at,
        "key": examined.key.map(|key| key.to_string()),
        "key_known": question.key.is_some(),
        "fault": examined.fault.as_ref().map(fault),
        "notes": examined.notes.iter().map(|note| json!({ "note": note.word(), "seq": note.seq() })).collect::<Vec<_>>(),
    })
}

fn fault(fault: &Fault) -> Value {
    let place = match fault {
        Fault::Record { file, line, .. } => json!({ "file": file, "line": line }),
        _ => Value::Null,
    };
    json!({ "fault": fault.word(), "seq": fault.seq(), "place": place })
}

fn tell(examined: &Examined, question: &Question, output: &Output) {
    let texts = &output.texts;
    let (first, last) = (examined.first.to_string(), examined.last.to_string());
    for note in &examined.notes {
        let key = format!("cli-audit-note-{}", note.word().replace('_', "-"));
        let text = texts.with(&key, &[("seq", &note.seq().to_string())]);
        output.line(format!("{} {text}", coloured(Tone::Open, Tone::Open.sign())));
    }
    if let (Some(key), Some(at)) = (examined.key, &examined.signed_at) {
        output.line(texts.with("cli-audit-signed", &[("time", at), ("key", &key.to_string())]));
    }
    match &examined.fault {
        None => {
            if question.key.is_none() {
                output.line(texts.get("cli-audit-key-unknown"));
            }
            let text = texts.with("cli-audit-intact", &[("first", &first), ("last", &last)]);
            output.line(coloured(Tone::Good, &format!("{} {text}", Tone::Good.sign())));
        }
        Some(fault) => {
            let seq = fault.seq().map_or_else(|| "–".to_owned(), |seq| seq.to_string());
            let text = texts.with(&format!("cli-audit-fault-{}", fault.word()), &[("seq", &seq)]);
            output.line(coloured(Tone::Bad, &bold(&format!("{} {text}", Tone::Bad.sign()))));
            if let Fault::Record { file, line, .. } = fault {
                output.line(format!("  {file}:{line}"));
            }
            output.line(texts.get("cli-audit-refuted-remedy"));
        }
    }
}

fn export(args: &ExportArgs, context: &Context) -> Result<u8, Failure> {
    let start = |text: &String, option: &str| {
        let day = Date::from_iso(text).ok_or_else(|| {
            Failure::new(ErrorCode::Usage, format!("{option} {text}: not a day written YYYY-MM-DD"))
        })?;
        Ok::<i64, Failure>(day.start().0)
    };
    let moment = |seconds: i64| jiff::Timestamp::from_second(seconds).ok();
    let span = Span {
        from: args.from.as_ref().map(|text| start(text, "--from")).transpose()?.and_then(moment),
        until: args
            .to
            .as_ref()
            .map(|text| start(text, "--to"))
            .transpose()?
            .and_then(|day| moment(day + DAY_S)),
    };
    let log = existing(context.audit()?)?;
    let (examined, extent) = audit::export(&log, span, &args.out, jiff::Timestamp::now())?;
    let output = &context.output;
    let Some(extent) = extent else {
        if examined.fault.is_some() {
            output.document(&document(&examined, &Question::default()));
            tell(&examined, &Question::default(), output);
            return Ok(3);
        }
        return Err(Failure::new(ErrorCode::Usage, "the log has no record of these days")
            .with_remedy("See `idterm audit list` for the days it has."));
    };
    let key = examined.key.map(|key| key.to_string()).unwrap_or_default();
    output.document(&json!({
        "out": args.out.display().to_string(),
        "first": extent.first,
        "last": extent.last,
        "log_count": extent.log_count,
        "key": key,
    }));
    output.line(output.texts.with(
        "cli-audit-exported",
        &[("first", &extent.first.to_string()), ("last", &extent.last.to_string()), ("key", &key)],
    ));
    Ok(0)
}

fn list(args: &ListArgs, only_last: Option<usize>, context: &Context) -> Result<u8, Failure> {
    let wanted = |record: &Record| {
        args.kind.as_ref().is_none_or(|kind| *kind == record.kind)
            && args.transaction.as_ref().is_none_or(|id| record.body["transaction"].as_str() == Some(id))
    };
    let mut records: Vec<Record> = Vec::new();
    let log = existing(context.audit()?)?;
    let examined = audit::examine(&Source::Log(log), &Question::default(), &mut |record, _| {
        if wanted(record) {
            records.push(record.clone());
        }
    })?;
    if let Some(number) = only_last {
        records.drain(..records.len().saturating_sub(number));
    }
    let output = &context.output;
    let rows: Vec<_> = records
        .iter()
        .map(|record| {
            json!({ "seq": record.seq, "time": record.time, "kind": record.kind, "body": record.body, "hash": record.hash })
        })
        .collect();
    output.document(&json!({ "records": rows, "intact": examined.fault.is_none(), "fault": examined.fault.as_ref().map(fault) }));
    for record in &records {
        let word = |key: &str| record.body[key].as_str().unwrap_or_default().to_owned();
        let said = [word("transaction"), word("verdict"), word("decision"), word("action")];
        let said: Vec<String> = said.into_iter().filter(|word| !word.is_empty()).collect();
        output.line(format!("{:>6} {} {:<13} {}", record.seq, record.time, record.kind, said.join(" ")));
    }
    if examined.fault.is_some() {
        tell(&Examined { notes: Vec::<Note>::new(), ..examined }, &Question::default(), output);
        return Ok(3);
    }
    Ok(0)
}
