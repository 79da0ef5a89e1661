//! What a reader is told by itself: bit rate, lights, buzzer, as its profile says.
//!
//! Nothing is sent while a session with a chip is open, and a refusal is noted and forgotten: it never disturbs a reading.

use std::collections::BTreeMap;

use firmware_profiles::{Moment, Profile, Signal, Way};
use reader_core::transport::TransportError;
use serde::Serialize;

/// The reader as signals reach it.
pub trait Panel {
    /// Sends a command to the reader itself.
    ///
    /// # Errors
    /// Driver or reader refuse it, or the reader is gone.
    fn escape(&mut self, command: &[u8]) -> Result<(), TransportError>;

    /// Sends it as an APDU, of which the reader takes those of class FF for itself. Gives the status word.
    ///
    /// # Errors
    /// Card or reader are gone, or the bytes are no response.
    fn transmit(&mut self, command: &[u8]) -> Result<u16, TransportError>;
}

/// A signal that was not taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// When.
    pub moment: Moment,
    /// The command's name in the profile.
    pub command: String,
    /// What driver or reader said.
    pub problem: String,
}

/// The signals of one reader, and which of them it did not take.
#[derive(Clone, Debug, Default)]
pub struct Signals {
    moments: BTreeMap<Moment, Vec<Signal>>,
    /// Ways that failed once: whatever closed them is not opened by asking again.
    closed: Vec<Way>,
    refused: Vec<Refused>,
    /// A signal did not come back, and the card's connection went with it.
    hung: bool,
    /// The bit rate was raised and not restored.
    raised: bool,
}

impl Signals {
    /// Those of this profile.
    #[must_use]
    pub fn of(profile: &Profile) -> Self {
        Self { moments: profile.moments.clone(), ..Self::default() }
    }

    /// Whether the profile has something for this moment.
    #[must_use]
    pub fn has(&self, moment: Moment) -> bool {
        self.moments.contains_key(&moment)
    }

    /// What was not taken so far.
    #[must_use]
    pub fn refused(&self) -> &[Refused] {
        &self.refused
    }

    /// Whether a signal since the last time this was asked cost the connection: the card has to be powered anew.
    pub fn take_hung(&mut self) -> bool {
        std::mem::take(&mut self.hung)
    }

    /// Sends what the profile has for this moment; whether the reader took all of it, and there was something. The rate is
    /// restored only where it was raised.
    pub fn send(&mut self, moment: Moment, panel: &mut dyn Panel) -> bool {
        if moment == Moment::RestoreRate && !std::mem::take(&mut self.raised) {
            return false;
        }
        let Some(signals) = self.moments.get(&moment).cloned() else { return false };
        let mut taken = true;
        for signal in &signals {
            taken &= self.send_one(moment, signal, panel);
        }
        // Where only part of it was taken, the rate may have changed.
        self.raised |= moment == Moment::RaiseRate;
        taken
    }

    fn send_one(&mut self, moment: Moment, signal: &Signal, panel: &mut dyn Panel) -> bool {
        let mut problem = None;
        for way in &signal.via {
            if self.closed.contains(way) {
                continue;
            }
            let sent = match way {
                Way::Escape => panel.escape(&signal.bytes).map(|()| None),
                Way::Transmit => panel.transmit(&signal.bytes).map(Some),
                // A profile of a reader has no other ways.
                Way::Serial | Way::Raw => continue,
            };
            problem = Some(match sent {
                Ok(None) => return true,
                Ok(Some(status)) if status >> 8 == 0x90 => return true,
                Ok(Some(status)) => format!("answered {status:04X}"),
                Err(error) => {
                    self.hung |= matches!(error, TransportError::ReaderHung { .. });
                    error.to_string()
                }
            });
            self.closed.push(*way);
        }
        if let Some(problem) = problem {
            self.refused.push(Refused { moment, command: signal.command.clone(), problem });
        }
        false
    }
}
