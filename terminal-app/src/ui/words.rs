//! The words of the window, in every language that the site shows.

use crate::text::{Language, Texts};

/// All languages of the window, loaded once.
pub struct Words {
    languages: Vec<Texts>,
}

impl Words {
    /// Loads `languages`; English where none is given.
    #[must_use]
    pub fn new(languages: &[Language]) -> Self {
        let mut loaded: Vec<Texts> = languages.iter().copied().map(Texts::new).collect();
        if loaded.is_empty() {
            loaded.push(Texts::new(Language::ENGLISH));
        }
        Self { languages: loaded }
    }

    /// The messages of `language`, or of the first one if it was not loaded.
    #[must_use]
    pub fn of(&self, language: Language) -> Spoken<'_> {
        // There is always one: `new` sees to it.
        let texts = self.languages.iter().find(|texts| texts.language() == language);
        Spoken { texts: texts.or_else(|| self.languages.first()) }
    }

    /// The languages in the order in which they are offered.
    pub fn languages(&self) -> impl Iterator<Item = Language> + '_ {
        self.languages.iter().map(Texts::language)
    }
}

/// The words of one language, as one frame uses them.
#[derive(Clone, Copy)]
pub struct Spoken<'words> {
    texts: Option<&'words Texts>,
}

impl Spoken<'_> {
    /// The message `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The message `key` with its variables filled in.
    #[must_use]
    pub fn with(&self, key: &str, variables: &[(&str, &str)]) -> String {
        self.texts.map_or_else(|| key.to_owned(), |texts| texts.with(key, variables))
    }

    /// The message `key`, if there is one.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<String> {
        self.texts.and_then(|texts| texts.find(key))
    }

    /// The name of a check of the report: `passive.hashes`, `service.NAME`.
    #[must_use]
    pub fn check(&self, id: &str) -> String {
        let key = format!("check-{}", id.replace(['.', '_'], "-"));
        // A service that has no words of its own is called by the name that the site file gives it.
        self.find(&key).unwrap_or_else(|| id.strip_prefix("service.").unwrap_or(id).to_owned())
    }

    /// A date of the report, `YYYY-MM-DD` with `XX` for what a document leaves open, as people write it.
    #[must_use]
    pub fn date(&self, iso: &str) -> String {
        let mut parts = iso.splitn(3, '-');
        let (Some(year), Some(month), Some(day)) = (parts.next(), parts.next(), parts.next()) else {
            return iso.to_owned();
        };
        let known = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        let month_name = self.get(&format!("ui-month-{month}"));
        let plain_day = day.trim_start_matches('0');
        let variables =
            [("day", day), ("d", plain_day), ("month", month), ("name", month_name.as_str()), ("year", year)];
        match (known(year), known(month), known(day)) {
            (true, true, true) => self.with("ui-date", &variables),
            (true, true, false) => self.with("ui-date-month", &variables),
            (true, false, _) => year.to_owned(),
            (false, _, _) => iso.to_owned(),
        }
    }
}
