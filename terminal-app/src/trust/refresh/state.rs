//! When each source last gave something, what went wrong last, and by what to ask it for changes: `refresh.json` in the
//! store's folder. It is a memory, not a proof: where it is lost, everything is fetched once more.

use std::collections::BTreeMap;
use std::path::Path;

use reader_core::wire::date::Timestamp;
use serde::{Deserialize, Serialize};

use super::fetch::Validators;
use crate::trust::TrustError;
use crate::trust::sources::Source;

const FILE: &str = "refresh.json";
const SCHEMA: &str = "idterm.refresh/1";
const DAY_S: i64 = 86_400;

/// What is remembered of every source, by name.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RefreshState {
    schema: String,
    sources: BTreeMap<String, SourceState>,
}

/// What is remembered of one source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct SourceState {
    /// The address of that time.
    pub url: String,
    /// When it last gave something that was of use, or said that nothing changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_success_unix_s: Option<i64>,
    /// When it was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_try_unix_s: Option<i64>,
    /// What went wrong when it was last asked; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_fault: Option<String>,
    /// When the list that it last gave was signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signed_at_unix_s: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last_modified: Option<String>,
    /// SHA-256 of the policy under which that was taken.
    #[serde(default)]
    policy: String,
}

impl Default for RefreshState {
    fn default() -> Self {
        Self { schema: SCHEMA.to_owned(), sources: BTreeMap::new() }
    }
}

impl RefreshState {
    /// What is remembered in the store's folder; nothing where it cannot be read.
    #[must_use]
    pub fn of_store(folder: &Path) -> Self {
        let bytes = crate::trust::read_at_most(&folder.join(FILE), 16 << 20).unwrap_or_default();
        match serde_json::from_slice::<Self>(&bytes) {
            Ok(state) if state.schema == SCHEMA => state,
            _ => Self::default(),
        }
    }

    /// Keeps it.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn save(&self, folder: &Path) -> Result<(), TrustError> {
        let text = serde_json::to_string_pretty(self).unwrap_or_default();
        crate::trust::replace_file(&folder.join(FILE), text.as_bytes())
    }

    /// What is remembered of a source, if it still stands at that address.
    #[must_use]
    pub fn of(&self, source: &Source) -> Option<&SourceState> {
        self.sources.get(&source.name).filter(|state| state.url == source.place.shown())
    }

    /// By what to ask a source for changes; nothing where the policy changed meanwhile.
    #[must_use]
    pub fn validators(&self, source: &Source, policy_hash: &str) -> Validators {
        match self.of(source) {
            Some(state) if state.policy == policy_hash => {
                Validators { etag: state.etag.clone(), last_modified: state.last_modified.clone() }
            }
            _ => Validators::default(),
        }
    }

    /// Whether it is time to ask a source again.
    #[must_use]
    pub fn is_due(&self, source: &Source, now: Timestamp) -> bool {
        let last = self.of(source).and_then(|state| state.last_success_unix_s);
        // A clock that was set back must not keep a source from being asked.
        last.is_none_or(|last| now.0 < last || now.0 - last >= i64::from(source.every_days) * DAY_S)
    }

    /// Whether what a source gave is older than it should be.
    #[must_use]
    pub fn is_overdue(&self, source: &Source, now: Timestamp) -> bool {
        let last = self.of(source).and_then(|state| state.last_success_unix_s);
        last.is_none_or(|last| now.0 - last > i64::from(source.max_age_days) * DAY_S)
    }

    /// Nothing was ever fetched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// Everything is fetched once more: the store was changed by other means.
    pub fn forget_validators(&mut self) {
        for state in self.sources.values_mut() {
            (state.etag, state.last_modified) = (None, None);
        }
    }

    /// Remembers a good answer. Without `content` nothing had changed.
    pub(super) fn succeeded(
        &mut self,
        source: &Source,
        policy_hash: &str,
        now: Timestamp,
        content: Option<(Validators, Option<Timestamp>)>,
    ) {
        let state = self.entry(source, now);
        state.last_success_unix_s = Some(now.0);
        state.last_fault = None;
        if let Some((validators, signed_at)) = content {
            (state.etag, state.last_modified) = (validators.etag, validators.last_modified);
            state.signed_at_unix_s = signed_at.map(|time| time.0);
            policy_hash.clone_into(&mut state.policy);
        }
    }

    /// Remembers a bad one; what was there before still counts.
    pub(super) fn failed(&mut self, source: &Source, now: Timestamp, fault: String) {
        self.entry(source, now).last_fault = Some(fault);
    }

    fn entry(&mut self, source: &Source, now: Timestamp) -> &mut SourceState {
        let state = self.sources.entry(source.name.clone()).or_default();
        if state.url != source.place.shown() {
            *state = SourceState { url: source.place.shown(), ..SourceState::default() };
        }
        state.last_try_unix_s = Some(now.0);
        state
    }
}
