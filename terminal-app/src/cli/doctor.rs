//! `idterm doctor`: what this machine has and lacks, each with its remedy.

use firmware_profiles::Quirk;
use reader_core::transport::pcsc::PcscService;
use reader_core::wire::date::Date;
use serde_json::json;

use super::context::Context;
use super::output::{Tone, bold, coloured};
use crate::failure::Failure;
use crate::worker::Services;

/// One thing looked at.
struct Item {
    what: &'static str,
    tone: Tone,
    text: String,
    remedy: String,
}

impl Item {
    fn good(what: &'static str, text: impl Into<String>) -> Self {
        Self { what, tone: Tone::Good, text: text.into(), remedy: String::new() }
    }

    fn open(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, tone: Tone::Open, text: text.into(), remedy: remedy.into() }
    }

    fn bad(what: &'static str, text: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { what, tone: Tone::Bad, text: text.into(), remedy: remedy.into() }
    }
}

/// Looks at everything. The exit status is 1 where something keeps the terminal from its work.
///
/// # Errors
/// None of its own: what fails is an item.
pub fn run(context: &Context) -> Result<u8, Failure> {
    let mut items = Vec::new();
    readers(context, &mut items);
    driver_options(&mut items);
    trust(context, &mut items);
    site(context, &mut items);
    clock(context, &mut items);
    not_in_this_version(&mut items);
    let rows: Vec<_> = items
        .iter()
        .map(|item| {
            let state = match item.tone {
                Tone::Good => "good",
                Tone::Bad => "bad",
                Tone::Open => "attention",
                Tone::Grey => "not_checked",
            };
            json!({ "what": item.what, "state": state, "text": item.text, "remedy": item.remedy })
        })
        .collect();
    context.output.document(&json!({ "items": rows }));
    for item in &items {
        context.output.line(format!(
            "{} {}: {}",
            coloured(item.tone, item.tone.sign()),
            bold(item.what),
            item.text
        ));
        if !item.remedy.is_empty() {
            context.output.line(format!("    {} {}", context.output.texts.get("cli-remedy"), item.remedy));
        }
    }
    Ok(u8::from(items.iter().any(|item| item.tone == Tone::Bad)))
}

fn readers(context: &Context, items: &mut Vec<Item>) {
    let service = match PcscService::connect() {
        Ok(service) => service,
        Err(error) => {
            let failure = crate::devices::pcsc::failure_of(&error);
            items.push(Item::bad("PC/SC", failure.text, failure.remedy));
            return;
        }
    };
    items.push(Item::good("PC/SC", "the service runs"));
    let catalogue = match context.catalogue() {
        Ok(catalogue) => catalogue,
        Err(failure) => return items.push(Item::bad("profiles", failure.text, failure.remedy)),
    };
    let readers = service.readers().unwrap_or_default();
    if readers.is_empty() {
        items.push(Item::bad(
            "readers",
            "none is connected",
            "Check the cable, and that a driver knows the reader.",
        ));
    }
    for reader in readers {
        match catalogue.for_reader(&reader.name) {
            None => items.push(Item {
                what: "reader",
                tone: Tone::Grey,
                text: format!("{}: not used", reader.name),
                remedy: String::new(),
            }),
            Some(found) => {
                let profile = found.profile;
                let text = format!("{}: profile {}", reader.name, profile.id);
                let remedy = profile.advice.join(" ");
                if profile.quirks.contains(&Quirk::NeedsNewerCcidDriver) || found.because.is_none() {
                    items.push(Item::open("reader", text, remedy));
                } else {
                    items.push(Item { what: "reader", tone: Tone::Good, text, remedy });
                }
            }
        }
    }
}

