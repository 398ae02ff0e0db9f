//! Listening to the monitors that this engine started: reaps their processes, removes `--rm` containers when they end.
//!
//! Only a convenience for as long as this process lives; without it the monitor runs its reaper, and the next engine folds.

use corten_monitor::client::Connection;
use corten_monitor::protocol::Reply;

use super::record::Container;
use super::remove::RemoveOptions;
use super::Containers;
use crate::error::EngineError;
use crate::wake::{self, Wake};

impl Containers {
    /// Listens to a monitor until its container ends.
    pub(super) fn supervise(&self, container: Container, connection: Connection) -> Result<(), EngineError> {
        let wake = wake::readable(&connection, "the monitor")?;
        tokio::spawn(listen(self.clone(), container, connection, wake));
        Ok(())
    }
}

async fn listen(containers: Containers, container: Container, mut connection: Connection, wake: Wake) {
    while !has_ended(&mut connection) {
        if !wake.wait().await {
            return;
        }
    }
    if container.config.host.auto_remove {
        let options = RemoveOptions { force: false, volumes: true };
        // Whoever removed it first did what was wanted; what fails otherwise is left to the next engine or to `system settle`.
        let _ = containers.remove(&container.id.to_string(), options).await;
    }
}

/// Whether the container ended, or its monitor did.
fn has_ended(connection: &mut Connection) -> bool {
    loop {
        match connection.receive() {
            Ok(Some(Reply::Exited { .. })) | Err(_) => return true,
            Ok(Some(_)) => {}
            Ok(None) => return false,
        }
    }
}
