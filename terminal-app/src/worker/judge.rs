//! The judge: proves what the link thread brings, asks the services, decides.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use reader_core::capture::{AccessFailure, AccessTrace, Capture, Deviation, Origin};
use reader_core::evidence::HolderFindings;
use reader_core::lds::portrait::{self, Pixels, Portraits};
use reader_core::lds::{DataGroup, FileId};
use reader_core::policy::{Verdict, decide};
use reader_core::session::{self, Cause};
use reader_core::verify::{self, Presented, Proof, ProvedText, Settings};

use super::deliveries::{Decided, Facts};
use super::gateway::Asking;
use super::link::{LinkMessage, LinkResult};
use super::message::{Event, Step};
use super::place::Absence;
use super::questions::Questions;
use super::{Cancel, Job, SIMULATED_CHIP, SIMULATED_GATEWAY, Verified};
use crate::connectors::PersonFields;
use crate::devices::pcsc::failure_of;
use crate::entropy::SystemEntropy;
use crate::failure::{ErrorCode, Failure};
use crate::presentation::Presentation;
use crate::report::{Biometric, Link, Reader, Report, SiteStamp};
use crate::text::Texts;
use crate::transaction::Transaction;

/// Longest time for decoding a portrait; a hostile one is abandoned.
const DECODE_LIMIT: Duration = Duration::from_secs(3);
/// Size of a portrait as long as the chip has not said it, for the share of bytes that is shown.
const TYPICAL_PORTRAIT_BYTES: usize = 18_000;
/// Size of any other file as long as the chip has not said it.
const TYPICAL_FILE_BYTES: usize = 600;

/// Takes what the link thread brings, and judges.
pub(super) struct Judge<'a> {
    job: &'a Job,
    presented: Presented,
    settings: Settings,
    /// The files so far, for proving the texts before the portrait is there.
    partial: Capture,
    text: Option<ProvedText>,
    /// Proof of the signer alone, for asking the gateway before the texts are there.
    signer: Option<ProvedText>,
    asking: Asking,
    transaction: Transaction,
    /// What services are asked while the portrait is being read.
    questions: Questions,
    cancel: Cancel,
    started: Instant,
    sizes: BTreeMap<FileId, (usize, usize)>,
    step: Option<Step>,
}

impl<'a> Judge<'a> {
    /// Of a card that is being read: the gateway is asked meanwhile.
    ///
    /// # Errors
    /// There is no randomness.
    pub(super) fn live(job: &'a Job, cancel: &Cancel) -> Result<Self, Failure> {
        let mut judge = Self::stored(job)?;
        judge.asking = job.services.gateway().map_or(Asking::None, Asking::Waiting);
        judge.cancel = cancel.clone();
        Ok(judge)
    }

    /// Of a stored capture: what the gateway said then is in it, or nothing.
    fn stored(job: &'a Job) -> Result<Self, Failure> {
        let transaction = Transaction::new(&mut SystemEntropy)
            .map_err(|error| Failure::new(ErrorCode::NoRandomness, error.to_string()))?;
        Ok(Self {
            job,
            presented: job.presentation.as_ref().map_or_else(Presented::nothing, Presentation::to_compare),
            settings: job.site.proof.clone(),
            partial: Capture::new(Origin::Live),
            text: None,
            signer: None,
            asking: Asking::None,
            transaction,
            questions: Questions::new(),
            cancel: Cancel::new(),
            started: Instant::now(),
            sizes: BTreeMap::new(),
            step: None,
        })
    }

    /// Takes one message of the link thread.
    pub(super) fn take(&mut self, message: LinkMessage, tell: &mut dyn FnMut(Event)) {
        match message {
            LinkMessage::Step(step) => self.step(shown_step(step), tell),
            LinkMessage::Progress { file, done_bytes, total_bytes } => {
                self.sizes.insert(file, (done_bytes, total_bytes));
                tell(self.bytes());
            }
            LinkMessage::File(file, state) => {
                self.partial.files.insert(file, state);
                self.ask_gateway();
                self.prove_text_once(tell);
            }
            LinkMessage::Absent { what, left } => {
                tell(Event::Absent { what, left_ms: u32::try_from(left.as_millis()).unwrap_or(u32::MAX) });
            }
            LinkMessage::Back => tell(Event::Back),
        }
    }

