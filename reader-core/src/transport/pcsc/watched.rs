//! Calls into the PC/SC service, each with a deadline.
//!
//! PC/SC ends no exchange by itself, and `SCardCancel` ends waits for cards only. So a thread of its own, with a context
//! of its own, makes the calls on one card; whoever asks waits for so long and no longer. A call that does not return is
//! given up with its thread, which lets the card go as soon as the driver gives it back.

use std::ffi::CString;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

use pcsc::{Card, Context, Disposition, Error, Protocols, Scope, ShareMode, Status, Transaction};
use zeroize::Zeroizing;

/// Tries to power a card that has just arrived: its field may still be rising.
const POWER_TRIES: usize = 3;
/// Longest answer of a reader to an escape command.
const ESCAPE_BYTES: usize = 1024;

/// What can be asked of a powered card and its reader.
pub(crate) enum Call {
    /// Keep other programs away.
    Begin,
    /// Let them in again.
    End,
    /// A command, and room for so many bytes of response.
    Transmit { command: Zeroizing<Vec<u8>>, room_bytes: usize },
    /// Whether the card is there.
    Status,
    /// Power it anew.
    Reset,
    /// A command to the reader itself.
    Escape(Vec<u8>),
    /// Let the card go, powered anew, so that no session stays open on it.
    Release,
}

/// Bytes of a response or answer to reset; empty where there are none to give.
pub(crate) type Reply = Result<Zeroizing<Vec<u8>>, Error>;

/// Why a call gave nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallError {
    /// What the service says.
    Service(Error),
    /// It did not return in time, now or earlier.
    Hung,
    /// The thread ended: the service's library failed in it.
    Ended,
}

/// The asking side.
pub(crate) struct Watched {
    calls: Sender<Call>,
    replies: Receiver<Reply>,
    hung: bool,
}

impl Watched {
    /// Starts a thread that connects to `reader` and serves calls. [`Self::wait`] then gives the answer to reset.
    pub fn connect(reader: CString) -> std::io::Result<Self> {
        Self::start(move |calls, replies| {
            if let Err(error) = serve(&reader, calls, replies) {
                // Nobody waits any more: then there is nobody to tell either.
                let _ = replies.send(Err(error));
            }
        })
    }

    /// The same with another service behind it.
    pub fn start(
        service: impl FnOnce(&Receiver<Call>, &Sender<Reply>) + Send + 'static,
    ) -> std::io::Result<Self> {
        let (calls, received) = channel();
        let (answered, replies) = channel();
        std::thread::Builder::new().name("pc/sc".to_owned()).spawn(move || service(&received, &answered))?;
        Ok(Self { calls, replies, hung: false })
    }

    /// Makes a call and waits `timeout_ms` for its reply.
    pub fn call(&mut self, call: Call, timeout_ms: u32) -> Result<Zeroizing<Vec<u8>>, CallError> {
        if self.hung {
            // A late reply would be taken for the reply to this call.
            return Err(CallError::Hung);
        }
        self.calls.send(call).map_err(|_| CallError::Ended)?;
        self.wait(timeout_ms)
    }

    /// Waits for the reply to what is under way.
    pub fn wait(&mut self, timeout_ms: u32) -> Result<Zeroizing<Vec<u8>>, CallError> {
        match self.replies.recv_timeout(Duration::from_millis(u64::from(timeout_ms))) {
            Ok(reply) => reply.map_err(CallError::Service),
            Err(RecvTimeoutError::Timeout) => {
                self.hung = true;
                Err(CallError::Hung)
            }
            Err(RecvTimeoutError::Disconnected) => Err(CallError::Ended),
        }
    }
}

