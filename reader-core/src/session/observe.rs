//! What a session tells while it goes on. The observer may stop it between any two exchanges.

use std::ops::ControlFlow;

use crate::capture::FileState;
use crate::lds::FileId;

/// What began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Step {
    /// Reading EF.CardAccess.
    CardAccess,
    /// PACE.
    Pace,
    /// BAC.
    Bac,
    /// Selecting the application.
    SelectApplication,
    /// Reading this file.
    Read(FileId),
    /// Chip authentication.
    ChipAuthentication,
    /// Active authentication.
    ActiveAuthentication,
    /// Terminal authentication.
    TerminalAuthentication,
}

/// Something happened.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step began.
    Step(Step),
    /// Part of a file came.
    Progress {
        /// Which file.
        file: FileId,
        /// Bytes so far.
        done_bytes: usize,
        /// Bytes in all, as the file announces.
        total_bytes: usize,
    },
    /// A file was read to its end.
    Finished(FileId, &'a [u8]),
    /// A file was asked for and not given: absent, protected or left alone.
    NotRead(FileId, &'a FileState),
}

/// Is told everything; `Break` ends the session before the next exchange.
pub trait Observer {
    /// Something happened.
    fn event(&mut self, event: Event<'_>) -> ControlFlow<()>;
}

impl<F: FnMut(Event<'_>) -> ControlFlow<()>> Observer for F {
    fn event(&mut self, event: Event<'_>) -> ControlFlow<()> {
        self(event)
    }
}
