//! Questions on their way to services, each in a thread of its own: several wait at the same time, and one may leave while the
//! portrait is still being read. Nobody sees an answer before it is taken here; one that is not taken is dropped.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::time::{Duration, Instant};

use crate::connectors::{Answer, Cancel, Connector, PermittedFields, Query};

/// How often waiting for an answer looks whether it was cancelled.
const LOOK: Duration = Duration::from_millis(25);

/// The questions of one verification. Those that nobody waits for any more are cancelled when it is dropped.
pub(super) struct Questions {
    on_their_way: Vec<OnItsWay>,
    cancel: Cancel,
}

struct OnItsWay {
    service: String,
    fields: PermittedFields,
    answer: Receiver<(Answer, Instant)>,
}

/// What became of a question.
pub(super) enum Taken {
    /// It was answered, or could not be: that is an answer too.
    Answer(Box<Answer>),
    /// None with these fields is on its way.
    NotSent,
    /// The thread that asked has ended without an answer.
    Lost,
}

impl Questions {
    /// None yet.
    pub fn new() -> Self {
        Self { on_their_way: Vec::new(), cancel: Cancel::new() }
    }

    /// Sends a question. Where no thread can be had it stays unsent, and is asked when its answer is wanted.
    pub fn send(&mut self, service: &str, connector: &Arc<dyn Connector>, query: Query) {
        let (sender, answer) = sync_channel(1);
        let fields = query.fields.clone();
        let (connector, cancel) = (Arc::clone(connector), self.cancel.clone());
        let ask = move || {
            let answer = connector.query(&query, &cancel);
            // Nobody may be waiting any more.
            let _ = sender.send((answer, Instant::now()));
        };
        if std::thread::Builder::new().name(format!("ask-{service}")).spawn(ask).is_ok() {
            self.on_their_way.push(OnItsWay { service: service.to_owned(), fields, answer });
        }
    }

    /// Whether a question to this service is on its way, with whatever fields.
    pub fn is_sent(&self, service: &str) -> bool {
        self.on_their_way.iter().any(|one| one.service == service)
    }

    /// Waits for the answer of a service about exactly these fields. A question about others is given up.
    pub fn take(&mut self, service: &str, fields: &PermittedFields, cancel: &Cancel) -> Taken {
        let Some(at) = self.on_their_way.iter().position(|one| one.service == service) else {
            return Taken::NotSent;
        };
        let one = self.on_their_way.swap_remove(at);
        if one.fields != *fields {
            return Taken::NotSent;
        }
        loop {
            match one.answer.recv_timeout(LOOK) {
                Ok((mut answer, given)) => {
                    answer.age_s = answer.age_s.saturating_add(given.elapsed().as_secs());
                    return Taken::Answer(Box::new(answer));
                }
                Err(RecvTimeoutError::Disconnected) => return Taken::Lost,
                // A connector keeps its own deadline, and returns soon after it is cancelled.
                Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => self.cancel.cancel(),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

impl Drop for Questions {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}
