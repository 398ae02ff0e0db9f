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
/// can take it, so nobody waits for it longer than `patience`.
#[derive(Debug)]
pub struct SubnetClaim(Option<OwnedFd>);

impl SubnetClaim {
    /// Waits until nobody else has it, or `patience` is over: then this goes on without.
    #[must_use]
    pub fn wait(patience: Duration) -> Self {
        let deadline = Instant::now() + patience;
        let Ok(namespace) = File::open(NAMESPACE).map(OwnedFd::from) else { return Self(None) };
        loop {
            match flock(&namespace, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => return Self(Some(namespace)),
                Err(Errno::WOULDBLOCK | Errno::INTR) if Instant::now() < deadline => thread::sleep(PAUSE),
                Err(_) => return Self(None),
            }
        }
    }

    /// Whether it was free in time.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.0.is_some()
    }
}

impl Drop for SubnetClaim {
    fn drop(&mut self) {
        // A process that was forked meanwhile has the descriptor, too: closing this one would not be enough.
        if let Some(namespace) = &self.0 {
            let _ = flock(namespace, FlockOperation::Unlock);
        }
    }
}
