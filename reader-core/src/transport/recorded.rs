//! A recording of exchanges, as text that people can read, and a transport that plays it back.
//!
//! A recording holds no key, but what was sent in the clear is in it, and whoever knows the MRZ can open a session that
//! was protected by BAC alone. Treat recordings of real cards as personal data.

use std::collections::VecDeque;
use std::fmt::Write as _;

use super::{Limits, Transport, TransportError};

/// Commands and their responses, status words included, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// Command and response of each exchange; both empty where the chip was powered anew.
    pub exchanges: Vec<(Vec<u8>, Vec<u8>)>,
}

/// A text that is no transcript.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {problem}")]
pub struct TranscriptError {
    /// Counted from one.
    pub line: usize,
    /// What is wrong there.
    pub problem: &'static str,
}

impl Transcript {
    /// Two lines an exchange: `> ` with the command and `< ` with the response, hexadecimal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let mut out = String::new();
        for (command, response) in &self.exchanges {
            for (mark, bytes) in [('>', command), ('<', response)] {
                out.push(mark);
                out.push(' ');
                for byte in bytes {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "{byte:02X}");
                }
                out.push('\n');
            }
        }
        out
    }

    /// Reads what [`Self::to_text`] writes; empty lines and lines that begin with `#` are comments.
    ///
    /// # Errors
    /// A line that is neither, digits that are not hexadecimal, or a command without its response.
    pub fn from_text(text: &str) -> Result<Self, TranscriptError> {
        let mut exchanges = Vec::new();
        let mut pending: Option<Vec<u8>> = None;
        let mut line = 0;
        for content in text.lines() {
            line += 1;
            let fault = |problem| TranscriptError { line, problem };
            let content = content.trim();
            if content.is_empty() || content.starts_with('#') {
                continue;
            }
            if let Some(digits) = content.strip_prefix('>') {
                let command = from_hex(digits).ok_or_else(|| fault("not hexadecimal"))?;
                if pending.replace(command).is_some() {
                    return Err(fault("a command where the response to the last one should be"));
                }
            } else if let Some(digits) = content.strip_prefix('<') {
                let response = from_hex(digits).ok_or_else(|| fault("not hexadecimal"))?;
                let command = pending.take().ok_or_else(|| fault("a response without a command"))?;
                exchanges.push((command, response));
            } else {
                return Err(fault("neither a command (>) nor a response (<)"));
            }
        }
        match pending {
            None => Ok(Self { exchanges }),
            Some(_) => Err(TranscriptError { line, problem: "the last command has no response" }),
        }
    }
}

fn from_hex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|digit| !digit.is_whitespace())
        .map(|digit| digit.to_digit(16).and_then(|value| u8::try_from(value).ok()))
        .collect::<Option<_>>()?;
    let pairs = digits.chunks(2).map(|pair| match pair {
        [high, low] => Some(high << 4 | low),
        _ => None,
    });
    pairs.collect()
}

/// Writes down every exchange that succeeded.
pub struct Recorded<T> {
    inner: T,
    transcript: Transcript,
}

impl<T: Transport> Recorded<T> {
    /// Wraps `inner`.
    pub const fn new(inner: T) -> Self {
        Self { inner, transcript: Transcript { exchanges: Vec::new() } }
    }

    /// The recording so far.
    pub const fn transcript(&self) -> &Transcript {
        &self.transcript
    }

    /// Ends the recording.
    pub fn finish(self) -> (T, Transcript) {
        (self.inner, self.transcript)
    }
}

impl<T: Transport> Transport for Recorded<T> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        self.inner.exchange(command, timeout_ms, response)?;
        self.transcript.exchanges.push((command.to_vec(), response.clone()));
        Ok(())
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        let done = self.inner.reset()?;
        if done {
            self.transcript.exchanges.push((Vec::new(), Vec::new()));
        }
        Ok(done)
    }
}

/// Answers as recorded, and only to the very commands that were recorded, in their order.
pub struct Replayed {
    script: VecDeque<(Vec<u8>, Vec<u8>)>,
    exchanges: usize,
    limits: Limits,
}

impl Replayed {
    /// Plays `transcript` with short APDUs.
    #[must_use]
    pub fn new(transcript: Transcript) -> Self {
        Self { script: transcript.exchanges.into(), exchanges: 0, limits: Limits::SHORT }
    }

    /// The same with other limits.
    #[must_use]
    pub const fn with_limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Exchanges that have not been asked for.
    #[must_use]
    pub fn left(&self) -> usize {
        self.script.len()
    }
}

impl Transport for Replayed {
    fn exchange(
        &mut self,
        command: &[u8],
        _timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        response.clear();
        let exchange = self.exchanges;
        match self.script.front() {
            Some((expected, answer)) if expected == command => response.extend_from_slice(answer),
            _ => return Err(TransportError::NotRecorded { exchange }),
        }
        self.script.pop_front();
        self.exchanges += 1;
        Ok(())
    }

    fn limits(&self) -> Limits {
        self.limits
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        let recorded = self.script.front().is_some_and(|(command, _)| command.is_empty());
        if recorded {
            self.script.pop_front();
            self.exchanges += 1;
        }
        Ok(recorded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_goes_both_ways_and_faults_name_their_line() {
        let transcript = Transcript { exchanges: vec![(vec![0, 0x84, 0, 0, 8], vec![0x90, 0x00])] };
        assert_eq!(transcript.to_text(), "> 0084000008\n< 9000\n");
        assert_eq!(Transcript::from_text(&format!("# note\n\n{}", transcript.to_text())), Ok(transcript));
        for (text, line) in [("> 00\n> 00", 2), ("< 00", 1), ("> 0", 1), ("> 00\n", 1), ("x", 1)] {
            assert_eq!(Transcript::from_text(text).unwrap_err().line, line, "{text}");
        }
    }

    #[test]
    fn what_was_recorded_is_played_and_nothing_else() {
        let transcript =
            Transcript { exchanges: vec![(vec![1], vec![0x90, 0]), (vec![2], vec![0x6A, 0x82])] };
        let mut recorded = Recorded::new(Replayed::new(transcript.clone()));
        let mut response = Vec::new();
        recorded.exchange(&[1], 1, &mut response).unwrap();
        assert_eq!(
            recorded.exchange(&[9], 1, &mut response),
            Err(TransportError::NotRecorded { exchange: 1 })
        );
        recorded.exchange(&[2], 1, &mut response).unwrap();
        let (inner, written) = recorded.finish();
        assert_eq!((inner.left(), written), (0, transcript));
    }
}
