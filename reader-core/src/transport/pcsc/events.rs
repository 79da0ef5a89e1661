//! Waiting for cards and readers to come and go.

use std::collections::VecDeque;
use std::ffi::CString;
use std::time::Duration;

use pcsc::{Context, Error, PNP_NOTIFICATION, ReaderState, State};

use super::super::TransportError;
use super::{explain, text};

/// Something came or went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CardEvent {
    /// A reader was plugged in (or was there at the beginning).
    ReaderAdded {
        /// Its PC/SC name.
        reader: String,
    },
    /// A reader was unplugged.
    ReaderRemoved {
        /// Its PC/SC name.
        reader: String,
    },
    /// A card lies on a reader.
    CardPlaced {
        /// The reader's PC/SC name.
        reader: String,
        /// Answer to reset.
        atr: Vec<u8>,
    },
    /// A card left.
    CardRemoved {
        /// The reader's PC/SC name.
        reader: String,
    },
    /// A card lies on a reader and does not answer to power: upside down, two at once, or no chip card.
    CardMute {
        /// The reader's PC/SC name.
        reader: String,
    },
}

/// Ends a wait of [`CardEvents`] from another thread.
#[derive(Clone)]
pub struct Canceller {
    context: Context,
}

impl Canceller {
    /// The wait that is under way returns [`TransportError::Cancelled`]. Without one, nothing happens.
    ///
    /// # Errors
    /// The service fails.
    pub fn cancel(&self) -> Result<(), TransportError> {
        self.context.cancel().map_err(|error| explain(error, ""))
    }
}

/// Watches all readers. The first calls tell what is there already.
pub struct CardEvents {
    context: Context,
    states: Vec<ReaderState>,
    pending: VecDeque<CardEvent>,
}

impl CardEvents {
    pub(super) fn new(context: Context) -> Self {
        Self {
            context,
            states: vec![ReaderState::new(PNP_NOTIFICATION(), State::UNAWARE)],
            pending: VecDeque::new(),
        }
    }

    /// A handle that ends the wait.
    #[must_use]
    pub fn canceller(&self) -> Canceller {
        Canceller { context: self.context.clone() }
    }

    /// The next event, or `None` when nothing happened for `timeout_ms` (`None`: wait without end).
    ///
    /// # Errors
    /// Cancelled, or the service ended.
    pub fn next(&mut self, timeout_ms: Option<u32>) -> Result<Option<CardEvent>, TransportError> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Ok(Some(event));
            }
            self.refresh_readers()?;
            if !self.pending.is_empty() {
                continue;
            }
            let timeout = timeout_ms.map(|ms| Duration::from_millis(u64::from(ms)));
            match self.context.get_status_change(timeout, &mut self.states) {
                Ok(()) => self.collect(),
                Err(Error::Timeout) => return Ok(None),
                // A reader left between the listing and the wait: the next listing drops it.
                Err(error @ (Error::UnknownReader | Error::ReaderUnavailable)) => {
                    self.refresh_readers()?;
                    if self.pending.is_empty() {
                        return Err(explain(error, ""));
                    }
                }
                Err(error) => return Err(explain(error, "")),
            }
        }
    }

    fn refresh_readers(&mut self) -> Result<(), TransportError> {
        let names: Vec<CString> = match self.context.list_readers_owned() {
            Ok(names) => names,
            Err(Error::NoReadersAvailable) => Vec::new(),
            Err(error) => return Err(explain(error, "")),
        };
        let pending = &mut self.pending;
        self.states.retain(|state| {
            let stays = state.name() == PNP_NOTIFICATION()
                || names.iter().any(|name| state.name() == name.as_c_str());
            if !stays {
                pending.push_back(CardEvent::ReaderRemoved { reader: text(state.name()) });
            }
            stays
        });
        for name in names {
            if !self.states.iter().any(|state| state.name() == name.as_c_str()) {
                self.pending.push_back(CardEvent::ReaderAdded { reader: text(&name) });
                self.states.push(ReaderState::new(name, State::UNAWARE));
            }
        }
        Ok(())
    }

    fn collect(&mut self) {
        for state in &mut self.states {
            let (before, after) = (state.current_state(), state.event_state());
            if after.contains(State::CHANGED) && state.name() != PNP_NOTIFICATION() {
                let reader = text(state.name());
                let (was, is) = (before.contains(State::PRESENT), after.contains(State::PRESENT));
                let (was_mute, is_mute) = (before.contains(State::MUTE), after.contains(State::MUTE));
                // The upper half counts insertions: a card swapped between two looks is two events.
                let swapped =
                    was && is && (before.bits() >> 16) != (after.bits() >> 16) && before != State::UNAWARE;
                if (was && !is) || swapped {
                    self.pending.push_back(CardEvent::CardRemoved { reader: reader.clone() });
                }
                if is && is_mute && !was_mute {
                    self.pending.push_back(CardEvent::CardMute { reader });
                } else if is && !is_mute && (!was || was_mute || swapped) {
                    self.pending.push_back(CardEvent::CardPlaced { reader, atr: state.atr().to_vec() });
                }
            }
            state.sync_current_state();
        }
    }
}
