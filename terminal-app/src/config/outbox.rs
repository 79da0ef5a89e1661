//! `[outbox]`: the key of the outbox, and how much it holds for how long.

use serde::{Deserialize, Serialize};

use super::fault::Faults;
use crate::connectors::PasswordSource;
use crate::outbox::Bounds;

/// `[outbox]` as written.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawOutbox {
    /// Where the secret comes from that seals what waits: `{ env = "NAME" }` or `{ file = "PATH" }`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<toml::Value>,
    /// Deliveries that are held at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_entries: Option<u32>,
    /// Mebibytes that they may have together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_mib: Option<u32>,
    /// Hours after which what was not delivered is given up and wiped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_age_hours: Option<u32>,
    /// Days for which is kept, without anything of a person, that something was delivered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
}

/// `[outbox]` as checked.
#[derive(Clone, Debug, Default)]
pub struct SiteOutbox {
    /// Where the secret comes from; `None`: a key file beside the outbox.
    pub key: Option<PasswordSource>,
    /// How much it holds, and for how long.
    pub bounds: Bounds,
}

impl RawOutbox {
    pub(super) fn is_empty(&self) -> bool {
        let Self { key, max_entries, max_mib, max_age_hours, keep_days } = self;
        key.is_none() && [max_entries, max_mib, max_age_hours, keep_days].iter().all(|one| one.is_none())
    }

    pub(super) fn over(self, parent: Self) -> Self {
        Self {
            key: self.key.or(parent.key),
            max_entries: self.max_entries.or(parent.max_entries),
            max_mib: self.max_mib.or(parent.max_mib),
            max_age_hours: self.max_age_hours.or(parent.max_age_hours),
            keep_days: self.keep_days.or(parent.keep_days),
        }
    }

    /// Checks each; what is not set is as usual.
    pub(super) fn check(self, faults: &mut Faults) -> SiteOutbox {
        let key = self.key.and_then(|key| {
            let read = key.try_into::<PasswordSource>();
            read.map_err(|_| {
                faults.at(
                    &["outbox", "key"],
                    "it names where the secret comes from: { env = \"NAME\" } or { file = \"PATH\" }",
                );
            })
            .ok()
        });
        let usual = Bounds::default();
        let mut within = |name: &str, value: Option<u32>, usual: u32, most: u32| match value {
            Some(value) if !(1..=most).contains(&value) => {
                faults.at(&["outbox", name], format!("{value} is not between 1 and {most}"));
                usual
            }
            value => value.unwrap_or(usual),
        };
        const HOUR_S: u32 = 3_600;
        const DAY_S: u32 = 24 * HOUR_S;
        const MIB: u32 = 1 << 20;
        let usual_mib = u32::try_from(usual.bytes >> 20).unwrap_or(u32::MAX);
        let bounds = Bounds {
            entries: within("max_entries", self.max_entries, usual.entries, 100_000),
            bytes: u64::from(within("max_mib", self.max_mib, usual_mib, 1_024)) * u64::from(MIB),
            max_age_s: within("max_age_hours", self.max_age_hours, usual.max_age_s / HOUR_S, 24 * 90)
                * HOUR_S,
            keep_s: within("keep_days", self.keep_days, usual.keep_s / DAY_S, 366) * DAY_S,
        };
        SiteOutbox { key, bounds }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(text: &str) -> (SiteOutbox, Vec<String>) {
        let mut faults = Faults::default();
        let raw: RawOutbox = toml::from_str(text).unwrap_or_default();
        (raw.check(&mut faults), faults.texts())
    }

    #[test]
    fn what_is_not_set_is_as_usual_and_faults_are_all_named() {
        assert_eq!(checked("").0.bounds, Bounds::default());
        let (outbox, faults) =
            checked("key = { file = \"/k\" }\nmax_age_hours = 8\nkeep_days = 30\nmax_mib = 2");
        assert_eq!(faults, Vec::<String>::new());
        assert_eq!(
            (outbox.bounds.max_age_s, outbox.bounds.keep_s, outbox.bounds.bytes),
            (28_800, 2_592_000, 2 << 20)
        );
        assert!(matches!(outbox.key, Some(PasswordSource::File(_))));
        let (_, faults) = checked("key = \"secret\"\nmax_entries = 0\nmax_age_hours = 99999");
        assert_eq!(faults.len(), 3, "{faults:?}");
        assert!(faults[0].contains("{ env") && faults[1].contains("max_entries"), "{faults:?}");
    }
}
