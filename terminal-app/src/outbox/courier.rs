//! The courier: takes what is due and delivers it, one thread for each recipient, so that the trouble of one is not another's.
//!
//! One process delivers at a time: the courier holds a lock on the outbox's folder, which the system lets go of when the
//! process ends, however it ends. A second one waits for it.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::{self, JoinHandle};

use reader_core::evidence::Reason;

use super::entry::{Due, Head};
use super::pace::{Breaker, pause_ms};
use super::{OutboxError, OutboxSettings, Store};
use crate::connectors::{Cancel, Delivered, FaultKind, Recipient, Surroundings, Undelivered};
use crate::transaction::IdempotencyKey;

/// Held by the process that delivers.
const LOCK: &str = "outbox.courier";
/// How often the outbox is looked at where nobody gave a nudge: another process may have put something in.
const LOOK_MS: u64 = 500;
/// How often a wait looks for a nudge, or whether it was stopped.
const SLICE_MS: u64 = 25;
/// How long is waited after the outbox itself failed: a full disk, say.
const OUTBOX_PAUSE_MS: u64 = 5_000;
/// How often what is over is tidied away.
const TIDY_MS: u64 = 10 * 60_000;

/// Says that something new is in the outbox.
#[derive(Clone, Debug, Default)]
pub struct Nudge(Arc<AtomicU64>);

impl Nudge {
    /// Something new is there.
    pub fn give(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    fn count(&self) -> u64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// A courier at work, until it is dropped.
pub struct Courier {
    stop: Cancel,
    thread: Option<JoinHandle<()>>,
}

impl Courier {
    /// Begins to deliver to these recipients what is in the outbox and what comes into it.
    ///
    /// # Errors
    /// The system gives no thread.
    pub fn start(
        settings: OutboxSettings,
        recipients: Vec<Box<dyn Recipient>>,
        surroundings: Surroundings,
        nudge: Nudge,
    ) -> Result<Self, OutboxError> {
        let stop = Cancel::new();
        let folder = settings.folder.clone();
        let round = Round { settings, surroundings, nudge, stop: stop.clone() };
        let thread = thread::Builder::new()
            .name("courier".to_owned())
            .spawn(move || round.run(&recipients))
            .map_err(|error| OutboxError::Internal { path: folder, why: format!("no thread: {error}") })?;
        Ok(Self { stop, thread: Some(thread) })
    }

    /// Stops: attempts under way are cancelled, and made again by whoever delivers next. Returns once all is quiet.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Courier {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(thread) = self.thread.take() {
            // A thread that ended by a fault of its own has nothing left to say.
            let _ = thread.join();
        }
    }
}

/// What every recipient's thread has in common.
struct Round {
    settings: OutboxSettings,
    surroundings: Surroundings,
    nudge: Nudge,
    stop: Cancel,
}

impl Round {
    fn run(&self, recipients: &[Box<dyn Recipient>]) {
        let Some(_lock) = self.only_one() else { return };
        thread::scope(|scope| {
            for recipient in recipients {
                let line = Line::new(self, recipient.as_ref());
                let name = format!("courier {}", recipient.id());
                if let Err(error) = thread::Builder::new().name(name).spawn_scoped(scope, || line.run()) {
                    tracing::error!(recipient = recipient.id(), %error, "no thread: nothing is delivered to it");
                }
            }
            self.keep_house(recipients);
        });
    }

    /// Waits until no other process delivers. `None`: stopped meanwhile.
    fn only_one(&self) -> Option<File> {
        let path = self.settings.folder.join(LOCK);
        while !self.stop.is_cancelled() {
            // The folder is there once the outbox has been opened.
            let lock = self.open().ok().and_then(|_| File::create(&path).ok());
            match lock.map(|file| (file.try_lock(), file)) {
                Some((Ok(()), file)) => return Some(file),
                Some((Err(TryLockError::WouldBlock), _)) => self.wait(LOOK_MS, None),
                Some((Err(TryLockError::Error(_)), _)) | None => self.wait(OUTBOX_PAUSE_MS, None),
            }
        }
        None
    }

    /// Sets aside what is too old for recipients that the site no longer has, and forgets what is over.
    fn keep_house(&self, recipients: &[Box<dyn Recipient>]) {
        while !self.stop.is_cancelled() {
            let tidied = self.open().and_then(|mut store| {
                for recipient in store.awaited()? {
                    if !recipients.iter().any(|known| known.id() == recipient) {
                        store.expire(&recipient, self.now_ms())?;
                    }
                }
                store.tidy(self.now_ms())
            });
            if let Err(error) = tidied {
                tracing::warn!(%error, "the outbox could not be tidied");
            }
            self.wait(TIDY_MS, None);
        }
    }

    fn open(&self) -> Result<Store, OutboxError> {
        Store::open(&self.settings, self.now_ms())
    }

    fn now_ms(&self) -> i64 {
        self.surroundings.clock.unix_ms()
    }

