//! Lengths: extended ones as far as EF.ATR/INFO declares them and no longer than they work, and what a reading has learnt
//! of card and reader.

use crate::capture::{Deviation, FileState};
use crate::channel::Broken;
use crate::lds::FileId;
use crate::transport::{Limits, Transport, TransportError};
use crate::wire::atr;

use super::conversation::Conversation;
use super::{Cause, ChipSession, Ended, Event, Open, Step, files};

/// What a reading has shown of a card and its reader: a value to keep, by answer to reset and reader, and to give to the
/// next such card's [`Plan`](super::Plan). Holds nothing of the person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LearntLimits {
    /// Most bytes of a file in a short command; `None` where nothing kept to less than the protocol allows.
    pub chunk_bytes: Option<usize>,
    /// Sizes of extended commands and responses that were declared and worked, in bytes.
    pub extended_bytes: Option<(usize, usize)>,
    /// Extended lengths were declared and refused.
    pub extended_refused: bool,
}

impl LearntLimits {
    const fn declared(&self) -> Option<Limits> {
        match self.extended_bytes {
            Some((command_bytes, response_bytes)) => {
                Some(Limits { command_bytes, response_bytes, extended: true })
            }
            None => None,
        }
    }
}

/// What an answer to reset declares of extended lengths: that there is no limit below the protocol's own. `None` where it
/// declares none, or leaves the sizes to EF.ATR/INFO. Spec: 9303-11 §9.3.1.2; ISO/IEC 7816-4 §8.1.1.2.7.
#[must_use]
pub fn declared_by_atr(answer: &[u8]) -> Option<Limits> {
    let capabilities = atr::length_capabilities(atr::historical_bytes(answer)?)?;
    (capabilities.extended && !capabilities.limits_in_file).then_some(Limits::EXTENDED)
}

impl Conversation<'_> {
    /// Takes over what earlier readings learnt, if the plan has it.
    pub(super) fn take_learnt(&mut self) {
        let Some(learnt) = self.plan.learnt.filter(|learnt| *learnt != LearntLimits::default()) else {
            return;
        };
        self.note_deviation(Deviation::LearntLimits);
        self.short_only = learnt.extended_refused;
        self.limits.chunk_bytes = self.limits.chunk_bytes.or(learnt.chunk_bytes);
        if !self.short_only {
            self.limits.declared = self.limits.declared.or(learnt.declared());
        }
    }

    /// What this reading adds to it.
    pub(super) fn learnt(&self) -> LearntLimits {
        let works = self.limits.declared.filter(|_| !self.short_only && self.extended_used);
        LearntLimits {
            chunk_bytes: self.limits.chunk_bytes,
            extended_bytes: works.map(|limits| (limits.command_bytes, limits.response_bytes)),
            extended_refused: self.short_only,
        }
    }

    /// EF.ATR/INFO, where the reader could make use of what it declares.
    pub(super) fn atr_info<T: Transport>(
        &mut self,
        open: ChipSession<T, Open>,
    ) -> Result<ChipSession<T, Open>, Ended<T>> {
        let wanted = self.wants_atr_info(open.link.transport.limits());
        if !wanted || self.capture.files.contains_key(&FileId::ATR_INFO) {
            return Ok(open);
        }
        if self.observer.event(Event::Step(Step::Read(FileId::ATR_INFO))).is_break() {
            return Err(open.stop());
        }
        let (open, read) = open.read_atr_info().map_err(|ended| self.note_end(ended))?;
        if read.state == FileState::Protected {
            // After PACE it may be readable.
            self.capture.files.insert(FileId::ATR_INFO, read.state);
            return Ok(open);
        }
        if self.note_file(FileId::ATR_INFO, read, open.link.exchanges.len()).is_break() {
            return Err(open.stop());
        }
        self.learn_limits();
        Ok(open)
    }

    const fn wants_atr_info(&self, reader: Limits) -> bool {
        self.plan.read_atr_info && !self.short_only && self.limits.declared.is_none() && reader.extended
    }

    pub(super) fn learn_limits(&mut self) {
        if !self.short_only && self.capture.files.contains_key(&FileId::ATR_INFO) {
            self.limits.declared = self.capture.bytes(FileId::ATR_INFO).and_then(files::declared_by);
        }
    }

    /// Extended lengths are not tried again.
    pub(super) fn stay_short(&mut self) {
        self.short_only = true;
        self.limits.declared = None;
        self.note_deviation(Deviation::ExtendedRefused);
    }
}

/// Whether an extended command ended the session: a bare status word, bytes that are no response, or a reader that failed.
/// A wrong MAC is no matter of lengths.
pub(super) fn refused_extended<T>(ended: &Ended<T>) -> bool {
    let cause = matches!(
        ended.cause,
        Cause::Channel(Broken::BareStatus(_) | Broken::Malformed(_))
            | Cause::Malformed(_)
            | Cause::Transport(TransportError::Communication { .. })
    );
    ended.link.extended && cause
}
