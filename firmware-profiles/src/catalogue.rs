//! All profiles at hand, and the choice among them for a reader's name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::limits::Limits;
use crate::name::occurs;
use crate::profile::{Profile, RawProfile};

macro_rules! built_in {
    ($($id:literal),* $(,)?) => {
        const BUILT_IN: &[(&str, &str)] = &[$(($id, include_str!(concat!("../profiles/", $id, ".toml")))),*];
    };
}

built_in![
    "access-is-epassport",
    "acs-acr122u",
    "acs-acr1252u",
    "acs-acr1281u",
    "acs-acr1552u",
    "acs-escape",
    "adh-gt521f",
    "base",
    "circle-cir315",
    "cute-mrz-serial",
    "desko-penta",
    "ef01-fingerprint",
    "escpos-printer",
    "feitian-r502",
    "generic-pcsc",
    "gm65-qr-module",
    "hid-omnikey-5022",
    "hid-omnikey-5023",
    "hid-omnikey-5422",
    "hid-omnikey-5427ck",
    "honeywell-serial-scanner",
    "identiv-escape",
    "identiv-utrust-3700f",
    "identiv-utrust-3720f",
    "identiv-utrust-4701f",
    "jth-hn212",
    "lcus-relay",
    "omnikey-vendor",
    "osdp-peripheral",
    "pcsc-reader",
    "r30x-fingerprint",
    "r503-fingerprint",
    "regula-rfid",
    "simulated",
    "vn-cccd",
];

/// The profile that every reader falls back to.
const FALLBACK: &str = "generic-pcsc";

/// A fault in a profile: which file and what.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("profile {profile}: {problem}")]
pub struct Fault {
    /// File name or identifier.
    pub profile: String,
    /// What is wrong and, where it helps, what to write.
    pub problem: String,
}

/// Which profile was chosen for a reader, and why.
#[derive(Clone, Debug)]
pub struct Match<'a> {
    /// The profile.
    pub profile: &'a Profile,
    /// What this reader carries: the profile's limits.
    pub limits: Limits,
    /// The part of the name that matched; `None` for the fallback.
    pub because: Option<&'a str>,
    /// What the name says of the slot.
    pub slot: Slot<'a>,
}

/// What a reader's name says of its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot<'a> {
    /// This part of the name marks the slot for cards of persons.
    Preferred(&'a str),
    /// The device has but one slot, or the profile knows no name for it.
    Only,
    /// The device names its slot for cards of persons otherwise: this is probably another one.
    Other,
}

impl Slot<'_> {
    /// Which of several slots to take: the least.
    #[must_use]
    pub const fn rank(self) -> u8 {
        match self {
            Self::Preferred(_) => 0,
            Self::Only => 1,
            Self::Other => 2,
        }
    }
}

/// What becomes of a reader.
#[derive(Clone, Debug)]
pub enum Choice<'a> {
    /// It can be used.
    Use(Match<'a>),
    /// It must not be used at all, such as a SAM slot.
    Refuse {
        /// The profile that says so.
        profile: &'a Profile,
        /// The part of the name that gave it away.
        because: &'a str,
    },
}

/// Checked profiles by identifier.
#[derive(Clone, Debug)]
pub struct Catalogue {
    profiles: BTreeMap<String, Profile>,
}

