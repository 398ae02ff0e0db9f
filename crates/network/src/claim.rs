//! One engine at a time looks for a free subnet and takes it: engines of several roots have no file in common, but the network namespace.

use std::fs::File;
use std::os::fd::OwnedFd;
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// The network namespace of the calling thread.
const NAMESPACE: &str = "/proc/thread-self/ns/net";

/// Between two tries.
const PAUSE: Duration = Duration::from_millis(1);

/// What keeps the other engines of a network namespace from taking a subnet; until it is dropped.
///
/// It is a lock (flock(2)) on the namespace itself: nothing has to be made for it, and nothing is left. Anybody who is in the namespace
/// can take it, so nobody waits for it for ever.
#[derive(Debug)]
pub struct SubnetClaim(OwnedFd);

impl SubnetClaim {
    /// Waits until nobody else has it; `None` when `patience` is over, or where there is no `/proc`: to go on without is better than not to.
    #[must_use]
    pub fn wait(patience: Duration) -> Option<Self> {
        let deadline = Instant::now() + patience;
        let namespace = OwnedFd::from(File::open(NAMESPACE).ok()?);
        loop {
            match flock(&namespace, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Some(Self(namespace)),
                Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(_) => return None,
            }
        }
    }
}

impl Drop for SubnetClaim {
    fn drop(&mut self) {
        // A process that was forked meanwhile has the descriptor, too: closing this one would not be enough.
        let _ = flock(&self.0, FlockOperation::Unlock);
    }
}
