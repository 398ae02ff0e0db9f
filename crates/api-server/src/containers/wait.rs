//! `POST /containers/{id}/wait`: the head is sent once the wait is registered, the body when it is over. Before API 1.30 both came then.

use corten_api_types::container::{WaitError, WaitResponse};
use corten_api_types::v1;
use corten_engine::containers::{WaitCondition, WaitResult, Waiter};
use corten_engine::{Engine, EngineError};

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::query::Query;
use crate::respond::{self, Answer};

pub(crate) async fn wait(engine: &Engine, id: &str, query: &Query) -> Answer {
    let condition = match query.since(v1(30)).text("condition") {
        "" | "not-running" => WaitCondition::NotRunning,
        "next-exit" => WaitCondition::NextExit,
        "removed" => WaitCondition::Removed,
        other => return Err(Failure::invalid(format!("invalid condition: \"{other}\""))),
    };
    let waiter = engine.containers.wait(id, condition).await?;
    if query.version < v1(30) {
        return respond::json(&answer(waiter.finish().await));
    }
    let (sender, response) = respond::follow("application/json");
    // The client of an older version takes an empty answer for the failure.
    let tells_failure = condition != WaitCondition::Removed || query.version >= v1(34);
    tokio::spawn(finish(waiter, tells_failure, sender));
    Ok(response)
}

async fn finish(waiter: Waiter, tells_failure: bool, sender: ChunkSender) {
    let result = tokio::select! {
        result = waiter.finish() => result,
        () = sender.client_gone() => return,
    };
    if result.is_err() && !tells_failure {
        return;
    }
    if let Ok(mut text) = serde_json::to_vec(&answer(result)) {
        text.push(b'\n');
        sender.send(text).await;
    }
}

fn answer(result: Result<WaitResult, EngineError>) -> WaitResponse {
    match result {
        Ok(result) => WaitResponse { error: None, status_code: result.exit_code.into() },
        Err(error) => {
            WaitResponse { error: Some(WaitError { message: corten_error::chain(&error) }), status_code: -1 }
        }
    }
}
