//! What is wrong with a site, and where it stands.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

use super::document::Document;
use crate::connectors::ConfigError;

/// Why a site could not be loaded.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SiteError {
    /// No such file and no built-in site of this name.
    #[error("there is neither a file nor a built-in site {name:?}; built in are {}", super::built_in_names().collect::<Vec<_>>().join(", "))]
    Unknown {
        /// What was asked for.
        name: String,
    },
    /// The file cannot be read.
    #[error("{path} cannot be read: {problem}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        problem: String,
    },
    /// What the file says, or what it inherits, cannot be used.
    #[error("site {site} has {} fault(s):{}", faults.len(), faults.iter().map(|fault| format!("\n  {fault}")).collect::<String>())]
    Faulty {
        /// Which.
        site: String,
        /// Every fault.
        faults: Vec<SiteFault>,
    },
}

/// One fault of a site.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SiteFault {
    /// The file, or the name of the built-in site, in which the key stands; the one that was asked for where it stands in none.
    pub file: String,
    /// The line, counted from 1. `None` where the key stands in no file.
    pub line: Option<usize>,
    /// The key, as `read.groups` or `rules."passive.hashes"`; empty where the file is no TOML there.
    pub key: String,
    /// What is wrong with it, and what could stand there.
    pub text: String,
}

impl fmt::Display for SiteFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        f.write_str(": ")?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.text)
    }
}

/// Faults by the path of their key, before it is known in which file of the lineage it stands.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<(Vec<String>, String)>);

impl Faults {
    /// Something is wrong with this key.
    pub fn at(&mut self, path: &[&str], text: impl Into<String>) {
        self.0.push((path.iter().map(|part| (*part).to_owned()).collect(), text.into()));
    }

    /// A key that neither the file nor its parents set.
    pub fn missing(&mut self, path: &[&str]) {
        self.at(path, "is set neither here nor in what it inherits");
    }

    /// The faults of a connector's settings, which stand under `path`. A fault begins with the setting that it is about.
    pub fn of_settings(&mut self, path: &[&str], error: &ConfigError) {
        for fault in &error.faults {
            let is_key = |text: &str| {
                !text.is_empty()
                    && text
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'))
            };
            let (key, text) = fault.split_once(": ").filter(|(key, _)| is_key(key)).unwrap_or(("", fault));
            let parts = path.iter().copied().chain(key.split('.').filter(|part| !part.is_empty()));
            self.at(&parts.collect::<Vec<_>>(), text);
        }
    }

    /// Nothing was wrong.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each fault with its place in `lineage`, the site that was asked for first.
    pub fn placed(self, lineage: &[Document]) -> Vec<SiteFault> {
        let place = |path: &[String]| {
            // The longest part of the path that stands anywhere; of files that have it, the nearest.
            (1..=path.len()).rev().find_map(|length| {
                let part = path.get(..length)?;
                lineage.iter().find_map(|document| Some((document.file.clone(), document.line_of(part)?)))
            })
        };
        let own = || lineage.first().map(|document| document.file.clone()).unwrap_or_default();
        let placed = self.0.into_iter().map(|(path, text)| {
            let (file, line) = place(&path).map_or_else(|| (own(), None), |(file, line)| (file, Some(line)));
            SiteFault { file, line, key: written(&path), text }
        });
        placed.collect()
    }

    /// Texts with their keys, for tests.
    #[cfg(test)]
    pub fn texts(&self) -> Vec<String> {
        self.0.iter().map(|(path, text)| format!("{}: {text}", written(path))).collect()
    }
}

/// A path of keys as TOML writes it.
pub(super) fn written(path: &[String]) -> String {
    let bare = |part: &str| {
        !part.is_empty()
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    let parts = path.iter().map(|part| if bare(part) { part.clone() } else { format!("{part:?}") });
    parts.collect::<Vec<_>>().join(".")
}
