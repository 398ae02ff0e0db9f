//! Keeps what a process writes from reaching a client together with the head of the answer.
//!
//! A client that reads the head through a buffer of its own and the stream from the socket below it, as docker-py does, loses what
//! came into that buffer with the head. Docker's processes take so long to start that it never shows.
//!
//! And tells the end of what a client says from the end of the client, where that can be told.

use std::any::Any;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::{Sleep, sleep};

/// How long a client on this host may leave the head unread.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long a client elsewhere gets for it: nobody tells when it was read there.
const GRACE: Duration = Duration::from_millis(10);

/// How long to wait before looking again.
const PAUSE: Duration = Duration::from_millis(1);

/// A connection on which the head has just been written, and nothing else.
pub(super) struct AfterHead<S> {
    stream: S,
    head_at: Instant,
    taken: bool,
    pause: Option<Pin<Box<Sleep>>>,
}

impl<S: Any> AfterHead<S> {
    pub(super) fn new(stream: S) -> Self {
        Self { stream, head_at: Instant::now(), taken: false, pause: None }
    }

    /// Waits until the client has the head, or has had its time.
    fn poll_taken(&mut self, context: &mut Context<'_>) -> Poll<()> {
        while !self.taken {
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
            }
            self.taken = is_taken(&self.stream, self.head_at.elapsed());
            self.pause = (!self.taken).then(|| Box::pin(sleep(PAUSE)));
        }
        Poll::Ready(())
    }
}

fn is_taken(stream: &dyn Any, waited: Duration) -> bool {
    match stream.downcast_ref::<UnixStream>() {
        Some(socket) => waited >= PATIENCE || corten_sys::send_queue::unread(socket).unwrap_or(0) == 0,
        // The client is this program itself.
        None if stream.is::<DuplexStream>() => true,
        None => waited >= GRACE,
    }
}

/// Whether a client is gone that has said all, as far as its connection tells: that of a client elsewhere looks the same as where it
/// goes on to read.
fn is_gone(stream: &dyn Any) -> bool {
    stream.downcast_ref::<UnixStream>().is_some_and(|socket| {
        let mut set = [PollFd::new(socket, PollFlags::empty())];
        let looked = poll(&mut set, Some(&Timespec { tv_sec: 0, tv_nsec: 0 }));
        looked.is_ok() && set[0].revents().contains(PollFlags::HUP)
    })
}

impl<S: AsyncRead + Any + Unpin> AsyncRead for AfterHead<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let is_end = buffer.filled().len() == before && buffer.remaining() > 0;
        if is_end && is_gone(&self.stream) {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Any + Unpin> AsyncWrite for AfterHead<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_taken(context));
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_follows_the_head_does_not_arrive_with_it() {
        let (mut client, mut server) = UnixStream::pair().unwrap();
        server.write_all(b"head").await.unwrap();
        let mut stream = AfterHead::new(server);
        let writing = tokio::spawn(async move { stream.write_all(b"output").await });
        // The writer has looked once before anything is read.
        tokio::task::yield_now().await;
        let mut first = vec![0; 64];
        let read = client.read(&mut first).await.unwrap();
        assert_eq!(&first[..read], b"head");
        let mut rest = String::new();
        client.read_to_string(&mut rest).await.unwrap();
        assert_eq!(rest, "output");
        writing.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_client_that_never_reads_the_head_holds_nothing_up_for_good() {
        let (_client, mut server) = UnixStream::pair().unwrap();
        server.write_all(b"head").await.unwrap();
        assert!(!is_taken(&server, PATIENCE / 2));
        assert!(is_taken(&server, PATIENCE));
    }

    #[tokio::test]
    async fn a_client_that_is_gone_has_not_only_ended_its_input() {
        let mut read = Vec::new();
        let (mut client, server) = UnixStream::pair().unwrap();
        client.write_all(b"all of it").await.unwrap();
        client.shutdown().await.unwrap();
        assert_eq!(AfterHead::new(server).read_to_end(&mut read).await.unwrap(), 9);
        let (mut client, server) = UnixStream::pair().unwrap();
        client.write_all(b"all of it").await.unwrap();
        drop(client);
        let error = AfterHead::new(server).read_to_end(&mut read).await.unwrap_err();
        assert_eq!((error.kind(), &read[9..]), (io::ErrorKind::ConnectionReset, &b"all of it"[..]));
    }

    #[tokio::test]
    async fn a_client_elsewhere_gets_its_time_and_our_own_needs_none() {
        let elsewhere = tokio::io::empty();
        assert!(!is_taken(&elsewhere, GRACE / 2) && is_taken(&elsewhere, GRACE));
        assert!(is_taken(&tokio::io::duplex(1).0, Duration::ZERO));
    }
}
