//! A checked profile, and the raw TOML it comes from.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::command::{Basis, Command, RawCommand, Way};
use crate::details::{Fingerprint, Mrz, Network, Osdp, Printer, Relay, Serial};
use crate::limits::{Limits, RawLimits};
use crate::moment::{self, Moment, RawMoments, Signal};
use crate::quirk::Quirk;

/// What a profile describes. The list is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A contactless reader behind PC/SC, also one inside a dual or full-page reader.
    PcscContactless,
    /// An identity card: what its issuer's chips do.
    Card,
    /// A reader of machine-readable zones on a serial line.
    MrzSerial,
    /// A scanner of bar codes and QR codes on a serial line.
    SerialBarcode,
    /// A fingerprint module on a serial line.
    FingerprintSerial,
    /// A receipt printer that speaks ESC/POS.
    PrinterEscpos,
    /// A relay board on a serial line.
    Relay,
    /// A peripheral device that speaks OSDP.
    Osdp,
    /// A terminal of another maker on the network, which reads chips itself.
    NetworkTerminal,
}

/// One thing known of the device, and how well.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Fact {
    /// What is known, in English.
    pub text: String,
    /// How well.
    pub basis: Basis,
}

/// Firmware that must not be used for something.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct BadFirmware {
    /// Every version below this one.
    pub below: String,
    /// What goes wrong.
    pub reason: String,
    /// How well it is known.
    pub basis: Basis,
}

/// A driver that knows the device from this version on.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct NeedsDriver {
    /// The driver.
    pub name: String,
    /// Its first version that does.
    pub at_least: String,
}

impl BadFirmware {
    /// Whether this version is one of them.
    #[must_use]
    pub fn covers(&self, version: &str) -> bool {
        is_below(version, &self.below)
    }
}

impl NeedsDriver {
    /// Whether this installed version is too old.
    #[must_use]
    pub fn is_newer_than(&self, installed: &str) -> bool {
        is_below(installed, &self.at_least)
    }
}

/// Compares versions number by number, so that 1.10 comes after 1.9; letters such as a leading `V` do not count.
fn is_below(version: &str, limit: &str) -> bool {
    let numbers = |text: &str| -> Vec<u64> {
        text.split(|c: char| !c.is_ascii_digit()).filter_map(|part| part.parse().ok()).collect()
    };
    numbers(version) < numbers(limit)
}

/// A checked profile with everything inherited filled in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Profile {
    /// The file's name without `.toml`.
    pub id: String,
    /// What it describes.
    pub kind: Kind,
    /// Vendor and model for people.
    pub title: String,
    /// Where the facts come from.
    pub source: Vec<String>,
    /// Parts of the PC/SC reader name, one of which must occur.
    pub name_contains: Vec<String>,
    /// Parts that mark slots never to be used.
    pub name_rejects: Vec<String>,
    /// Parts that mark the slot for cards of persons where a device shows several.
    pub slot_prefers: Vec<String>,
    /// USB identifiers, `vendor:product`.
    pub usb: Vec<String>,
    /// What it carries: of every PC/SC reader, and of nothing else.
    pub limits: Option<Limits>,
    /// Its serial line.
    pub serial: Option<Serial>,
    /// If it is a fingerprint module.
    pub fingerprint: Option<Fingerprint>,
    /// If it is a printer.
    pub printer: Option<Printer>,
    /// If it reads machine-readable zones.
    pub mrz: Option<Mrz>,
    /// If it is a relay board.
    pub relay: Option<Relay>,
    /// If it speaks OSDP.
    pub osdp: Option<Osdp>,
    /// If it is a terminal on the network.
    pub network: Option<Network>,
    /// Its peculiarities.
    pub quirks: Vec<Quirk>,
    /// Advice for whoever installs it, in English.
    pub advice: Vec<String>,
    /// What else is known.
    pub facts: Vec<Fact>,
    /// Commands to it, by name.
    pub commands: BTreeMap<String, Command>,
    /// What the terminal tells it by itself, by moment.
    pub moments: BTreeMap<Moment, Vec<Signal>>,
    /// Firmware versions known to be bad.
    pub bad_firmware: Vec<BadFirmware>,
    /// Drivers of which one, at least this new, must be installed.
    pub needs_driver: Vec<NeedsDriver>,
    /// EF.CardAccess of cards that hide theirs (`kind = "card"`).
    pub card_access: Option<Vec<u8>>,
    /// Profiles it was merged from, nearest first.
    pub inherits: Vec<String>,
}

