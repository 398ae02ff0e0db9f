//! Operations that Docker's API does not have.

use std::time::Duration;

use corten_api_types::corten::{
    Booted, CheckReport, ContainerFailure, DroppedBlobs, End, MendedNetworks, Problem, Settled, Upgraded, Why,
};
use corten_engine::{Engine, EngineError};
use corten_spec::time::Timestamp;
use http::StatusCode;

use crate::containers::health;
use crate::query::Query;
use crate::respond::{self, Answer};

/// `POST /corten/v1/system/settle`.
pub(crate) async fn settle(engine: &Engine) -> Answer {
    let waited = engine.system.settle().await?;
    respond::json(&Settled { waited })
}

/// How long `boot` tries what fails, if nobody says.
const BOOT_PATIENCE: Duration = Duration::from_secs(5 * 60);

/// `POST /corten/v1/system/boot`.
pub(crate) async fn boot(engine: &Engine, query: &Query) -> Answer {
    let patience = query.number::<u64>("timeout")?.map_or(BOOT_PATIENCE, Duration::from_millis);
    let booted = engine.system.boot(patience).await?;
    respond::json(&Booted { started: booted.started, failed: failures(booted.failed) })
}

/// `POST /corten/v1/system/upgrade`.
pub(crate) async fn upgrade(engine: &Engine) -> Answer {
    let outcome = engine.system.upgrade().await?;
    respond::json(&Upgraded { upgraded: outcome.upgraded, failed: failures(outcome.failed) })
}

fn failures(failed: Vec<(String, EngineError)>) -> Vec<ContainerFailure> {
    let failure = |(name, error)| ContainerFailure { name, error: corten_error::chain(&error) };
    failed.into_iter().map(failure).collect()
}

/// `POST /corten/v1/system/check`.
pub(crate) async fn check(engine: &Engine, query: &Query) -> Answer {
    let report = engine.system.check(query.flag("repair"), query.flag("layers")).await?;
    let problems = |list: Vec<corten_engine::Problem>| {
        let translated = list.into_iter().map(|found| Problem {
            kind: found.kind.to_owned(),
            object: found.object,
            detail: found.detail,
        });
        translated.collect()
    };
    respond::json(&CheckReport {
        problems: problems(report.problems),
        repaired: problems(report.repaired),
        notes: problems(report.notes),
    })
}

/// `POST /corten/v1/images/drop-blobs`.
pub(crate) async fn drop_blobs(engine: &Engine) -> Answer {
    let dropped = engine.images.drop_blobs().await?;
    let blobs = dropped.blobs.iter().map(ToString::to_string).collect();
    respond::json(&DroppedBlobs { blobs, space_reclaimed: dropped.reclaimed })
}

/// `POST /corten/v1/system/mend`: what the guard of the networks asks for when they are gone.
pub(crate) async fn mend(engine: &Engine) -> Answer {
    let needed = engine.system.mend_networks().await?;
    respond::json(&MendedNetworks { needed })
}

/// `POST /corten/v1/system/reap/{id}`: what a monitor asks for when a `--rm` container ended without a client.
pub(crate) async fn reap(engine: &Engine, id: &str) -> Answer {
    engine.system.reap(id).await?;
    respond::status(StatusCode::NO_CONTENT)
}

/// `GET /corten/v1/why/{id}`: why a container has ended, was started again or is unhealthy.
pub(crate) async fn why(engine: &Engine, id: &str, query: &Query) -> Answer {
    let question = query.text("question").to_owned();
    let why = engine.containers.why(id, question.parse()?).await?;
    let state = &why.container.state;
    let cause = state.cause.clone().unwrap_or_default();
    let end = (state.finished_at != Timestamp::ZERO).then(|| End {
        at: state.finished_at.rfc3339_nano(),
        exit_code: state.exit_code.into(),
        signal: state.signal.unwrap_or(0).into(),
        sent: cause.signal.unwrap_or(0).into(),
        sent_for: cause.by,
        oom: cause.oom.unwrap_or_default(),
    });
    respond::json(&Why {
        id: why.container.id.to_string(),
        name: why.container.name.clone(),
        question,
        answer: why.answer,
        end: end.filter(|_| !state.is_running()),
        health: why.health.as_ref().map(health),
    })
}
