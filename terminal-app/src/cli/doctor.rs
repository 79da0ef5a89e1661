//! `idterm doctor`: what this machine has and lacks, each with its remedy.

use firmware_profiles::{Choice, Match, Quirk, Slot};
use reader_core::cvc::Role;
use reader_core::transport::pcsc::PcscService;
use reader_core::wire::date::Date;
use serde_json::json;

use super::context::Context;
use super::output::{Tone, bold, coloured};
use super::readers::{advice, firmware, limits, why};
use crate::failure::{ErrorCode, Failure};
use crate::terminal_key::certificate_files;
use crate::text::Texts;
use crate::trust::health::{Finding, FindingKind};
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
            json!({ "what": item.what, "state": state, "text": item.text, "remedy": item.remedy })
        })
        .collect();
    context.output.document(&json!({ "items": rows }));
    for item in &items {
        let key = format!("doctor-what-{}", item.what.to_lowercase().replace([' ', '/'], "-"));
        let what = context.output.texts.find(&key).unwrap_or_else(|| item.what.to_owned());
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

fn readers(context: &Context, items: &mut Vec<Item>) {
    let service = match PcscService::connect() {
        Ok(service) => service,
        Err(error) => {
            let failure = crate::devices::pcsc::failure_of(&error);
            items.push(Item::bad("PC/SC", failure.text, failure.remedy));
            return;
        }
    };
    let texts = &context.output.texts;
    items.push(Item::good("PC/SC", texts.get("doctor-pcsc-runs")));
    let catalogue = match context.catalogue() {
        Ok(catalogue) => catalogue,
        Err(failure) => return items.push(Item::bad("profiles", failure.text, failure.remedy)),
    };
    let readers = service.readers().unwrap_or_default();
    if readers.is_empty() {
        items.push(Item::bad(
            "readers",
            texts.get("doctor-readers-none"),
            texts.get("doctor-readers-none-remedy"),
        ));
    }
    for reader in readers {
        match catalogue.choose(&reader.name) {
            None | Some(Choice::Refuse { .. }) => items.push(Item {
                what: "reader",
                tone: Tone::Grey,
                text: texts.with("doctor-reader-not-used", &[("reader", &reader.name)]),
                remedy: String::new(),
            }),
            Some(Choice::Use(found)) => items.push(reader_item(&reader.name, &found, texts)),
        }
    }
}

/// One usable reader: which profile, why, what it carries; what to do about it.
fn reader_item(name: &str, found: &Match<'_>, texts: &Texts) -> Item {
    let profile = found.profile;
    let text = format!(
        "{} ({}); {}",
        texts.with("doctor-reader-profile", &[("reader", name), ("profile", &profile.id)]),
        why(found, texts),
        limits(&found.limits, texts)
    );
    let mut remedy = advice(found, texts);
    let old_driver = installed_libccid().and_then(|installed| {
        let needed = profile.needs_driver.iter().find(|driver| driver.name == "libccid")?;
        needed.is_newer_than(&installed).then(|| {
            texts.with("doctor-driver-old", &[("installed", &installed), ("needed", &needed.at_least)])
        })
    });
    let unsure = profile.quirks.contains(&Quirk::NeedsNewerCcidDriver) && installed_libccid().is_none();
    let doubtful = old_driver.is_some()
        || unsure
        || found.because.is_none()
        || found.slot == Slot::Other
        || !profile.bad_firmware.is_empty();
    remedy.extend(old_driver);
    remedy.extend(firmware(found, texts));
    let tone = if doubtful { Tone::Open } else { Tone::Good };
    Item { what: "reader", tone, text, remedy: remedy.join(" ") }
}

/// The version of libccid that is installed, from its property list.
fn installed_libccid() -> Option<String> {
    let text = std::fs::read_to_string(CCID_PLIST).ok()?;
    libccid_version(&text)
}

fn libccid_version(plist: &str) -> Option<String> {
    let rest = plist.split("<key>CFBundleShortVersionString</key>").nth(1)?;
    let version = rest.split("<string>").nth(1)?.split("</string>").next()?.trim();
    version.starts_with(|first: char| first.is_ascii_digit()).then(|| version.to_owned())
}

/// The kernel's own NFC drivers take some readers from pcscd, which then does not show them at all.
fn kernel_modules(texts: &Texts, items: &mut Vec<Item>) {
    let loaded = std::fs::read_to_string("/proc/modules").unwrap_or_default();
    let taking = nfc_modules(&loaded);
    if !taking.is_empty() {
        let modules = taking.join(", ");
        items.push(Item::open(
            "driver",
            texts.with("doctor-kernel-modules", &[("modules", &modules)]),
            texts.with("doctor-kernel-modules-remedy", &[("modules", &modules)]),
        ));
    }
}

/// Which of those drivers this list of `/proc/modules` holds.
fn nfc_modules(loaded: &str) -> Vec<&str> {
    let names = loaded.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| ["nfc", "pn533", "pn533_usb"].contains(name)).collect()
}

