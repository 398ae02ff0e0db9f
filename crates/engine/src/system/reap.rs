//! What is left to do about a container that has ended: what its monitor, or whoever waits to bring it back, calls this program for.

use std::time::Duration;

use super::System;
use crate::error::EngineError;
use crate::task::blocking;

/// How long the monitor that called may take to end.
const PATIENCE: Duration = Duration::from_secs(30);

impl System {
    /// Removes a container if it ended and was to be removed then; of another, gives back its ports and addresses, and takes away
    /// volumes in memory. One that its restart policy brings back is started, or waited for.
    ///
    /// # Errors
    /// When its files cannot be removed, the kernel keeps its ports, or it cannot be started.
    pub async fn reap(&self, reference: &str) -> Result<(), EngineError> {
        let (inner, reference) = (self.containers.inner.clone(), reference.to_owned());
        blocking(move || {
            // What the run that ended still holds keeps nothing from being brought back: the next start finds it, or `system settle` does.
            let outcomes = [
                inner.remove_ended(&reference, PATIENCE),
                inner.release_network_within(&reference, PATIENCE),
                inner.settle_volumes_of_ended(&reference, PATIENCE),
                inner.revive(&reference),
            ];
            outcomes.into_iter().collect()
        })
        .await
    }
}
