//! What a service's answer amounts to.

use std::collections::BTreeMap;
use std::fmt;

use reader_core::evidence::{Finding, Outcome, ServiceAnswer, ServiceFinding};
use zeroize::Zeroize;

use super::fault::Fault;

/// Whom a text is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// The person at the terminal.
    Person,
    /// The staff.
    Staff,
}

impl Audience {
    fn suffix(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Staff => "staff",
        }
    }
}

/// Facts from an answer, such as `valid_to`; personal data, so wiped when dropped and never printed by `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Details(BTreeMap<&'static str, String>);

impl Details {
    /// The value of a fact.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Every fact by name.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(name, value)| (*name, value.as_str()))
    }

    pub(super) fn insert(&mut self, name: &'static str, value: String) {
        self.0.insert(name, value);
    }
}

impl Drop for Details {
    fn drop(&mut self) {
        self.0.values_mut().for_each(Zeroize::zeroize);
    }
}

impl fmt::Debug for Details {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A service's answer to one query, or why there is none.
///
/// [`Answer::finding`] is what evidence keeps of it; the rest is for screens, logs and staff.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// The connector that asked.
    pub service: String,
    /// What the answer amounts to.
    pub outcome: Outcome,
    /// The service's own code, as it came; also one that nobody has described.
    pub code: Option<String>,
    /// The service's own remark, cleaned for display. Show it wherever the code is unknown.
    pub note: Option<String>,
    /// Why there is no answer.
    pub fault: Option<Fault>,
    /// Facts from the answer.
    pub details: Details,
    /// Seconds since the service gave the answer; 0: just now.
    pub age_s: u64,
    /// Requests sent for the answer itself (not for a token).
    pub attempts: u32,
    /// Milliseconds from question to finding.
    pub elapsed_ms: u64,
    /// The answer comes from a simulated service.
    pub simulated: bool,
    /// What happened, for staff and logs, in plain English and without personal data.
    pub summary: String,
    /// Stem of the texts' keys in the language files, such as `insurance-010`.
    pub text_stem: String,
}

impl Answer {
    /// What evidence keeps. Nobody but this terminal has seen the service say it, so it names no witness.
    #[must_use]
    pub fn finding(&self) -> ServiceFinding {
        let answer = self.code.as_ref().map(|code| ServiceAnswer {
            code: code.clone(),
            text: self.note.clone().unwrap_or_default(),
            age_s: self.age_s,
        });
        let finding = Finding::new(self.outcome).with_detail(self.summary.clone());
        ServiceFinding { name: self.service.clone(), finding, answer }
    }

    /// Key of the text in the language files, such as `insurance-010-person`. It may use `$code`, `$note`,
    /// `$service` and `$where`.
    #[must_use]
    pub fn text_key(&self, audience: Audience) -> String {
        format!("{}-{}", self.text_stem, audience.suffix())
    }

    /// The address that a fault concerns, for `$where`; holds no secret.
    #[must_use]
    pub fn place(&self) -> Option<&str> {
        self.fault.as_ref().map(|fault| fault.place.as_str())
    }
}

const MAX_NOTE_CHARS: usize = 400;

/// A text from outside made fit to show: one line, no control or direction-changing characters, bounded.
pub(super) fn clean(text: &str) -> Option<String> {
    let invisible = |c: char| matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}');
    let spaced: String = text
        .chars()
        .filter(|c| !invisible(*c))
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_NOTE_CHARS)
        .collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_are_cleaned() {
        assert_eq!(clean("  Thẻ\u{202e} hết\n\thạn\u{7} "), Some("Thẻ hết hạn".into()));
        assert_eq!(clean(" \u{0}\u{feff} "), None);
        assert_eq!(clean(&"đ".repeat(5000)).map(|s| s.chars().count()), Some(MAX_NOTE_CHARS));
    }

    #[test]
    fn details_show_names_only() {
        let mut details = Details::default();
        details.insert("card_code", "GD4790900000019".into());
        assert_eq!(format!("{details:?}"), "{\"card_code\"}");
    }
}
