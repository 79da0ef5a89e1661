//! PC/SC, the readers, and the driver that shows them.

use firmware_profiles::{Choice, Match, Quirk, Slot};
use reader_core::transport::pcsc::PcscService;

use super::Item;
use crate::cli::context::Context;
use crate::cli::output::Tone;
use crate::cli::readers::{advice, firmware, limits, why};
use crate::text::Texts;

/// The PC/SC service and its readers.
pub(super) fn readers(context: &Context, items: &mut Vec<Item>) {
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
            None | Some(Choice::Refuse { .. }) => {
                items.push(Item::grey(
                    "reader",
                    texts.with("doctor-reader-not-used", &[("reader", &reader.name)]),
                ));
            }
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
    Item { tone, remedy: remedy.join(" "), ..Item::good("reader", text) }
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
pub(super) fn kernel_modules(texts: &Texts, items: &mut Vec<Item>) {
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
pub(super) fn driver_options(texts: &Texts, items: &mut Vec<Item>) {
    let Ok(text) = std::fs::read_to_string(CCID_PLIST) else {
        let text = texts.with("doctor-driver-absent", &[("file", CCID_PLIST)]);
        items.push(Item { remedy: texts.get("doctor-driver-absent-remedy"), ..Item::grey("driver", text) });
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
pub(super) fn driver_options(_texts: &Texts, _items: &mut Vec<Item>) {}

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
