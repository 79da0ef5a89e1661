//! The link thread: exchanges with the chip and does nothing else. It outlasts the card's absence.

use std::ops::ControlFlow;
use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use firmware_profiles::Moment;
use reader_core::capture::{AccessTrace, Capture, FileState};
use reader_core::lds::FileId;
use reader_core::session::wrong_card::{self, Judgement, Observed};
use reader_core::session::{self, AccessKey, Cause, Earlier, ExchangeSize, LearntLimits, Plan};
use reader_core::transport::{Transport, TransportError};

use super::Cancel;
use super::place::{Absence, Place};
use crate::entropy::SystemEntropy;
use crate::report::Interruption;

/// Between two looks at an empty reader.
const LOOK: Duration = Duration::from_millis(100);
/// Before a card that lies there and gave nothing is tried again.
const SETTLE: Duration = Duration::from_millis(800);
/// Absences in one reading, each with something read before it. A card that is moved more often is not being read.
const MAX_ABSENCES: usize = 8;

/// What the link thread tells the judge.
pub(super) enum LinkMessage {
    /// A step of the session began.
    Step(session::Step),
    /// Part of a file came.
    Progress { file: FileId, done_bytes: usize, total_bytes: usize },
    /// A file is there.
    File(FileId, FileState),
    /// Reading stands still until something comes back.
    Absent { what: Absence, left: Duration },
    /// It is back, and reading goes on.
    Back,
}

/// What is left when the link thread ends.
pub(super) struct LinkResult {
    pub capture: Capture,
    pub ended: Option<Cause>,
    pub exchanges: Vec<ExchangeSize>,
    pub elapsed_ms: u64,
    pub interruptions: Vec<Interruption>,
    /// It is no document that can be opened.
    pub wrong_card: Option<Judgement>,
    /// What a reading that came to its end showed of card and reader.
    pub learnt: Option<LearntLimits>,
}

/// One reading from the first command to the last, absences of the card included.
pub(super) struct Link<'a> {
    pub keys: Vec<AccessKey>,
    pub plan: &'a Plan,
    /// How long an absence may last.
    pub patience: Duration,
    pub cancel: &'a Cancel,
    pub sender: SyncSender<LinkMessage>,
}

/// One attempt at the chip, without the transport that it was made over.
struct Attempt {
    kept: Earlier,
    ended: Option<Cause>,
    /// Something came of it.
    advanced: bool,
    /// Access control succeeded.
    opened: bool,
    /// It is no document that can be opened.
    wrong_card: Option<Judgement>,
    /// What it showed of card and reader.
    learnt: Option<LearntLimits>,
}

/// How waiting ended.
enum Waited {
    Back,
    TooLong,
    Cancelled,
}

