//! Extended lengths: as far as EF.ATR/INFO declares them, and no longer than they work.

use crate::capture::{Deviation, FileState};
use crate::channel::Broken;
use crate::lds::FileId;
use crate::transport::{Limits, Transport, TransportError};

use super::conversation::Conversation;
use super::{Cause, ChipSession, Ended, Event, Open, Step, files};

impl Conversation<'_> {
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
        self.plan.read_atr_info && self.plan.limits.declared.is_none() && reader.extended
    }

    pub(super) fn learn_limits(&mut self) {
        if !self.short_only {
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
