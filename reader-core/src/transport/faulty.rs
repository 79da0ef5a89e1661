//! A wrapper that disturbs one exchange in a way that readers and cards do: a lost tag, a wrong byte, a cut response.

use super::{Limits, Transport, TransportError};

/// What happens to an exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disturbance {
    /// The card leaves before the command: nothing answers from here on.
    TagLostBefore,
    /// The card leaves after it took the command: nothing answers from here on.
    TagLostAfter,
    /// One byte of the response is another.
    WrongByte,
    /// The response ends too early; at least one byte is missing.
    Truncated,
    /// The driver gives no bytes at all, not even a status word.
    Empty,
    /// The service reports a communication error (0x8010002F); the card stays.
    Communication,
}

impl Disturbance {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::TagLostBefore,
        Self::TagLostAfter,
        Self::WrongByte,
        Self::Truncated,
        Self::Empty,
        Self::Communication,
    ];
}

/// Disturbs the exchange number `at`. The same seed disturbs in the same place.
pub struct Faulty<T> {
    inner: T,
    at: usize,
    disturbance: Disturbance,
    state: u64,
    exchanges: usize,
    gone: bool,
}

impl<T: Transport> Faulty<T> {
    /// Wraps `inner`; exchanges count from zero.
    pub const fn new(inner: T, at: usize, disturbance: Disturbance, seed: u64) -> Self {
        Self { inner, at, disturbance, state: seed ^ 0x9E37_79B9_7F4A_7C15, exchanges: 0, gone: false }
    }

    /// Exchanges that were asked for so far.
    pub const fn exchanges(&self) -> usize {
        self.exchanges
    }

    /// The disturbed transport.
    pub fn into_inner(self) -> T {
        self.inner
    }

    /// A number below `bound` (splitmix64: only spread matters here).
    fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^= mixed >> 31;
        let bound = u64::try_from(bound.max(1)).unwrap_or(u64::MAX);
        usize::try_from(mixed % bound).unwrap_or_default()
    }
}

impl<T: Transport> Transport for Faulty<T> {
    fn exchange(
        &mut self,
        command: &[u8],
        timeout_ms: u32,
        response: &mut Vec<u8>,
    ) -> Result<(), TransportError> {
        response.clear();
        let now = self.exchanges == self.at;
        self.exchanges += 1;
        if self.gone || (now && self.disturbance == Disturbance::TagLostBefore) {
            self.gone = true;
            return Err(TransportError::TagLost);
        }
        self.inner.exchange(command, timeout_ms, response)?;
        if !now {
            return Ok(());
        }
        match self.disturbance {
            Disturbance::TagLostBefore => {}
            Disturbance::TagLostAfter => {
                self.gone = true;
                response.clear();
                return Err(TransportError::TagLost);
            }
            Disturbance::WrongByte => {
                let place = self.below(response.len());
                let change = u8::try_from(1 + self.below(255)).unwrap_or(1);
                if let Some(byte) = response.get_mut(place) {
                    *byte ^= change;
                }
            }
            Disturbance::Truncated => {
                let kept = self.below(response.len());
                response.truncate(kept);
            }
            Disturbance::Empty => response.clear(),
            Disturbance::Communication => {
                response.clear();
                return Err(TransportError::Communication { code: 0x8010_002F });
            }
        }
        Ok(())
    }

    fn limits(&self) -> Limits {
        self.inner.limits()
    }

    fn reset(&mut self) -> Result<bool, TransportError> {
        if self.gone { Err(TransportError::TagLost) } else { self.inner.reset() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Replayed, Transcript};
    use super::*;

    fn run(disturbance: Disturbance, seed: u64) -> Vec<Result<Vec<u8>, TransportError>> {
        let answer = vec![1, 2, 3, 4, 0x90, 0];
        let script = Transcript { exchanges: vec![(vec![7], answer); 3] };
        let mut faulty = Faulty::new(Replayed::new(script), 1, disturbance, seed);
        let mut response = Vec::new();
        (0..3).map(|_| faulty.exchange(&[7], 1, &mut response).map(|()| response.clone())).collect()
    }

    #[test]
    fn each_disturbance_strikes_its_exchange_only() {
        let good = Ok(vec![1, 2, 3, 4, 0x90, 0]);
        for disturbance in Disturbance::ALL {
            for seed in 0..50 {
                let results = run(disturbance, seed);
                assert_eq!(results[0], good);
                assert_ne!(results[1], good, "{disturbance:?}");
                assert_eq!(results, run(disturbance, seed));
                let gone = matches!(disturbance, Disturbance::TagLostBefore | Disturbance::TagLostAfter);
                assert_eq!(results[2] == Err(TransportError::TagLost), gone);
            }
        }
    }
}