/// Where libccid keeps its settings and says its version.
const CCID_PLIST: &str = "/etc/libccid_Info.plist";

/// Escape commands (lights, buzzer, bit rate) pass only where the driver lets them.
#[cfg(target_os = "linux")]
fn driver_options(texts: &Texts, items: &mut Vec<Item>) {
    let Ok(text) = std::fs::read_to_string(CCID_PLIST) else {
        items.push(Item {
            what: "driver",
            tone: Tone::Grey,
            text: texts.with("doctor-driver-absent", &[("file", CCID_PLIST)]),
            remedy: texts.get("doctor-driver-absent-remedy"),
        });
        return;
    };
    let value = text.split("<key>ifdDriverOptions</key>").nth(1).and_then(|rest| {
        let inner = rest.split("<string>").nth(1)?.split("</string>").next()?;
        u32::from_str_radix(inner.trim().trim_start_matches("0x"), 16).ok()
    });
    match value {
        Some(options) if options & 1 == 1 => {
            items.push(Item::good("driver", texts.get("doctor-driver-open")));
        }
        _ => items.push(Item::open(
            "driver",
            texts.get("doctor-driver-closed"),
            texts.with("doctor-driver-closed-remedy", &[("file", CCID_PLIST)]),
        )),
    }
}

/// Other platforms pass escape commands, or have no such setting.
#[cfg(not(target_os = "linux"))]
fn driver_options(_texts: &Texts, _items: &mut Vec<Item>) {}

/// What `trust check` finds, one line for each kind. A terminal that trusts nobody still works: every card is undetermined.
fn trust(context: &Context, items: &mut Vec<Item>) {
    const WHAT: &str = "trust store";
    let texts = &context.output.texts;
    let opened = context.trust().and_then(|folder| {
        super::trust::examined(&folder, context).map(|(snapshot, findings, _)| (folder, snapshot, findings))
    });
    match opened {
        Err(failure) => items.push(Item::bad(WHAT, failure.text, failure.remedy)),
        Ok((folder, snapshot, findings)) => {
            let late = |finding: &&Finding| finding.kind == FindingKind::StaleList;
            items.push(Item::good(
                WHAT,
                texts.with(
                    "doctor-trust-counts",
                    &[
                        ("anchors", &snapshot.anchors().len().to_string()),
                        ("lists", &snapshot.crls().len().to_string()),
                        ("stale", &findings.iter().filter(late).count().to_string()),
                    ],
                ),
            ));
            if snapshot.anchors().is_empty() {
                let shown = folder.path().display().to_string();
                let text = texts.with("doctor-trust-nobody", &[("folder", &shown)]);
                return items.push(Item::open(WHAT, text, texts.get("doctor-trust-nobody-remedy")));
            }
            items.extend(findings.chunk_by(|one, next| one.kind == next.kind).filter_map(|of_kind| {
                let first = of_kind.first()?;
                let title = texts.get(&format!("cli-trust-{}", first.kind.word().replace('_', "-")));
                let text = format!("{title} ({}): {}", of_kind.len(), first.what);
                let remedy = super::trust::remedy_of(first.kind, texts);
                Some(if first.kind == FindingKind::Writable || first.kind == FindingKind::Policy {
                    Item::bad(WHAT, text, remedy)
                } else {
                    Item::open(WHAT, text, remedy)
                })
            }));
        }
    }
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
    match Services::of_site(&site) {
        Err(error) => items.push(Item::bad("services", error.to_string(), texts.get("error-2003-remedy"))),
        Ok(services) if !site.services.is_empty() && !services.any() => items.push(Item::open(
            "services",
            texts.get("doctor-services-none"),
            texts.get("doctor-services-none-remedy"),
        )),
        Ok(_) => items.push(Item::good("services", texts.get("doctor-services-sound"))),
    }
}

