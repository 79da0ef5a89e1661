//! One deadline over all attempts, and growing, jittered pauses between them.

use super::fault::{Fault, FaultKind};
use super::{Cancel, Surroundings};

const FIRST_PAUSE_MS: u64 = 200;
const LONGEST_PAUSE_MS: u64 = 5_000;
/// How often a pause looks whether it was cancelled.
const LOOK_MS: u64 = 25;

/// What is left of the time and the attempts of one query.
pub(super) struct Budget<'a> {
    surroundings: &'a Surroundings,
    cancel: &'a Cancel,
    place: &'a str,
    started_ms: u64,
    deadline_ms: u64,
    retries_left: u32,
    pauses: u32,
}

impl<'a> Budget<'a> {
    pub fn new(
        surroundings: &'a Surroundings,
        cancel: &'a Cancel,
        place: &'a str,
        total_ms: u64,
        retries: u32,
    ) -> Self {
        let started_ms = surroundings.clock.now_ms();
        let deadline_ms = started_ms.saturating_add(total_ms);
        Self { surroundings, cancel, place, started_ms, deadline_ms, retries_left: retries, pauses: 0 }
    }

    pub fn cancel(&self) -> &Cancel {
        self.cancel
    }

    pub fn elapsed_ms(&self) -> u64 {
        self.surroundings.clock.now_ms().saturating_sub(self.started_ms)
    }

    /// Milliseconds left, at least one.
    pub fn left_ms(&self) -> Result<u64, Fault> {
        if self.cancel.is_cancelled() {
            return Err(Fault::new(FaultKind::Cancelled, self.place));
        }
        match self.deadline_ms.saturating_sub(self.surroundings.clock.now_ms()) {
            0 => Err(Fault::new(FaultKind::Timeout { waited_ms: self.elapsed_ms() }, self.place)),
            left => Ok(left),
        }
    }

    /// Spends a retry and pauses. False: no retry is left, or the time would not suffice.
    pub fn pause(&mut self) -> Result<bool, Fault> {
        let Some(left) = self.retries_left.checked_sub(1) else { return Ok(false) };
        let ceiling = FIRST_PAUSE_MS.saturating_mul(1 << self.pauses.min(16)).min(LONGEST_PAUSE_MS);
        // Half fixed, half random, so that many terminals do not come back in step.
        let pause_ms = ceiling / 2 + (self.surroundings.random)() % (ceiling / 2 + 1);
        let now_ms = self.surroundings.clock.now_ms();
        if now_ms.saturating_add(pause_ms) >= self.deadline_ms {
            return Ok(false);
        }
        self.retries_left = left;
        self.pauses += 1;
        self.wait(pause_ms)?;
        Ok(true)
    }

    /// Waits so long, and no longer than to the deadline.
    pub fn wait(&self, ms: u64) -> Result<(), Fault> {
        let until_ms = self.surroundings.clock.now_ms().saturating_add(ms).min(self.deadline_ms);
        loop {
            if self.cancel.is_cancelled() {
                return Err(Fault::new(FaultKind::Cancelled, self.place));
            }
            match until_ms.saturating_sub(self.surroundings.clock.now_ms()) {
                0 => return Ok(()),
                rest => self.surroundings.clock.sleep_ms(rest.min(LOOK_MS)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::connectors::Clock;

    #[derive(Default)]
    struct FakeClock(AtomicU64);

    impl Clock for FakeClock {
        fn now_ms(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
        fn sleep_ms(&self, ms: u64) {
            self.0.fetch_add(ms, Ordering::SeqCst);
        }
    }

    fn fake(random: u64) -> (Arc<FakeClock>, Surroundings) {
        let clock = Arc::new(FakeClock::default());
        (clock.clone(), Surroundings { clock, random: Arc::new(move || random) })
    }

    #[test]
    fn pauses_grow_and_end() {
        let (clock, around) = fake(0);
        let cancel = Cancel::new();
        let mut budget = Budget::new(&around, &cancel, "test", 60_000, 3);
        let mut ends = Vec::new();
        while budget.pause() == Ok(true) {
            ends.push(clock.now_ms());
        }
        assert_eq!(ends, [100, 300, 700]);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        for random in [0, 1, 99, 100, u64::MAX] {
            let (clock, around) = fake(random);
            let cancel = Cancel::new();
            assert_eq!(Budget::new(&around, &cancel, "test", 60_000, 1).pause(), Ok(true));
            assert!((100..=200).contains(&clock.now_ms()), "{random}");
        }
    }

    #[test]
    fn no_pause_beyond_the_deadline_or_after_cancelling() {
        let (clock, around) = fake(0);
        let cancel = Cancel::new();
        assert_eq!(Budget::new(&around, &cancel, "test", 90, 3).pause(), Ok(false));
        assert_eq!(clock.now_ms(), 0);
        let mut budget = Budget::new(&around, &cancel, "test", 9_000, 3);
        cancel.cancel();
        assert_eq!(budget.pause().map_err(|f| f.kind), Err(FaultKind::Cancelled));
        assert_eq!(budget.left_ms().map_err(|f| f.kind), Err(FaultKind::Cancelled));
    }

    #[test]
    fn time_runs_out() {
        let (clock, around) = fake(0);
        let cancel = Cancel::new();
        let budget = Budget::new(&around, &cancel, "test", 50, 0);
        assert_eq!(budget.left_ms(), Ok(50));
        clock.sleep_ms(50);
        assert_eq!(budget.left_ms().map_err(|f| f.kind), Err(FaultKind::Timeout { waited_ms: 50 }));
    }
}