fn serve(reader: &CString, calls: &Receiver<Call>, replies: &Sender<Reply>) -> Result<(), Error> {
    let context = Context::establish(Scope::User)?;
    let mut card = power(&context, reader)?;
    // The attribute SCARD_ATTR_ATR_STRING is unknown to some drivers; the status is known to all.
    let atr = card.status2_owned()?.atr().to_vec();
    let mut wanted = replies.send(Ok(Zeroizing::new(atr))).is_ok();
    let mut reset = true;
    while wanted {
        let reply = match calls.recv() {
            Ok(Call::Begin) => match begin(&mut card) {
                Ok(transaction) => {
                    if replies.send(Ok(nothing())).is_err() {
                        // Whoever asked has given up waiting for the program that held the card.
                        drop(transaction);
                        (wanted, reset) = (false, false);
                        continue;
                    }
                    match converse(transaction, calls, replies) {
                        Some(reply) => reply,
                        None => break,
                    }
                }
                Err(error) => Err(error),
            },
            Ok(Call::Status) => present(&card),
            Ok(Call::Escape(command)) => escape(&card, &command),
            Ok(Call::Transmit { .. } | Call::Reset) => Err(Error::NotReady),
            Ok(Call::End) => Ok(nothing()),
            Ok(Call::Release) | Err(_) => break,
        };
        wanted = replies.send(reply).is_ok();
    }
    let disposition = if reset { Disposition::ResetCard } else { Disposition::LeaveCard };
    // A card that is gone cannot be reset; there is nobody to tell.
    let _ = card.disconnect(disposition);
    let _ = replies.send(Ok(nothing()));
    Ok(())
}

fn power(context: &Context, reader: &CString) -> Result<Card, Error> {
    let mut tries = POWER_TRIES;
    loop {
        tries -= 1;
        // Contactless readers present ISO 14443-4 as T=1, a few as T=0; which one, the driver knows.
        match context.connect(reader, ShareMode::Shared, Protocols::ANY) {
            Err(Error::UnpoweredCard | Error::UnresponsiveCard | Error::ResetCard | Error::CommDataLost)
                if tries > 0 => {}
            other => return other,
        }
    }
}

/// A transaction; a card that another program reset in the meantime is taken up once.
fn begin(card: &mut Card) -> Result<Transaction<'_>, Error> {
    if let Err(Error::ResetCard) = card.status2_owned() {
        card.reconnect(ShareMode::Shared, Protocols::ANY, Disposition::LeaveCard)?;
    }
    card.transaction()
}

/// Serves calls within a transaction; gives the reply to the call that ended it, or nothing where all is over.
fn converse(
    mut transaction: Transaction<'_>,
    calls: &Receiver<Call>,
    replies: &Sender<Reply>,
) -> Option<Reply> {
    loop {
        let reply = match calls.recv() {
            Ok(Call::Transmit { command, room_bytes }) => {
                let mut buffer = Zeroizing::new(vec![0; room_bytes]);
                transaction.transmit(&command, &mut buffer).map(|received| Zeroizing::new(received.to_vec()))
            }
            Ok(Call::Status) => present(&transaction),
            Ok(Call::Escape(command)) => escape(&transaction, &command),
            Ok(Call::Reset) => {
                reconnect(|disposition| transaction.reconnect(ShareMode::Shared, Protocols::ANY, disposition))
            }
            Ok(Call::Begin) => Ok(nothing()),
            Ok(Call::End) => return Some(Ok(nothing())),
            Ok(Call::Release) | Err(_) => return None,
        };
        if replies.send(reply).is_err() {
            // Given up: the card is free for the next, and its session closed.
            let _ = transaction.end(Disposition::ResetCard);
            return None;
        }
    }
}

fn present(card: &Card) -> Reply {
    match card.status2_owned()?.status() {
        status if status.contains(Status::ABSENT) => Err(Error::RemovedCard),
        _ => Ok(nothing()),
    }
}

/// A warm reset, and a cold one where that does not do.
fn reconnect(mut call: impl FnMut(Disposition) -> Result<(), Error>) -> Reply {
    match call(Disposition::ResetCard) {
        Err(Error::UnpoweredCard | Error::UnresponsiveCard | Error::CommDataLost | Error::NotTransacted) => {
            call(Disposition::UnpowerCard)?;
        }
        other => other?,
    }
    Ok(nothing())
}

fn escape(card: &Card, command: &[u8]) -> Reply {
    let mut buffer = vec![0; ESCAPE_BYTES];
    card.control(ESCAPE_CODE, command, &mut buffer).map(|answer| Zeroizing::new(answer.to_vec()))
}

/// `IOCTL_CCID_ESCAPE`. Spec: CCID driver of pcsc-lite, SCARDCONTROL.md; Windows: USB CCID class driver.
#[cfg(target_os = "windows")]
const ESCAPE_CODE: pcsc::ffi::DWORD = pcsc::ctl_code(3500);
#[cfg(not(target_os = "windows"))]
const ESCAPE_CODE: pcsc::ffi::DWORD = pcsc::ctl_code(1);

fn nothing() -> Zeroizing<Vec<u8>> {
    Zeroizing::new(Vec::new())
}
