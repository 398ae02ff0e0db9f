//! Reads a blob as a stream of chunks, from any offset, over as many connections as it takes.
//! Its size is enforced; its digest is for whoever takes the chunks in to verify.

use bytes::{Buf, Bytes};
use corten_spec::image::Descriptor;
use http::header::{CONTENT_RANGE, RANGE};
use http::{HeaderValue, StatusCode};
use tokio::time::sleep;

use crate::answer::content_range;
use crate::answer::text::plain;
use crate::asked::Action;
use crate::error::Error;
use crate::exchange::Exchange;
use crate::failure::Failure;
use crate::incoming::Answer;
use crate::repository::Repository;
use crate::request::Request;
use crate::retry::{Attempts, chance};

/// So many bytes must come before earlier failures are forgotten: a registry that drops each connection after a few bytes would else be
/// asked for ever.
const ENOUGH: u64 = 1024 * 1024;

/// A blob on its way.
#[derive(Debug)]
pub struct BlobStream {
    repository: Repository,
    descriptor: Descriptor,
    start: u64,
    /// How many bytes the caller has, those before the start included.
    at: u64,
    /// Which of the repository's readers is asked.
    reader: usize,
    attempts: Attempts,
    /// How many bytes came since the last failure.
    gained: u64,
    source: Option<Source>,
}

/// An answer that is being read.
#[derive(Debug)]
struct Source {
    answer: Answer,
    /// What comes again although it was not asked for.
    skip: u64,
}

/// Where a stream broke.
enum Broken {
    /// There was no answer, or a refusal.
    Asking(Failure),
    /// The answer had begun.
    Reading(Failure),
}

impl Repository {
    /// The blob of `descriptor` from `offset` on: as many bytes as its size says, less the offset. Nothing is asked until the first chunk is.
    ///
    /// Only the repository is asked, never the `urls` of the descriptor: a manifest's author could name any host there (CVE-2020-15157).
    pub fn blob(&self, descriptor: &Descriptor, offset: u64) -> BlobStream {
        BlobStream {
            repository: self.clone(),
            descriptor: descriptor.clone(),
            start: offset,
            at: offset,
            reader: self.reader_from(0),
            attempts: Attempts::new(self.shared().configuration.retries),
            gained: 0,
            source: None,
        }
    }
}

