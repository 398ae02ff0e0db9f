//! `GET /events`.

use corten_api_types::event::{Actor, Message};
use corten_api_types::{ApiVersion, v1};
use corten_engine::{EventFilter, EventQuery, EventStream};

use crate::body::ChunkSender;
use crate::query::Query;
use crate::respond::{self, Answer};
use crate::server::{Follower, Server};

/// Events as they happen, one JSON document a line.
pub(crate) fn events(server: &Server, query: &Query) -> Answer {
    let asked = EventQuery {
        since: query.instant("since")?,
        until: query.instant("until")?,
        filter: EventFilter::new(query.filters()?)?,
    };
    let events = server.engine.events(asked)?;
    let (sender, response) = respond::follow("application/json");
    tokio::spawn(forward(events, query.version, sender, server.follow()));
    Ok(response)
}

async fn forward(mut events: EventStream, version: ApiVersion, sender: ChunkSender, _follower: Follower) {
    loop {
        let next = tokio::select! {
            next = events.next() => next,
            () = sender.client_gone() => return,
        };
        // The head of the answer is long gone: an unreadable event file can only end the stream.
        let Ok(Some(event)) = next else { return };
        // Such events came with 1.46.
        if version < v1(46) && event.kind == "image" && event.action == "create" {
            continue;
        }
        let Ok(mut line) = serde_json::to_vec(&message(event)) else { return };
        line.push(b'\n');
        if !sender.send(line).await {
            return;
        }
    }
}

/// Docker repeats some fields in an older form for containers and images.
fn message(event: corten_engine::Event) -> Message {
    let legacy = matches!(event.kind.as_str(), "container" | "image");
    let from =
        event.attributes.get("image").filter(|_| event.kind == "container").cloned().unwrap_or_default();
    Message {
        status: if legacy { event.action.clone() } else { String::new() },
        id: if legacy { event.actor.clone() } else { String::new() },
        from,
        kind: event.kind,
        action: event.action,
        actor: Actor { id: event.actor, attributes: event.attributes },
        scope: "local".to_owned(),
        time: event.at.as_nanos() / 1_000_000_000,
        time_nano: event.at.as_nanos(),
    }
}
