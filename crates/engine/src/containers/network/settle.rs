//! Taking away what containers share of the network once nobody is on it. The records stay: the next bridge gets the same subnet.

use super::record;
use crate::containers::Inner;
use crate::error::EngineError;

impl Inner {
    /// Removes the bridges that nobody is on, and with the last one the firewall's table.
    ///
    /// # Errors
    /// What the kernel refuses.
    pub(crate) fn settle_networks(&self) -> Result<(), EngineError> {
        let segments = self.store.read(|tx| tx.segments())?;
        if segments.is_empty() {
            return Ok(());
        }
        let _lock = self.lock_networks()?;
        let mut host = corten_network::open_host()?;
        let mut needed = false;
        for row in &segments {
            // A connection that begins now finds the bridge gone, and makes another.
            if self.store.read(|tx| tx.leased_addresses(row.id))?.is_empty() {
                record::segment(row, 0)?.remove(&mut host)?;
            } else {
                needed = true;
            }
        }
        if needed { Ok(()) } else { Ok(self.firewall()?.remove()?) }
    }
}
