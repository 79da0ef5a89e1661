//! What stands before the first visitor comes: the site's part of the window.

use std::collections::BTreeMap;

use crate::text::Language;

/// A persona whose card the simulated reader can offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonaChoice {
    /// Its name.
    pub name: String,
}

/// What stands before the first visitor comes.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// What the place calls itself, by language code.
    pub title: BTreeMap<String, String>,
    /// Languages, the first one shown first; English if empty.
    pub languages: Vec<Language>,
    /// Milliseconds without a touch after which a result is cleared.
    pub idle_wipe_ms: u32,
    /// A scanner gives the number; else it is typed.
    pub scanner: bool,
    /// Reader, card and services are simulated, and these are the cards. Empty: everything is real.
    pub personas: Vec<PersonaChoice>,
    /// Which persona's card is on offer.
    pub persona: usize,
    /// Results open with the staff view beside them.
    pub staff_open: bool,
}