impl BlobStream {
    /// The next bytes, or nothing after the last. When a connection ends too early, another one goes on from there; when a mirror fails
    /// for good, the next one does.
    ///
    /// After an error there may be more calls: each tries again from where the stream stands.
    ///
    /// # Errors
    /// [`Error::Asked`]: with [`Failure::Refused`] when the registry said no, [`Failure::Size`] when the blob is longer or shorter than
    /// announced, [`Failure::Protocol`] when something else was sent than was asked for, and what goes wrong on the way.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, Error> {
        loop {
            let failure = match self.next().await {
                Ok(chunk) => return Ok(chunk),
                Err(failure) => failure,
            };
            if let Some(failure) = self.recover(failure).await {
                let asked = self.repository.asked(Action::FetchBlob(self.descriptor.digest.clone()));
                return Err(asked.failed(failure));
            }
        }
    }

    /// How many bytes of the blob came so far, the offset included.
    pub fn position(&self) -> u64 {
        self.at
    }

    async fn next(&mut self) -> Result<Option<Bytes>, Broken> {
        let source = match self.source.take() {
            Some(source) => source,
            None if self.at < self.descriptor.size => self.open().await.map_err(Broken::Asking)?,
            None => return self.check_offset().map_err(Broken::Asking),
        };
        self.read(source).await.map_err(Broken::Reading)
    }

    async fn read(&mut self, mut source: Source) -> Result<Option<Bytes>, Failure> {
        let left = self.descriptor.size - self.at;
        loop {
            let mut bytes = match source.answer.chunk().await {
                Ok(Some(bytes)) => bytes,
                // All is there: how the connection ends does not matter any more.
                Ok(None) | Err(_) if left == 0 => return Ok(None),
                Ok(None) => {
                    return Err(Failure::Truncated { host: source.answer.host().clone(), received: self.at });
                }
                Err(failure) => return Err(failure),
            };
            let again = source.skip.min(bytes.len() as u64);
            source.skip -= again;
            bytes.advance(usize::try_from(again).unwrap_or(usize::MAX));
            let length = bytes.len() as u64;
            if length > left {
                let size = self.descriptor.size;
                return Err(Failure::Size { expected: size, actual: size + 1 });
            }
            if length > 0 {
                self.gain(length);
                self.source = Some(source);
                return Ok(Some(bytes));
            }
        }
    }

    /// Nothing more is to come.
    fn check_offset(&self) -> Result<Option<Bytes>, Failure> {
        if self.at > self.descriptor.size {
            return Err(Failure::Size { expected: self.descriptor.size, actual: self.at });
        }
        Ok(None)
    }

    fn gain(&mut self, bytes: u64) {
        self.at += bytes;
        self.gained += bytes;
        if self.gained >= ENOUGH {
            self.attempts.reset();
        }
    }

    /// Waits before the next attempt, or goes to the next reader; the failure comes back when there is neither.
    async fn recover(&mut self, broken: Broken) -> Option<Failure> {
        self.gained = 0;
        let may_help = match &broken {
            // The request has been tried again already, unless nobody listened: who was there before may be starting anew.
            Broken::Asking(failure) => self.at > self.start && matches!(failure, Failure::Unreachable { .. }),
            Broken::Reading(failure) => failure.is_transient(),
        };
        if may_help && let Some(wait) = self.attempts.failed(None, chance()) {
            sleep(wait).await;
            return None;
        }
        if self.repository.is_home(self.reader) {
            let (Broken::Asking(failure) | Broken::Reading(failure)) = broken;
            return Some(failure);
        }
        self.reader = self.repository.reader_from(self.reader + 1);
        self.attempts.reset();
        None
    }

    async fn open(&self) -> Result<Source, Failure> {
        let answer = self.request(self.repository.reader(self.reader)).await?;
        answer.check_encoding()?;
        let rest = self.descriptor.size - self.at;
        // A registry that does not do parts starts from the beginning, and has to have it all.
        let is_whole = answer.status() == StatusCode::OK;
        let skip = if is_whole { self.at } else { 0 };
        if !is_whole {
            self.check_part(&answer)?;
        }
        match answer.length() {
            Some(length) if length > rest + skip || is_whole && length < rest + skip => Err(Failure::Size {
                expected: self.descriptor.size,
                actual: length.saturating_add(self.at - skip),
            }),
            _ => Ok(Source { answer, skip }),
        }
    }

    async fn request(&self, exchange: Exchange<'_>) -> Result<Answer, Failure> {
        let path = format!("{}/blobs/{}", self.repository.path(), self.descriptor.digest);
        let mut request = Request::get(exchange.url(&path).await?, &self.repository.pull());
        if self.at > 0 {
            let range = HeaderValue::from_str(&format!("bytes={}-", self.at));
            request = request.header(RANGE, range.unwrap_or(HeaderValue::from_static("bytes=0-")));
        }
        let answer = exchange.send(&request).await?;
        answer.expect(&[StatusCode::OK, StatusCode::PARTIAL_CONTENT]).await
    }

    /// Refuses a part that is not the one asked for: its bytes would stand in the wrong place.
    fn check_part(&self, answer: &Answer) -> Result<(), Failure> {
        let told = answer.header(&CONTENT_RANGE).unwrap_or_default();
        match content_range::parse(told) {
            Some(part) if part.continues(self.at, self.descriptor.size) => Ok(()),
            _ => {
                let what = format!(
                    "it was asked for byte {} of {} and on, and sends `{}`",
                    self.at,
                    self.descriptor.size,
                    plain(told, 64)
                );
                Err(Failure::protocol(answer.host(), what))
            }
        }
    }
}
