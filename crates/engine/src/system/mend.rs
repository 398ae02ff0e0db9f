//! Making the networks anew that somebody has taken away: what their guard calls this program for.

use super::System;
use crate::error::EngineError;
use crate::task::blocking;

impl System {
    /// Makes what is missing of bridges and the firewall's table. Returns whether anybody needs them.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub async fn mend_networks(&self) -> Result<bool, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.mend_networks()).await
    }
}