/// The file as written: every key may be absent, an unknown key is a fault.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RawProfile {
    pub inherits: Option<String>,
    /// A parent only: not offered itself. Not inherited.
    pub family: bool,
    pub kind: Option<Kind>,
    pub title: Option<String>,
    pub source: Option<Vec<String>>,
    pub name_contains: Option<Vec<String>>,
    pub name_rejects: Option<Vec<String>>,
    pub slot_prefers: Option<Vec<String>>,
    pub usb: Option<Vec<String>>,
    pub limits: RawLimits,
    pub serial: Option<Serial>,
    pub fingerprint: Option<Fingerprint>,
    pub printer: Option<Printer>,
    pub mrz: Option<Mrz>,
    pub relay: Option<Relay>,
    pub osdp: Option<Osdp>,
    pub network: Option<Network>,
    pub quirks: Option<Vec<Quirk>>,
    pub advice: Option<Vec<String>>,
    pub fact: Vec<Fact>,
    pub command: BTreeMap<String, RawCommand>,
    pub moment: RawMoments,
    pub bad_firmware: Option<Vec<BadFirmware>>,
    pub needs_driver: Option<Vec<NeedsDriver>>,
    pub card_access_hex: Option<String>,
}

impl RawProfile {
    /// This file's keys over those of `parent`: limits and commands one by one, facts added, everything else whole.
    pub fn over(mut self, parent: Self) -> Self {
        self.fact.extend(parent.fact);
        let mut command = parent.command;
        command.extend(self.command);
        let mut moment = parent.moment;
        moment.extend(self.moment);
        Self {
            inherits: parent.inherits,
            family: self.family,
            kind: self.kind.or(parent.kind),
            title: self.title.or(parent.title),
            source: self.source.or(parent.source),
            name_contains: self.name_contains.or(parent.name_contains),
            name_rejects: self.name_rejects.or(parent.name_rejects),
            slot_prefers: self.slot_prefers.or(parent.slot_prefers),
            usb: self.usb.or(parent.usb),
            limits: self.limits.over(&parent.limits),
            serial: self.serial.or(parent.serial),
            fingerprint: self.fingerprint.or(parent.fingerprint),
            printer: self.printer.or(parent.printer),
            mrz: self.mrz.or(parent.mrz),
            relay: self.relay.or(parent.relay),
            osdp: self.osdp.or(parent.osdp),
            network: self.network.or(parent.network),
            quirks: self.quirks.or(parent.quirks),
            advice: self.advice.or(parent.advice),
            fact: self.fact,
            command,
            moment,
            bad_firmware: self.bad_firmware.or(parent.bad_firmware),
            needs_driver: self.needs_driver.or(parent.needs_driver),
            card_access_hex: self.card_access_hex.or(parent.card_access_hex),
        }
    }

    /// The checked profile, or every fault of it.
    pub fn check(self, id: &str, inherits: Vec<String>) -> Result<Profile, Vec<String>> {
        let mut faults = Vec::new();
        let kind = self.kind;
        for (key, absent) in [("kind", kind.is_none()), ("title", self.title.is_none())] {
            if absent {
                faults.push(format!("`{key}` is set neither here nor in what it inherits"));
            }
        }
        self.check_tables(&mut faults);
        for usb in self.usb.iter().flatten().filter(|usb| !is_usb(usb)) {
            faults.push(format!("`usb` has `{usb}`: write vendor and product as 072f:2200"));
        }
        let limits = (kind == Some(Kind::PcscContactless)).then(|| self.limits.check(&mut faults)).flatten();
        let mut commands = BTreeMap::new();
        for (name, raw) in self.command {
            match raw.check() {
                Ok(command) => {
                    check_ways(&name, &command, kind, self.serial.is_some(), &mut faults);
                    commands.insert(name, command);
                }
                Err(found) => {
                    faults.extend(found.into_iter().map(|fault| format!("`command.{name}`: {fault}")));
                }
            }
        }
        let moments = moment::check(self.moment, &commands, &mut faults);
        let card_access = self.card_access_hex.as_deref().map(decode_hex);
        if card_access == Some(None) {
            faults.push("`card_access_hex` is not an even number of hexadecimal digits".to_owned());
        }
        let (Some(kind), Some(title), true) = (kind, self.title, faults.is_empty()) else {
            return Err(faults);
        };
        Ok(Profile {
            id: id.to_owned(),
            kind,
            title,
            source: self.source.unwrap_or_default(),
            name_contains: self.name_contains.unwrap_or_default(),
            name_rejects: self.name_rejects.unwrap_or_default(),
            slot_prefers: self.slot_prefers.unwrap_or_default(),
            usb: self.usb.unwrap_or_default(),
            limits,
            serial: self.serial,
            fingerprint: self.fingerprint,
            printer: self.printer,
            mrz: self.mrz,
            relay: self.relay,
            osdp: self.osdp,
            network: self.network,
            quirks: self.quirks.unwrap_or_default(),
            advice: self.advice.unwrap_or_default(),
            facts: self.fact,
            commands,
            moments,
            bad_firmware: self.bad_firmware.unwrap_or_default(),
            needs_driver: self.needs_driver.unwrap_or_default(),
            card_access: card_access.flatten(),
            inherits,
        })
    }

