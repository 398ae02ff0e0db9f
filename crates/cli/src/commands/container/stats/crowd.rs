//! Containers that are watched at once: one task listens to all of them.

use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use corten_api_client::{Client, Error, JsonStream};
use corten_api_types::container::StatsResponse;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::time::timeout;

use super::figures::Figures;
use crate::failure::describe;

/// How long a container may say nothing before its figures count as none.
const PATIENCE: Duration = Duration::from_secs(2);

/// One container, by what it is called here, and what it said last.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Entry {
    /// The name or id by which it is watched.
    pub(super) called: String,
    /// Empty until it has said something.
    pub(super) name: String,
    pub(super) id: String,
    /// `None` when it has said nothing, or not for long.
    pub(super) figures: Option<Figures>,
    pub(super) settled: bool,
    pub(super) refusal: Option<String>,
}

/// What comes of listening to one container once: what it says, and how to go on listening.
struct Heard {
    called: String,
    said: Result<Option<StatsResponse>, Error>,
    stream: Option<JsonStream<StatsResponse>>,
}

type Listening = Pin<Box<dyn Future<Output = Heard>>>;

/// All that are watched.
pub(super) struct Crowd {
    client: Client,
    /// Whether each goes on after the first word.
    stream: bool,
    entries: Vec<Entry>,
    listening: FuturesUnordered<Listening>,
}

impl Crowd {
    pub(super) fn new(client: Client, stream: bool) -> Self {
        Self { client, stream, entries: Vec::new(), listening: FuturesUnordered::new() }
    }

    pub(super) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Begins to watch a container, unless it is watched already.
    pub(super) fn watch(&mut self, called: &str) {
        if self.entries.iter().any(|entry| entry.called == called) {
            return;
        }
        self.entries.push(Entry { called: called.to_owned(), ..Entry::default() });
        let (client, stream, called) = (self.client.clone(), self.stream, called.to_owned());
        self.listening.push(Box::pin(async move {
            match client.container_stats(&called, stream).await {
                Ok(stream) => hear(called, stream).await,
                Err(error) => Heard { called, said: Err(error), stream: None },
            }
        }));
    }

    /// Shows a container no longer; what it still says is not heard.
    pub(super) fn forget(&mut self, called: &str) {
        self.entries.retain(|entry| entry.called != called);
    }

    /// Waits until each has said something, or has had the time to.
    pub(super) async fn settle(&mut self) {
        while self.entries.iter().any(|entry| !entry.settled) && !self.listening.is_empty() {
            self.listen().await;
        }
    }

    /// Takes in what the next of them says; never returns if there is none.
    pub(super) async fn listen(&mut self) {
        let Some(heard) = self.listening.next().await else { return std::future::pending().await };
        let Heard { called, said, stream } = heard;
        let Some(entry) = self.entries.iter_mut().find(|entry| entry.called == called) else { return };
        entry.settled = true;
        match said {
            Ok(Some(said)) => {
                entry.figures = Some(Figures::of(&said));
                entry.name = said.name.trim_start_matches('/').to_owned();
                entry.id = said.id;
            }
            Ok(None) => entry.figures = None,
            Err(error) => {
                entry.figures = None;
                entry.refusal = Some(describe(&error));
            }
        }
        if let Some(stream) = stream.filter(|_| self.stream) {
            self.listening.push(Box::pin(hear(called, stream)));
        }
    }

    /// What the engine refused.
    pub(super) fn refusals(&self) -> Vec<String> {
        self.entries.iter().filter_map(|entry| entry.refusal.clone()).collect()
    }
}

async fn hear(called: String, mut stream: JsonStream<StatsResponse>) -> Heard {
    match timeout(PATIENCE, stream.next()).await {
        Ok(Ok(Some(said))) => Heard { called, said: Ok(Some(said)), stream: Some(stream) },
        Ok(said) => Heard { called, said, stream: None },
        // It may still say something.
        Err(_) => Heard { called, said: Ok(None), stream: Some(stream) },
    }
}
