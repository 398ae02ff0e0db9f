//! `POST /containers/{id}/wait`, in two steps: first the engine has registered the wait, then the container has ended.

use corten_api_types::container::WaitResponse;
use hyper::body::Incoming;

use crate::client::collect;
use crate::request::{Request, segment};
use crate::{Client, Error};

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitCondition {
    /// That it does not run; at once if it does not.
    NotRunning,
    /// That its next run ends.
    NextExit,
    /// That it is removed.
    Removed,
}

impl WaitCondition {
    fn as_str(self) -> &'static str {
        match self {
            Self::NotRunning => "not-running",
            Self::NextExit => "next-exit",
            Self::Removed => "removed",
        }
    }
}

/// A wait that the engine has registered.
pub struct PendingWait {
    body: Incoming,
    request: String,
}

impl PendingWait {
    /// How the container ended.
    ///
    /// # Errors
    /// When the connection broke or ended without a result.
    pub async fn result(self) -> Result<WaitResponse, Error> {
        let bytes = collect(self.body, self.request.clone()).await?;
        if bytes.is_empty() {
            return Err(Error::EndedEarly { request: self.request });
        }
        serde_json::from_slice(&bytes).map_err(|source| Error::Decode { request: self.request, source })
    }
}

impl Client {
    /// Begins to wait: what happens after this has returned is not missed.
    ///
    /// # Errors
    /// No such container; engine not reachable.
    pub async fn container_wait(&self, id: &str, condition: WaitCondition) -> Result<PendingWait, Error> {
        let request =
            Request::post(format!("/containers/{}/wait", segment(id))).query("condition", condition.as_str());
        let described = request.describe();
        let response = self.send(request).await?;
        Ok(PendingWait { body: response.into_body(), request: described })
    }
}
