//! How long a body may take: by the bytes that move, not by the clock alone.
//! Time in which nobody waits for the body does not count.

use std::time::Duration;

use crate::configuration::Timeouts;

/// What is left of the time in which the next bytes have to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Patience {
    stall: Duration,
    least: u64,
    left: Duration,
    moved: u64,
}

impl Patience {
    pub(crate) fn new(timeouts: &Timeouts) -> Self {
        Self { stall: timeouts.stall, least: timeouts.stall_bytes, left: timeouts.stall, moved: 0 }
    }

    /// How long to wait now.
    pub(crate) fn left(&self) -> Duration {
        self.left
    }

    /// Counts what came after `waited`.
    pub(crate) fn moved(&mut self, bytes: u64, waited: Duration) {
        self.moved = self.moved.saturating_add(bytes);
        self.left = self.left.saturating_sub(waited);
        if self.moved >= self.least {
            *self = Self { left: self.stall, moved: 0, ..*self };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_enough_bytes_buy_new_time() {
        let second = Duration::from_secs(1);
        let timeouts = Timeouts { stall: 10 * second, stall_bytes: 100, ..Timeouts::default() };
        let mut patience = Patience::new(&timeouts);
        patience.moved(60, 4 * second);
        assert_eq!(patience.left(), 6 * second);
        patience.moved(39, 5 * second);
        assert_eq!(patience.left(), second, "99 bytes are not enough");
        patience.moved(1, second / 2);
        assert_eq!(patience.left(), 10 * second);
        patience.moved(0, 11 * second);
        assert_eq!(patience.left(), Duration::ZERO);
    }
}