    /// A table stands only under the kind that it belongs to, and is sound in itself.
    fn check_tables(&self, faults: &mut Vec<String>) {
        let Some(kind) = self.kind else { return };
        for (key, present, owner) in [
            ("fingerprint", self.fingerprint.is_some(), Kind::FingerprintSerial),
            ("printer", self.printer.is_some(), Kind::PrinterEscpos),
            ("mrz", self.mrz.is_some(), Kind::MrzSerial),
            ("relay", self.relay.is_some(), Kind::Relay),
            ("osdp", self.osdp.is_some(), Kind::Osdp),
            ("network", self.network.is_some(), Kind::NetworkTerminal),
            ("name_contains", self.name_contains.is_some(), Kind::PcscContactless),
            ("name_rejects", self.name_rejects.is_some(), Kind::PcscContactless),
            ("slot_prefers", self.slot_prefers.is_some(), Kind::PcscContactless),
            ("moment", !self.moment.is_empty(), Kind::PcscContactless),
            ("card_access_hex", self.card_access_hex.is_some(), Kind::Card),
        ] {
            if present && kind != owner {
                faults.push(format!("`{key}` does not belong to a device of this kind"));
            }
        }
        let serial_kinds =
            [Kind::MrzSerial, Kind::SerialBarcode, Kind::FingerprintSerial, Kind::Relay, Kind::Osdp];
        if serial_kinds.contains(&kind) && self.serial.is_none() {
            faults.push("`serial` is missing: a device of this kind hangs on a serial line".to_owned());
        }
        if self.serial.is_some() && !serial_kinds.contains(&kind) && kind != Kind::PrinterEscpos {
            faults.push("`serial` does not belong to a device of this kind".to_owned());
        }
        if let Some(serial) = &self.serial {
            serial.faults(faults);
        }
        if let Some(fingerprint) = &self.fingerprint {
            fingerprint.faults(faults);
        }
        if let Some(printer) = &self.printer {
            printer.faults(faults);
        }
        for part in self.name_contains.iter().chain(&self.name_rejects).chain(&self.slot_prefers).flatten() {
            if part.trim_end_matches('*').trim().is_empty() {
                faults.push(format!("the part `{part}` of a name would match nothing"));
            }
        }
    }
}

/// A command goes only where its device listens.
fn check_ways(name: &str, command: &Command, kind: Option<Kind>, has_serial: bool, faults: &mut Vec<String>) {
    for way in &command.via {
        let fits = match way {
            Way::Escape => kind == Some(Kind::PcscContactless),
            Way::Transmit => matches!(kind, Some(Kind::PcscContactless | Kind::Card)),
            Way::Serial => has_serial,
            Way::Raw => kind == Some(Kind::PrinterEscpos),
        };
        if !fits {
            faults.push(format!("`command.{name}` cannot go by {way:?} to a device of this kind"));
        }
    }
}

fn is_usb(text: &str) -> bool {
    let half = |part: &str| part.len() == 4 && part.chars().all(|digit| digit.is_ascii_hexdigit());
    text.split_once(':').is_some_and(|(vendor, product)| half(vendor) && (half(product) || product == "*"))
}

fn decode_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u32> =
        text.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let (pairs, []) = digits.as_chunks::<2>() else { return None };
    pairs.iter().map(|[high, low]| u8::try_from(high * 16 + low).ok()).collect()
}
