//! A wrapper that reports every exchange by its header, sizes, status word and time, and never by its content.

use super::{Limits, Transport, TransportError};

/// One exchange, without anything secret in it. Offsets and lengths of protected commands are visible on air anyway.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceEvent {
    /// Number of the exchange, from zero.
    pub exchange: usize,
    /// CLA, INS, P1, P2; shorter if the command was.
    pub header: Vec<u8>,
    /// Length of the whole command.
    pub command_bytes: usize,
    /// Length of the whole response, status word included; zero if none came.
    pub response_bytes: usize,
    /// The outer status word. Under secure messaging the one that counts is inside.
    pub status: Option<u16>,
    /// When the exchange began, on the caller's clock.
    pub started_us: u64,
    /// How long it took.
    pub elapsed_us: u64,
    /// Why no response came.
    pub error: Option<TransportError>,
}

/// Reports every exchange to `observer`, timed by `clock` (microseconds, never going back).
pub struct Traced<T, C, O> {
    inner: T,
    clock: C,
    observer: O,
    exchanges: usize,
}

impl<T: Transport, C: FnMut() -> u64, O: FnMut(TraceEvent)> Traced<T, C, O> {
    /// Wraps `inner`.
    pub const fn new(inner: T, clock: C, observer: O) -> Self {
        Self { inner, clock, observer, exchanges: 0 }
    }

    /// Ends the tracing.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl<T: Transport, C: FnMut() -> u64, O: FnMut(TraceEvent)> Transport for Traced<T, C, O> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        let started_us = (self.clock)();
        let result = self.inner.exchange(command, timeout_ms, response);
        let elapsed_us = (self.clock)().saturating_sub(started_us);
        let received = if result.is_ok() { response.as_slice() } else { &[] };
        (self.observer)(TraceEvent {
            exchange: self.exchanges,
            header: command.iter().take(4).copied().collect(),
            command_bytes: command.len(),
            response_bytes: received.len(),
            status: received.last_chunk::<2>().map(|status| u16::from_be_bytes(*status)),
            started_us,
            elapsed_us,
            error: result.as_ref().err().cloned(),
        });
        self.exchanges += 1;
        result
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        self.inner.reset()
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Replayed, Transcript};
    use super::*;

    #[test]
    fn reports_sizes_status_and_time_and_no_content() {
        let script =
            Transcript { exchanges: vec![(vec![0, 0xB0, 0x9C, 0, 0], vec![0x31, 0x00, 0x90, 0x00])] };
        let mut events = Vec::new();
        let mut now_us = 0;
        let clock = || {
            now_us += 250;
            now_us
        };
        let mut traced = Traced::new(Replayed::new(script), clock, |event| events.push(event));
        let mut response = Vec::new();
        traced.exchange(&[0, 0xB0, 0x9C, 0, 0], 1000, &mut response).unwrap();
        assert!(traced.exchange(&[0, 0xA4], 1000, &mut response).is_err());
        drop(traced);
        assert_eq!(events[0].header, [0, 0xB0, 0x9C, 0]);
        assert_eq!((events[0].command_bytes, events[0].response_bytes), (5, 4));
        assert_eq!((events[0].status, events[0].elapsed_us), (Some(0x9000), 250));
        assert_eq!(events[1].status, None);
        assert!(events[1].error.is_some());
    }
}
