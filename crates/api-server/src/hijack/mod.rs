//! Handing a connection over to the streams of a process.
//!
//! What the streams carry is the engine's business; here they are joined with the client's bytes.

mod after_head;
mod client;
mod form;
mod join;

use std::os::unix::net::UnixStream as StdUnixStream;

use http::StatusCode;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

pub(crate) use client::{ByteStream, Client, Takeover, Upgrade, carry_on};
pub(crate) use form::Terminal;
pub(crate) use join::{Detach, EndOfInput};

use self::join::Process;
use crate::failure::Failure;
use crate::respond::Answer;

/// Joins the client's connection with a process's stream until either is done, or the client types the keys of `detach`.
///
/// Must be called before anything is answered; `stream` is what the engine gave for the client. Once the output has ended, the
/// client is told so only after `settled`.
pub(crate) async fn hand_over(
    client: Client,
    stream: StdUnixStream,
    terminal: Terminal,
    detach: Option<Detach>,
    settled: impl Future<Output = ()> + Send + 'static,
) -> Answer {
    let stream = asynchronous(stream).map_err(|error| broken(&error))?;
    let process = Process { stream, terminal };
    let join = |client| join::join(client, process, detach, EndOfInput::LeavesOutput, settled);
    client.become_stream(terminal.client, join).await
}

/// Gives the client's connection to `work`, which shuts it down. Must be called before anything is answered.
pub(crate) async fn take_over<W, F>(client: Client, tty: bool, work: W) -> Answer
where
    W: FnOnce(ByteStream) -> F + Send + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    client.become_stream(tty, work).await
}

/// Joins a connection that was taken over with a process's stream, as [`hand_over`] does, but for what `end` says. The output is
/// carried as it is.
pub(crate) async fn join(client: ByteStream, stream: StdUnixStream, detach: Option<Detach>, end: EndOfInput) {
    if let Ok(stream) = asynchronous(stream) {
        let process = Process { stream, terminal: Terminal::agreed(true) };
        join::join(client, process, detach, end, std::future::ready(())).await;
    }
}

/// Sends some bytes and ends.
pub(crate) async fn answer_with(client: Client, bytes: Vec<u8>, tty: bool) -> Answer {
    let send = |mut client: ByteStream| async move {
        // A client that is gone need not be told.
        let _ = client.write_all(&bytes).await;
        let _ = client.shutdown().await;
    };
    client.become_stream(tty, send).await
}

fn asynchronous(stream: StdUnixStream) -> std::io::Result<UnixStream> {
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

fn broken(error: &std::io::Error) -> Failure {
    Failure { status: StatusCode::INTERNAL_SERVER_ERROR, message: format!("prepare the stream: {error}") }
}
