//! Starting what should run, when the daemon starts: what has not been started since the machine was, say.

use std::time::Duration;

use corten_engine::Engine;
use corten_error::chain;
use log::{info, warn};

/// How long what fails is tried again.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

/// Starts it, and says what could not be started.
pub(crate) async fn start_what_should_run(engine: Engine) {
    match engine.system.boot(PATIENCE).await {
        Ok(booted) => {
            if !booted.started.is_empty() {
                info!("started by their restart policies: {}", booted.started.join(", "));
            }
            for (name, error) in booted.failed {
                warn!("cannot start container {name}: {}", chain(&error));
            }
        }
        Err(error) => warn!("cannot start what should run: {}", chain(&error)),
    }
}