    fn step(&mut self, step: Step, tell: &mut dyn FnMut(Event)) {
        // Steps of the session come back and forth; people see each stage once.
        if self.step.is_none_or(|before| before < step) {
            self.step = Some(step);
            tell(Event::Step(step));
        }
    }

    fn bytes(&self) -> Event {
        let wanted = self.job.site.groups.iter().copied().chain([DataGroup::Dg14, DataGroup::Dg15]);
        let files = wanted.map(FileId::group).chain([FileId::SOD]);
        let mut expected = 0;
        for file in files {
            let typical = if file == FileId::group(DataGroup::Dg2) {
                TYPICAL_PORTRAIT_BYTES
            } else {
                TYPICAL_FILE_BYTES
            };
            expected += match (self.sizes.get(&file), self.partial.files.get(&file)) {
                (Some((_, total)), _) => *total,
                // Asked for and not given.
                (None, Some(_)) => 0,
                (None, None) => typical,
            };
        }
        let done = self.sizes.values().map(|(done, _)| done).sum();
        Event::Bytes { done, expected: expected.max(done) }
    }

    /// Asks the gateway as soon as signer and number are known.
    fn ask_gateway(&mut self) {
        if self.asking.can_begin(&self.partial) {
            let proof = self.proof_so_far();
            let elapsed_s = i64::try_from(self.started.elapsed().as_secs()).unwrap_or(i64::MAX);
            self.asking.begin(&proof, &self.partial, self.job.now.plus_s(elapsed_s), &self.cancel);
            self.signer = Some(proof);
        }
    }

    /// The proof of the files so far. Signatures are checked once.
    fn proof_so_far(&mut self) -> ProvedText {
        let (job, partial) = (self.job, &self.partial);
        match self.signer.take() {
            Some(signer) => {
                verify::text_again(signer, partial, &job.trust, &self.presented, job.now, &self.settings)
            }
            None => verify::text(partial, &job.trust, &self.presented, job.now, &self.settings),
        }
    }

    /// Proves the texts as soon as their files are there, while the portrait is still being read.
    fn prove_text_once(&mut self, tell: &mut dyn FnMut(Event)) {
        let there = |file: FileId| self.partial.files.contains_key(&file);
        let texts = [DataGroup::Dg1, DataGroup::Dg13];
        let wanted = texts.into_iter().filter(|group| self.job.site.groups.contains(group));
        let complete = there(FileId::SOD) && wanted.map(FileId::group).all(there);
        if self.text.is_some() || !complete {
            return;
        }
        // What the gateway has said by now counts; for the rest of it nobody waits here.
        self.partial.gateway = self.asking.so_far();
        let text = self.proof_so_far();
        if let Some(holder) = text.holder() {
            tell(Event::Holder(Box::new(holder.clone())));
            self.job.services.begin(holder, self.transaction, &mut self.questions);
        }
        self.text = Some(text);
    }

    /// Judges the finished reading.
    pub(super) fn finish(
        mut self,
        reading: LinkResult,
        reader: Option<Reader>,
        started: Instant,
        cancel: &Cancel,
        tell: &mut dyn FnMut(Event),
    ) -> Result<Verified, Failure> {
        if reading.ended == Some(Cause::Cancelled) || cancel.is_cancelled() {
            return Err(Failure::new(ErrorCode::Cancelled, "cancelled"));
        }
        if let Some(judgement) = reading.wrong_card {
            return Err(Failure::wrong_card(judgement));
        }
        let opened = [&reading.capture.pace, &reading.capture.bac]
            .into_iter()
            .any(|trace| matches!(trace, Some(AccessTrace::Opened)));
        if let Some(failure) = reading.ended.as_ref().filter(|_| !opened).and_then(never_opened) {
            return Err(failure);
        }
        if let Some(failure) = reading.ended.as_ref().and_then(machine_failed) {
            return Err(failure);
        }
        let mut link = Link::of(&reading.exchanges, reading.elapsed_ms, reading.interruptions);
        link.learnt_limits = reading.capture.deviations.contains(&Deviation::LearntLimits);
        self.conclude(reading.capture, Some((link, reader)), started, cancel, tell)
    }

