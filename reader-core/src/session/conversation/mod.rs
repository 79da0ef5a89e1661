//! One reading from first to last command, in the order that proves text soonest.
//!
//! EF.CardAccess → PACE (→ EF.CardSecurity, where PACE proved the chip) → SELECT → EF.SOD, DG1, DG13 → DG14 and chip authentication → DG15 and active authentication →
//! DG2 and the rest. After BAC, whose keys are weak, chip authentication comes right after EF.SOD.

mod access;
mod proofs;
mod sensitive;

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use crate::capture::{AccessTrace, Capture, ChipAuthenticationTrace, Deviation, FileState, Origin};
use crate::crypto::ec::Point;
use crate::crypto::secret::Entropy;
use crate::lds::{DataGroup, FileId};
use crate::transport::{Recovery, Transport, TransportError};

use super::declared::refused_extended;
use super::{
    AccessKey, Cause, ChipSession, Ended, Event, ExchangeSize, FileRead, LearntLimits, NOT_REACHED, Observer,
    Open, PartialFile, Plan, ReadLimits, Secured, Step, expected,
};

/// What a reading gave.
pub struct Reading<T> {
    /// Files and traces, as far as it came.
    pub capture: Capture,
    /// Why it ended before everything planned was read; `None` if nothing was left.
    pub ended: Option<Cause>,
    /// The transport, for the card to be let go.
    pub transport: T,
    /// The sizes of all exchanges, in order.
    pub exchanges: Vec<ExchangeSize>,
    /// Each file with the number of exchanges made when its last byte came.
    pub finished: Vec<(FileId, usize)>,
    /// What the reading showed of card and reader.
    pub learnt: LearntLimits,
    pub(super) given_up: Vec<FileId>,
    pub(super) partial: Option<PartialFile>,
}

pub(in crate::session) type Session<T> = ChipSession<T, Secured>;

/// Opens and reads a chip by `plan`. Of several keys, PACE takes a card access number before an MRZ; BAC takes an MRZ.
///
/// Whatever happens, what was read before is in the result.
pub fn read_chip<T: Transport>(
    transport: T,
    keys: &[AccessKey],
    plan: &Plan,
    entropy: &mut dyn Entropy,
    observer: &mut dyn Observer,
) -> Reading<T> {
    Conversation::new(keys, plan, entropy, observer).hold(ChipSession::new(transport, plan.timeout_ms))
}

/// What `conversation` has when it ended so.
fn reading<T: Transport>(conversation: Conversation<'_>, ended: Result<Session<T>, Ended<T>>) -> Reading<T> {
    let learnt = conversation.learnt();
    let Conversation { plan, mut capture, finished, expected, given_up, partial, .. } = conversation;
    let (link, ended) = match ended {
        Ok(session) => (session.link, None),
        Err(ended) => (*ended.link, Some(ended.cause)),
    };
    if ended.is_some() {
        // What was planned and not reached is aborted, not missing.
        for group in wanted(plan, expected.as_ref()) {
            capture.files.entry(FileId::group(group)).or_insert(NOT_REACHED);
        }
        capture.files.entry(FileId::SOD).or_insert(NOT_REACHED);
    }
    let exchanges = link.exchanges;
    Reading { capture, ended, transport: link.transport, exchanges, finished, learnt, given_up, partial }
}

/// The groups that the site wants and EF.SOD lists (all that it wants where no list is known).
fn wanted(plan: &Plan, expected: Option<&BTreeSet<DataGroup>>) -> Vec<DataGroup> {
    let listed = |group: &DataGroup| expected.is_none_or(|groups| groups.contains(group));
    plan.groups.iter().copied().filter(listed).collect()
}

pub(in crate::session) struct Conversation<'a> {
    pub keys: &'a [AccessKey],
    pub plan: &'a Plan,
    pub entropy: &'a mut dyn Entropy,
    pub observer: &'a mut dyn Observer,
    /// Those of the plan, with what the chip declares.
    pub limits: ReadLimits,
    /// An extended command was refused.
    pub short_only: bool,
    /// An extended command was answered.
    pub extended_used: bool,
    /// Where the link failed last with the card still there: files finished, and bytes of the one under way.
    pub stumbled: Option<(usize, usize)>,
    pub capture: Capture,
    /// The groups that EF.SOD lists, once it was read.
    pub expected: Option<BTreeSet<DataGroup>>,
    pub finished: Vec<(FileId, usize)>,
    /// Sessions that ended because the chip did not answer under new keys.
    pub chip_refusals: usize,
    /// Files that were left alone for good reason; a new session does not try again.
    pub given_up: Vec<FileId>,
    /// The file that an ended session was reading.
    pub partial: Option<PartialFile>,
    /// The key of EF.CardSecurity by which the chip answered the chip authentication mapping in this session.
    pub mapped_key: Option<Point>,
    /// What is kept came from this chip, so one that now answers has to be the same.
    pub resumed: bool,
}

