//! Taking away what containers share of the network once nobody is on it. The records stay: the next bridge gets the same subnet.

use corten_state::SegmentRow;

use super::record;
use crate::containers::Inner;
use crate::error::EngineError;

impl Inner {
    /// Removes the bridges that nobody is on, and with the last one the firewall's table and its guard.
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
        for row in &segments {
            // A connection that begins now finds the bridge gone, and makes another.
            if !self.is_in_use(row)? {
                record::segment(row, 0)?.remove(&mut host)?;
            }
        }
        if self.needs_networks()? {
            return Ok(());
        }
        // Their cables have lost the bridge.
        self.sandboxes_ahead.discard();
        self.firewall()?.remove()?;
        self.end_guard()
    }

    /// Whether anybody is on any network.
    pub(super) fn needs_networks(&self) -> Result<bool, EngineError> {
        let segments = self.store.read(|tx| tx.segments())?;
        segments.iter().try_fold(false, |needed, row| Ok(needed || self.is_in_use(row)?))
    }

    /// Whether anybody has an address of a segment.
    pub(super) fn is_in_use(&self, segment: &SegmentRow) -> Result<bool, EngineError> {
        Ok(!self.store.read(|tx| tx.leased_addresses(segment.id))?.is_empty())
    }
}
