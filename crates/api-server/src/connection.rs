//! One connection: HTTP/1.1 with keep-alive, and with upgrades for attached streams.

use std::convert::Infallible;
use std::time::Duration;

use corten_engine::Engine;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::router;

/// How long a client may take to send the head of a request.
const HEAD_DEADLINE: Duration = Duration::from_secs(30);

/// How many headers a request may have.
const MAX_HEADERS: usize = 100;

/// Serves requests until the client closes.
///
/// # Errors
/// When the connection breaks or what arrives is not HTTP.
pub async fn serve<S>(stream: S, engine: Engine) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let engine = engine.clone();
        async move { Ok::<_, Infallible>(router::answer(&engine, request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_headers(MAX_HEADERS)
        // A client that half-closes still wants its answer: the end of its input is the end of a container's input.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await
}
