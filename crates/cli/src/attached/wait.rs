//! How the container ended, told by the engine.

use corten_api_client::{Client, PendingWait, WaitCondition};
use tokio::task::JoinHandle;

use crate::failure::{Outcome, describe};

/// Exit code when the engine could not say.
const UNKNOWN: i64 = 125;

/// The end of a container, waited for beside everything else.
pub(crate) struct Exit {
    task: JoinHandle<i64>,
}

impl Exit {
    /// Begins to wait; what happens from now on is not missed. With `removed` the end is the container's removal.
    pub(crate) async fn of(client: &Client, container: &str, removed: bool) -> Outcome<Self> {
        let condition = if removed { WaitCondition::Removed } else { WaitCondition::NextExit };
        Ok(Self::from(client.container_wait(container, condition).await?))
    }

    /// The exit code; 125 when the engine could not tell it.
    pub(crate) async fn code(&mut self) -> i64 {
        (&mut self.task).await.unwrap_or(UNKNOWN)
    }
}

impl From<PendingWait> for Exit {
    fn from(wait: PendingWait) -> Self {
        let result = async move {
            match wait.result().await {
                Ok(response) => match response.error {
                    None => response.status_code,
                    Some(error) => {
                        eprintln!("Error waiting for container: {}", error.message);
                        UNKNOWN
                    }
                },
                Err(error) => {
                    eprintln!("error waiting for container: {}", describe(&error));
                    UNKNOWN
                }
            }
        };
        Self { task: tokio::spawn(result) }
    }
}
