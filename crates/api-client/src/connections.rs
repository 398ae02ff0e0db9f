//! Connections of a client: one per request where they cost nothing, and else the last one again, once it is free.
//!
//! There is no pool: a command asks one thing after the other, and what goes on for long (streams) keeps a connection of its own.

use std::sync::{Arc, Mutex, PoisonError};

use http::Request;
use hyper::Response;
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;

use crate::body::RequestBody;
use crate::error::{broken, unreachable};
use crate::{Connector, Error};

type Sender = SendRequest<RequestBody>;

/// Where requests go out.
#[derive(Clone)]
pub(crate) struct Connections {
    connector: Arc<dyn Connector>,
    /// The connection of the last request; its answer may still be under way.
    last: Arc<Mutex<Option<Sender>>>,
}

impl Connections {
    pub(crate) fn new(connector: Arc<dyn Connector>) -> Self {
        Self { connector, last: Arc::default() }
    }

    pub(crate) fn connector(&self) -> &Arc<dyn Connector> {
        &self.connector
    }

    /// Sends a request; `described` is what messages call it. A connection that is going to be upgraded serves nothing else.
    pub(crate) async fn send(
        &self,
        request: Request<RequestBody>,
        upgrade: bool,
        described: &str,
    ) -> Result<Response<Incoming>, Error> {
        let request = match self.take_idle().await {
            None => request,
            Some(mut sender) => match sender.try_send_request(request).await {
                Ok(response) => return Ok(self.keep(sender, upgrade, response)),
                // The engine has hung up in the meantime; what it never saw may be said again.
                Err(mut error) => match error.take_message() {
                    Some(request) => request,
                    None => return Err(broken(described, error.into_error())),
                },
            },
        };
        let mut sender = self.open(described).await?;
        let sent = sender.send_request(request).await;
        sent.map(|response| self.keep(sender, upgrade, response)).map_err(|source| broken(described, source))
    }

    async fn open(&self, described: &str) -> Result<Sender, Error> {
        let connected = self.connector.connect().await;
        let stream = connected.map_err(|source| unreachable(described, self.connector.address(), source))?;
        let (sender, connection) =
            handshake(TokioIo::new(stream)).await.map_err(|source| broken(described, source))?;
        // The connection is driven beside us; when it breaks, the request or its body says so.
        tokio::spawn(async move { drop(connection.with_upgrades().await) });
        Ok(sender)
    }

    /// The last connection, if its answer has been read.
    async fn take_idle(&self) -> Option<Sender> {
        let sender = self.last.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        // Whoever drives it has to notice first that the answer is read, or that the engine has hung up.
        tokio::task::yield_now().await;
        sender.is_ready().then_some(sender)
    }

    fn keep(&self, sender: Sender, upgrade: bool, response: Response<Incoming>) -> Response<Incoming> {
        if self.connector.is_costly() && !upgrade {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(sender);
        }
        response
    }
}
