//! Waiting for what another process is about to do and nothing announces: looking again and again.

use std::thread;
use std::time::{Duration, Instant};

/// Between two looks, at least and at most.
const SHORTEST: Duration = Duration::from_millis(2);
const LONGEST: Duration = Duration::from_millis(50);

/// The part of the time already waited that is waited before the next look: who waits long does not notice, and hundreds who wait do not keep
/// those from their work who are waited for.
const PART: u32 = 8;

/// A wait that may take so long and no longer.
#[derive(Debug)]
pub(crate) struct Watch {
    start: Instant,
    patience: Duration,
}

impl Watch {
    /// Begins it.
    pub(crate) fn new(patience: Duration) -> Self {
        Self { start: Instant::now(), patience }
    }

    /// Sleeps until it is time to look again; false if there is no time left.
    pub(crate) fn goes_on(&self) -> bool {
        let waited = self.start.elapsed();
        if waited >= self.patience {
            return false;
        }
        thread::sleep(pause(waited));
        true
    }
}

fn pause(waited: Duration) -> Duration {
    (waited / PART).clamp(SHORTEST, LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_waits_long_looks_less_often() {
        let pauses = [0, 80, 10_000].map(|waited| pause(Duration::from_millis(waited)).as_millis());
        assert_eq!(pauses, [2, 10, 50]);
    }

    #[test]
    fn patience_ends() {
        assert!(Watch::new(Duration::from_secs(60)).goes_on());
        assert!(!Watch::new(Duration::ZERO).goes_on());
    }
}
