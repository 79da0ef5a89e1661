//! What people read, by language: one Fluent file each, built in.
//!
//! A message that a language lacks is shown in English and, if it is missing there too, by its name, so that nothing
//! is ever blank; a test keeps both from happening.

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use unic_langid::LanguageIdentifier;

include!(concat!(env!("OUT_DIR"), "/texts.rs"));

/// A language of the program: one file in `text/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Language(&'static str);

impl Language {
    /// English, in which every message exists.
    pub const ENGLISH: Self = Self("en");

    /// All languages, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        TEXTS.iter().map(|(code, _)| Self(code))
    }

    /// The code of the language: `vi`, `en`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.0
    }

    /// The language with this code, as in `vi`, `vi_VN.UTF-8` or `en-GB`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let language = code.split(['_', '-', '.']).next()?;
        Self::all().find(|known| known.code().eq_ignore_ascii_case(language))
    }

    /// The language file's text.
    #[must_use]
    pub fn source(self) -> &'static str {
        TEXTS.iter().find(|(code, _)| *code == self.0).map_or("", |(_, text)| text)
    }
}

/// The messages of one language.
pub struct Texts {
    language: Language,
    bundle: FluentBundle<FluentResource>,
    fallback: Option<Box<Texts>>,
}

impl Texts {
    /// Loads a language. The files are built in; a fault in one drops the messages it touches, and a test fails.
    #[must_use]
    pub fn new(language: Language) -> Self {
        let identifier: LanguageIdentifier = language.code().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
        // Screens and receipts are left to right throughout; isolation marks would be printed as boxes.
        bundle.set_use_isolating(false);
        let resource = match FluentResource::try_new(language.source().to_owned()) {
            Ok(resource) | Err((resource, _)) => resource,
        };
        bundle.add_resource_overriding(resource);
        let fallback = (language != Language::ENGLISH).then(|| Box::new(Self::new(Language::ENGLISH)));
        Self { language, bundle, fallback }
    }

    /// The language of these messages.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The message `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> String {
        self.with(key, &[])
    }

    /// The message `key`, if any language has it.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<String> {
        self.format(key, &[])
    }

    /// The message `key` with its variables filled in.
    #[must_use]
    pub fn with(&self, key: &str, variables: &[(&str, &str)]) -> String {
        self.format(key, variables).unwrap_or_else(|| key.to_owned())
    }

    fn format(&self, key: &str, variables: &[(&str, &str)]) -> Option<String> {
        let Some(pattern) = self.bundle.get_message(key).and_then(|message| message.value()) else {
            return self.fallback.as_ref()?.format(key, variables);
        };
        let mut args = FluentArgs::new();
        for (name, value) in variables {
            args.set(*name, FluentValue::from(*value));
        }
        let mut errors = Vec::new();
        Some(self.bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned())
    }
}
