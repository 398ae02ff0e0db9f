//! An engine and who watches over the requests to it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use corten_engine::Engine;
use http::{Method, StatusCode, Uri};

/// Hears of requests; it is asked on the way of each, and must not take time.
pub trait Observer: Send + Sync {
    /// Whether the engine is to say of itself that it is being debugged.
    fn is_debugging(&self) -> bool {
        false
    }

    /// A request has come.
    fn received(&self, request: &Received) {
        let _ = request;
    }

    /// A request has been answered, or will not be.
    fn answered(&self, request: &Received, answered: &Answered<'_>) {
        let _ = (request, answered);
    }
}

/// Nobody.
impl Observer for () {}

/// A request.
#[derive(Debug)]
pub struct Received {
    /// Its method.
    pub method: Method,
    /// Its path with the version, and its query.
    pub uri: Uri,
}

/// What became of a request.
#[derive(Debug, Clone, Copy)]
pub struct Answered<'a> {
    /// Docker's name for what it asked for, or ours; empty where nobody knows what that is.
    pub operation: &'static str,
    /// What it was answered; `None`: its connection became a stream without an answer of HTTP's, or its client left.
    pub status: Option<StatusCode>,
    /// What went wrong.
    pub error: Option<&'a str>,
    /// How long it took until the head of the answer; bodies that are written while they are read follow.
    pub took: Duration,
}

/// An engine that is served.
#[derive(Clone)]
pub struct Server {
    /// The engine.
    pub engine: Engine,
    pub(crate) observer: Arc<dyn Observer>,
    followers: Arc<AtomicI64>,
}

impl Server {
    /// An engine, and who hears of requests to it.
    #[must_use]
    pub fn new(engine: Engine, observer: Arc<dyn Observer>) -> Self {
        Self { engine, observer, followers: Arc::default() }
    }

    /// How many clients follow events.
    pub(crate) fn followers(&self) -> i64 {
        self.followers.load(Ordering::Relaxed)
    }

    /// Counts one more until what is returned is dropped.
    pub(crate) fn follow(&self) -> Follower {
        self.followers.fetch_add(1, Ordering::Relaxed);
        Follower(self.followers.clone())
    }
}

/// A client that follows events.
pub(crate) struct Follower(Arc<AtomicI64>);

impl Drop for Follower {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A request that is under way; its end is told even if it never is answered.
pub(crate) struct UnderWay<'s> {
    server: &'s Server,
    request: Received,
    begun: Instant,
    operation: &'static str,
    is_told: bool,
}

impl<'s> UnderWay<'s> {
    /// One that has just come.
    pub(crate) fn new(server: &'s Server, method: Method, uri: Uri) -> Self {
        let request = Received { method, uri };
        server.observer.received(&request);
        Self { server, request, begun: Instant::now(), operation: "", is_told: false }
    }

    /// It is known what it asks for.
    pub(crate) fn is_about(&mut self, operation: &'static str) {
        self.operation = operation;
    }

    /// It is answered.
    pub(crate) fn answered(mut self, status: StatusCode, error: Option<&str>) {
        self.tell(Some(status), error);
    }

    fn tell(&mut self, status: Option<StatusCode>, error: Option<&str>) {
        self.is_told = true;
        let answered = Answered { operation: self.operation, status, error, took: self.begun.elapsed() };
        self.server.observer.answered(&self.request, &answered);
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(None, None);
        }
    }
}
