//! The container's terminal has the size of ours.

use std::io;
use std::time::Duration;

use corten_api_client::{Client, Error};
use rustix::termios::tcgetwinsize;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;

/// How often the first resize is tried: the process may not have its terminal yet.
const TRIES: u64 = 10;

/// Whose terminal it is.
#[derive(Debug, Clone)]
pub(crate) enum Target {
    /// A container's.
    Container(String),
    /// An exec session's.
    Exec(String),
}

/// Height and width of the terminal on stdout; zeros where it is none.
pub(crate) fn console_size() -> [u32; 2] {
    match tcgetwinsize(io::stdout()) {
        Ok(size) => [size.ws_row.into(), size.ws_col.into()],
        Err(_) => [0, 0],
    }
}

/// Sets the size now, and again whenever ours changes; ends with the returned task.
pub(crate) fn follow_size(client: Client, target: Target) -> io::Result<JoinHandle<()>> {
    let mut changes = signal(SignalKind::window_change())?;
    Ok(tokio::spawn(async move {
        for attempt in 1..=TRIES {
            if resize(&client, &target).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10 * attempt)).await;
        }
        while changes.recv().await.is_some() {
            // The container may be gone already; the next change will tell.
            drop(resize(&client, &target).await);
        }
    }))
}

async fn resize(client: &Client, target: &Target) -> Result<(), Error> {
    let Ok(size) = tcgetwinsize(io::stdout()) else { return Ok(()) };
    if size.ws_row == 0 && size.ws_col == 0 {
        return Ok(());
    }
    match target {
        Target::Container(id) => client.container_resize(id, size.ws_row, size.ws_col).await,
        Target::Exec(id) => client.exec_resize(id, size.ws_row, size.ws_col).await,
    }
}
