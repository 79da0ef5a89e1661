//! The link thread: exchanges with the chip and does nothing else.

use std::ops::ControlFlow;
use std::sync::mpsc::SyncSender;

use reader_core::capture::{Capture, FileState};
use reader_core::lds::FileId;
use reader_core::session::{self, AccessKey, Cause, ExchangeSize, Plan};
use reader_core::transport::Transport;

use super::Cancel;
use crate::entropy::SystemEntropy;
use crate::failure::Failure;

/// What the link thread tells the judge.
pub(super) enum LinkMessage {
    /// A step of the session began.
    Step(session::Step),
    /// Part of a file came.
    Progress { file: FileId, done_bytes: usize, total_bytes: usize },
    /// A file is there.
    File(FileId, FileState),
}

/// What is left when the link thread ends.
pub(super) struct LinkResult {
    pub capture: Capture,
    pub ended: Option<Cause>,
    pub exchanges: Vec<ExchangeSize>,
    pub elapsed_ms: u64,
}

/// Runs the whole conversation. The sender is dropped at the end, which ends the judge's waiting.
pub(super) fn read<T: Transport>(
    transport: T,
    keys: &[AccessKey],
    plan: &Plan,
    cancel: &Cancel,
    sender: &SyncSender<LinkMessage>,
) -> Result<LinkResult, Failure> {
    let started = std::time::Instant::now();
    let mut observer = |event: session::Event<'_>| {
        let message = match event {
            session::Event::Step(step) => LinkMessage::Step(step),
            session::Event::Progress { file, done_bytes, total_bytes } => {
                LinkMessage::Progress { file, done_bytes, total_bytes }
            }
            session::Event::Finished(file, bytes) => LinkMessage::File(file, FileState::Read(bytes.to_vec())),
            session::Event::NotRead(file, state) => LinkMessage::File(file, state.clone()),
        };
        // A judge that is gone needs nothing more from the chip.
        let heard = sender.send(message).is_ok();
        if heard && !cancel.is_cancelled() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let reading = session::read_chip(transport, keys, plan, &mut SystemEntropy, &mut observer);
    Ok(LinkResult {
        capture: reading.capture,
        ended: reading.ended,
        exchanges: reading.exchanges,
        elapsed_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
    })
}
