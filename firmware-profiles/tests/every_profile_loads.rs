//! Every built-in profile parses, inherits and passes its checks; each reader finds its own; slots that are not for cards
//! of persons are refused.

use std::collections::BTreeSet;
use std::path::Path;

use firmware_profiles::{ApduLevel, Basis, Catalogue, Choice, Kind, Quirk, Slot, Way};

fn built_in() -> Catalogue {
    Catalogue::built_in().expect("no faults")
}

#[test]
fn built_in_profiles_are_sound() {
    let catalogue = built_in();
    assert_eq!(catalogue.iter().count(), 29, "28 devices and cards, and the simulated reader");
    let card = catalogue.get("vn-cccd").expect("the card's profile");
    assert_eq!(card.card_access.as_ref().map(Vec::len), Some(54));
    assert!(
        catalogue.get("base").is_none() && catalogue.get("pcsc-reader").is_none(),
        "families are no devices"
    );
    for profile in catalogue.iter() {
        assert_eq!(profile.limits.is_some(), profile.kind == Kind::PcscContactless, "{}", profile.id);
    }
}

#[test]
fn every_file_is_built_in() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles");
    let catalogue_source = include_str!("../src/catalogue.rs");
    for entry in std::fs::read_dir(folder).expect("the folder") {
        let path = entry.expect("an entry").path();
        let id = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
        assert!(
            catalogue_source.contains(&format!("\"{id}\",")),
            "{id} is not in the list of built-in profiles"
        );
    }
}

/// The facts name 27 devices and one card; each has a profile, with the facts' own sizes.
#[test]
fn every_device_of_the_facts_has_its_profile() {
    let root = std::env::var_os("IDTERM_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"), std::path::PathBuf::from);
    let Ok(entries) = std::fs::read_dir(root.join("devices")) else {
        assert!(std::env::var_os("REQUIRE_SHARED").is_none(), "the device facts are not there");
        println!("skipped, data not present: device facts");
        return;
    };
    let catalogue = built_in();
    let mut seen = 0;
    for entry in entries {
        let path = entry.expect("an entry").path();
        let text = std::fs::read_to_string(&path).expect("readable");
        let facts: toml::Table = text.parse().expect("TOML");
        let id = match facts["id"].as_str().expect("an id") {
            "generic-pcsc-contactless" => "generic-pcsc",
            "card-vn-cccd" => "vn-cccd",
            id => id,
        };
        let profile = catalogue.get(id).unwrap_or_else(|| panic!("no profile for {id}"));
        let number = |key: &str| facts["limits"].get(key).and_then(toml::Value::as_integer);
        if let Some(limits) = &profile.limits {
            let level = facts["limits"]["apdu_level"].as_str();
            let ours = match limits.apdu_level {
                ApduLevel::Short => "short",
                ApduLevel::Extended => "extended",
                ApduLevel::Probe => "probe",
            };
            assert_eq!(level, Some(ours), "{id}");
            let as_number = |size: Option<usize>| size.and_then(|size| i64::try_from(size).ok());
            assert_eq!(number("ccid_max_message"), as_number(limits.ccid_message_bytes), "{id}");
            assert_eq!(number("sm_read_chunk"), as_number(limits.read_chunk_bytes), "{id}");
            assert_eq!(number("max_rate_bps_field"), limits.max_rate_bps.map(i64::from), "{id}");
        }
        if let Some(baud) = number("default_baud") {
            let serial = profile.serial.as_ref().expect("a serial line");
            assert_eq!(serial.default_baud.map(i64::from), Some(baud), "{id}");
        }
        for usb in facts["match"].get("usb").and_then(toml::Value::as_array).into_iter().flatten() {
            assert!(profile.usb.iter().any(|known| Some(known.as_str()) == usb.as_str()), "{id}: {usb}");
        }
        let known = facts.get("command").and_then(toml::Value::as_array).map_or(0, Vec::len);
        let left_out = usize::from(id == "acs-acr122u");
        assert!(profile.commands.len() + left_out >= known, "{id}: {} of {known}", profile.commands.len());
        seen += 1;
    }
    assert_eq!(seen, 28);
}

