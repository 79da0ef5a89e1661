//! Asking the issuing authority's gateway while the chip is still being read; its answer waits for the judge.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use reader_core::capture::{Capture, GatewayTrace};
use reader_core::lds::{DataGroup, FileId};
use reader_core::verify::ProvedText;
use reader_core::verify::gateway::subject;
use reader_core::wire::date::Timestamp;

use crate::connectors::Cancel;
use crate::connectors::card_authenticity::{CardAuthenticity, CardInQuestion, Told};

/// How much longer than the connector's own deadline is waited for its thread.
const GRACE: Duration = Duration::from_secs(1);

/// How far asking has come.
pub(super) enum Asking {
    /// This terminal has no gateway, or nothing is asked of a stored card.
    None,
    /// What it is asked about is still to be read.
    Waiting(Arc<CardAuthenticity>),
    /// It is being asked.
    Asked(Receiver<Told>, Instant),
    /// It has answered, or will not.
    Done(GatewayTrace, bool),
}

impl Asking {
    /// Whether the card may be there to ask about: EF.SOD, DG1 and whatever the gateway is sent.
    pub(super) fn can_begin(&self, files: &Capture) -> bool {
        let Self::Waiting(gateway) = self else { return false };
        let needed = gateway.needs().chain([DataGroup::Dg1]).map(FileId::group).chain([FileId::SOD]);
        needed.into_iter().all(|file| files.files.contains_key(&file))
    }

    /// Asks about the card whose proof so far is `text`, in a thread of its own. Where nothing can be asked about it, that is
    /// the end of it.
    pub(super) fn begin(&mut self, text: &ProvedText, files: &Capture, asked: Timestamp, cancel: &Cancel) {
        let Self::Waiting(gateway) = &*self else { return };
        let simulated = gateway.is_simulated();
        let given_up = |why: String| Self::Done(GatewayTrace::NotAsked(why), simulated);
        let mut nonce = [0; 16];
        *self = match (subject(text, files), getrandom::fill(&mut nonce)) {
            (Ok(subject), Ok(())) => {
                let card = CardInQuestion { signer: subject.signer, number: &subject.number, files };
                let question = gateway.question(card);
                let until = Instant::now() + gateway.deadline() + GRACE;
                let (sender, receiver) = sync_channel(1);
                let (gateway, cancel) = (Arc::clone(gateway), cancel.clone());
                let work = move || {
                    // The judge may have stopped waiting.
                    let _ = sender.send(gateway.ask(&question, nonce, asked, &cancel));
                };
                match std::thread::Builder::new().name("card-authenticity".to_owned()).spawn(work) {
                    Ok(_) => Self::Asked(receiver, until),
                    Err(error) => given_up(format!("no thread: {error}")),
                }
            }
            (Err(why), _) => given_up(why),
            (_, Err(error)) => given_up(format!("no randomness: {error}")),
        };
    }

    /// What became of it, if that is known by now.
    pub(super) fn so_far(&mut self) -> Option<GatewayTrace> {
        if let Self::Asked(receiver, _) = &*self
            && let Ok(told) = receiver.try_recv()
        {
            *self = Self::Done(told.trace, told.simulated);
        }
        match self {
            Self::Done(trace, _) => Some(trace.clone()),
            Self::None | Self::Waiting(_) | Self::Asked(..) => None,
        }
    }

    /// What became of it in the end, and whether the gateway is a simulated one. Waits for its answer as long as it has a
    /// deadline.
    pub(super) fn end(self) -> Option<(GatewayTrace, bool)> {
        match self {
            Self::None => None,
            Self::Done(trace, simulated) => Some((trace, simulated)),
            Self::Waiting(gateway) => {
                let why = "what it is asked about was not read".to_owned();
                Some((GatewayTrace::NotAsked(why), gateway.is_simulated()))
            }
            Self::Asked(receiver, until) => {
                match receiver.recv_timeout(until.saturating_duration_since(Instant::now())) {
                    Ok(told) => Some((told.trace, told.simulated)),
                    Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                        Some((GatewayTrace::NoAnswer("no answer before its deadline".to_owned()), false))
                    }
                }
            }
        }
    }
}