    fn conclude(
        &mut self,
        mut capture: Capture,
        live: Option<(Link, Option<Reader>)>,
        started: Instant,
        cancel: &Cancel,
        tell: &mut dyn FnMut(Event),
    ) -> Result<Verified, Failure> {
        let job = self.job;
        let mut simulated_gateway = false;
        if let Some((trace, simulated)) = std::mem::replace(&mut self.asking, Asking::None).end() {
            capture.gateway = Some(trace);
            simulated_gateway = simulated;
        }
        let earlier = self.text.take().or(self.signer.take());
        let proof = verify::verify(&capture, &job.trust, &self.presented, job.now, &self.settings, earlier);
        if let Some(pixels) = proved_portrait(&proof, &capture) {
            tell(Event::Portrait(Arc::new(pixels)));
        }
        let texts = Texts::new(job.language);
        let transaction = self.transaction;
        let questions = std::mem::replace(&mut self.questions, Questions::new());
        let asked = if refused_already(&proof, job) {
            // Nobody's entitlement concerns a service where the card is refused whatever it answers.
            job.services.leave("the card is refused already", &questions)
        } else {
            if job.services.any() && proof.holder().is_some() {
                self.step(Step::AskServices, tell);
            }
            job.services.ask(proof.holder(), transaction, questions, cancel, &texts)
        };
        self.step(Step::Decide, tell);
        let mut simulated = Vec::new();
        if job.simulated_chip {
            simulated.push(SIMULATED_CHIP);
        }
        if simulated_gateway || job.services.simulated() || asked.iter().any(|one| one.simulated) {
            simulated.push(SIMULATED_GATEWAY);
        }
        let person = proof.holder().map(PersonFields::from);
        let mut facts = Facts::default();
        let findings = asked
            .into_iter()
            .map(|one| {
                facts.add(&one.finding.name, &one.details);
                one.finding
            })
            .collect();
        let evidence = verify::assemble(proof, HolderFindings::not_performed(), findings);
        let mut decision = decide(&evidence, &job.site.policy);
        for reason in &mut decision.reasons {
            reason.text = texts.get(&format!("reason-{}", reason.reason.number()));
        }
        let now = jiff::Timestamp::now();
        // A stored capture is no visit, and neither is one that was given up.
        let visited = live.is_some() && !cancel.is_cancelled();
        let deliveries = job.services.deliveries().filter(|_| visited).map(|deliveries| {
            let decided = Decided {
                transaction,
                decided_at: now.to_string(),
                decision: &decision,
                simulated: &simulated,
                person: person.as_ref(),
                facts: &facts,
            };
            deliveries.hand_over(&decided, &texts)
        });
        let (link, reader) = live.map_or((None, None), |(link, reader)| (Some(link), reader));
        let report = Report {
            transaction,
            decision,
            biometric: Biometric::default(),
            link,
            reader,
            simulated,
            audit: None,
            site: SiteStamp { name: job.site.name.clone(), hash: job.site.hash.clone() },
            versions: BTreeMap::from([("idterm", env!("CARGO_PKG_VERSION").to_owned())]),
            deliveries,
            started: jiff::Timestamp::now().saturating_sub(started.elapsed()).unwrap_or_default().to_string(),
            elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        };
        tell(Event::Decided(Box::new(report.clone())));
        Ok(Verified { report, capture, learnt: None })
    }
}

impl Drop for Judge<'_> {
    fn drop(&mut self) {
        self.partial.wipe();
    }
}

/// Whether the site's rules refuse the card by what its chip proved alone.
fn refused_already(proof: &Proof, job: &Job) -> bool {
    let without = verify::assemble(proof.clone(), HolderFindings::not_performed(), Vec::new());
    let decision = decide(&without, &job.site.policy);
    let of_a_service = |check: &str| check.starts_with("service.");
    decision.verdict == Verdict::Reject && decision.reasons.iter().any(|reason| !of_a_service(&reason.check))
}