#[test]
fn every_reader_name_finds_its_profile() {
    let catalogue = built_in();
    for (name, expected, preferred) in [
        ("Access IS ePassport Reader 00 00", "access-is-epassport", None),
        ("ACS ACR122U PICC Interface 00 00", "acs-acr122u", None),
        ("ACS ACR122 0", "acs-acr122u", None),
        ("ACS ACR1252 Dual Reader [ACR1252 Dual Reader PICC] 00 00", "acs-acr1252u", Some("PICC")),
        ("ACS ACR1252 1S CL Reader PICC 0", "acs-acr1252u", Some("PICC")),
        ("ACS ACR1252U PICC", "acs-acr1252u", Some("PICC")),
        ("ACS ACR1281 1S Dual Reader PICC 00 01", "acs-acr1281u", Some("PICC")),
        ("ACS ACR1281U-C1 PICC 0", "acs-acr1281u", Some("PICC")),
        ("ACS ACR1552U PICC 00 00", "acs-acr1552u", Some("PICC")),
        ("Circle CIR315 00 00", "circle-cir315", None),
        ("DESKO GmbH PENTA Scanner SmartCard Reader 00 00", "desko-penta", None),
        ("Feitian R502 [R502 Contactless Reader] 00 00", "feitian-r502", Some("Contactless")),
        ("HID Global OMNIKEY 5022 Smart Card Reader 00 00", "hid-omnikey-5022", None),
        ("HID Global OMNIKEY 5023 Smart Card Reader 00 00", "hid-omnikey-5023", None),
        (
            "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422CL Smartcard Reader] 00 00",
            "hid-omnikey-5422",
            Some("5422CL"),
        ),
        ("HID OMNIKEY 5427 CK 00 00", "hid-omnikey-5427ck", None),
        ("Identiv uTrust 3700 F CL Reader 00 00", "identiv-utrust-3700f", None),
        ("Identiv uTrust 3701 F CL Reader 00 00", "identiv-utrust-3700f", None),
        ("Identiv uTrust 3720 Contactless Reader 00 00", "identiv-utrust-3720f", None),
        ("Identiv uTrust 3721 Contactless Reader 00 00", "identiv-utrust-3720f", None),
        (
            "Identiv uTrust 4701 F Dual Interface Reader [uTrust 4701 F CL Reader] 01 00",
            "identiv-utrust-4701f",
            Some("CL Reader"),
        ),
        ("Regula RFID Reader 00 00", "regula-rfid", None),
        ("Virtual PCD 00 00", "simulated", None),
        ("Unheard Of RFID Reader 00 00", "generic-pcsc", Some("RFID")),
        ("Unheard Of Reader 00 00", "generic-pcsc", None),
    ] {
        let found = catalogue.for_reader(name).unwrap_or_else(|| panic!("{name} is refused"));
        assert_eq!(found.profile.id, expected, "{name}");
        let slot = preferred.map_or(Slot::Only, Slot::Preferred);
        assert_eq!(found.slot, slot, "{name}");
        assert_eq!(found.because.is_none(), expected == "generic-pcsc", "{name}");
    }
}

#[test]
fn slots_that_are_not_for_cards_of_persons_are_refused_or_come_last() {
    let catalogue = built_in();
    for (name, part) in [
        ("ACS ACR1252 Dual Reader [ACR1252 Dual Reader SAM] 01 00", "SAM*"),
        ("ACS ACR1281 1S Dual Reader SAM 00 02", "SAM*"),
        ("ACS ACR1281 1S Dual Reader ICC 00 00", "ICC"),
        ("ACS ACR1552 1S CL Reader SAM 01 00", "SAM*"),
        ("Feitian R502 [R502 SAM1 Reader] 02 00", "SAM*"),
        ("Feitian R502 [R502 Contact Reader] 01 00", "contact reader"),
        (
            "Identiv uTrust 4701 F Dual Interface Reader [uTrust 4701 F Contact Reader] 00 00",
            "contact reader",
        ),
        ("Unheard Of SAM 00 00", "SAM*"),
    ] {
        match catalogue.choose(name) {
            Some(Choice::Refuse { because, .. }) => assert_eq!(because, part, "{name}"),
            other => panic!("{name}: {other:?}"),
        }
        assert!(catalogue.for_reader(name).is_none(), "{name}");
    }
    let contact = "HID Global OMNIKEY 5422 Smartcard Reader [OMNIKEY 5422 Smartcard Reader] 01 00";
    let found = catalogue.for_reader(contact).expect("not refused: some drivers do not name the interface");
    assert_eq!(found.slot, Slot::Other);
    assert!(Slot::Preferred("CL").rank() < Slot::Only.rank() && Slot::Only.rank() < found.slot.rank());
}

