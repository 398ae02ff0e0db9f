//! `POST /containers/{id}/wait`: the head is sent once the wait is registered, the body when it is over.

use corten_api_types::container::{WaitError, WaitResponse};
use corten_engine::Engine;
use corten_engine::containers::{WaitCondition, Waiter};

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::query::Query;
use crate::respond::{self, Answer};

pub(crate) async fn wait(engine: &Engine, id: &str, query: &Query) -> Answer {
    let condition = match query.text("condition") {
        "" | "not-running" => WaitCondition::NotRunning,
        "next-exit" => WaitCondition::NextExit,
        "removed" => WaitCondition::Removed,
        other => return Err(Failure::invalid(format!("invalid condition: \"{other}\""))),
    };
    let waiter = engine.containers.wait(id, condition).await?;
    let (sender, response) = respond::stream("application/json");
    tokio::spawn(finish(waiter, sender));
    Ok(response)
}

async fn finish(waiter: Waiter, sender: ChunkSender) {
    let result = tokio::select! {
        result = waiter.finish() => result,
        () = sender.client_gone() => return,
    };
    let answer = match result {
        Ok(result) => WaitResponse { error: None, status_code: result.exit_code.into() },
        Err(error) => {
            WaitResponse { error: Some(WaitError { message: corten_error::chain(&error) }), status_code: -1 }
        }
    };
    if let Ok(mut text) = serde_json::to_vec(&answer) {
        text.push(b'\n');
        sender.send(text).await;
    }
}
