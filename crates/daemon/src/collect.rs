//! Taking away, in the background, what crashes and killed commands have left. Without a daemon, the next command that meets it does, or
//! `corten system settle`.

use std::time::Duration;

use corten_engine::Engine;
use corten_error::chain;
use log::{debug, warn};
use tokio::time::sleep;

/// After the start, whose requests come first.
const FIRST: Duration = Duration::from_secs(5);

/// Between one time and the next.
const INTERVAL: Duration = Duration::from_secs(15 * 60);

/// Collects for as long as the daemon lives.
pub(crate) async fn now_and_then(engine: Engine) {
    sleep(FIRST).await;
    loop {
        match engine.system.collect().await {
            Ok(count) => debug!("collected what was left: {count} things"),
            Err(error) => warn!("cannot collect what was left: {}", chain(&error)),
        }
        sleep(INTERVAL).await;
    }
}