impl Link<'_> {
    /// Runs the whole conversation. The sender is dropped at the end, which ends the judge's waiting; keys and what is kept
    /// for resuming go with it.
    pub(super) fn read(self, place: &mut dyn Place) -> LinkResult {
        let started = Instant::now();
        let mut interruptions: Vec<Interruption> = Vec::new();
        let mut attempt = self.attempt(place, None, false);
        let mut until = Instant::now() + self.patience;
        let (mut absences, mut tries) = (0, 0);
        let mut silence = Silence::default();
        silence.hear(attempt.ended.as_ref());
        while let Some(what) = absence(attempt.ended.as_ref()) {
            // A PIN that has not opened the chip may be wrong: sending it again would spend one more of its tries.
            let unproved_pin = !attempt.opened && self.keys.iter().any(AccessKey::is_pin);
            if attempt.wrong_card.is_some()
                || unproved_pin
                || !place.can_return()
                || self.patience.is_zero()
                || absences >= MAX_ABSENCES
            {
                break;
            }
            let away = Instant::now();
            tries += 1;
            if attempt.advanced {
                // A new absence; else the old one goes on.
                until = away + self.patience;
                absences += 1;
                tries = 0;
            }
            let mut interruption = Interruption {
                after_apdus: attempt.kept.exchanges().len(),
                away_ms: 0,
                other_card: what == Absence::OtherCard,
                resumed: false,
            };
            let waited = self.wait(place, what, until, tries > 1, &mut silence);
            interruption.away_ms = milliseconds(away.elapsed());
            if !matches!(waited, Waited::Back) {
                interruptions.push(interruption);
                if matches!(waited, Waited::Cancelled) {
                    attempt.ended = Some(Cause::Cancelled);
                }
                break;
            }
            attempt = self.attempt(place, Some(attempt.kept), attempt.opened);
            silence.hear(attempt.ended.as_ref());
            interruption.resumed = attempt.advanced || attempt.ended.is_none();
            interruptions.push(interruption);
        }
        let nothing_came = attempt.kept.exchanges().is_empty();
        let silent = attempt.ended.is_some() && nothing_came;
        let (capture, exchanges) = attempt.kept.into_capture();
        LinkResult {
            learnt: attempt.learnt.filter(|_| attempt.ended.is_none()),
            wrong_card: attempt.wrong_card.or(silence.judged().filter(|_| silent)),
            capture,
            ended: attempt.ended,
            exchanges,
            elapsed_ms: milliseconds(started.elapsed()),
            interruptions,
        }
    }

    /// One session, or the next one after `earlier`, in which the chip was opened or not yet.
    fn attempt(&self, place: &mut dyn Place, earlier: Option<Earlier>, mut opened: bool) -> Attempt {
        place.signal(Moment::Reading);
        let mut advanced = false;
        let mut observer = |event: session::Event<'_>| {
            let message = match event {
                session::Event::Step(step) => LinkMessage::Step(step),
                session::Event::Progress { file, done_bytes, total_bytes } => {
                    advanced = true;
                    LinkMessage::Progress { file, done_bytes, total_bytes }
                }
                session::Event::Finished(file, bytes) => {
                    advanced = true;
                    LinkMessage::File(file, FileState::Read(bytes.to_vec()))
                }
                session::Event::NotRead(file, state) => LinkMessage::File(file, state.clone()),
            };
            // A judge that is gone needs nothing more from the chip.
            let heard = self.sender.send(message).is_ok();
            if heard && !self.cancel.is_cancelled() {
                ControlFlow::Continue(())
            } else {
                ControlFlow::Break(())
            }
        };
        let mut entropy = SystemEntropy;
        let first = earlier.is_none();
        let atr = place.atr().map(<[u8]>::to_vec);
        let mut plan = self.plan.clone();
        plan.limits.declared = plan.limits.declared.or_else(|| session::declared_by_atr(atr.as_deref()?));
        let mut pending = earlier;
        let (mut done, mut learnt) = (None, None);
        let talked = place.talk(&mut |transport: &mut dyn Transport| {
            let reading = match pending.take() {
                Some(earlier) => {
                    session::resume_chip(transport, &self.keys, &plan, &mut entropy, &mut observer, earlier)
                }
                None => session::read_chip(transport, &self.keys, &plan, &mut entropy, &mut observer),
            };
            let ended = reading.ended.clone();
            learnt = Some(reading.learnt);
            opened = [&reading.capture.pace, &reading.capture.bac]
                .into_iter()
                .any(|trace| *trace == Some(AccessTrace::Opened));
            let has_card_access = reading.capture.bytes(FileId::CARD_ACCESS).is_some();
            let (kept, transport) = reading.into_earlier();
            let wrong_card = if first {
                self.doubt(transport, &atr, ended.as_ref(), opened, has_card_access)
            } else {
                None
            };
            done = Some((kept, ended, wrong_card));
        });
        let (kept, ended, wrong_card) = match (done, talked) {
            (Some(done), _) => done,
            (None, Err(error)) => (pending.unwrap_or_default(), Some(Cause::Transport(error)), None),
            // A place that says it let the work talk and did not.
            (None, Ok(())) => (pending.unwrap_or_default(), Some(Cause::Cancelled), None),
        };
        advanced &= ended != Some(Cause::OtherChip);
        Attempt { kept, ended, advanced, opened, wrong_card, learnt }
    }

    /// Whether what could not be opened is no document at all. Asked only of a card that refused the ordinary way; of one
    /// that fell silent, the reader's word counts alone.
    fn doubt(
        &self,
        mut transport: &mut dyn Transport,
        atr: &Option<Vec<u8>>,
        ended: Option<&Cause>,
        opened: bool,
        card_access: bool,
    ) -> Option<Judgement> {
        let ended = ended?;
        match ended {
            Cause::Refused { status, .. } if opened => wrong_card::judge_protected(*status),
            _ if opened => None,
            Cause::Transport(error) if error.is_card() => {
                let told = Observed { atr: atr.clone(), ..Observed::default() };
                wrong_card::judge(&told.meaning())
            }
            _ if wrong_card::leaves_open(ended) => {
                let seen =
                    wrong_card::observe(&mut transport, atr.as_deref(), card_access, self.plan.timeout_ms);
                wrong_card::judge(&seen.meaning())
            }
            _ => None,
        }
    }

    /// Waits until a card that answers lies at the place again; another card has to go first. Nobody is told where it lies
    /// there already, unless that was tried before and was `in_vain`.
    fn wait(
        &self,
        place: &mut dyn Place,
        what: Absence,
        until: Instant,
        in_vain: bool,
        silence: &mut Silence,
    ) -> Waited {
        let mut told = None;
        let mut what = what;
        let mut must_go = what == Absence::OtherCard;
        let left = || until.saturating_duration_since(Instant::now());
        let mut tell = |what: Absence| {
            let news = told != Some(what);
            told = Some(what);
            !news || self.sender.send(LinkMessage::Absent { what, left: left() }).is_ok()
        };
        if in_vain {
            if !tell(what) {
                return Waited::Cancelled;
            }
            std::thread::sleep(SETTLE.min(left()));
        }
        loop {
            if self.cancel.is_cancelled() {
                return Waited::Cancelled;
            }
            if left().is_zero() {
                return Waited::TooLong;
            }
            let looked = match place.is_occupied() {
                Ok(true) if must_go => Ok(false),
                Ok(true) => place.power().map(|()| true).inspect_err(|error| silence.note(error)),
                Ok(false) => {
                    // Whatever lay here has gone: what is missing now is the card.
                    (must_go, what) = (false, Absence::Card);
                    *silence = Silence::default();
                    Ok(false)
                }
                Err(error) => Err(error),
            };
            match looked {
                Ok(true) => {
                    let heard = self.sender.send(LinkMessage::Back).is_ok();
                    return if heard { Waited::Back } else { Waited::Cancelled };
                }
                Ok(false) => {}
                Err(error) => what = Absence::of(&error).unwrap_or(what),
            }
            if silence.judged().is_some() && !must_go {
                what = Absence::Several;
            }
            if !tell(what) {
                return Waited::Cancelled;
            }
            std::thread::sleep(LOOK.min(left()));
        }
    }
}

/// How often in a row something lay there and no answer was understood.
#[derive(Default)]
struct Silence {
    tries: usize,
}

impl Silence {
    fn note(&mut self, error: &TransportError) {
        self.tries = if Absence::is_silence(error) { self.tries + 1 } else { 0 };
    }

    fn hear(&mut self, ended: Option<&Cause>) {
        match ended {
            Some(Cause::Transport(error)) => self.note(error),
            _ => self.tries = 0,
        }
    }

    const fn judged(&self) -> Option<Judgement> {
        wrong_card::judge_silence(self.tries)
    }
}

/// What has to come back before a reading that ended so can go on.
fn absence(ended: Option<&Cause>) -> Option<Absence> {
    match ended? {
        Cause::OtherChip => Some(Absence::OtherCard),
        Cause::Transport(error) => Absence::of(error),
        _ => None,
    }
}

fn milliseconds(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
