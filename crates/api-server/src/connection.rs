//! One connection: HTTP/1.1 with keep-alive, until it becomes an attached stream.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use http::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::body::AnswerBody;
use crate::hijack::{self, Takeover};
use crate::line;
use crate::respond::Follows;
use crate::router;
use crate::server::Server;

/// How long a client may take to send the head of a request, as with Docker. It is also how long a connection may be idle: libraries keep
/// theirs, and one that is closed just when it is used again is an error to some.
const HEAD_DEADLINE: Duration = Duration::from_secs(5 * 60);

/// How many headers a request may have.
const MAX_HEADERS: usize = 100;

/// Serves requests until the client closes.
///
/// # Errors
/// When the connection breaks or what arrives is not HTTP.
pub async fn serve<S>(stream: S, server: Arc<Server>) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    serve_until(stream, server, std::future::pending()).await
}

/// As [`serve`]; once `stopping` is done, a request that is under way is the last, and an upgraded connection is not waited for.
///
/// # Errors
/// As [`serve`].
pub async fn serve_until<S>(
    stream: S,
    server: Arc<Server>,
    stopping: impl Future<Output = ()>,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    serve_with(stream, stopping, move |request, takeover| {
        let server = server.clone();
        async move { router::answer(&server, request, &takeover).await }
    })
    .await
}

