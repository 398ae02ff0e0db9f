//! A client's connection that is to become a stream: by an upgrade, or, as Docker's oldest clients want it, by a plain `200` after
//! which HTTP is no longer spoken.

use std::io::Cursor;
use std::pin::Pin;

use bytes::Bytes;
use corten_api_types::ApiVersion;
use http::header::{CONNECTION, CONTENT_TYPE, HeaderValue, UPGRADE};
use http::{Response, StatusCode};
use hyper::ext::ReasonPhrase;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, DuplexStream};
use tokio::net::UnixStream;
use tokio::sync::mpsc;

use super::after_head::AfterHead;
use crate::body::AnswerBody;
use crate::line::Line;
use crate::request_body::RequestBody;
use crate::respond::Answer;
use crate::version;

/// The head that Docker writes where there is no upgrade; it is never followed by frames of HTTP.
const PLAIN_HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n";

/// The bytes of a client, whatever carries them.
pub(crate) type ByteStream = Box<dyn Duplex>;

/// Reads and writes.
pub(crate) trait Duplex: AsyncRead + AsyncWrite + Unpin + Send {}

impl<S: AsyncRead + AsyncWrite + Unpin + Send> Duplex for S {}

/// What is done with a connection that has been taken over.
type Work = Box<dyn FnOnce(ByteStream) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// Lets a handler take the connection away from HTTP: the task that serves it listens at the other end.
#[derive(Clone)]
pub(crate) struct Takeover(mpsc::Sender<Work>);

impl Takeover {
    /// The handlers' end and the connection's.
    pub(crate) fn new() -> (Self, Taken) {
        let (sender, receiver) = mpsc::channel(1);
        (Self(sender), Taken(receiver))
    }
}

/// The connection's end of a [`Takeover`].
pub(crate) struct Taken(mpsc::Receiver<Work>);

impl Taken {
    /// Waits until a handler takes the connection; `None` once no handler can any more, and no stream that it has become goes on.
    pub(crate) async fn work(&mut self) -> Option<Work> {
        self.0.recv().await
    }
}

/// Answers, and carries on with what a handler wants to be done with the connection, of which `read` was read already.
pub(crate) async fn carry_on<S>(line: Line<S>, read: Bytes, work: Work)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let Some((mut stream, ahead)) = line.into_parts() else { return };
    let read = joined(read, ahead);
    // A client that is gone is noticed by what follows.
    let _ = stream.write_all(PLAIN_HEAD).await;
    work(after_head(stream, read)).await;
}

/// A connection with its head written, of which `read` was read already.
fn after_head<S>(stream: S, read: Bytes) -> ByteStream
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (reader, writer) = tokio::io::split(AfterHead::new(stream));
    Box::new(tokio::io::join(Cursor::new(read).chain(reader), writer))
}

/// What carried an upgraded connection, where it is known that it tells more than others.
fn unwrapped(upgraded: Upgraded) -> ByteStream {
    let upgraded = match carried_by::<UnixStream>(upgraded) {
        Ok(stream) => return stream,
        Err(upgraded) => upgraded,
    };
    match carried_by::<DuplexStream>(upgraded) {
        Ok(stream) => stream,
        Err(upgraded) => after_head(TokioIo::new(upgraded), Bytes::new()),
    }
}

fn carried_by<S>(upgraded: Upgraded) -> Result<ByteStream, Upgraded>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let parts = upgraded.downcast::<TokioIo<Line<S>>>()?;
    Ok(match parts.io.into_inner().into_parts() {
        Some((stream, ahead)) => after_head(stream, joined(parts.read_buf, ahead)),
        // Nobody else takes it; without it, there is nothing to be said.
        None => Box::new(tokio::io::join(tokio::io::empty(), tokio::io::sink())),
    })
}

/// What hyper has read, and what was read after that.
fn joined(read: Bytes, ahead: Bytes) -> Bytes {
    if ahead.is_empty() { read } else { [read, ahead].concat().into() }
}

/// A connection whose client asked for something else than HTTP.
pub(crate) struct Upgrade {
    begun: OnUpgrade,
    /// Tells the connection's task that it is in use.
    connection: Takeover,
}

impl Upgrade {
    /// The connection that `request` came by.
    pub(crate) fn of(request: &mut hyper::Request<RequestBody>, connection: &Takeover) -> Self {
        Self { begun: hyper::upgrade::on(request), connection: connection.clone() }
    }

    /// Gives the connection to `work` as soon as the answer that upgrades it has been sent.
    pub(crate) fn then<W, F>(self, work: W)
    where
        W: FnOnce(ByteStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        tokio::spawn(async move {
            if let Ok(client) = self.begun.await {
                work(unwrapped(client)).await;
            }
            drop(self.connection);
        });
    }
}

/// How a client's connection becomes a stream.
pub(crate) enum Client {
    /// It asked for an upgrade.
    Upgrade(Upgrade, ApiVersion),
    /// It did not.
    Plain(Takeover),
}

impl Client {
    /// The client that sent `request`.
    pub(crate) fn of(
        request: &mut hyper::Request<RequestBody>,
        version: ApiVersion,
        takeover: &Takeover,
    ) -> Self {
        if request.headers().contains_key(UPGRADE) {
            return Self::Upgrade(Upgrade::of(request, takeover), version);
        }
        Self::Plain(takeover.clone())
    }

    /// Answers that the connection is a stream from here on, and gives it to `work`.
    pub(super) async fn become_stream<W, F>(self, tty: bool, work: W) -> Answer
    where
        W: FnOnce(ByteStream) -> F + Send + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        match self {
            Self::Upgrade(upgrade, version) => {
                upgrade.then(work);
                Ok(upgraded(version::stream_type(version, tty)))
            }
            Self::Plain(Takeover(connection)) => {
                // A connection that is gone takes nothing, and nobody waits for the answer.
                let _ = connection.send(Box::new(|client| Box::pin(work(client)))).await;
                // Its task drops this request together with HTTP.
                std::future::pending().await
            }
        }
    }
}

fn upgraded(content_type: &'static str) -> Response<AnswerBody> {
    let mut response = Response::new(AnswerBody::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    // Scripts that speak HTTP by hand look for Docker's words.
    response.extensions_mut().insert(ReasonPhrase::from_static(b"UPGRADED"));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("tcp"));
    response
}