impl Catalogue {
    /// The built-in profiles.
    ///
    /// # Errors
    /// All faults at once; a test keeps this list empty.
    pub fn built_in() -> Result<Self, Vec<Fault>> {
        Self::from_texts(BUILT_IN.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())))
    }

    /// The built-in profiles with those of `folder` (`*.toml`) over them.
    ///
    /// # Errors
    /// The folder cannot be read, or all faults of its files at once.
    pub fn with_folder(folder: &Path) -> Result<Self, Vec<Fault>> {
        let unreadable = |path: &Path, error: std::io::Error| {
            vec![Fault { profile: path.display().to_string(), problem: format!("cannot be read: {error}") }]
        };
        let mut texts: BTreeMap<String, String> =
            BUILT_IN.iter().map(|(id, text)| ((*id).to_owned(), (*text).to_owned())).collect();
        for entry in std::fs::read_dir(folder).map_err(|error| unreadable(folder, error))? {
            let path = entry.map_err(|error| unreadable(folder, error))?.path();
            if path.extension().is_some_and(|extension| extension == "toml")
                && let Some(id) = path.file_stem().and_then(|stem| stem.to_str())
            {
                let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                texts.insert(id.to_owned(), text);
            }
        }
        Self::from_texts(texts)
    }

    /// Parses, merges and checks profiles given as (identifier, TOML text).
    ///
    /// # Errors
    /// All faults at once.
    pub fn from_texts(texts: impl IntoIterator<Item = (String, String)>) -> Result<Self, Vec<Fault>> {
        let mut faults = Vec::new();
        let mut raw = BTreeMap::new();
        for (id, text) in texts {
            match toml::from_str::<RawProfile>(&text) {
                Ok(profile) => {
                    raw.insert(id, profile);
                }
                Err(error) => faults.push(Fault { profile: id, problem: error.to_string() }),
            }
        }
        let mut profiles = BTreeMap::new();
        for (id, _) in raw.iter().filter(|(_, profile)| !profile.family) {
            let checked = merge(&raw, id)
                .map_err(|problem| vec![problem])
                .and_then(|(merged, lineage)| merged.check(id, lineage));
            match checked {
                Ok(profile) => {
                    profiles.insert(id.clone(), profile);
                }
                Err(problems) => {
                    faults.extend(problems.into_iter().map(|problem| Fault { profile: id.clone(), problem }));
                }
            }
        }
        faults.extend(names_claimed_twice(&profiles));
        if faults.is_empty() && profiles.get(FALLBACK).is_none_or(|profile| profile.limits.is_none()) {
            faults.push(Fault {
                profile: FALLBACK.to_owned(),
                problem: "the fallback profile is missing or describes no reader".to_owned(),
            });
        }
        if faults.is_empty() { Ok(Self { profiles }) } else { Err(faults) }
    }

    /// Every profile, by identifier.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.profiles.values()
    }

    /// The profile with this identifier.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles.get(id)
    }

    /// The profile for a PC/SC reader of this name, unless it must not be used at all.
    #[must_use]
    pub fn for_reader(&self, name: &str) -> Option<Match<'_>> {
        match self.choose(name)? {
            Choice::Use(found) => Some(found),
            Choice::Refuse { .. } => None,
        }
    }

    /// What becomes of a PC/SC reader of this name: the longest matching part wins, the generic profile otherwise. A
    /// loaded catalogue always has an answer.
    #[must_use]
    pub fn choose(&self, name: &str) -> Option<Choice<'_>> {
        let best = self
            .profiles
            .values()
            .filter(|profile| profile.id != FALLBACK)
            .flat_map(|profile| {
                let parts = profile.name_contains.iter().filter(|part| occurs(part, name));
                parts.map(move |part| (profile, part.as_str()))
            })
            .max_by_key(|(_, part)| part.len());
        let (profile, because) = match best {
            Some((profile, part)) => (profile, Some(part)),
            None => (self.profiles.get(FALLBACK)?, None),
        };
        if let Some(because) = profile.name_rejects.iter().find(|part| occurs(part, name)) {
            return Some(Choice::Refuse { profile, because });
        }
        let slot = match profile.slot_prefers.iter().find(|part| occurs(part, name)) {
            Some(part) => Slot::Preferred(part),
            None if profile.slot_prefers.is_empty() || because.is_none() => Slot::Only,
            None => Slot::Other,
        };
        Some(Choice::Use(Match { profile, limits: profile.limits?, because, slot }))
    }
}

/// Two profiles that claim the same part of a name leave the choice to chance.
fn names_claimed_twice(profiles: &BTreeMap<String, Profile>) -> Vec<Fault> {
    let mut owners: BTreeMap<String, &str> = BTreeMap::new();
    let mut faults = Vec::new();
    for profile in profiles.values() {
        for part in &profile.name_contains {
            if let Some(owner) = owners.insert(part.to_lowercase(), &profile.id) {
                faults.push(Fault {
                    profile: profile.id.clone(),
                    problem: format!(
                        "`name_contains` has `{part}`, which `{owner}` claims too; to replace a built-in profile, call \
                         the file {owner}.toml"
                    ),
                });
            }
        }
    }
    faults
}

/// One profile over all it inherits, and their names.
fn merge(raw: &BTreeMap<String, RawProfile>, id: &str) -> Result<(RawProfile, Vec<String>), String> {
    let mut merged = raw.get(id).cloned().unwrap_or_default();
    let mut lineage: Vec<String> = Vec::new();
    while let Some(parent_id) = merged.inherits.take() {
        if parent_id == id || lineage.contains(&parent_id) {
            return Err(format!("inherits itself through `{parent_id}`"));
        }
        let parent =
            raw.get(&parent_id).ok_or_else(|| format!("inherits `{parent_id}`, which does not exist"))?;
        merged = merged.over(parent.clone());
        lineage.push(parent_id);
    }
    Ok((merged, lineage))
}
