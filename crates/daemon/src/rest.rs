//! What a daemon gives back to the machine when a rush is over: memory that the allocator keeps for the next one, and the program's own
//! pages, all of which a rush goes through.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use corten_sys::memory;
use tokio::time::sleep;

/// How often it is looked whether there is still a rush.
const INTERVAL: Duration = Duration::from_secs(5);

/// Fewer connections than this in an interval are none.
const RUSH: u64 = 50;

/// How long a thread that has blocked stays for the next who needs one. Each keeps freed memory to itself until it ends, so that only
/// what is given back afterwards is all of it.
pub(crate) const IDLE_THREADS: Duration = Duration::from_secs(2);

/// Counts connections, and knows how many there were when memory was given back.
#[derive(Debug, Default)]
struct Looks {
    last: u64,
    was_quiet: bool,
    given_back_at: u64,
}

impl Looks {
    /// Whether this is the time, now that `accepted` connections have been accepted in all.
    fn is_time(&mut self, accepted: u64) -> bool {
        let is_quiet = accepted - self.last < RUSH;
        let is_long_quiet = is_quiet && self.was_quiet;
        (self.last, self.was_quiet) = (accepted, is_quiet);
        let is_time = is_long_quiet && accepted > self.given_back_at;
        if is_time {
            self.given_back_at = accepted;
        }
        is_time
    }
}

/// Gives memory back after every rush, for as long as the daemon lives.
pub(crate) async fn after_rushes(accepted: Arc<AtomicU64>) {
    let mut looks = Looks::default();
    loop {
        sleep(INTERVAL).await;
        if looks.is_time(accepted.load(Ordering::Relaxed)) {
            // It walks through the whole heap: not on a thread that serves.
            let _ = tokio::task::spawn_blocking(give_back).await;
        }
    }
}

fn give_back() {
    memory::give_back();
    memory::forget_program();
}

#[cfg(test)]
mod tests {
    use super::Looks;

    #[test]
    fn memory_is_given_back_once_when_a_rush_has_been_over_for_a_while() {
        let mut looks = Looks::default();
        let accepted = [0, 1000, 2000, 2010, 2010, 2010, 3000, 3000, 3001];
        assert_eq!(
            accepted.map(|accepted| looks.is_time(accepted)),
            [false, false, false, false, true, false, false, false, true]
        );
    }
}
