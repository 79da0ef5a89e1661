//! When a reader is told something by itself: its bit rate, lights and buzzer at the moments of a reading.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::command::{Basis, Command, Way};

/// A moment of a reading. The list is closed; none lies inside a session with a chip, so nothing that is sent at one can
/// disturb it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moment {
    /// A card was powered for the first time: the bit rate may be raised. The card is powered anew afterwards.
    RaiseRate,
    /// The link failed, or the card is let go: the bit rate as the reader had it.
    RestoreRate,
    /// A card was powered.
    CardSeen,
    /// Reading begins, or goes on after the card was away.
    Reading,
    /// The card was accepted.
    Accepted,
    /// The card was refused or goes to a person: bystanders are not told which.
    NotAccepted,
}

/// One thing to send at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Signal {
    /// The name of its command.
    pub command: String,
    /// The ways it can go, the best first.
    pub via: Vec<Way>,
    /// What is sent.
    pub bytes: Vec<u8>,
}

/// A signal as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawSignal {
    command: String,
    #[serde(default)]
    values: BTreeMap<String, RawValue>,
}

/// A byte, or its name.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum RawValue {
    Byte(u8),
    Name(String),
}

pub(crate) type RawMoments = BTreeMap<Moment, Vec<RawSignal>>;

/// The signals of each moment, every one of them filled in. A command that the device keeps without power, that is for
/// staff, or that is known from memory alone is none that a terminal sends by itself.
pub(crate) fn check(
    raw: RawMoments,
    commands: &BTreeMap<String, Command>,
    faults: &mut Vec<String>,
) -> BTreeMap<Moment, Vec<Signal>> {
    let mut moments = BTreeMap::new();
    for (moment, signals) in raw {
        let mut checked = Vec::new();
        for signal in signals {
            match signal.check(commands) {
                Ok(signal) => checked.push(signal),
                Err(problem) => faults.push(format!("`moment` {moment:?}: {problem}")),
            }
        }
        if !checked.is_empty() {
            moments.insert(moment, checked);
        }
    }
    if moments.contains_key(&Moment::RaiseRate) && !moments.contains_key(&Moment::RestoreRate) {
        faults.push(
            "`moment.raise-rate` needs `moment.restore-rate`: a card may not manage the rate".to_owned(),
        );
    }
    moments
}

impl RawSignal {
    fn check(self, commands: &BTreeMap<String, Command>) -> Result<Signal, String> {
        let name = self.command;
        // A faulty command is named as such already.
        let command = commands.get(&name).ok_or_else(|| format!("there is no sound `command.{name}`"))?;
        let unsafe_because = [
            (command.persistent, "the device keeps it without power"),
            (command.staff_only, "it is for staff"),
            (command.basis == Basis::Memory, "it is known from memory alone"),
        ];
        if let Some((_, why)) = unsafe_because.iter().find(|(applies, _)| *applies) {
            return Err(format!("`command.{name}` is never sent by itself: {why}"));
        }
        let mut values = Vec::new();
        for (placeholder, value) in &self.values {
            let byte = match value {
                RawValue::Byte(byte) => *byte,
                RawValue::Name(word) => command
                    .named(placeholder, word)
                    .ok_or_else(|| format!("`command.{name}` has no {{{placeholder}}} called `{word}`"))?,
            };
            values.push((placeholder.as_str(), byte));
        }
        let bytes = command.render(&values).map_err(|error| format!("`command.{name}`: {error}"))?;
        Ok(Signal { command: name, via: command.via.clone(), bytes })
    }
}