/// Serves requests until the client closes, or until a handler has taken the connection over or upgraded it, and is done with it.
async fn serve_with<S, H, F>(
    stream: S,
    stopping: impl Future<Output = ()>,
    handler: H,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Fn(hyper::Request<Incoming>, Takeover) -> F,
    F: Future<Output = Response<AnswerBody>> + Send + 'static,
{
    let (takeover, mut taken) = Takeover::new();
    let (line, lookout) = line::of(stream);
    let follows = Arc::new(AtomicBool::new(false));
    let told = follows.clone();
    let service = service_fn(move |request| {
        let (answer, follows) = (handler(request, takeover.clone()), told.clone());
        async move {
            let answer = answer.await;
            follows.store(answer.extensions().get::<Follows>().is_some(), Ordering::Relaxed);
            Ok::<_, Infallible>(answer)
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_DEADLINE)
        .max_headers(MAX_HEADERS)
        // A client that half-closes still wants its answer: the end of its input is the end of a container's input.
        .half_close(true)
        .serve_connection(TokioIo::new(line), service)
        .with_upgrades();
    let mut stopping = pin!(stopping);
    let mut is_last = false;
    let work = loop {
        // Who only waits to be told more, and is gone, would be noticed with the next news alone, which may never come.
        let gone = poll_fn(|context| match follows.load(Ordering::Relaxed) {
            true => lookout.poll_end(context),
            false => Poll::Pending,
        });
        tokio::select! {
            // What the connection has answered decides whether anybody looks for its end.
            biased;
            served = &mut connection => {
                drop(connection);
                tokio::select! {
                    _ = taken.work() => {}
                    () = stopping, if !is_last => {}
                }
                return served;
            }
            Some(work) = taken.work() => break work,
            () = &mut stopping, if !is_last => {
                is_last = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
            () = gone => return Ok(()),
        }
    };
    if let Some(parts) = connection.into_parts() {
        // The client may have sent more than the request already.
        hijack::carry_on(parts.io.into_inner(), parts.read_buf, work).await;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use corten_api_types::API_VERSION;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;
    use crate::request::Request;
    use crate::request_body::RequestBody;

    /// A process that says back in capitals what it reads.
    async fn shout(request: hyper::Request<Incoming>, takeover: Takeover) -> Response<AnswerBody> {
        let mut request =
            Request::new(request.map(RequestBody::new), (API_VERSION, "/containers/x/attach"), &takeover);
        let client = request.client();
        let body: serde_json::Value = request.json_or_default().await.unwrap();
        let (near, far) = std::os::unix::net::UnixStream::pair().unwrap();
        std::thread::spawn(move || {
            use std::io::{Read as _, Write as _};
            let mut text = body["say"].as_str().unwrap_or_default().to_owned();
            (&far).read_to_string(&mut text).unwrap();
            (&far).write_all(text.to_uppercase().as_bytes()).unwrap();
        });
        let settled = std::future::ready(());
        let terminal = hijack::Terminal::agreed(true);
        hijack::hand_over(client, near, terminal, None, settled).await.unwrap_or_else(crate::respond::failure)
    }

    /// Sends `head` and what follows it, closes, and returns everything that was answered.
    async fn exchange(head: &str, pieces: &[&str]) -> String {
        let (mut near, far) = tokio::io::duplex(4096);
        let server = tokio::spawn(serve_with(far, std::future::pending(), shout));
        near.write_all(head.as_bytes()).await.unwrap();
        for piece in pieces {
            near.write_all(piece.as_bytes()).await.unwrap();
            tokio::task::yield_now().await;
        }
        near.shutdown().await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        server.await.unwrap().unwrap();
        answer
    }

    const UPGRADE: &str =
        "POST /containers/x/attach HTTP/1.1\r\nHost: docker\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\n";
    const PLAIN: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";

    #[tokio::test]
    async fn a_client_that_asks_for_no_upgrade_gets_a_bare_stream() {
        let head = "POST /containers/x/attach HTTP/1.1\r\nHost: docker\r\n\r\n";
        assert_eq!(exchange(head, &["one ", "two"]).await, format!("{PLAIN}ONE TWO"));
        let together = format!("{head}at once");
        assert_eq!(exchange(&together, &[]).await, format!("{PLAIN}AT ONCE"));
    }

    #[tokio::test]
    async fn a_body_is_read_before_the_stream_begins() {
        let body = r#"{"say":"body "}"#;
        let length = body.len();
        let head = format!(
            "POST /exec/x/start HTTP/1.1\r\nHost: docker\r\nContent-Length: {length}\r\n\r\n{body}typed"
        );
        assert_eq!(exchange(&head, &[" more"]).await, format!("{PLAIN}BODY TYPED MORE"));
    }

    #[tokio::test]
    async fn a_client_that_asks_for_an_upgrade_gets_one() {
        let answer = exchange(UPGRADE, &["one"]).await;
        assert!(answer.starts_with("HTTP/1.1 101 UPGRADED\r\n"), "{answer}");
        assert!(answer.ends_with("\r\n\r\nONE"), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_is_served_for_as_long_as_the_stream_that_it_has_become() {
        let (mut near, far) = tokio::io::duplex(4096);
        let server = tokio::spawn(serve_with(far, std::future::pending(), shout));
        near.write_all(UPGRADE.as_bytes()).await.unwrap();
        assert_eq!(near.read(&mut [0; 12]).await.unwrap(), 12);
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert!(!server.is_finished());
        near.shutdown().await.unwrap();
        near.read_to_end(&mut Vec::new()).await.unwrap();
        server.await.unwrap().unwrap();
    }

    /// Says something, and nothing more for as long as the client is there; then it tells `gone`.
    async fn follow(gone: tokio::sync::mpsc::Sender<()>) -> Response<AnswerBody> {
        let (sender, response) = crate::respond::follow("application/json");
        tokio::spawn(async move {
            sender.send("news").await;
            sender.client_gone().await;
            gone.send(()).await
        });
        response
    }

    #[tokio::test]
    async fn who_is_told_what_happens_and_leaves_is_noticed_though_nothing_happens() {
        let (gone, mut told) = tokio::sync::mpsc::channel(1);
        let (mut near, far) = tokio::io::duplex(4096);
        let handler = move |_, _| follow(gone.clone());
        let server = tokio::spawn(serve_with(far, std::future::pending(), handler));
        near.write_all(b"GET /events HTTP/1.1\r\nHost: docker\r\n\r\n").await.unwrap();
        let mut seen = Vec::new();
        while !seen.ends_with(b"news\r\n") {
            near.read_buf(&mut seen).await.unwrap();
        }
        drop(near);
        told.recv().await.unwrap();
        server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_half_closes_has_the_answer_that_it_waits_for() {
        let (mut near, far) = tokio::io::duplex(4096);
        let late = |_, _| async {
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            crate::respond::json(&"late").unwrap()
        };
        let server = tokio::spawn(serve_with(far, std::future::pending(), late));
        near.write_all(b"GET /info HTTP/1.1\r\nHost: docker\r\n\r\n").await.unwrap();
        near.shutdown().await.unwrap();
        let mut answer = String::new();
        near.read_to_string(&mut answer).await.unwrap();
        assert!(answer.ends_with("\"late\"\n"), "{answer}");
        server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn an_upgraded_connection_does_not_hold_up_who_stops() {
        let (mut near, far) = tokio::io::duplex(4096);
        let (stop, stopping) = tokio::sync::oneshot::channel::<()>();
        let server = tokio::spawn(serve_with(far, async { drop(stopping.await) }, shout));
        near.write_all(UPGRADE.as_bytes()).await.unwrap();
        assert_eq!(near.read(&mut [0; 12]).await.unwrap(), 12);
        stop.send(()).unwrap();
        server.await.unwrap().unwrap();
    }
}