impl<'a> Conversation<'a> {
    pub fn new(
        keys: &'a [AccessKey],
        plan: &'a Plan,
        entropy: &'a mut dyn Entropy,
        observer: &'a mut dyn Observer,
    ) -> Self {
        Self {
            keys,
            plan,
            entropy,
            observer,
            limits: plan.limits,
            short_only: false,
            extended_used: false,
            stumbled: None,
            capture: Capture::new(Origin::Live),
            expected: None,
            finished: Vec::new(),
            chip_refusals: 0,
            given_up: Vec::new(),
            partial: None,
            mapped_key: None,
            resumed: false,
        }
    }

    /// The whole conversation.
    pub fn hold<T: Transport>(mut self, open: ChipSession<T, Open>) -> Reading<T> {
        let ended = self.run(open);
        reading(self, ended)
    }

    fn run<T: Transport>(&mut self, mut open: ChipSession<T, Open>) -> Result<Session<T>, Ended<T>> {
        self.take_learnt();
        loop {
            let ended = match self.attempt(open) {
                Ok(session) => {
                    self.note_chip_authentication(session.chip_authentication().cloned());
                    return Ok(session);
                }
                Err(ended) => ended,
            };
            let in_file = ended.partial.is_some();
            let ended = self.note_end(ended);
            if !self.short_only && refused_extended(&ended) {
                // Some chips and readers declare what they cannot do, and the channel dies of it.
                self.stay_short();
                self.void_proofs();
            } else if ended.chip_authentication() == Some(&ChipAuthenticationTrace::NewKeysRefused) {
                // The chip does not have the key that its DG14 names, or an answer was damaged: a second session asks again.
                // After that, the other files are still worth seeing, without chip authentication; the refusal stays on
                // record.
                self.chip_refusals += 1;
                self.capture.active_authentication = None;
            } else if self.may_go_on(&ended.cause, in_file) {
                self.void_proofs();
            } else {
                return Err(ended);
            }
            open = ended.restart_in_master_file()?;
        }
    }

    /// One session.
    fn attempt<T: Transport>(&mut self, open: ChipSession<T, Open>) -> Result<Session<T>, Ended<T>> {
        let session = self.gain_access(open)?;
        let session = if self.resumed {
            self.meet_again(session)?
        } else if self.short_only {
            // The chip was powered anew, so nothing says yet that it is the same.
            self.recognize(session)?.0
        } else if self.mapped_key.is_some() {
            // EF.CardSecurity names no document: what is kept must be of the chip that has just proved itself.
            self.tie_mapping(session)?
        } else {
            session
        };
        self.read_all(session)
    }

    /// The link failed and the card is still there: a new session goes on, once. Where the same part of a file fails again,
    /// less is asked for at once: some readers fail on long answers. A PIN that has not opened the chip yet is not sent
    /// again unasked: it may be wrong, and each time costs a try.
    fn may_go_on(&mut self, cause: &Cause, in_file: bool) -> bool {
        let Cause::Transport(error) = cause else { return false };
        let unproved_pin =
            self.keys.iter().any(AccessKey::is_pin) && self.capture.pace != Some(AccessTrace::Opened);
        if error.recovery() != Recovery::PowerAnew || unproved_pin {
            return false;
        }
        let place = (self.finished.len(), self.partial.as_ref().map_or(0, |partial| partial.bytes.len()));
        let before = self.stumbled.replace(place);
        let same = in_file && before == Some(place) && matches!(error, TransportError::Communication { .. });
        if before.is_some() && !(same && self.limits.step_down()) {
            return false;
        }
        let begun = self.partial.as_ref().is_some_and(|partial| partial.file == FileId::SOD);
        self.resumed |= begun || self.capture.bytes(FileId::SOD).is_some();
        true
    }

    /// Puts what an ended session knew into the capture.
    pub fn note_end<T: Transport>(&mut self, mut ended: Ended<T>) -> Ended<T> {
        self.note_chip_authentication(ended.chip_authentication().cloned());
        if let Some(partial) = ended.partial.take() {
            let state = FileState::Aborted { read_bytes: partial.bytes.len() };
            self.capture.files.insert(partial.file, state);
            if !partial.bytes.is_empty() {
                self.partial = Some(partial);
            }
        }
        ended
    }

