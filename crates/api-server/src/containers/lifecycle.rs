//! Starting, stopping and everything else that is answered without a body.

use corten_api_types::v1;
use corten_engine::Engine;
use corten_engine::containers::{RemoveOptions, StartOutcome, StopRequest};
use http::StatusCode;

use crate::failure::Failure;
use crate::query::Query;
use crate::respond::{self, Answer};

/// `POST /containers/{id}/start`.
pub(crate) async fn start(engine: &Engine, id: &str, query: &Query) -> Answer {
    if !query.text("checkpoint").is_empty() {
        return Err(Failure::not_implemented("starting from a checkpoint is not built yet"));
    }
    match engine.containers.start(id).await? {
        StartOutcome::Started => respond::status(StatusCode::NO_CONTENT),
        StartOutcome::AlreadyRunning => respond::status(StatusCode::NOT_MODIFIED),
    }
}

/// `POST /containers/{id}/stop`.
pub(crate) async fn stop(engine: &Engine, id: &str, query: &Query) -> Answer {
    let stopped = engine.containers.stop(id, stop_request(query)?).await?;
    respond::status(if stopped { StatusCode::NO_CONTENT } else { StatusCode::NOT_MODIFIED })
}

/// `POST /containers/{id}/restart`.
pub(crate) async fn restart(engine: &Engine, id: &str, query: &Query) -> Answer {
    engine.containers.restart(id, stop_request(query)?).await?;
    respond::status(StatusCode::NO_CONTENT)
}

fn stop_request(query: &Query) -> Result<StopRequest, Failure> {
    Ok(StopRequest { signal: query.since(v1(42)).text("signal").to_owned(), timeout: query.number("t")? })
}

/// `POST /containers/{id}/kill`.
pub(crate) async fn kill(engine: &Engine, id: &str, query: &Query) -> Answer {
    engine.containers.kill(id, query.text("signal")).await.map_err(|error| {
        let failure = Failure::from(error);
        Failure { message: format!("cannot kill container: {id}: {}", failure.message), ..failure }
    })?;
    respond::status(StatusCode::NO_CONTENT)
}

/// `POST /containers/{id}/pause`.
pub(crate) async fn pause(engine: &Engine, id: &str) -> Answer {
    engine.containers.pause(id).await?;
    respond::status(StatusCode::NO_CONTENT)
}

/// `POST /containers/{id}/unpause`.
pub(crate) async fn unpause(engine: &Engine, id: &str) -> Answer {
    engine.containers.unpause(id).await?;
    respond::status(StatusCode::NO_CONTENT)
}

/// `POST /containers/{id}/rename`.
pub(crate) async fn rename(engine: &Engine, id: &str, query: &Query) -> Answer {
    engine.containers.rename(id, query.text("name")).await?;
    respond::status(StatusCode::NO_CONTENT)
}

/// `POST /containers/{id}/resize`.
pub(crate) async fn resize(engine: &Engine, id: &str, query: &Query) -> Answer {
    let (rows, columns) = size_parameters(query)?;
    engine.containers.resize(id, rows, columns).await?;
    respond::status(StatusCode::OK)
}

/// `h` and `w`.
pub(crate) fn size_parameters(query: &Query) -> Result<(u16, u16), Failure> {
    Ok((query.number("h")?.unwrap_or_default(), query.number("w")?.unwrap_or_default()))
}

/// `DELETE /containers/{id}`.
pub(crate) async fn remove(engine: &Engine, id: &str, query: &Query) -> Answer {
    if query.flag("link") {
        engine.containers.remove_link(id).await?;
        return respond::status(StatusCode::NO_CONTENT);
    }
    let options = RemoveOptions { force: query.flag("force"), volumes: query.flag("v") };
    engine.containers.remove(id, options).await?;
    respond::status(StatusCode::NO_CONTENT)
}
