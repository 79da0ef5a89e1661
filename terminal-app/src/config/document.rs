//! The text of one site file: its keys with their lines, and every one of them that is not understood.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize as _;
use toml::de::{DeTable, DeValue, Deserializer};

use super::fault::{SiteFault, written};
use super::site::RawSite;

/// A file with more faults than this is another kind of file.
const MAX_FAULTS: usize = 50;

/// One site file, read.
pub(super) struct Document {
    /// The path as it was given, or the name of a built-in site.
    pub file: String,
    /// What it says, without what is not understood.
    pub raw: RawSite,
    /// What is not understood.
    pub faults: Vec<SiteFault>,
    /// Line of each key.
    lines: BTreeMap<Vec<String>, usize>,
}

impl Document {
    /// Reads a file. What is not TOML leaves it empty, but for the faults.
    pub fn read(file: String, text: &str) -> Self {
        let line = |at: usize| text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1;
        let (mut root, broken) = DeTable::parse_recoverable(text);
        if !broken.is_empty() {
            let faults = broken.iter().take(MAX_FAULTS).map(|error| SiteFault {
                file: file.clone(),
                line: error.span().map(|span| line(span.start)),
                key: String::new(),
                text: error.message().to_owned(),
            });
            let mut faults: Vec<SiteFault> = faults.collect();
            faults.sort_by_key(|fault| fault.line);
            return Self { file, raw: RawSite::default(), faults, lines: BTreeMap::new() };
        }
        let mut lines = BTreeMap::new();
        index(root.get_ref(), &mut Vec::new(), &mut |path, span| {
            lines.insert(path.to_vec(), line(span.start));
        });
        let mut faults = Vec::new();
        // A value that is not understood is taken out, and the rest is read again: so all of them are found.
        let raw = loop {
            let error = match RawSite::deserialize(Deserializer::from(root.clone())) {
                Ok(raw) => break raw,
                Err(error) => error,
            };
            let mut path = Vec::new();
            let found = error.span().is_some_and(|span| take_out(root.get_mut(), &span, &mut path));
            let line = error.span().map(|span| line(span.start));
            faults.push(SiteFault {
                file: file.clone(),
                line: line.filter(|_| found),
                key: written(&path),
                text: error.message().to_owned(),
            });
            if !found || faults.len() >= MAX_FAULTS {
                break RawSite::default();
            }
        };
        Self { file, raw, faults, lines }
    }

    /// The line on which the key of this path stands.
    pub fn line_of(&self, path: &[String]) -> Option<usize> {
        self.lines.get(path).copied()
    }
}

/// Tells of every key in `table`, with its path.
fn index(table: &DeTable<'_>, path: &mut Vec<String>, tell: &mut dyn FnMut(&[String], Range<usize>)) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        tell(path, key.span());
        if let DeValue::Table(inner) = value.get_ref() {
            index(inner, path, tell);
        }
        path.pop();
    }
}

/// Takes the innermost entry at `span` out of `table`; `path` is where it stood. `false`: there is none.
fn take_out(table: &mut DeTable<'_>, span: &Range<usize>, path: &mut Vec<String>) -> bool {
    let within = |place: Range<usize>| place.start <= span.start && span.end <= place.end;
    let mut here = None;
    for (key, value) in table.iter_mut() {
        path.push(key.get_ref().to_string());
        // The entries of a table with a header of its own lie outside its span.
        if let DeValue::Table(inner) = value.get_mut()
            && take_out(inner, span, path)
        {
            return true;
        }
        path.pop();
        if within(key.span()) || within(value.span()) {
            here = Some(key.clone());
        }
    }
    match here {
        Some(key) => {
            path.push(key.get_ref().to_string());
            table.remove(&key).is_some()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str) -> Vec<String> {
        Document::read("desk.toml".to_owned(), text).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn every_key_that_is_not_understood_is_named_with_its_line() {
        let text = "inherits = \"base\"\ncolour = 3\n\n[read]\ngruops = []\ncom = \"yes\"\n\n[screen]\nidle_wipe_s = -1\n\
                    languages = [\"vi\", 7]\n[services.insurance]\nkind = \"bhyt\"\nseas = []\n";
        let found = faults(text);
        let expected = [
            ("desk.toml:2: colour: ", "unknown field"),
            ("desk.toml:5: read.gruops: ", "unknown field"),
            ("desk.toml:6: read.com: ", "boolean"),
            ("desk.toml:9: screen.idle_wipe_s: ", "u32"),
            ("desk.toml:10: screen.languages: ", "string"),
            ("desk.toml:13: services.insurance.seas: ", "unknown field"),
        ];
        for (place, words) in expected {
            assert!(
                found.iter().any(|fault| fault.starts_with(place) && fault.contains(words)),
                "{place} in {found:#?}"
            );
        }
        assert_eq!(found.len(), expected.len(), "{found:#?}");
    }

    #[test]
    fn what_is_no_toml_says_where() {
        let found = faults("[read]\ncom = maybe\n[screen\n");
        assert!(found.len() >= 2 && found[0].starts_with("desk.toml:2: "), "{found:#?}");
        assert!(found.iter().any(|fault| fault.starts_with("desk.toml:3: ")), "{found:#?}");
    }

    #[test]
    fn what_is_understood_is_kept_beside_what_is_not() {
        let document = Document::read("x".to_owned(), "[read]\ncom = true\ngruops = []\n");
        assert_eq!(document.raw.read.com, Some(true));
        assert_eq!(document.line_of(&["read".to_owned(), "com".to_owned()]), Some(2));
        let many: String = (0..200).map(|n| format!("k{n} = 1\n")).collect();
        assert_eq!(faults(&many).len(), MAX_FAULTS);
    }
}
