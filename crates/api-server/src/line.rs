//! The line to a client, at which two look: hyper, which reads requests from it, and whoever wants to know that the client has left
//! while it is told what happens.
//!
//! hyper does not look meanwhile: of a client that half-closes, it cannot tell whether that still wants its answer.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How much of the next request is read to find out whether there is an end behind it.
const AHEAD: usize = 4096;

/// The line, for whoever speaks over it.
pub(crate) struct Line<S>(Arc<Mutex<Ends<S>>>);

/// The line, for whoever waits for its end.
pub(crate) struct Lookout<S>(Arc<Mutex<Ends<S>>>);

struct Ends<S> {
    /// `None` once it has been taken away.
    stream: Option<S>,
    /// What was read in search of the end, and is still to be read.
    ahead: BytesMut,
    is_over: bool,
}

/// Both views of a connection. They are for one task: the stream wakes the last who has asked.
pub(crate) fn of<S>(stream: S) -> (Line<S>, Lookout<S>) {
    let ends = Ends { stream: Some(stream), ahead: BytesMut::new(), is_over: false };
    let ends = Arc::new(Mutex::new(ends));
    (Line(ends.clone()), Lookout(ends))
}

fn locked<S>(ends: &Mutex<Ends<S>>) -> MutexGuard<'_, Ends<S>> {
    ends.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S> Line<S> {
    /// The connection itself, and what was read of it and has not been passed on. `None` where it was taken away before.
    pub(crate) fn into_parts(self) -> Option<(S, Bytes)> {
        let mut ends = locked(&self.0);
        let stream = ends.stream.take()?;
        Some((stream, ends.ahead.split().freeze()))
    }

    fn with<T>(&self, what: impl FnOnce(Pin<&mut S>) -> Poll<io::Result<T>>) -> Poll<io::Result<T>>
    where
        S: Unpin,
    {
        match &mut locked(&self.0).stream {
            Some(stream) => what(Pin::new(stream)),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<S: AsyncRead + Unpin> Lookout<S> {
    /// Whether the client has left, or at least says nothing any more.
    pub(crate) fn poll_end(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut ends = locked(&self.0);
        let Ends { stream: Some(stream), ahead, is_over } = &mut *ends else { return Poll::Pending };
        while !*is_over {
            if ahead.len() >= AHEAD {
                return Poll::Pending;
            }
            let mut bytes = [0; 512];
            let mut buffer = ReadBuf::new(&mut bytes);
            // One that is broken is at its end.
            *is_over = match ready!(Pin::new(&mut *stream).poll_read(context, &mut buffer)) {
                Ok(()) => buffer.filled().is_empty(),
                Err(_) => true,
            };
            ahead.extend_from_slice(buffer.filled());
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Line<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut ends = locked(&self.0);
        let length = ends.ahead.len().min(buffer.remaining());
        if length > 0 {
            buffer.put_slice(&ends.ahead[..length]);
            ends.ahead.advance(length);
            return Poll::Ready(Ok(()));
        }
        match &mut ends.stream {
            Some(stream) => Pin::new(stream).poll_read(context, buffer),
            None => Poll::Ready(Err(io::ErrorKind::NotConnected.into())),
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Line<S> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.with(|stream| stream.poll_write_vectored(context, slices))
    }

    fn is_write_vectored(&self) -> bool {
        locked(&self.0).stream.as_ref().is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_flush(context))
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.with(|stream| stream.poll_shutdown(context))
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

    use super::*;

    #[tokio::test]
    async fn what_is_read_in_search_of_the_end_is_read_by_hyper_all_the_same() {
        let (mut client, server) = tokio::io::duplex(1 << 16);
        let (mut line, lookout) = of(server);
        let next = "GET /next".repeat(1000);
        client.write_all(next.as_bytes()).await.unwrap();
        let seen = poll_fn(|context| Poll::Ready(lookout.poll_end(context))).await;
        assert!(seen.is_pending(), "there is more than what is looked at");
        drop(client);
        let mut read = String::new();
        line.read_to_string(&mut read).await.unwrap();
        assert_eq!(read, next);
        poll_fn(|context| lookout.poll_end(context)).await;
    }

    #[tokio::test]
    async fn one_that_was_taken_away_keeps_what_was_read_of_it() {
        let (mut client, server) = tokio::io::duplex(64);
        let (line, lookout) = of(server);
        client.write_all(b"typed").await.unwrap();
        assert!(poll_fn(|context| Poll::Ready(lookout.poll_end(context))).await.is_pending());
        let (_server, ahead) = line.into_parts().unwrap();
        assert_eq!(&ahead[..], b"typed");
        drop(client);
        assert!(poll_fn(|context| Poll::Ready(lookout.poll_end(context))).await.is_pending());
    }
}
