//! `idterm outbox list`, `run`, `resend` and `drop`: what waits for recipients, and what staff does about it.

use std::thread;
use std::time::{Duration, Instant};

use clap::Subcommand;
use serde_json::{Value, json};

use super::context::Context;
use super::output::{Output, Tone, coloured};
use crate::config::Site;
use crate::connectors::{Clock as _, Surroundings, SystemClock};
use crate::failure::{ErrorCode, Failure};
use crate::outbox::{Courier, Entry, Head, OutboxError, State, Store};
use crate::transaction::IdempotencyKey;
use crate::worker::{Deliveries, ServicesError};

/// How long a pass of `run` lasts at most where nothing is said.
const PASS: Duration = Duration::from_secs(60);
/// How long `verify` delivers before it ends.
const SHORTLY: Duration = Duration::from_secs(3);
/// How often is looked whether all is done.
const LOOK: Duration = Duration::from_millis(20);

/// Commands of the outbox.
#[derive(Debug, Subcommand)]
pub enum OutboxCommand {
    /// What waits, what was set aside and why, what was delivered; nothing of a person
    #[command(after_help = "Example:\n  idterm outbox list --json")]
    List,
    /// Deliver what is due to the site's recipients; what fails stays for the next time
    #[command(
        after_help = "Examples:\n  idterm outbox run --site my-site.toml\n  idterm outbox run --site my-site.toml --for 600"
    )]
    Run {
        /// Go on until nothing waits, or for so long [default: until everything due was tried]
        #[arg(long = "for", value_name = "SECONDS")]
        for_s: Option<u32>,
    },
    /// Have a delivery that waits or was set aside tried again, now
    #[command(after_help = "Example:\n  idterm outbox resend 6b5fa6fe-5f0e-8c3d-9a51-0d4c5e1b7a90")]
    Resend {
        /// The delivery's key
        key: String,
    },
    /// Give a delivery up: its payload is wiped
    #[command(
        after_help = "Example:\n  idterm outbox drop 6b5fa6fe-5f0e-8c3d-9a51-0d4c5e1b7a90 --reason \"entered by hand\""
    )]
    Drop {
        /// The delivery's key
        key: String,
        /// Why; it is kept, so it should name no person
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// Runs one of them.
///
/// # Errors
/// The outbox cannot be used, or has no such delivery.
pub fn run(command: &OutboxCommand, context: &Context) -> Result<u8, Failure> {
    let site = context.site()?;
    let now_ms = SystemClock::new().unix_ms();
    match command {
        OutboxCommand::List => list(&site, context, now_ms),
        OutboxCommand::Run { for_s } => deliver(&site, for_s.map(|s| Duration::from_secs(s.into())), context),
        OutboxCommand::Resend { key } => {
            let key = key_of(key)?;
            changed(&key, &site, context, |store| store.resend(&key, now_ms))
        }
        OutboxCommand::Drop { key, reason } => {
            let key = key_of(key)?;
            if reason.trim().is_empty() {
                return Err(Failure::new(ErrorCode::Usage, "--reason: say why, in a few words"));
            }
            changed(&key, &site, context, |store| store.drop_entry(&key, reason.trim(), now_ms))
        }
    }
}

/// Delivers for a short time what waits for this site's recipients; what remains goes out the next time. Whatever goes wrong is
/// said and changes nothing of what the command has done.
pub(super) fn deliver_shortly(site: &Site, context: &Context) {
    let done = of_site(site, context).and_then(|deliveries| match deliveries {
        Some(deliveries) => {
            deliver_for(&deliveries, SHORTLY, false).map(|store| warn(store.as_ref(), context))
        }
        None => Ok(()),
    });
    if let Err(failure) = done {
        context.output.progress(format!("{failure}. {}", failure.remedy));
    }
}

/// The site's deliveries, kept in this terminal's outbox.
///
/// # Errors
/// The platform has no folder for data and none was given.
pub(super) fn of_site(site: &Site, context: &Context) -> Result<Option<Deliveries>, Failure> {
    if site.deliveries.is_empty() {
        return Ok(None);
    }
    Ok(Deliveries::of_site(site, context.outbox(site)?, Surroundings::system()))
}

/// Delivers until everything due was tried, or, where it `stays`, until nothing waits; no longer than `span`. `None`: this
/// terminal has no recipient.
fn deliver_for(deliveries: &Deliveries, span: Duration, stays: bool) -> Result<Option<Store>, Failure> {
    let recipients: Vec<&str> = deliveries.configured().collect();
    if recipients.is_empty() {
        return Ok(None);
    }
    let store = deliveries.open()?;
    let courier = courier(deliveries)?;
    let until = Instant::now() + span;
    while Instant::now() < until && is_open(&store, &recipients, stays)? {
        thread::sleep(LOOK);
    }
    courier.stop();
    Ok(Some(store))
}

/// A courier for these deliveries.
///
/// # Errors
/// Settings of a recipient are faulty, or the system gives no thread.
pub(super) fn courier(deliveries: &Deliveries) -> Result<Courier, Failure> {
    let faulty = |error: ServicesError| Failure::new(ErrorCode::BadSite, error.to_string());
    Ok(deliveries.courier().map_err(faulty)??)
}

/// Whether something is due for one of these recipients, or, where one `stays`, waits at all.
fn is_open(store: &Store, recipients: &[&str], stays: bool) -> Result<bool, OutboxError> {
    let now_ms = SystemClock::new().unix_ms();
    for recipient in recipients {
        match store.head(recipient, now_ms)? {
            Head::Due(_) => return Ok(true),
            Head::At(_) if stays => return Ok(true),
            Head::At(_) | Head::Nothing => {}
        }
    }
    Ok(false)
}

fn list(site: &Site, context: &Context, now_ms: i64) -> Result<u8, Failure> {
    let settings = context.outbox(site)?;
    let (entries, damaged) = if settings.is_there() {
        let store = Store::open(&settings, now_ms)?;
        warn(Some(&store), context);
        (store.list()?, store.all_damaged())
    } else {
        (Vec::new(), Vec::new())
    };
    let output = &context.output;
    let damaged: Vec<String> = damaged.iter().map(|path| path.display().to_string()).collect();
    let rows: Vec<Value> = entries.iter().map(document).collect();
    output.document(&json!({
        "folder": settings.folder.display().to_string(), "entries": rows, "damaged": damaged
    }));
    if entries.is_empty() {
        output.line(output.texts.get("outbox-empty"));
    }
    entries.iter().for_each(|entry| show(entry, output));
    Ok(0)
}

fn deliver(site: &Site, span: Option<Duration>, context: &Context) -> Result<u8, Failure> {
    let none = || {
        Failure::new(ErrorCode::BadSite, format!("site {} has no recipient that is set up here", site.name))
            .with_remedy("Name a site file with [deliveries.NAME.settings] by --site.")
    };
    let deliveries = of_site(site, context)?.ok_or_else(none)?;
    let was_done = |entries: &[Entry]| -> Vec<IdempotencyKey> {
        let done = entries.iter().filter(|entry| matches!(entry.state, State::Delivered { .. }));
        done.map(|entry| entry.key).collect()
    };
    let before = was_done(&deliveries.open()?.list()?);
    let store = deliver_for(&deliveries, span.unwrap_or(PASS), span.is_some())?.ok_or_else(none)?;
    warn(Some(&store), context);
    let entries = store.list()?;
    let delivered = was_done(&entries).iter().filter(|key| !before.contains(key)).count();
    let count = |word: &str| entries.iter().filter(|entry| entry.state.word() == word).count();
    let (waiting, set_aside) = (count("waiting"), count("set_aside"));
    let open: Vec<&Entry> = entries
        .iter()
        .filter(|entry| matches!(entry.state, State::Waiting { .. } | State::SetAside { .. }))
        .collect();
    let output = &context.output;
    output.document(&json!({
        "delivered": delivered, "waiting": waiting, "set_aside": set_aside,
        "entries": open.iter().map(|entry| document(entry)).collect::<Vec<_>>()
    }));
    let figures = [
        ("delivered", delivered.to_string()),
        ("waiting", waiting.to_string()),
        ("aside", set_aside.to_string()),
    ];
    let figures: Vec<(&str, &str)> = figures.iter().map(|(name, figure)| (*name, figure.as_str())).collect();
    output.line(output.texts.with("outbox-run", &figures));
    open.into_iter().for_each(|entry| show(entry, output));
    Ok(0)
}

/// Changes one delivery and shows how it stands then.
fn changed(
    key: &IdempotencyKey,
    site: &Site,
    context: &Context,
    change: impl FnOnce(&mut Store) -> Result<(), OutboxError>,
) -> Result<u8, Failure> {
    let settings = context.outbox(site)?;
    if !settings.is_there() {
        let text = format!("there is no outbox in {}", settings.folder.display());
        return Err(
            Failure::new(ErrorCode::UnknownDelivery, text).with_remedy("Name its folder with --outbox DIR.")
        );
    }
    let mut store = Store::open(&settings, SystemClock::new().unix_ms())?;
    warn(Some(&store), context);
    change(&mut store)?;
    if let Some(entry) = store.list()?.into_iter().find(|entry| entry.key == *key) {
        context.output.document(&document(&entry));
        show(&entry, &context.output);
    }
    Ok(0)
}

fn key_of(text: &str) -> Result<IdempotencyKey, Failure> {
    text.parse().map_err(|error| {
        Failure::new(ErrorCode::Usage, format!("{error}"))
            .with_remedy("`idterm outbox list` shows the keys; give one of them whole.")
    })
}

/// Damaged files lie there until somebody takes them away, and are said as long.
fn warn(store: Option<&Store>, context: &Context) {
    for path in store.map(Store::all_damaged).unwrap_or_default() {
        let file = path.display().to_string();
        context.output.progress(context.output.texts.with("cli-outbox-damaged", &[("file", &file)]));
    }
}

fn moment(ms: i64) -> String {
    let moment = jiff::Timestamp::from_millisecond(ms).unwrap_or_default();
    moment.round(jiff::Unit::Second).unwrap_or(moment).to_string()
}

fn document(entry: &Entry) -> Value {
    let mut all = json!({
        "key": entry.key, "recipient": entry.recipient, "transaction": entry.transaction,
        "state": entry.state.word(), "accepted": moment(entry.accepted_ms), "attempts": entry.attempts,
    });
    if let Some(fault) = &entry.fault {
        all["fault"] = fault.as_str().into();
    }
    match &entry.state {
        State::Waiting { next_try_ms } => all["next_try"] = moment(*next_try_ms).into(),
        State::Delivered { at_ms, reference } => {
            all["ended"] = moment(*at_ms).into();
            all["reference"] = reference.clone().into();
        }
        State::SetAside { at_ms, reason, resendable } => {
            all["ended"] = moment(*at_ms).into();
            all["reason"] = reason.code().into();
            all["resendable"] = (*resendable).into();
        }
        State::Dropped { at_ms, why } => {
            all["ended"] = moment(*at_ms).into();
            all["why"] = why.as_str().into();
        }
    }
    all
}

fn show(entry: &Entry, output: &Output) {
    let texts = &output.texts;
    let word = texts.get(&format!("outbox-{}", entry.state.word().replace('_', "-")));
    let (tone, said) = match &entry.state {
        State::Waiting { next_try_ms } => {
            (Tone::Open, Some(texts.with("outbox-next-try", &[("moment", &moment(*next_try_ms))])))
        }
        State::Delivered { reference, .. } => (Tone::Good, reference.clone()),
        State::SetAside { reason, .. } => {
            let sentence = texts.get(&format!("reason-{}", reason.number()));
            (Tone::Bad, Some(format!("{} {sentence}", reason.code())))
        }
        State::Dropped { why, .. } => (Tone::Grey, Some(why.clone())),
    };
    let sign = coloured(tone, tone.sign());
    let (key, recipient, accepted) = (entry.key, &entry.recipient, moment(entry.accepted_ms));
    output.line(format!("{sign} {key}  {accepted}  {recipient}: {word}"));
    for line in said.into_iter().chain(entry.fault.clone()) {
        output.line(format!("    {line}"));
    }
}
