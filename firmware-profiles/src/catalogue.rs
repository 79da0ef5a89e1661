//! All profiles at hand, and the choice among them for a reader's name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::profile::{Kind, Profile, RawProfile};

macro_rules! built_in {
    ($($id:literal),* $(,)?) => {
        const BUILT_IN: &[(&str, &str)] = &[$(($id, include_str!(concat!("../profiles/", $id, ".toml")))),*];
    };
}

built_in![
    "base",
    "generic-pcsc",
    "simulated",
    "acs-acr122u",
    "acs-acr1252u",
    "acs-acr1552u",
    "hid-omnikey-5022",
    "identiv-utrust-3720f",
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
    /// The part of the name that matched; `None` for the fallback.
    pub because: Option<&'a str>,
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
        for id in raw.keys().filter(|id| *id != "base") {
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
        if !profiles.contains_key(FALLBACK) && faults.is_empty() {
            faults.push(Fault {
                profile: FALLBACK.to_owned(),
                problem: "the fallback profile is missing".to_owned(),
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

    /// The profile for a PC/SC reader of this name: the longest matching part wins, the generic one otherwise.
    /// `None` where the reader must not be used at all, such as a SAM slot.
    #[must_use]
    pub fn for_reader(&self, name: &str) -> Option<Match<'_>> {
        let lower = name.to_lowercase();
        let occurs = |part: &String| lower.contains(&part.to_lowercase());
        let best = self
            .profiles
            .values()
            .filter(|profile| profile.kind == Kind::PcscContactless && profile.id != FALLBACK)
            .flat_map(|profile| {
                profile.name_contains.iter().filter(|part| occurs(part)).map(move |part| (profile, part))
            })
            .max_by_key(|(_, part)| part.len());
        let chosen = match best {
            Some((profile, part)) => Match { profile, because: Some(part) },
            None => Match { profile: self.profiles.get(FALLBACK)?, because: None },
        };
        (!chosen.profile.name_rejects.iter().any(occurs)).then_some(chosen)
    }
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
