//! CPU time of this thread.

use std::time::{Duration, Instant};

/// At least so long is every operation repeated.
const LEAST: Duration = Duration::from_millis(400);

/// CPU time that this thread has used; wall time where the system does not tell.
fn cpu_time(origin: Instant) -> Duration {
    std::fs::read_to_string("/proc/thread-self/schedstat")
        .ok()
        .and_then(|text| text.split(' ').next()?.parse().ok())
        .map_or_else(|| origin.elapsed(), Duration::from_nanos)
}

/// Mean CPU time of one run.
pub fn measure(mut operation: impl FnMut()) -> Duration {
    operation();
    let origin = Instant::now();
    let begin = cpu_time(origin);
    let mut runs = 0;
    while origin.elapsed() < LEAST || runs < 3 {
        operation();
        runs += 1;
    }
    (cpu_time(origin) - begin) / runs
}

/// CPU time of one run.
pub fn once<R>(operation: impl FnOnce() -> R) -> (R, Duration) {
    let origin = Instant::now();
    let begin = cpu_time(origin);
    let result = operation();
    (result, cpu_time(origin) - begin)
}

/// Two programs at the same work, alternately, so that both meet the same machine.
pub fn beside(mut ours: impl FnMut(), mut theirs: impl FnMut()) -> (Duration, Duration) {
    const ROUNDS: u32 = 3;
    let mut sums = (Duration::ZERO, Duration::ZERO);
    for _ in 0..ROUNDS {
        sums.0 += measure(&mut ours);
        sums.1 += measure(&mut theirs);
    }
    (sums.0 / ROUNDS, sums.1 / ROUNDS)
}