#[test]
fn limits_follow_from_the_ccid_message() {
    let catalogue = built_in();
    for (id, level, command_bytes, response_bytes) in [
        ("acs-acr122u", ApduLevel::Short, 261, 258),
        ("acs-acr1252u", ApduLevel::Extended, 512, 1029),
        ("feitian-r502", ApduLevel::Extended, 261, 258),
        ("identiv-utrust-3700f", ApduLevel::Extended, 1024, 1029),
        ("identiv-utrust-3720f", ApduLevel::Short, 253, 253),
        ("regula-rfid", ApduLevel::Short, 261, 258),
        ("generic-pcsc", ApduLevel::Probe, 261, 258),
    ] {
        let limits = catalogue.get(id).and_then(|profile| profile.limits).expect("a reader");
        assert_eq!(
            (limits.apdu_level, limits.max_command_bytes, limits.max_response_bytes),
            (level, command_bytes, response_bytes),
            "{id}"
        );
    }
}

#[test]
fn commands_render_as_the_makers_write_them() {
    let catalogue = built_in();
    let command = |id: &str, name: &str| catalogue.get(id).expect("a profile").commands[name].clone();
    let ring = command("r503-fingerprint", "ring");
    let blue = ring.named("colour", "blue").expect("a colour");
    let filled = ring.render(&[("ctl", 1), ("speed", 0x80), ("colour", blue), ("count", 0)]);
    let published = command("r503-fingerprint", "ring_breathe_blue").render(&[]);
    assert_eq!(filled, published, "the sum is ours, the published frame is not");
    let buzzer = command("acs-acr1252u", "buzzer");
    assert_eq!(buzzer.via, [Way::Escape]);
    assert_eq!(buzzer.render(&[("t", 20)]), Ok(vec![0xE0, 0, 0, 0x28, 1, 20]));
    let rate = command("hid-omnikey-5422", "type_a_rate_set").render(&[("rates", 0x66)]).expect("bytes");
    assert_eq!(rate.last_chunk(), Some(&[0x81, 0x01, 0x66, 0x00]));
    assert!(command("acs-acr1252u", "behaviour_set").persistent);
    assert!(command("hid-omnikey-5022", "factory_defaults").staff_only);
}

/// The sums inside fixed serial frames, recomputed.
#[test]
fn fixed_serial_frames_carry_the_right_sums() {
    let catalogue = built_in();
    let mut seen = BTreeSet::new();
    for profile in catalogue.iter() {
        for (name, command) in &profile.commands {
            let Ok(frame) = command.render(&[]) else { continue };
            let sum = |part: &[u8]| part.iter().map(|byte| u16::from(*byte)).sum::<u16>();
            let (holds, family) = match frame.as_slice() {
                [0xEF, 0x01, _, _, _, _, rest @ .., high, low] => {
                    (sum(rest) == u16::from_be_bytes([*high, *low]), "EF01")
                }
                [0x55, 0xAA, rest @ .., low, high] => {
                    (sum(rest) + 0x55 + 0xAA == u16::from_le_bytes([*low, *high]), "GT-521F")
                }
                [0xA0, channel, state, last] => {
                    (sum(&[0xA0, *channel, *state]).to_le_bytes()[0] == *last, "relay")
                }
                _ => continue,
            };
            seen.insert(family);
            assert!(holds, "{} {name}: {frame:02X?}", profile.id);
        }
    }
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn versions_are_compared_as_numbers() {
    let catalogue = built_in();
    let old = &catalogue.get("acs-acr1281u").expect("a profile").bad_firmware[0];
    assert!(old.covers("V525") && !old.covers("V526") && !old.covers("526.1"));
    assert_eq!(old.basis, Basis::Read);
    let needs = &catalogue.get("acs-acr1552u").expect("a profile").needs_driver;
    let acsccid = needs.iter().find(|driver| driver.name == "acsccid").expect("the maker's driver");
    assert!(
        acsccid.is_newer_than("1.1.8") && !acsccid.is_newer_than("1.1.10") && !acsccid.is_newer_than("1.2")
    );
}

#[test]
fn every_quirk_is_used_and_has_its_own_key() {
    let catalogue = built_in();
    let keys: BTreeSet<&str> = Quirk::ALL.iter().map(|quirk| quirk.key()).collect();
    assert_eq!(keys.len(), Quirk::ALL.len());
    for quirk in Quirk::ALL {
        assert!(catalogue.iter().any(|profile| profile.quirks.contains(quirk)), "{}", quirk.key());
    }
}
