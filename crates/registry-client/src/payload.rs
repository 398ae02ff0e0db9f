//! Bodies of requests: in memory, or read from the caller while they go.
//! They can be begun again at any byte, which is what trying again needs.

use std::fmt;
use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use futures_util::stream;

/// How much is read at once.
const PIECE: u64 = 128 * 1024;

/// A future that a [`BlobSource`] gives.
pub type Reading<'a> = Pin<Box<dyn Future<Output = io::Result<Bytes>> + Send + 'a>>;

/// Where the bytes of a blob are that is to be pushed.
///
/// The bytes must stay the same: what was sent before a connection broke is not sent again. What was read may be read once more, when the
/// registry has lost it.
pub trait BlobSource: Send + Sync {
    /// Reads at most `length` bytes from `offset` on; none only at the end.
    fn read_at(&self, offset: u64, length: usize) -> Reading<'_>;
}

/// Bytes in memory.
impl BlobSource for Bytes {
    fn read_at(&self, offset: u64, length: usize) -> Reading<'_> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX).min(self.len());
        let end = start.saturating_add(length).min(self.len());
        let piece = self.slice(start..end);
        Box::pin(async move { Ok(piece) })
    }
}

/// The body of a request.
#[derive(Clone)]
pub(crate) enum Payload {
    Bytes(Bytes),
    Source(Part),
}

/// Bytes `from` up to `to`, exclusive, of a source.
#[derive(Clone)]
pub(crate) struct Part {
    pub(crate) source: Arc<dyn BlobSource>,
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What becomes of a body on its way out.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// How many bytes the HTTP library has taken.
    sent: AtomicU64,
    failed: Mutex<Option<io::Error>>,
}

impl Payload {
    /// The body, and what tells about its progress. `None` for an empty one, which needs no header.
    pub(crate) fn body(&self) -> (Option<reqwest::Body>, Arc<Progress>) {
        let progress = Arc::new(Progress::default());
        let body = match self {
            Self::Bytes(bytes) if bytes.is_empty() => None,
            Self::Bytes(bytes) => Some(bytes.clone().into()),
            Self::Source(part) => Some(part.stream(Arc::clone(&progress))),
        };
        (body, progress)
    }

    /// Its length in bytes.
    pub(crate) fn length(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Source(part) => part.to - part.from,
        }
    }
}

impl Part {
    fn stream(&self, progress: Arc<Progress>) -> reqwest::Body {
        let start = (self.clone(), progress);
        reqwest::Body::wrap_stream(stream::try_unfold(start, |(mut part, progress)| async move {
            if part.from >= part.to {
                return Ok(None);
            }
            match part.piece().await {
                Ok(piece) => {
                    part.from += piece.len() as u64;
                    progress.sent.fetch_add(piece.len() as u64, Ordering::Relaxed);
                    Ok(Some((piece, (part, progress))))
                }
                Err(error) => Err(progress.fail(error)),
            }
        }))
    }

    async fn piece(&self) -> io::Result<Bytes> {
        let length = (self.to - self.from).min(PIECE);
        let piece = self.source.read_at(self.from, usize::try_from(length).unwrap_or(usize::MAX)).await?;
        if piece.is_empty() || piece.len() as u64 > length {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        Ok(piece)
    }
}

impl Progress {
    pub(crate) fn sent(&self) -> u64 {
        self.sent.load(Ordering::Relaxed)
    }

    /// Why the body could not be read, if that is what went wrong.
    pub(crate) fn failure(&self) -> Option<io::Error> {
        self.failed.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Keeps the error for [`Progress::failure`]: the HTTP library would bury it in its own.
    fn fail(&self, error: io::Error) -> io::Error {
        let shown = io::Error::from(error.kind());
        *self.failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
        shown
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Payload({} bytes)", self.length())
    }
}
