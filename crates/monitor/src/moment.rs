//! Points on the monotonic clock, as plain numbers: they cross a re-execution, which `Instant` cannot.
//!
//! They mean nothing after a reboot or on another machine.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};

/// Nanoseconds since boot, without the time spent suspended (`CLOCK_MONOTONIC`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Moment(u64);

impl Moment {
    /// The present.
    pub(crate) fn now() -> Self {
        let time = clock_gettime(ClockId::Monotonic);
        let nanoseconds = i128::from(time.tv_sec) * 1_000_000_000 + i128::from(time.tv_nsec);
        Self(u64::try_from(nanoseconds).unwrap_or(0))
    }

    /// So many milliseconds later; the end of time where that does not fit.
    pub(crate) fn plus_ms(self, milliseconds: u64) -> Self {
        Self(self.0.saturating_add(milliseconds.saturating_mul(1_000_000)))
    }

    /// So much later; the end of time where that does not fit.
    pub(crate) fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)))
    }

    /// How long until this moment, seen from `now`; zero where it has passed.
    pub(crate) fn from(self, now: Self) -> Duration {
        Duration::from_nanos(self.0.saturating_sub(now.0))
    }

    #[cfg(test)]
    pub(crate) fn at(nanoseconds: u64) -> Self {
        Self(nanoseconds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deadline_for_ever_away_does_not_wrap_into_the_past() {
        let now = Moment::now();
        assert!(now.plus_ms(u64::MAX) > now);
    }

    #[test]
    fn what_has_passed_is_zero_away() {
        assert_eq!(Moment::at(5).from(Moment::at(9)), Duration::ZERO);
        assert_eq!(Moment::at(9).from(Moment::at(5)), Duration::from_nanos(4));
    }
}
