//! When the next attempt is made: growing pauses of one delivery, and the rest of a recipient that fails again and again.

/// The first pause of a delivery, and the longest.
const FIRST_PAUSE_MS: u64 = 2_000;
pub(super) const LONGEST_PAUSE_MS: u64 = 15 * 60_000;
/// Failures in a row after which a recipient rests.
const FAILURES: u32 = 3;
/// Its first rest, and the longest.
const FIRST_REST_MS: u64 = 10_000;
const LONGEST_REST_MS: u64 = 5 * 60_000;

/// How long a delivery waits after its `attempts`th failed attempt. Half of it is random, so that many terminals do not come
/// back in step.
pub(super) fn pause_ms(attempts: u32, random: u64) -> u64 {
    let ceiling = doubled(FIRST_PAUSE_MS, attempts.saturating_sub(1)).min(LONGEST_PAUSE_MS);
    ceiling / 2 + random % (ceiling / 2 + 1)
}

fn doubled(first_ms: u64, times: u32) -> u64 {
    first_ms.saturating_mul(1 << times.min(32))
}

/// A circuit breaker. A recipient that failed several times in a row is left alone for a while; then one attempt shows
/// whether it is back. Times are those of a monotonic clock.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    failures: u32,
    rests_until_ms: u64,
}

impl Breaker {
    /// Until when it rests; `None`: an attempt may be made.
    pub fn rests_until(&self, now_ms: u64) -> Option<u64> {
        Some(self.rests_until_ms).filter(|until| *until > now_ms)
    }

    /// The recipient answered: it took the delivery, or refused what was in it.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// It did not.
    pub fn failed(&mut self, now_ms: u64) {
        self.failures = self.failures.saturating_add(1);
        if let Some(rests) = self.failures.checked_sub(FAILURES) {
            self.rests_until_ms = now_ms.saturating_add(doubled(FIRST_REST_MS, rests).min(LONGEST_REST_MS));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_their_bound_and_stay_within_their_halves() {
        let least: Vec<u64> = (1..=12).map(|attempt| pause_ms(attempt, 0)).collect();
        assert_eq!(least[..4], [1_000, 2_000, 4_000, 8_000]);
        assert_eq!(least[11], LONGEST_PAUSE_MS / 2);
        for random in [0, 1, 7_777, u64::MAX] {
            for attempt in [0, 1, 2, 9, 40, u32::MAX] {
                let pause = pause_ms(attempt, random);
                assert!((1_000..=LONGEST_PAUSE_MS).contains(&pause), "{attempt} {random}: {pause}");
            }
        }
    }

    #[test]
    fn a_recipient_rests_after_three_failures_and_is_tried_once_between_rests() {
        let mut breaker = Breaker::default();
        breaker.failed(0);
        breaker.failed(0);
        assert_eq!(breaker.rests_until(0), None);
        breaker.failed(100);
        assert_eq!(breaker.rests_until(100), Some(10_100));
        assert_eq!(breaker.rests_until(10_100), None, "one attempt");
        breaker.failed(10_100);
        assert_eq!(breaker.rests_until(10_100), Some(30_100), "longer each time");
        for _ in 0..50 {
            breaker.failed(50_000);
        }
        assert_eq!(breaker.rests_until(50_000), Some(50_000 + LONGEST_REST_MS));
        breaker.answered();
        breaker.failed(50_000);
        assert_eq!(breaker.rests_until(50_000), None, "what it answered counts anew");
    }
}