    /// Waits that long, or until it is stopped, or until a nudge beyond the `seen`th.
    fn wait(&self, ms: u64, seen: Option<u64>) {
        let clock = &self.surroundings.clock;
        let until_ms = clock.now_ms().saturating_add(ms);
        while !self.stop.is_cancelled() && seen.is_none_or(|seen| seen == self.nudge.count()) {
            match until_ms.saturating_sub(clock.now_ms()) {
                0 => return,
                left => clock.sleep_ms(left.min(SLICE_MS)),
            }
        }
    }
}

/// The deliveries to one recipient, in their order.
struct Line<'a> {
    round: &'a Round,
    recipient: &'a dyn Recipient,
    store: Option<Store>,
    breaker: Breaker,
    /// What the recipient has and the outbox does not know yet: it is told before anything else is sent.
    unnoted: Option<(IdempotencyKey, Delivered)>,
}

/// What a step of a line came to.
enum Step {
    /// Something was done; more may be due.
    Worked,
    /// Nothing is due for this long at least.
    Rest(u64),
}

impl<'a> Line<'a> {
    fn new(round: &'a Round, recipient: &'a dyn Recipient) -> Self {
        Self { round, recipient, store: None, breaker: Breaker::default(), unnoted: None }
    }

    fn run(mut self) {
        while !self.round.stop.is_cancelled() {
            let seen = self.round.nudge.count();
            match self.step() {
                Ok(Step::Worked) => {}
                Ok(Step::Rest(ms)) => self.round.wait(ms.min(LOOK_MS), Some(seen)),
                Err(error) => {
                    tracing::warn!(recipient = self.recipient.id(), %error, "the outbox failed");
                    // Opened anew, it may set a damaged file aside.
                    self.store = None;
                    self.round.wait(OUTBOX_PAUSE_MS, None);
                }
            }
        }
    }

    fn step(&mut self) -> Result<Step, OutboxError> {
        let round = self.round;
        let store = match &mut self.store {
            Some(store) => store,
            none => none.insert(round.open()?),
        };
        if let Some((key, delivered)) = &self.unnoted {
            store.delivered(key, delivered.reference.as_deref(), round.now_ms())?;
            self.unnoted = None;
        }
        let now_ms = round.surroundings.clock.now_ms();
        if let Some(until_ms) = self.breaker.rests_until(now_ms) {
            return Ok(Step::Rest(until_ms.saturating_sub(now_ms)));
        }
        match store.head(self.recipient.id(), round.now_ms())? {
            Head::Nothing => Ok(Step::Rest(LOOK_MS)),
            Head::At(moment_ms) => {
                Ok(Step::Rest(u64::try_from(moment_ms.saturating_sub(round.now_ms())).unwrap_or_default()))
            }
            Head::Due(due) => self.attempt(&due),
        }
    }

    /// One attempt at one delivery, and the note of what came of it.
    fn attempt(&mut self, due: &Due) -> Result<Step, OutboxError> {
        let (round, recipient) = (self.round, self.recipient.id());
        let Some(store) = &mut self.store else { return Ok(Step::Worked) };
        let Some(record) = &due.record else {
            tracing::error!(recipient, key = %due.key, "a delivery cannot be opened and is set aside");
            store.set_aside(&due.key, Reason::DeliveryUnreadable, "", round.now_ms())?;
            return Ok(Step::Worked);
        };
        match self.recipient.deliver(record, &due.key, &round.stop) {
            Ok(delivered) => {
                self.breaker.answered();
                let (key, delivered) = self.unnoted.insert((due.key, delivered));
                store.delivered(key, delivered.reference.as_deref(), round.now_ms())?;
                self.unnoted = None;
            }
            Err(Undelivered::Never(fault)) => {
                self.breaker.answered();
                tracing::error!(recipient, key = %due.key, %fault, "a delivery is refused and set aside");
                store.set_aside(&due.key, Reason::DeliveryRefused, &fault.to_string(), round.now_ms())?;
            }
            // It was stopped, and the recipient has no part in that.
            Err(Undelivered::Later(fault)) if fault.kind == FaultKind::Cancelled => {}
            Err(Undelivered::Later(fault)) => {
                self.breaker.failed(round.surroundings.clock.now_ms());
                let pause = pause_ms(due.attempts.saturating_add(1), (round.surroundings.random)());
                let next_ms = round.now_ms().saturating_add(i64::try_from(pause).unwrap_or(i64::MAX));
                tracing::warn!(recipient, key = %due.key, %fault, pause_ms = pause, "a delivery failed");
                store.later(&due.key, &fault.to_string(), next_ms, round.now_ms())?;
                // Only now: what a terminal with a wrong clock accepted is tried once before it counts as too old.
                let expired = store.expire(recipient, round.now_ms())?;
                if expired > 0 {
                    tracing::error!(recipient, expired, "deliveries are too old and set aside");
                }
            }
        }
        Ok(Step::Worked)
    }
}
