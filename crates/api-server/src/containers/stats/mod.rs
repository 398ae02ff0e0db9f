//! `GET /containers/{id}/stats`: once, or every second for as long as somebody listens and the container is there.

mod document;

use std::time::Duration;

use corten_api_types::container::StatsResponse;
use corten_api_types::v1;
use corten_engine::Engine;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::query::Query;
use crate::respond::{self, Answer};

/// The time between two looks; what a container uses is the difference.
const PERIOD: Duration = Duration::from_secs(1);

pub(crate) async fn stats(engine: &Engine, id: &str, query: &Query) -> Answer {
    let first = engine.containers.sample(id).await?;
    let runs = first.usage.is_some();
    // A container keeps its id when it gets another name.
    let id = first.container.id.to_string();
    let first = document::document(first);
    let mut looker = Looker { engine: engine.clone(), id, ticks: ticks(), last: None };
    if query.flag_or("stream", true) {
        let (sender, response) = respond::follow("application/json");
        tokio::spawn(async move { looker.stream(first, sender).await });
        return Ok(response);
    }
    if query.since(v1(41)).flag("one-shot") || !runs {
        return respond::json(&first);
    }
    looker.last = Some(first);
    respond::json(&looker.next().await?)
}

/// From one period after now on. Who is late catches up with nothing: a difference wants its time.
fn ticks() -> Interval {
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks.reset();
    ticks
}

/// Looks at one container again and again.
struct Looker {
    engine: Engine,
    id: String,
    ticks: Interval,
    last: Option<StatsResponse>,
}

impl Looker {
    /// What it uses after the next period, beside what it used before.
    async fn next(&mut self) -> Result<StatsResponse, Failure> {
        self.ticks.tick().await;
        let sample = self.engine.containers.sample(&self.id).await?;
        let mut document = document::document(sample);
        if let Some(last) = &self.last {
            document.preread.clone_from(&last.read);
            document.precpu_stats.clone_from(&last.cpu_stats);
        }
        Ok(document)
    }

    /// The head of the answer is long gone: a container that was removed, or cannot be read, ends the stream.
    async fn stream(mut self, first: StatsResponse, sender: ChunkSender) {
        let mut next = first;
        loop {
            let Ok(mut line) = serde_json::to_vec(&next) else { return };
            line.push(b'\n');
            if !sender.send(line).await {
                return;
            }
            self.last = Some(next);
            let looked = tokio::select! {
                looked = self.next() => looked,
                () = sender.client_gone() => return,
            };
            match looked {
                Ok(document) => next = document,
                Err(_) => return,
            }
        }
    }
}
