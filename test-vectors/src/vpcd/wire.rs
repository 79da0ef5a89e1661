//! The driver's messages on a TCP connection.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often a waiting read looks whether it should stop.
const POLL_MS: u64 = 50;

/// A message of the driver.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Message {
    /// 00.
    PowerOff,
    /// 01.
    PowerOn,
    /// 02.
    Reset,
    /// 04: asks for the answer to reset.
    Atr,
    /// A command for the card.
    Command(Vec<u8>),
    /// A control byte that is not known.
    Other,
    /// The driver closed the connection.
    Closed,
    /// Not a message: the caller asked to stop.
    Stopped,
}

pub(super) struct Wire {
    stream: TcpStream,
}

impl Wire {
    pub(super) fn new(stream: TcpStream) -> io::Result<Wire> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_millis(POLL_MS)))?;
        Ok(Wire { stream })
    }

    /// Length and bytes in one write: two small ones would wait for each other's acknowledgement.
    pub(super) fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let length = u16::try_from(bytes.len())
            .map_err(|_| io::Error::new(ErrorKind::InvalidInput, "an answer of more than 65,535 bytes"))?;
        self.stream.write_all(&[&length.to_be_bytes(), bytes].concat())
    }

    pub(super) fn receive(&mut self, stop: &AtomicBool) -> io::Result<Message> {
        let mut length = [0; 2];
        match self.fill(&mut length, stop)? {
            Filled::Whole => {}
            Filled::Stopped => return Ok(Message::Stopped),
            Filled::Closed => return Ok(Message::Closed),
        }
        let mut body = vec![0; usize::from(u16::from_be_bytes(length))];
        match self.fill(&mut body, stop)? {
            Filled::Whole => {}
            Filled::Stopped => return Ok(Message::Stopped),
            Filled::Closed => return Ok(Message::Closed),
        }
        Ok(match body[..] {
            [] => Message::Other,
            [0] => Message::PowerOff,
            [1] => Message::PowerOn,
            [2] => Message::Reset,
            [4] => Message::Atr,
            [_] => Message::Other,
            _ => Message::Command(body),
        })
    }

    fn fill(&mut self, mut rest: &mut [u8], stop: &AtomicBool) -> io::Result<Filled> {
        while !rest.is_empty() {
            self.acknowledge_at_once()?;
            match self.stream.read(rest) {
                Ok(0) => return Ok(Filled::Closed),
                Ok(count) => rest = &mut rest[count..],
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut if stop.load(Ordering::Relaxed) => {
                        return Ok(Filled::Stopped);
                    }
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {}
                    ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => return Ok(Filled::Closed),
                    _ => return Err(error),
                },
            }
        }
        Ok(Filled::Whole)
    }

    /// The driver writes length and body apart, with Nagle's algorithm on: a delayed acknowledgement would cost 40 ms an
    /// exchange. Linux switches the option off by itself, so it is set before each read.
    #[cfg(target_os = "linux")]
    fn acknowledge_at_once(&self) -> io::Result<()> {
        socket2::SockRef::from(&self.stream).set_tcp_quickack(true)
    }

    /// Only Linux has the option.
    #[cfg(not(target_os = "linux"))]
    fn acknowledge_at_once(&self) -> io::Result<()> {
        Ok(())
    }
}

enum Filled {
    Whole,
    Stopped,
    Closed,
}