/// Escape commands (lights, buzzer, bit rate) pass only where the driver lets them.
#[cfg(target_os = "linux")]
fn driver_options(items: &mut Vec<Item>) {
    const PLIST: &str = "/etc/libccid_Info.plist";
    let Ok(text) = std::fs::read_to_string(PLIST) else {
        items.push(Item {
            what: "driver",
            tone: Tone::Grey,
            text: format!("{PLIST} is not there; is libccid installed?"),
            remedy: "Install it: apt-get install libccid".to_owned(),
        });
        return;
    };
    let value = text.split("<key>ifdDriverOptions</key>").nth(1).and_then(|rest| {
        let inner = rest.split("<string>").nth(1)?.split("</string>").next()?;
        u32::from_str_radix(inner.trim().trim_start_matches("0x"), 16).ok()
    });
    match value {
        Some(options) if options & 1 == 1 => items.push(Item::good("driver", "escape commands pass")),
        _ => items.push(Item::open(
            "driver",
            "escape commands do not pass: lights, buzzer and bit rate of readers cannot be set",
            format!("Set ifdDriverOptions to 0x0001 in {PLIST} and restart pcscd."),
        )),
    }
}

/// Other platforms pass escape commands, or have no such setting.
#[cfg(not(target_os = "linux"))]
fn driver_options(_items: &mut Vec<Item>) {}

fn trust(context: &Context, items: &mut Vec<Item>) {
    let opened = context
        .trust()
        .and_then(|folder| folder.open().map(|snapshot| (folder, snapshot)).map_err(super::trust::no_trust));
    match opened {
        Err(failure) => items.push(Item::bad("trust store", failure.text, failure.remedy)),
        Ok((folder, snapshot)) if snapshot.anchors().is_empty() => items.push(Item::open(
            "trust store",
            format!("{} trusts nobody: every card will be undetermined", folder.path().display()),
            "Add the issuing authority's certificates or a master list: idterm trust add FILE --pin SHA256",
        )),
        Ok((_, snapshot)) => {
            let stale = snapshot
                .crls()
                .iter()
                .filter(|list| list.next_update().is_some_and(|next| next < context.now))
                .count();
            let text = format!(
                "{} country certificates, {} revocation lists, {stale} of them stale",
                snapshot.anchors().len(),
                snapshot.crls().len()
            );
            if stale == 0 {
                items.push(Item::good("trust store", text));
            } else {
                items.push(Item::open("trust store", text, "Add the newer lists with idterm trust add."));
            }
        }
    }
}

fn site(context: &Context, items: &mut Vec<Item>) {
    let site = match context.site() {
        Ok(site) => site,
        Err(failure) => return items.push(Item::bad("site", failure.text, failure.remedy)),
    };
    items.push(Item::good("site", format!("{} ({})", site.name, site.hash.get(..12).unwrap_or_default())));
    for check in site.policy.without_rule() {
        items.push(Item::open(
            "site",
            format!("no rule for {}: it always refers", check.as_str()),
            "Add it under [rules].",
        ));
    }
    match Services::of_site(&site) {
        Err(error) => items.push(Item::bad("services", error.to_string(), "Correct the site file.")),
        Ok(services) if !site.services.is_empty() && !services.any() => items.push(Item::open(
            "services",
            "none has settings at this terminal: nothing is asked",
            "Put address, facility and password source under [services.NAME.settings] of the site file.",
        )),
        Ok(_) => items.push(Item::good("services", "their settings are sound; nobody was asked")),
    }
}

/// A clock that is years off makes every certificate look expired or not yet valid.
fn clock(context: &Context, items: &mut Vec<Item>) {
    let built = Date::new(2026, 1, 1).map(Date::start);
    let text = context.now.to_string();
    if built.is_some_and(|built| context.now < built) {
        items.push(Item::bad(
            "clock",
            format!("{text} lies before this program was made"),
            "Set the clock; use NTP.",
        ));
    } else {
        items.push(Item::good("clock", text));
    }
}

fn not_in_this_version(items: &mut Vec<Item>) {
    for what in ["camera", "finger sensor", "models"] {
        items.push(Item {
            what,
            tone: Tone::Grey,
            text: "not used by this version; biometric checks are not_performed".to_owned(),
            remedy: String::new(),
        });
    }
}
