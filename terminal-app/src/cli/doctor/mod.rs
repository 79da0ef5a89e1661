//! `idterm doctor`: what this machine has and lacks, each with its remedy.

mod connections;
mod readers;
mod trust;

use reader_core::wire::date::Date;
use serde_json::json;

use self::connections::connections;
use self::readers::{driver_options, kernel_modules, readers};
use self::trust::{terminal_certificates, trust};
use super::context::Context;
use super::output::{Tone, bold, coloured};
use crate::failure::Failure;
use crate::text::Texts;

/// One thing looked at.
struct Item {
    what: &'static str,
    tone: Tone,
    text: String,
    remedy: String,
    part: Option<Part>,
}

/// What of whom was looked at, where there are several of a kind and several things of each.
struct Part {
    name: String,
    check: &'static str,
}

impl Item {
    fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, tone: Tone::Good, text: text.into(), remedy: String::new(), part: None }
    }

    fn grey(what: &'static str, text: impl Into<String>) -> Self {
        Self { tone: Tone::Grey, ..Self::good(what, text) }
    }

    fn open(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { tone: Tone::Open, remedy: remedy.into(), ..Self::good(what, text) }
    }

    fn bad(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { tone: Tone::Bad, ..Self::open(what, text, remedy) }
    }
}

/// Looks at everything. The exit status is 1 where something keeps the terminal from its work.
///
/// # Errors
/// None of its own: what fails is an item.
pub fn run(context: &Context) -> Result<u8, Failure> {
    let texts = &context.output.texts;
    let mut items = Vec::new();
    readers(context, &mut items);
    driver_options(texts, &mut items);
    kernel_modules(texts, &mut items);
    trust(context, &mut items);
    site(context, &mut items);
    terminal_certificates(context, &mut items);
    clock(context, &mut items);
    not_in_this_version(texts, &mut items);
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            let state = match item.tone {
                Tone::Good => "good",
                Tone::Bad => "bad",
                Tone::Open => "attention",
                Tone::Grey => "not_checked",
            };
            let mut row =
                json!({ "what": item.what, "state": state, "text": item.text, "remedy": item.remedy });
            if let Some(part) = &item.part {
                row["name"] = part.name.as_str().into();
                row["check"] = part.check.into();
            }
            row
        })
        .collect();
    context.output.document(&json!({ "items": rows }));
    for item in &items {
        let key = format!("doctor-what-{}", item.what.to_lowercase().replace([' ', '/'], "-"));
        let mut what = context.output.texts.find(&key).unwrap_or_else(|| item.what.to_owned());
        if let Some(part) = item.part.as_ref().filter(|part| part.name != item.what) {
            what.push_str(&format!(" {}", part.name));
        }
        context.output.line(format!(
            "{} {}: {}",
            coloured(item.tone, item.tone.sign()),
            bold(&what),
            item.text
        ));
        if !item.remedy.is_empty() {
            context.output.line(format!("    {} {}", context.output.texts.get("cli-remedy"), item.remedy));
        }
    }
    Ok(u8::from(items.iter().any(|item| item.tone == Tone::Bad)))
}

fn site(context: &Context, items: &mut Vec<Item>) {
    let site = match context.site() {
        Ok(site) => site,
        Err(failure) => return items.push(Item::bad("site", failure.text, failure.remedy)),
    };
    let texts = &context.output.texts;
    items.push(Item::good("site", format!("{} ({})", site.name, site.hash.get(..12).unwrap_or_default())));
    for check in site.policy.without_rule() {
        items.push(Item::open(
            "site",
            texts.with("doctor-site-no-rule", &[("check", check.as_str())]),
            texts.get("doctor-site-no-rule-remedy"),
        ));
    }
    connections(context, &site, items);
}

/// A clock that is years off makes every certificate look expired or not yet valid.
fn clock(context: &Context, items: &mut Vec<Item>) {
    let built = Date::new(2026, 1, 1).map(Date::start);
    let text = context.now.to_string();
    if built.is_some_and(|built| context.now < built) {
        items.push(Item::bad(
            "clock",
            context.output.texts.with("doctor-clock-early", &[("time", &text)]),
            context.output.texts.get("doctor-clock-early-remedy"),
        ));
    } else {
        items.push(Item::good("clock", text));
    }
}

fn not_in_this_version(texts: &Texts, items: &mut Vec<Item>) {
    for what in ["camera", "finger sensor", "models"] {
        items.push(Item::grey(what, texts.get("doctor-not-in-version")));
    }
}
