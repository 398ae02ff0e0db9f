//! How often something is tried again, and after how long.
//! Nobody sleeps here; chance comes from the caller.

use std::time::Duration;

/// Limits of trying again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retries {
    /// How often to try at all.
    pub attempts: u32,
    /// The wait before the second attempt, on average; it doubles each time.
    pub first_wait: Duration,
    /// No wait is longer, whatever a registry asks for with `Retry-After`.
    pub longest_wait: Duration,
}

impl Default for Retries {
    fn default() -> Self {
        Self { attempts: 5, first_wait: Duration::from_millis(500), longest_wait: Duration::from_secs(60) }
    }
}

/// Attempts at one thing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attempts {
    limits: Retries,
    failed: u32,
}

impl Attempts {
    pub(crate) fn new(limits: Retries) -> Self {
        Self { limits, failed: 0 }
    }

    /// Counts a failure: how long to wait before the next attempt, or `None` when there is to be none.
    ///
    /// What the registry asks for is followed, up to the limit. `chance` spreads clients that failed together: half of the wait is fixed.
    pub(crate) fn failed(&mut self, asked_for: Option<Duration>, chance: u64) -> Option<Duration> {
        self.failed += 1;
        if self.failed >= self.limits.attempts {
            return None;
        }
        let doubled = self.limits.first_wait.saturating_mul(1 << (self.failed - 1).min(16));
        let share = f64::from(u32::try_from(chance >> 32).unwrap_or(0)) / f64::from(u32::MAX);
        let own = doubled.min(self.limits.longest_wait).mul_f64(0.5 + share);
        Some(own.max(asked_for.unwrap_or_default()).min(self.limits.longest_wait))
    }

    /// Forgets failures: there was progress since.
    pub(crate) fn reset(&mut self) {
        self.failed = 0;
    }
}

/// A number that nobody can foresee; its quality is that of a hash seed, which is enough to spread waits.
pub(crate) fn chance() -> u64 {
    use std::hash::BuildHasher;
    std::hash::RandomState::new().hash_one(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn waits(asked_for: Option<Duration>, chance: u64) -> Vec<u128> {
        let limits = Retries { attempts: 5, first_wait: SECOND, longest_wait: 5 * SECOND };
        let mut attempts = Attempts::new(limits);
        std::iter::from_fn(|| attempts.failed(asked_for, chance)).map(|wait| wait.as_millis()).collect()
    }

    #[test]
    fn waits_double_up_to_the_limit_with_half_of_them_left_to_chance() {
        assert_eq!(waits(None, 0), [500, 1000, 2000, 2500]);
        assert_eq!(waits(None, u64::MAX), [1500, 3000, 5000, 5000]);
    }

    #[test]
    fn a_registry_that_asks_for_more_time_gets_it_up_to_the_limit() {
        assert_eq!(waits(Some(3 * SECOND), 0), [3000, 3000, 3000, 3000]);
        assert_eq!(waits(Some(Duration::MAX), 0), [5000; 4]);
    }
}