/// Judges a stored capture: no chip, no events.
///
/// # Errors
/// There is no randomness.
pub fn judge_stored(capture: Capture, job: &Job) -> Result<Verified, Failure> {
    Judge::stored(job)?.conclude(capture, None, Instant::now(), &Cancel::new(), &mut |_| {})
}

/// The portrait, if its hash is signed under a confirmed chain. Decoded in a thread of its own that is abandoned at its
/// deadline, since the image comes from outside.
fn proved_portrait(proof: &Proof, capture: &Capture) -> Option<Pixels> {
    let file = proof.portrait(capture)?.bytes().to_vec();
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::Builder::new()
        .name("portrait".to_owned())
        .spawn(move || {
            let pixels = Portraits::parse(&file)
                .ok()
                .and_then(|portraits| portraits.first_image().cloned())
                .and_then(|image| portrait::decode(&image, portrait::Limits::default()).ok());
            // The judge may have stopped waiting.
            let _ = sender.send(pixels);
        })
        .ok()?;
    receiver.recv_timeout(DECODE_LIMIT).ok().flatten()
}

/// Why nothing could be done with a chip that did not open. `None` where its answers broke the protocol: that is a
/// finding, and belongs into a report.
fn never_opened(cause: &Cause) -> Option<Failure> {
    let denied = || Failure::new(ErrorCode::AccessDenied, cause.to_string());
    match cause {
        Cause::Transport(error) => Some(failure_of(error)),
        Cause::Entropy(error) => Some(Failure::new(ErrorCode::NoRandomness, error.to_string())),
        Cause::Access(AccessFailure::WrongPassword) => Some(denied()),
        Cause::Access(AccessFailure::WrongPin { .. }) => Some(denied().with_remedy(
            "Let the holder make sure of the PIN before the next try; the card blocks it after the third wrong one.",
        )),
        Cause::Access(AccessFailure::PinSuspended) => Some(denied().with_remedy(
            "Ask the holder whether the PIN is certain; then present it with the card access number printed on the card.",
        )),
        Cause::Access(AccessFailure::PinBlocked) => Some(denied().with_remedy(
            "Open the card by its card access number or machine-readable zone; the issuing authority can unblock the PIN.",
        )),
        Cause::Access(AccessFailure::BeyondReader) => Some(denied().with_remedy(
            "Use a reader that carries extended lengths, or present the machine-readable zone: the card may open by \
             BAC.",
        )),
        Cause::Access(AccessFailure::ParametersRefused(_)) => Some(denied().with_remedy(
            "Present the machine-readable zone: the card may open by BAC. Report the card type.",
        )),
        Cause::Access(AccessFailure::BrokenOff(_)) => Some(Failure::new(ErrorCode::CardLost, cause.to_string())),
        Cause::Access(AccessFailure::NotOffered) => Some(denied().with_remedy(
            "Present the machine-readable zone, or document number with birth and expiry: an older chip opens by them \
             alone.",
        )),
        Cause::Access(AccessFailure::Refused(_)) | Cause::Refused { .. } => Some(denied().with_remedy(
            "Lay the card on the reader again, and present its machine-readable zone where only a number was given: an \
             older chip opens by that alone. If it returns, refer the person.",
        )),
        _ => None,
    }
}

/// The reader or its service is gone for good: the terminal could not do it, and the card has no part in that.
fn machine_failed(cause: &Cause) -> Option<Failure> {
    match cause {
        Cause::Transport(error) if Absence::of(error) == Some(Absence::Machine) => Some(failure_of(error)),
        _ => None,
    }
}

fn shown_step(step: session::Step) -> Step {
    match step {
        session::Step::CardAccess
        | session::Step::Pace
        | session::Step::Bac
        | session::Step::SelectApplication => Step::OpenChip,
        session::Step::ChipAuthentication | session::Step::ActiveAuthentication => Step::ProveChip,
        session::Step::TerminalAuthentication => Step::ReadText,
        session::Step::Read(file) => match file.as_group() {
            Some(DataGroup::Dg14 | DataGroup::Dg15) => Step::ProveChip,
            Some(DataGroup::Dg2) => Step::ReadPortrait,
            _ => Step::ReadText,
        },
    }
}