/// The certificates and the key with which this terminal is let at fingers and irises.
fn terminal_certificates(context: &Context, items: &mut Vec<Item>) {
    const WHAT: &str = "terminal certificates";
    let texts = &context.output.texts;
    let Some(settings) = context.site().ok().and_then(|site| site.terminal_authentication.clone()) else {
        return;
    };
    let (Ok(files), Ok(today)) = (certificate_files(&settings.certificates), context.today()) else {
        let failure = context.today().and_then(|today| settings.open(today));
        let failure = failure.err().unwrap_or_else(|| Failure::new(ErrorCode::CannotRead, "unreadable"));
        return items.push(Item::bad(WHAT, failure.text, failure.remedy));
    };
    for file in files {
        let name = file.path.display().to_string();
        let certificate = match file.certificate {
            Ok(certificate) => certificate,
            Err(what) => {
                let text = texts.with("doctor-terminal-unreadable", &[("file", &name), ("what", &what)]);
                items.push(Item::bad(WHAT, text, texts.get("doctor-terminal-remedy")));
                continue;
            }
        };
        let holder = certificate.holder().to_string();
        let day = certificate.expires().to_string();
        let late = certificate.expires() < today;
        let soon = certificate.expires().start().0 - context.now.0 < SOON_S;
        let link = certificate.authorization().role == Role::Cvca;
        let values = [("holder", holder.as_str()), ("day", day.as_str()), ("file", name.as_str())];
        if late && !link {
            let text = texts.with("doctor-terminal-expired", &values);
            items.push(Item::bad(WHAT, text, texts.get("doctor-terminal-remedy")));
        } else if soon && !link {
            let text = texts.with("doctor-terminal-soon", &values);
            items.push(Item::open(WHAT, text, texts.get("doctor-terminal-remedy")));
        } else {
            items.push(Item::good(WHAT, texts.with("doctor-terminal-valid", &values)));
        }
    }
    match settings.open_key() {
        Ok(key) => {
            let text = texts.with("doctor-terminal-key", &[("key", &key.public_key().name())]);
            items.push(Item::good(WHAT, text));
        }
        Err(failure) => items.push(Item::bad(WHAT, failure.text, failure.remedy)),
    }
}

/// Within this time a certificate should be renewed: they last a few weeks.
const SOON_S: i64 = 7 * 86_400;

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
        items.push(Item {
            what,
            tone: Tone::Grey,
            text: texts.get("doctor-not-in-version"),
            remedy: String::new(),
        });
    }
}

#[cfg(test)]
mod tests {
    use firmware_profiles::Catalogue;

    use super::{libccid_version, nfc_modules, reader_item};
    use crate::cli::output::Tone;
    use crate::text::{Language, Texts};

    #[test]
    fn firmware_known_to_be_bad_is_a_warning() {
        let catalogue = Catalogue::built_in().unwrap();
        let texts = Texts::new(Language::ENGLISH);
        let item = |name: &str| reader_item(name, &catalogue.for_reader(name).unwrap(), &texts);
        let warned = item("ACS ACR1281 1S Dual Reader PICC 00 00");
        assert!(warned.tone == Tone::Open && warned.remedy.contains("526"), "{}", warned.remedy);
        let unwarned = item("HID Global OMNIKEY 5022 Smart Card Reader 00 00");
        assert!(
            unwarned.tone == Tone::Good && !unwarned.remedy.contains("irmware below"),
            "{}",
            unwarned.remedy
        );
    }

    #[test]
    fn the_drivers_version_is_read_from_its_property_list() {
        let plist = "<key>CFBundleShortVersionString</key>\n\t<string>1.5.2</string>\n";
        assert_eq!(libccid_version(plist).as_deref(), Some("1.5.2"));
        assert_eq!(libccid_version("<key>CFBundleShortVersionString</key><string>unknown</string>"), None);
        assert_eq!(libccid_version(""), None);
    }

    #[test]
    fn kernel_drivers_are_told_by_their_whole_names() {
        let loaded = "pn533_usb 20480 0 - Live\npn533 40960 1 pn533_usb, Live\nnfcsim 1 0 - Live\n";
        assert_eq!(nfc_modules(loaded), ["pn533_usb", "pn533"]);
        assert!(nfc_modules("").is_empty());
    }
}
