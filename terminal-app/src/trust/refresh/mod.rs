//! Certificates and lists from configured addresses. Each source stands alone: one that fails harms neither the others nor
//! what the store has, and a list older than the one at hand is not taken.

mod fetch;
mod state;

pub use fetch::{FetchFault, Fetched, Validators};
pub use state::{RefreshState, SourceState};

use reader_core::evidence::Reason;
use reader_core::pki::{Fingerprint, Provenance};
use reader_core::wire::date::Timestamp;

use super::intake::{self, Taken};
use super::policy::{Refused, Route, TrustPolicy};
use super::sources::Source;
use super::{Kind, TrustError, TrustFolder};

/// What asking a source came to.
#[derive(Debug)]
pub enum Outcome {
    /// It was asked not long ago.
    NotDue,
    /// The server says that nothing changed.
    Unchanged,
    /// Something of it was of use.
    Taken(Taken),
    /// It gave something, and nothing of that could be used.
    Refused(Taken),
    /// It gave nothing that could be looked at.
    Failed(FetchFault),
}

impl Outcome {
    /// One word for scripts.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::NotDue => "not_due",
            Self::Unchanged => "unchanged",
            Self::Taken(_) => "taken",
            Self::Refused(_) => "refused",
            Self::Failed(_) => "failed",
        }
    }

    /// Whether the source did what it is there for.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        !matches!(self, Self::Refused(_) | Self::Failed(_))
    }
}

/// Which sources to ask.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wanted<'a> {
    /// Only those whose time has come.
    pub if_due: bool,
    /// Only these; empty: all.
    pub names: &'a [String],
}

/// Asks the sources of `policy`, those that introduce certificates first, and changes the store in `folder` after each: it is
/// not kept locked while a server is waited for. `told` hears of each source when it is done.
///
/// # Errors
/// The store cannot be opened or written.
pub fn refresh(
    folder: &TrustFolder,
    state: &mut RefreshState,
    policy: &TrustPolicy,
    wanted: Wanted<'_>,
    now: Timestamp,
    told: &mut dyn FnMut(&Source, &Outcome),
) -> Result<(), TrustError> {
    let named = |source: &&Source| wanted.names.is_empty() || wanted.names.contains(&source.name);
    let mut sources: Vec<&Source> = policy.sources.iter().filter(named).collect();
    sources.sort_by_key(|source| order(source.kind));
    for source in sources {
        let outcome = if wanted.if_due && !state.is_due(source, now) {
            Outcome::NotDue
        } else {
            ask(folder, state, policy, source, now)?
        };
        told(source, &outcome);
    }
    Ok(())
}

/// Who vouches for others comes before them.
const fn order(kind: Kind) -> u8 {
    match kind {
        Kind::Certificate => 0,
        Kind::MasterList => 1,
        Kind::Directory => 2,
        Kind::DeviationList => 3,
        Kind::RevocationList => 4,
    }
}

fn ask(
    folder: &TrustFolder,
    state: &mut RefreshState,
    policy: &TrustPolicy,
    source: &Source,
    now: Timestamp,
) -> Result<Outcome, TrustError> {
    let validators = state.validators(source, &policy.hash);
    let (bytes, validators) = match fetch::fetch(source, &validators) {
        Ok(Fetched::Content(bytes, validators)) => (bytes, validators),
        Ok(Fetched::NotModified) => {
            state.succeeded(source, &policy.hash, now, None);
            return Ok(Outcome::Unchanged);
        }
        Err(fault) => {
            state.failed(source, now, format!("{} {}", fault.word(), fault.detail()).trim_end().to_owned());
            return Ok(Outcome::Failed(fault));
        }
    };
    let signed_at = match source.kind {
        Kind::MasterList | Kind::DeviationList => intake::signing_time(&bytes),
        _ => None,
    };
    let at_hand = state.of(source).and_then(|state| state.signed_at_unix_s).map(Timestamp);
    if let (Some(at_hand), Some(signed_at)) = (at_hand, signed_at)
        && signed_at < at_hand
    {
        let refused = Refused {
            subject: source.kind.word().to_owned(),
            fingerprint: Fingerprint::of(&bytes),
            reason: Reason::ListOlderThanTaken,
            detail: format!("signed {signed_at}, the one taken before {at_hand}; the one at hand stays"),
        };
        state.failed(source, now, refused.reason.code());
        return Ok(Outcome::Refused(Taken::refused(source.kind, refused)));
    }
    let provenance = Provenance { source: source.place.shown(), imported_at: now };
    let pins = policy.pins_and(source.pins.iter().copied());
    let (taken, _) =
        folder.update(|builder| intake::take(builder, &bytes, &provenance, policy, &pins, Route::Address))?;
    if taken.is_of_use() {
        state.succeeded(source, &policy.hash, now, Some((validators, signed_at)));
        Ok(Outcome::Taken(taken))
    } else {
        let codes: Vec<String> = taken.refused.iter().take(3).map(|one| one.reason.code()).collect();
        state.failed(source, now, codes.join(" "));
        Ok(Outcome::Refused(taken))
    }
}
