//! `[audit]`, `[consent]` and `[retention]`: what of a verification is recorded, what a person is asked to agree to, and how
//! long what was taken is kept for each purpose.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::fault::Faults;
use crate::connectors::Field;
use crate::text::Language;

/// Longest time for which anything is kept: a file that says more is mistaken.
const MAX_DAYS: u32 = 36_500;

/// `[audit]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawAudit {
    /// How much of a verification is recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Fields of the person that are recorded, as pseudonyms, by the names of [`Field`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
    /// Why they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// No card is read where nothing can be recorded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Days after which records are removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keep_days: Option<u32>,
}

/// `[consent]`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RawConsent {
    /// Without a recorded consent nobody is asked and nobody is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub required: Option<bool>,
    /// Version of the texts, as the operator counts them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// The text that is shown for each purpose: its key in the language files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
}

/// How much of a verification is recorded. None of them brings a person's data. Spec: TR-03135-2 v2.5 §4.3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Results, reasons, times, versions.
    #[default]
    Basic,
    /// And particulars of what failed or could not be said.
    Standard,
    /// And particulars of everything.
    Full,
}

/// What of a verification is recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditSettings {
    /// How much.
    pub level: Level,
    /// Which fields of the person, as pseudonyms, and why. Empty: none.
    pub fields: Vec<Field>,
    /// Why; empty where there are no fields.
    pub purpose: String,
    /// No card is read where nothing can be recorded.
    pub required: bool,
    /// Days after which records are removed; `None`: never.
    pub keep_days: Option<u32>,
}

/// What a person is asked to agree to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConsentSettings {
    /// Without a recorded consent nobody is asked and nobody is told.
    pub required: bool,
    /// Version of the texts.
    pub version: String,
    /// Key of the text by purpose.
    pub texts: BTreeMap<String, String>,
}

/// Days for which what was taken is kept, by purpose.
pub type Retention = BTreeMap<String, u32>;

impl RawAudit {
    pub(super) fn over(self, parent: Self) -> Self {
        // Fields and their purpose belong together: who names other fields says why anew.
        let (fields, purpose) = match self.fields {
            Some(fields) => (Some(fields), self.purpose),
            None => (parent.fields, self.purpose.or(parent.purpose)),
        };
        Self {
            level: self.level.or(parent.level),
            fields,
            purpose,
            required: self.required.or(parent.required),
            keep_days: self.keep_days.or(parent.keep_days),
        }
    }

    pub(super) const fn is_empty(&self) -> bool {
        let Self { level, fields, purpose, required, keep_days } = self;
        level.is_none() && fields.is_none() && purpose.is_none() && required.is_none() && keep_days.is_none()
    }
}

impl RawConsent {
    pub(super) fn over(self, parent: Self) -> Self {
        let mut texts = parent.texts;
        texts.extend(self.texts);
        Self { required: self.required.or(parent.required), version: self.version.or(parent.version), texts }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.required.is_none() && self.version.is_none() && self.texts.is_empty()
    }
}

pub(super) fn audit(raw: RawAudit, faults: &mut Faults) -> AuditSettings {
    let mut fields = Vec::new();
    for word in raw.fields.unwrap_or_default() {
        match Field::from_name(&word) {
            Some(field) if !fields.contains(&field) => fields.push(field),
            Some(_) => faults.at(&["audit", "fields"], format!("{word:?} stands there twice")),
            None => faults.at(&["audit", "fields"], format!("{word:?} is no field")),
        }
    }
    let purpose = raw.purpose.map(|purpose| purpose.trim().to_owned()).unwrap_or_default();
    if purpose.is_empty() && !fields.is_empty() {
        faults.at(&["audit", "purpose"], "who records fields of a person says why");
    }
    if raw.keep_days.is_some_and(|days| !(1..=MAX_DAYS).contains(&days)) {
        faults.at(&["audit", "keep_days"], format!("it is 1 to {MAX_DAYS}"));
    }
    AuditSettings {
        level: raw.level.unwrap_or_default(),
        purpose: if fields.is_empty() { String::new() } else { purpose },
        fields,
        required: raw.required.unwrap_or(false),
        keep_days: raw.keep_days,
    }
}

pub(super) fn consent(
    raw: RawConsent,
    retention: &Retention,
    languages: &[Language],
    faults: &mut Faults,
) -> ConsentSettings {
    for (purpose, key) in &raw.texts {
        let begins = format!("\n{key} =");
        for language in languages.iter().filter(|language| !language.source().contains(&begins)) {
            let text = format!("there is no text {key:?} in the language {:?}", language.code());
            faults.at(&["consent", "texts", purpose], text);
        }
    }
    let required = raw.required.unwrap_or(false);
    let version = raw.version.unwrap_or_default();
    if required && (version.trim().is_empty() || raw.texts.is_empty()) {
        faults.at(&["consent"], "where consent is required, `version` and `texts` say to what");
    }
    for (purpose, days) in retention {
        if !raw.texts.contains_key(purpose) {
            faults.at(&["retention", purpose], "`consent.texts` has no such purpose");
        }
        if *days > MAX_DAYS {
            faults.at(&["retention", purpose], format!("{days} days are more than {MAX_DAYS}"));
        }
    }
    for purpose in raw.texts.keys().filter(|purpose| required && !retention.contains_key(*purpose)) {
        faults.at(&["retention"], format!("for how many days is what was taken for {purpose:?} kept?"));
    }
    ConsentSettings { required, version, texts: raw.texts }
}

#[cfg(test)]
mod tests {
    use super::super::site::RawSite;
    use super::*;

    fn faults_of(text: &str) -> Vec<String> {
        let raw: RawSite = toml::from_str(text).unwrap();
        let mut faults = Faults::default();
        let languages: Vec<Language> = Language::all().collect();
        audit(raw.audit, &mut faults);
        consent(raw.consent, &raw.retention, &languages, &mut faults);
        faults.texts()
    }

    #[test]
    fn fields_need_a_purpose() {
        assert_eq!(
            faults_of("[audit]\nfields = [\"number\"]\npurpose = \"disputes\"\n"),
            Vec::<String>::new()
        );
        for (text, word) in [
            ("[audit]\nfields = [\"number\"]\n", "why"),
            ("[audit]\nfields = [\"number\"]\npurpose = \" \"\n", "why"),
            ("[audit]\nfields = [\"religion\"]\npurpose = \"x\"\n", "religion"),
            ("[audit]\nfields = [\"name\", \"name\"]\npurpose = \"x\"\n", "twice"),
            ("[audit]\nkeep_days = 0\n", "36500"),
            ("[consent]\nrequired = true\n", "version"),
            ("[consent]\nversion = \"1\"\n[consent.texts]\nreception = \"no-such-text\"\n", "no-such-text"),
            (
                "[consent]\nrequired = true\nversion = \"1\"\n[consent.texts]\nreception = \"consent-reception\"\n",
                "kept",
            ),
            ("[retention]\nnobody = 3\n", "no such purpose"),
        ] {
            let faults = faults_of(text);
            assert!(faults.iter().any(|fault| fault.contains(word)), "{text}: {faults:?}");
        }
    }

    #[test]
    fn other_fields_need_a_purpose_of_their_own() {
        let parent = RawAudit {
            fields: Some(vec!["number".into()]),
            purpose: Some("disputes".into()),
            ..RawAudit::default()
        };
        let child = RawAudit { fields: Some(vec!["name".into()]), ..RawAudit::default() };
        assert_eq!(child.over(parent.clone()).purpose, None);
        assert_eq!(RawAudit::default().over(parent).purpose.as_deref(), Some("disputes"));
    }
}
