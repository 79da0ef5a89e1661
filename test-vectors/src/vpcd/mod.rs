//! Puts the simulated chip into a virtual reader of a real pcscd (the vpcd driver of the vsmartcard project).
//!
//! The driver listens on TCP, and whoever connects is the card: connecting inserts it, disconnecting takes it away. Every
//! message is two bytes of length, then so many bytes. A message of one byte controls the power; longer ones are
//! commands, each answered with one message.

mod wire;

#[cfg(test)]
mod tests;

use std::io;
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::chip::Chip;
use wire::{Message, Wire};

/// Where the packaged driver listens for the card of its first reader, "Virtual PCD 00 00".
pub const FIRST_PORT: u16 = 35963;
/// Where it listens for the card of its second reader, "Virtual PCD 00 01".
pub const SECOND_PORT: u16 = 35964;

/// How long the card stays away after it was torn out.
const AWAY_MS: u64 = 400;
/// How long to wait before the driver is tried again.
const RETRY_MS: u64 = 500;

/// Why a card left the reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// The caller asked for it.
    Stopped,
    /// The chip gave no answer: it was torn away.
    Torn,
    /// The driver closed the connection.
    Closed,
}

/// What [`serve`] reports.
#[derive(Debug)]
pub enum Event<'a> {
    /// The card is in the reader.
    Inserted,
    /// The card is out.
    Removed(Left),
    /// Nobody listens at the address, or the connection broke; it will be tried again.
    Unreachable(&'a io::Error),
}

/// What can lie in the virtual reader: it answers to power and to commands.
pub trait Insertable {
    /// The answer to reset, as a contactless reader makes it up.
    fn atr(&self) -> Vec<u8>;
    /// One exchange; an empty answer means that the card is gone.
    fn exchange(&mut self, command: &[u8]) -> Vec<u8>;
    /// Takes the power away and gives it back.
    fn reset(&mut self);
}

impl Insertable for Chip {
    fn atr(&self) -> Vec<u8> {
        Chip::atr(self)
    }

    fn exchange(&mut self, command: &[u8]) -> Vec<u8> {
        Chip::exchange(self, command)
    }

    fn reset(&mut self) {
        Chip::reset(self);
    }
}

/// Inserts the chip, serves it until it leaves, and takes it out. Blocks.
///
/// # Errors
///
/// Nobody listens at the address, or the connection broke.
pub fn insert(address: SocketAddr, chip: &mut impl Insertable, stop: &AtomicBool) -> io::Result<Left> {
    serve_connection(Wire::new(TcpStream::connect(address)?)?, chip, stop)
}

/// Keeps the chip in the reader until `stop`: after it was torn out, or the driver went away, it is inserted again. Blocks.
pub fn serve(
    address: SocketAddr,
    chip: &mut impl Insertable,
    stop: &AtomicBool,
    mut report: impl FnMut(Event<'_>),
) {
    while !stop.load(Ordering::Relaxed) {
        let outcome = TcpStream::connect(address).and_then(Wire::new).and_then(|wire| {
            report(Event::Inserted);
            serve_connection(wire, chip, stop)
        });
        let pause_ms = match outcome {
            Ok(left) => {
                report(Event::Removed(left));
                AWAY_MS
            }
            Err(error) => {
                report(Event::Unreachable(&error));
                RETRY_MS
            }
        };
        chip.reset();
        pause(pause_ms, stop);
    }
}

fn serve_connection(mut wire: Wire, chip: &mut impl Insertable, stop: &AtomicBool) -> io::Result<Left> {
    chip.reset();
    loop {
        match wire.receive(stop)? {
            Message::Stopped => return Ok(Left::Stopped),
            Message::Closed => return Ok(Left::Closed),
            Message::PowerOff | Message::PowerOn | Message::Reset => chip.reset(),
            Message::Atr => wire.send(&chip.atr())?,
            Message::Command(command) => {
                let response = chip.exchange(&command);
                if response.is_empty() {
                    return Ok(Left::Torn);
                }
                wire.send(&response)?;
            }
            // An unknown control byte wants no answer.
            Message::Other => {}
        }
    }
}

/// Sleeps, but not past `stop`.
fn pause(duration_ms: u64, stop: &AtomicBool) {
    const STEP_MS: u64 = 50;
    for _ in 0..duration_ms / STEP_MS {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        thread::sleep(Duration::from_millis(STEP_MS));
    }
}

/// A chip that a thread of its own keeps in a reader, until it is removed or dropped.
pub struct Inserted<C = Chip> {
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<C>>,
}

impl<C: Insertable + Send + 'static> Inserted<C> {
    /// Puts a chip into the reader whose driver listens at the address.
    ///
    /// # Errors
    ///
    /// Nobody listens there: no pcscd runs, or it lacks the vpcd driver.
    pub fn new(address: SocketAddr, mut chip: C) -> io::Result<Inserted<C>> {
        let first = Wire::new(TcpStream::connect(address)?)?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = thread::Builder::new().name("simulated-chip".into()).spawn(move || {
            let torn_or_closed = serve_connection(first, &mut chip, &stopped);
            if !matches!(torn_or_closed, Ok(Left::Stopped)) {
                pause(AWAY_MS, &stopped);
                serve(address, &mut chip, &stopped, |_| ());
            }
            chip
        })?;
        Ok(Inserted { stop, thread: Some(thread) })
    }

    /// Takes the chip out and gives it back; `None` if its thread ended in a panic.
    pub fn remove(mut self) -> Option<C> {
        self.end()
    }
}

impl<C> Inserted<C> {
    fn end(&mut self) -> Option<C> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take()?.join().ok()
    }
}

impl<C> Drop for Inserted<C> {
    fn drop(&mut self) {
        self.end();
    }
}
