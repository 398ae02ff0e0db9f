//! Having containers that an older version started looked after by this one, when the daemon starts.

use corten_engine::Engine;
use corten_error::chain;
use log::{info, warn};

/// Sees to it, and says whose monitors stay as they were.
pub(crate) async fn take_over(engine: Engine) {
    match engine.system.upgrade().await {
        Ok(outcome) => {
            if !outcome.upgraded.is_empty() {
                info!("taken over from another version: {}", outcome.upgraded.join(", "));
            }
            for (name, error) in outcome.failed {
                warn!("cannot upgrade the monitor of container {name}: {}", chain(&error));
            }
        }
        Err(error) => warn!("cannot take over from another version: {}", chain(&error)),
    }
}