    /// Puts it on record, once.
    pub fn note_deviation(&mut self, deviation: Deviation) {
        if !self.capture.deviations.contains(&deviation) {
            self.capture.deviations.push(deviation);
        }
    }

    /// What an ended session proved of the chip says nothing about the next.
    pub fn void_proofs(&mut self) {
        self.capture.pace_cam = None;
        self.capture.chip_authentication = None;
        self.capture.active_authentication = None;
    }

    /// A proof belongs to its session: what a later session says of chip authentication replaces what an ended one said.
    fn note_chip_authentication(&mut self, trace: Option<ChipAuthenticationTrace>) {
        if trace.is_some() {
            self.capture.chip_authentication = trace;
        }
    }

    fn read_all<T: Transport>(&mut self, session: Session<T>) -> Result<Session<T>, Ended<T>> {
        let mut session = self.read(session, FileId::SOD)?;
        self.expected = self.capture.bytes(FileId::SOD).and_then(expected::groups);
        let by_bac = self.capture.bac == Some(AccessTrace::Opened);
        if by_bac {
            session = self.authenticate_chip(session)?;
        }
        for group in [DataGroup::Dg1, DataGroup::Dg13] {
            session = self.read_wanted(session, group)?;
        }
        if !by_bac {
            session = self.authenticate_chip(session)?;
        }
        session = self.authenticate_actively(session)?;
        if self.plan.read_com {
            session = self.read(session, FileId::COM)?;
        }
        for group in self.plan.groups.clone() {
            if group.is_sensitive() {
                session = self.authenticate_terminal(session, group)?;
            }
            session = self.read_wanted(session, group)?;
        }
        self.note_terminal_unused();
        session.confirm_chip_authentication()
    }

    fn read_wanted<T: Transport>(
        &mut self,
        session: Session<T>,
        group: DataGroup,
    ) -> Result<Session<T>, Ended<T>> {
        if self.plan.wants(group) && self.lists(group) {
            self.read(session, FileId::group(group))
        } else {
            Ok(session)
        }
    }

    /// Whether EF.SOD lists the group, or no list is known.
    pub fn lists(&self, group: DataGroup) -> bool {
        self.expected.as_ref().is_none_or(|groups| groups.contains(&group))
    }

    /// Reads a file once.
    pub fn read<T: Transport>(&mut self, session: Session<T>, file: FileId) -> Result<Session<T>, Ended<T>> {
        let state = self.capture.files.get(&file);
        let broken_off = matches!(state, None | Some(FileState::Aborted { .. }));
        let settled = !broken_off || self.given_up.contains(&file);
        if settled {
            return Ok(session);
        }
        if self.observer.event(Event::Step(Step::Read(file))).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        let observer = &mut *self.observer;
        let mut progress =
            |done_bytes, total_bytes| observer.event(Event::Progress { file, done_bytes, total_bytes });
        let earlier = self.partial.clone().filter(|partial| partial.file == file);
        let earlier = earlier.unwrap_or(PartialFile { file, bytes: Vec::new() });
        let (session, read) = session.resume_file(earlier, &self.limits, &mut progress)?;
        self.extended_used |= session.link.extended;
        if read.changed {
            return Err(session.end(Cause::OtherChip));
        }
        self.partial.take_if(|partial| partial.file == file);
        if self.note_file(file, read, session.link.exchanges.len()).is_break() {
            return Err(session.end(Cause::Cancelled));
        }
        Ok(session)
    }

    pub fn note_file(&mut self, file: FileId, read: FileRead, exchanges: usize) -> ControlFlow<()> {
        if read.selected_by_identifier {
            self.note_deviation(Deviation::SelectedByIdentifier(file));
        }
        if read.extended_refused {
            self.stay_short();
        }
        self.limits.chunk_bytes = read.chunk_bytes.or(self.limits.chunk_bytes);
        if let Some(announced_bytes) = read.too_large_bytes {
            self.capture.deviations.push(Deviation::TooLarge { file, announced_bytes });
        }
        let flow = match &read.state {
            FileState::Read(bytes) => {
                self.finished.push((file, exchanges));
                self.observer.event(Event::Finished(file, bytes))
            }
            other => {
                self.given_up.push(file);
                self.observer.event(Event::NotRead(file, other))
            }
        };
        self.capture.files.insert(file, read.state);
        flow
    }
}
