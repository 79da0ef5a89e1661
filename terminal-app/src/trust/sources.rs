//! Where certificates and lists are fetched from: `[[sources]]` of the store's policy.

use std::collections::BTreeSet;
use std::path::PathBuf;

use reader_core::pki::Fingerprint;
use serde::Deserialize;

use super::Kind;
use super::policy::fingerprints;

/// A source is asked again after so many days where it says nothing.
const EVERY_DAYS: u32 = 1;
/// What came longer ago than this is overdue, where a source says nothing.
const MAX_AGE_DAYS: u32 = 30;
/// Longest time for one answer, where a source says nothing.
const TIMEOUT_S: u32 = 60;
/// Largest answer, where a source says nothing.
const MAX_LIST_BYTES: u64 = 16 << 20;
/// Most sources.
const MAX_SOURCES: usize = 1_000;

/// `[[sources]]` as written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSource {
    name: String,
    kind: String,
    url: String,
    every_days: Option<u32>,
    max_age_days: Option<u32>,
    timeout_s: Option<u32>,
    max_bytes: Option<u64>,
    #[serde(default)]
    pins: Vec<String>,
}

/// One source, checked.
#[derive(Clone, Debug)]
pub struct Source {
    /// Its name, by which its state is kept.
    pub name: String,
    /// What it gives. Anything else from there is not taken.
    pub kind: Kind,
    /// Where it is.
    pub place: Place,
    /// It is asked again after so many days (`refresh --if-due`).
    pub every_days: u32,
    /// What came longer ago than this is overdue (`check`).
    pub max_age_days: u32,
    /// Longest time for one answer, in seconds.
    pub timeout_s: u32,
    /// Largest answer.
    pub max_bytes: u64,
    /// Certificates, signers or lists that are believed when they come from here.
    pub pins: BTreeSet<Fingerprint>,
}

/// An address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// `https://` or `http://`: what is fetched proves itself by its signature or its pin.
    Http(String),
    /// `file:///…`: a mounted share, a stick.
    File(PathBuf),
}

impl Place {
    /// Reads an address.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(url: &str) -> Result<Self, &'static str> {
        let lower = url.to_ascii_lowercase();
        if url.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err("blanks in an address; write %20");
        }
        if let Some(path) = lower.strip_prefix("file://").and_then(|_| url.get(7..)) {
            let path = match path.strip_prefix("localhost") {
                Some(path) if path.starts_with('/') => path,
                _ => path,
            };
            if !path.starts_with('/') {
                return Err("a file's address is written file:///path");
            }
            let path = unescaped(path).ok_or("a % that no two hexadecimal digits follow")?;
            // file:///C:/folder: the path begins at the drive.
            let drive = path.get(1..3).is_some_and(|drive| drive.ends_with(':'));
            return Ok(Self::File(PathBuf::from(if drive {
                path.get(1..).unwrap_or_default()
            } else {
                &path
            })));
        }
        let Some(rest) = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://")) else {
            return Err("it begins with none of https://, http://, file:///");
        };
        let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
        if host.is_empty() {
            return Err("it names no host");
        }
        if host.contains('@') {
            return Err("a name or password does not belong into an address");
        }
        Ok(Self::Http(url.to_owned()))
    }

    /// The address for people.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Http(url) => url.clone(),
            Self::File(path) => format!("file://{}", path.display()),
        }
    }
}

fn unescaped(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut out = Vec::new();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let mut digit = || char::from(bytes.next()?).to_digit(16);
            let value = digit()? * 16 + digit()?;
            out.push(u8::try_from(value).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// The sources, or what is wrong with them.
pub(super) fn checked(raw: Vec<RawSource>, faults: &mut Vec<String>) -> Vec<Source> {
    let mut names = BTreeSet::new();
    let mut sources = Vec::new();
    if raw.len() > MAX_SOURCES {
        faults.push(format!("sources: {} of them, at most {MAX_SOURCES}", raw.len()));
        return sources;
    }
    for source in raw {
        let RawSource { name, kind, url, every_days, max_age_days, timeout_s, max_bytes, pins } = source;
        let before = faults.len();
        let sound = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(sound) {
            faults.push(format!("sources: the name {name:?} is not 1 to 64 of letters, digits, - _ ."));
        }
        if !names.insert(name.clone()) {
            faults.push(format!("sources: the name {name:?} stands twice"));
        }
        let kind = Kind::from_word(&kind);
        if kind.is_none() {
            let known: Vec<&str> = Kind::ALL.iter().map(|kind| kind.word()).collect();
            faults.push(format!("sources.{name}: kind is one of {}", known.join(", ")));
        }
        let place = Place::parse(&url);
        if let Err(problem) = &place {
            faults.push(format!("sources.{name}: url: {problem}"));
        }
        let limit = MAX_LIST_BYTES;
        let max_bytes = max_bytes.unwrap_or(limit);
        let timeout_s = timeout_s.unwrap_or(TIMEOUT_S);
        let max_age_days = max_age_days.unwrap_or(MAX_AGE_DAYS);
        let every_days = every_days.unwrap_or(EVERY_DAYS.min(max_age_days));
        for (key, value, most) in [
            ("timeout_s", u64::from(timeout_s), 3_600),
            ("max_bytes", max_bytes, super::MAX_FILE_BYTES),
            ("max_age_days", u64::from(max_age_days), 3_650),
            ("every_days", u64::from(every_days), u64::from(max_age_days).max(1)),
        ] {
            if value == 0 || value > most {
                faults.push(format!("sources.{name}: {key} is {value}, and 1 to {most} can be used"));
            }
        }
        let pins = fingerprints(&format!("sources.{name}.pins"), pins, faults);
        if let (Some(kind), Ok(place)) = (kind, place)
            && faults.len() == before
        {
            sources.push(Source { name, kind, place, every_days, max_age_days, timeout_s, max_bytes, pins });
        }
    }
    sources
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for url in ["https://example.org/a.ml", "http://127.0.0.1:80/x?y=1", "HTTPS://Example.org"] {
            assert_eq!(Place::parse(url), Ok(Place::Http(url.to_owned())), "{url}");
        }
        for (url, path) in [
            ("file:///mnt/a%20b.crl", "/mnt/a b.crl"),
            ("file://localhost/mnt/a", "/mnt/a"),
            ("file:///C:/lists/a.ml", "C:/lists/a.ml"),
        ] {
            assert_eq!(Place::parse(url), Ok(Place::File(PathBuf::from(path))), "{url}");
        }
        for url in [
            "ftp://example.org/a",
            "/mnt/a",
            "ldap://example.org",
            "https://",
            "https:///a",
            "https://user:word@example.org/",
            "file://host/share",
            "file:///a%2",
            "https://example.org/a b",
            "",
        ] {
            assert!(Place::parse(url).is_err(), "{url}");
        }
    }

    #[test]
    fn faults_are_listed_together() {
        let text = "[[sources]]\nname = \"a b\"\nkind = \"list\"\nurl = \"ftp://x\"\ntimeout_s = 0\npins = [\"12\"]\n";
        let faults = super::super::policy::TrustPolicy::parse(text).unwrap_err();
        for words in ["a b", "kind is one of", "url:", "timeout_s", "\"12\""] {
            assert!(faults.iter().any(|fault| fault.contains(words)), "{words}: {faults:#?}");
        }
        let twice = "[[sources]]\nname = \"a\"\nkind = \"crl\"\nurl = \"https://x\"\n".repeat(2);
        assert_eq!(super::super::policy::TrustPolicy::parse(&twice).unwrap_err().len(), 1);
    }
}
