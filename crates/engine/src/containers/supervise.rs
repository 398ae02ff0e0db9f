//! Listening to the monitors that this engine started: reaps their processes, removes `--rm` containers when they end.
//!
//! Only a convenience for as long as this process lives; without it the monitor runs its reaper, and the next engine folds.

use std::time::Duration;

use corten_monitor::client::Connection;
use corten_monitor::protocol::Reply;

use super::Containers;
use super::record::Container;
use super::remove::RemoveOptions;
use crate::error::EngineError;
use crate::task::blocking;
use crate::wake::{self, Wake};

/// How long the lock of a monitor that was killed may take to be free.
const BURIAL_PATIENCE: Duration = Duration::from_secs(10);

impl Containers {
    /// Listens to a monitor until its container ends.
    pub(super) fn supervise(&self, container: Container, connection: Connection) -> Result<(), EngineError> {
        let wake = wake::readable(&connection, "the monitor")?;
        tokio::spawn(listen(self.clone(), container, connection, wake));
        Ok(())
    }
}

async fn listen(containers: Containers, container: Container, mut connection: Connection, wake: Wake) {
    let ending = loop {
        match ending(&mut connection) {
            Some(ending) => break ending,
            None if wake.wait().await => {}
            None => return,
        }
    };
    if ending == Ending::Lost {
        let (inner, id) = (containers.inner.clone(), container.id.clone());
        // Whoever takes the lock writes down what the monitor could not; waiters hear of it. What fails here is left to the next
        // engine.
        let _ = blocking(move || inner.reserve(&id, BURIAL_PATIENCE).map(drop)).await;
    }
    // Its monitor has written the end down before it told us.
    containers.inner.events.look();
    if container.config.host.auto_remove {
        let options = RemoveOptions { force: false, volumes: true };
        // Whoever removed it first did what was wanted; what fails otherwise is left to the next engine or to `system settle`.
        let _ = containers.remove(container.id.as_str(), options).await;
        return;
    }
    // What stays is given back by the next start of it, or by `system settle`.
    let _ = blocking(move || {
        containers.inner.release_network_of_ended(&container)?;
        if container.config.host.volume_points.is_empty() {
            return Ok(());
        }
        containers.inner.settle_volumes_of_ended(container.id.as_str(), BURIAL_PATIENCE)
    })
    .await;
}

/// How a monitor's work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ending {
    /// It told that the container ended.
    Told,
    /// It was killed, or has cut this connection.
    Lost,
}

fn ending(connection: &mut Connection) -> Option<Ending> {
    loop {
        match connection.receive() {
            Ok(Some(Reply::Exited { .. })) => return Some(Ending::Told),
            Err(_) => return Some(Ending::Lost),
            Ok(Some(_)) => {}
            Ok(None) => return None,
        }
    }
}
