//! Handing a connection over to the streams of a process.

use std::os::unix::net::UnixStream as StdUnixStream;

use corten_api_types::{MEDIA_TYPE_MULTIPLEXED_STREAM, MEDIA_TYPE_RAW_STREAM};
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use crate::body::AnswerBody;
use crate::failure::Failure;
use crate::respond::Answer;

/// Answers `101 UPGRADED` and joins the client's connection with a process's stream until either is done.
///
/// Must be called before anything is answered; `stream` is what the engine gave for the client.
pub(crate) fn hand_over(upgrade: OnUpgrade, stream: StdUnixStream, tty: bool) -> Answer {
    hand_over_until(upgrade, stream, tty, std::future::ready(()))
}

/// The same; once the output has ended, the client is told so only after `settled`.
pub(crate) fn hand_over_until(
    upgrade: OnUpgrade,
    stream: StdUnixStream,
    tty: bool,
    settled: impl Future<Output = ()> + Send + 'static,
) -> Answer {
    stream.set_nonblocking(true).map_err(|error| broken(&error))?;
    let stream = UnixStream::from_std(stream).map_err(|error| broken(&error))?;
    tokio::spawn(join(upgrade, stream, settled));
    Ok(upgraded(tty))
}

/// Answers `101 UPGRADED`, sends some bytes and ends.
pub(crate) fn answer_with(upgrade: OnUpgrade, bytes: Vec<u8>, tty: bool) -> Answer {
    tokio::spawn(async move {
        let Ok(client) = upgrade.await else { return };
        let mut client = TokioIo::new(client);
        // A client that is gone need not be told.
        let _ = client.write_all(&bytes).await;
        let _ = client.shutdown().await;
    });
    Ok(upgraded(tty))
}

fn upgraded(tty: bool) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    // Scripts that speak HTTP by hand look for Docker's words.
    response.extensions_mut().insert(ReasonPhrase::from_static(b"UPGRADED"));
    let kind = if tty { MEDIA_TYPE_RAW_STREAM } else { MEDIA_TYPE_MULTIPLEXED_STREAM };
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
    response
}

/// Copies both ways. The end of the client's input ends the process's input alone; the end of the output ends both.
async fn join(upgrade: OnUpgrade, stream: UnixStream, settled: impl Future<Output = ()> + Send) {
    let Ok(client) = upgrade.await else { return };
    let (mut from_client, mut to_client) = tokio::io::split(TokioIo::new(client));
    let (mut from_process, mut to_process) = stream.into_split();
    let input = tokio::spawn(async move {
        // Either side may be gone: then there is nothing left to carry.
        let _ = tokio::io::copy(&mut from_client, &mut to_process).await;
        let _ = to_process.shutdown().await;
    });
    if tokio::io::copy(&mut from_process, &mut to_client).await.is_ok() {
        settled.await;
    }
    let _ = to_client.shutdown().await;
    input.abort();
}

fn broken(error: &std::io::Error) -> Failure {
    Failure { status: StatusCode::INTERNAL_SERVER_ERROR, message: format!("prepare the stream: {error}") }
}
