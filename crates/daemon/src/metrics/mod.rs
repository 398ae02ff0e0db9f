//! Metrics for Prometheus: `GET /metrics` at an address of its own, which anybody who reaches it may ask.
//!
//! Names are dockerd's where the figure is the same.

mod address;
mod document;
mod process;
mod requests;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use corten_engine::Engine;
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::CONTENT_TYPE;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::sleep;

pub(crate) use address::address;
pub(crate) use requests::Requests;

use crate::error::DaemonError;

/// How many may ask at once; others wait to be accepted.
const CONNECTIONS: usize = 16;

/// How long a client may take to send the head of a request, also the next one.
const HEAD_DEADLINE: Duration = Duration::from_secs(60);

/// How long is waited after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(100);

/// What `prometheus-client` writes.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Metrics that are about to be served.
#[derive(Debug)]
pub(crate) struct Metrics {
    listener: TcpListener,
    address: SocketAddr,
    requests: Arc<Requests>,
}

impl Metrics {
    /// Listens at what the key says; `None` where it says nothing.
    ///
    /// # Errors
    /// The address cannot be had.
    pub(crate) async fn listen(configured: &str) -> Result<Option<Self>, DaemonError> {
        let failed = |source| DaemonError::Listen { address: configured.to_owned(), source };
        let wrong = |why| failed(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
        let Some(address) = address(configured).map_err(wrong)? else { return Ok(None) };
        let listener = TcpListener::bind(address).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Some(Self { listener, address, requests: Arc::default() }))
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where requests to the engine are counted.
    pub(crate) fn requests(&self) -> Arc<Requests> {
        self.requests.clone()
    }

    /// Serves until the daemon ends.
    pub(crate) async fn serve(self, engine: Engine) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        loop {
            let Ok(place) = places.clone().acquire_owned().await else { return };
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    tokio::spawn(connection(stream, engine.clone(), self.requests.clone(), place));
                }
                Err(_) => sleep(PAUSE).await,
            }
        }
    }
}

async fn connection(stream: TcpStream, engine: Engine, requests: Arc<Requests>, place: OwnedSemaphorePermit) {
    let service = service_fn(|request: Request<Incoming>| {
        let (engine, requests) = (&engine, &requests);
        async move { Ok::<_, Infallible>(answer(&request, engine, requests).await) }
    });
    let mut server = http1::Builder::new();
    server.timer(TokioTimer::new()).header_read_timeout(HEAD_DEADLINE);
    // A connection that breaks off is the client's to notice.
    let _ = server.serve_connection(TokioIo::new(stream), service).await;
    drop(place);
}

async fn answer(request: &Request<Incoming>, engine: &Engine, requests: &Requests) -> Response<Full<Bytes>> {
    match (request.method(), request.uri().path()) {
        (&Method::GET | &Method::HEAD, "/metrics") => match engine.system.info().await {
            Ok(info) => document::document(requests, info, &process::figures()).map_or_else(
                |error| text(StatusCode::INTERNAL_SERVER_ERROR, error.to_string()),
                |document| respond(StatusCode::OK, OPEN_METRICS, document),
            ),
            Err(error) => text(StatusCode::INTERNAL_SERVER_ERROR, corten_error::chain(&error)),
        },
        _ => text(StatusCode::NOT_FOUND, "404 page not found\n".to_owned()),
    }
}

fn text(status: StatusCode, body: String) -> Response<Full<Bytes>> {
    respond(status, "text/plain; charset=utf-8", body)
}

fn respond(status: StatusCode, content_type: &'static str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body.into()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, hyper::header::HeaderValue::from_static(content_type));
    response
}
