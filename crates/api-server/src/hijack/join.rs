//! The bytes of a client and of a process, copied both ways.

use std::pin::Pin;

use corten_spec::detach_keys::Detacher;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::UnixStream;

use super::form::{self, Terminal};

/// How many bytes of input are looked at at once.
const CHUNK: usize = 16 * 1024;

/// What to look for in what is typed at a terminal, and what to do when it was typed.
pub(crate) struct Detach {
    pub(crate) keys: Detacher,
    pub(crate) then: Pin<Box<dyn Future<Output = ()> + Send>>,
}

/// What the end of a client's input means for the output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndOfInput {
    /// Nothing: the client still reads.
    LeavesOutput,
    /// The client is gone.
    EndsOutput,
}

/// What carries input to a process and its output from it.
pub(super) struct Process {
    pub(super) stream: UnixStream,
    pub(super) terminal: Terminal,
}

/// Copies both ways. The end of the client's input ends the process's input, and the output as `end` says; the end of the output
/// ends both, and so do the keys that detach, which leave the process as it is. A client that is known to be gone reads nothing either.
pub(super) async fn join<C>(
    client: C,
    process: Process,
    detach: Option<Detach>,
    end: EndOfInput,
    settled: impl Future<Output = ()> + Send,
) where
    C: AsyncRead + AsyncWrite + Unpin,
{
    let (from_client, mut to_client) = tokio::io::split(client);
    let (mut from_process, to_process) = process.stream.into_split();
    tokio::select! {
        copied = form::copy(&mut from_process, &mut to_client, process.terminal) => if copied.is_ok() {
            settled.await;
        },
        () = type_until_detached(from_client, to_process, detach, end) => {}
    }
    // A client that is gone need not be told.
    let _ = to_client.shutdown().await;
}

/// How a client's input is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InputOver {
    /// It has said all, or nobody takes it any more.
    Ended,
    /// The keys that detach were typed.
    Detached,
    /// The client is gone.
    Broken,
}

/// Copies input; comes back when the keys that detach were typed, where its end ends the output, too, and where the client is gone. Either
/// side may be gone before: then there is nothing left to carry this way.
async fn type_until_detached(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    detach: Option<Detach>,
    end: EndOfInput,
) {
    let (mut keys, then) = match detach {
        Some(Detach { keys, then }) => (Some(keys), Some(then)),
        None => (None, None),
    };
    let over = copy_typed(&mut from, &mut to, keys.as_mut()).await;
    if over == InputOver::Detached {
        if let Some(then) = then {
            then.await;
        }
        return;
    }
    let _ = to.shutdown().await;
    if over == InputOver::Ended && end == EndOfInput::LeavesOutput {
        std::future::pending::<()>().await;
    }
}

async fn copy_typed(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    mut keys: Option<&mut Detacher>,
) -> InputOver {
    let mut buffer = vec![0; CHUNK];
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(0) => return InputOver::Ended,
            Ok(read) => read,
            Err(_) => return InputOver::Broken,
        };
        let typed = keys.as_mut().map(|keys| keys.push(&buffer[..read]));
        let bytes = typed.as_ref().map_or(&buffer[..read], |typed| &typed.bytes);
        if to.write_all(bytes).await.is_err() {
            return InputOver::Ended;
        }
        if typed.is_some_and(|typed| typed.detached) {
            return InputOver::Detached;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    fn process() -> (Process, UnixStream) {
        let (stream, far) = UnixStream::pair().unwrap();
        (Process { stream, terminal: Terminal::agreed(true) }, far)
    }

    #[tokio::test]
    async fn the_keys_end_the_clients_part_and_leave_the_processes() {
        let (client, mut near) = tokio::io::duplex(64);
        let (process, mut far) = process();
        let told = Arc::new(AtomicBool::new(false));
        let flag = told.clone();
        let detach = Detach {
            keys: Detacher::new("ctrl-a,x".parse().unwrap()),
            then: Box::pin(async move { flag.store(true, Ordering::Relaxed) }),
        };
        let joined = tokio::spawn(join(
            client,
            process,
            Some(detach),
            EndOfInput::LeavesOutput,
            std::future::pending(),
        ));
        far.write_all(b"$ ").await.unwrap();
        let mut prompt = [0; 2];
        near.read_exact(&mut prompt).await.unwrap();
        near.write_all(b"ls\n\x01xlost").await.unwrap();
        let mut rest = Vec::new();
        near.read_to_end(&mut rest).await.unwrap();
        joined.await.unwrap();
        assert_eq!((rest, told.load(Ordering::Relaxed)), (Vec::new(), true));
        let mut typed = String::new();
        far.read_to_string(&mut typed).await.unwrap();
        assert_eq!(typed, "ls\n");
    }

    #[tokio::test]
    async fn the_end_of_the_input_leaves_the_output() {
        let (client, mut near) = tokio::io::duplex(64);
        let (process, mut far) = process();
        let joined =
            tokio::spawn(join(client, process, None, EndOfInput::LeavesOutput, std::future::ready(())));
        near.write_all(b"in").await.unwrap();
        near.shutdown().await.unwrap();
        let mut input = String::new();
        far.read_to_string(&mut input).await.unwrap();
        far.write_all(b"out").await.unwrap();
        drop(far);
        let mut output = String::new();
        near.read_to_string(&mut output).await.unwrap();
        joined.await.unwrap();
        assert_eq!((input.as_str(), output.as_str()), ("in", "out"));
    }

    #[tokio::test]
    async fn a_client_that_is_gone_leaves_nobody_behind_who_waits_for_output() {
        struct Gone;
        impl AsyncRead for Gone {
            fn poll_read(
                self: Pin<&mut Self>,
                _: &mut std::task::Context<'_>,
                _: &mut tokio::io::ReadBuf<'_>,
            ) -> std::task::Poll<std::io::Result<()>> {
                std::task::Poll::Ready(Err(std::io::ErrorKind::ConnectionReset.into()))
            }
        }
        let client = tokio::io::join(Gone, tokio::io::sink());
        let (process, mut far) = process();
        join(client, process, None, EndOfInput::LeavesOutput, std::future::pending()).await;
        assert_eq!(far.read(&mut [0; 1]).await.unwrap(), 0);
    }

    #[tokio::test]
    async fn a_client_whose_end_is_that_of_its_input_leaves_it_all_to_the_process() {
        let (client, mut near) = tokio::io::duplex(64);
        let (process, mut far) = process();
        near.write_all(b"all of it").await.unwrap();
        near.shutdown().await.unwrap();
        join(client, process, None, EndOfInput::EndsOutput, std::future::ready(())).await;
        let mut input = String::new();
        far.read_to_string(&mut input).await.unwrap();
        assert_eq!(input, "all of it");
    }
}
