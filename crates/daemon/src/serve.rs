//! Accepting connections until the daemon stops, and letting those that are under way come to their end.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use corten_api_server::Server;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::time::{sleep, timeout};

use crate::listen::Listener;
use crate::rest;

/// How many connections are served at once; others wait to be accepted.
const CONNECTIONS: usize = 8192;

/// How long is waited after a connection could not be accepted: descriptors or memory may have run out.
const PAUSE: Duration = Duration::from_millis(100);

/// How long a client may take to agree on the terms of TLS.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long requests may go on once the daemon stops; streams are cut then.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves until `stopping` says so, and then what has begun.
pub(crate) async fn serve(
    listeners: Vec<Listener>,
    server: &Arc<Server>,
    mut stopping: watch::Receiver<bool>,
) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let accepted = Arc::new(AtomicU64::new(0));
    tokio::spawn(rest::after_rushes(accepted.clone()));
    for listener in listeners {
        tokio::spawn(accept(listener, server.clone(), places.clone(), stopping.clone(), accepted.clone()));
    }
    // It fails when nobody is left to say so.
    let _ = stopping.wait_for(|stopping| *stopping).await;
    let everyone = u32::try_from(CONNECTIONS).unwrap_or(u32::MAX);
    let _ = timeout(FAREWELL, places.acquire_many(everyone)).await;
}

async fn accept(
    listener: Listener,
    server: Arc<Server>,
    places: Arc<Semaphore>,
    mut stopping: watch::Receiver<bool>,
    count: Arc<AtomicU64>,
) {
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        let until = stopping.clone();
        let connection = Connection { server: server.clone(), place, stopping: until };
        let accepted = tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            accepted = listener.accept(connection) => accepted,
        };
        count.fetch_add(1, Ordering::Relaxed);
        if accepted.is_err() {
            sleep(PAUSE).await;
        }
    }
}

/// What a connection is served with.
struct Connection {
    server: Arc<Server>,
    place: OwnedSemaphorePermit,
    stopping: watch::Receiver<bool>,
}

impl Connection {
    async fn serve<S>(mut self, stream: S)
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let stopping = async move {
            let _ = self.stopping.wait_for(|stopping| *stopping).await;
        };
        // A connection that breaks off is the client's to notice.
        let _ = corten_api_server::serve_until(stream, self.server, stopping).await;
        drop(self.place);
    }
}

impl Listener {
    /// Waits for a connection and begins to serve it.
    ///
    /// # Errors
    /// What accept(2) says.
    async fn accept(&self, connection: Connection) -> io::Result<()> {
        match self {
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                tokio::spawn(connection.serve(stream));
            }
            Self::Tcp(listener, acceptor) => {
                let (stream, _) = listener.accept().await?;
                // Small answers are not to wait for each other.
                stream.set_nodelay(true)?;
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    match acceptor {
                        None => connection.serve(stream).await,
                        Some(acceptor) => {
                            // Who is no client of ours is told so by TLS itself.
                            if let Ok(Ok(stream)) = timeout(HANDSHAKE, acceptor.accept(stream)).await {
                                connection.serve(stream).await;
                            }
                        }
                    }
                });
            }
        }
        Ok(())
    }
}
