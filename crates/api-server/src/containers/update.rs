//! `POST /containers/{id}/update`.

use corten_api_types::container::{RestartPolicy as RestartPolicyRequest, UpdateRequest, UpdateResponse};
use corten_api_types::{ApiVersion, v1};
use corten_engine::Engine;
use corten_engine::containers::config::{ResourcesConfig, RestartPolicy};

use super::refuse::refuse_update;
use super::resources::limits;
use crate::request::Request;
use crate::respond::{self, Answer};

pub(crate) async fn update(engine: &Engine, id: &str, request: Request) -> Answer {
    let version = request.query.version;
    let mut asked: UpdateRequest = request.json().await?;
    in_version(&mut asked, version);
    refuse_update(&asked)?;
    let change = limits(&asked.resources);
    let change = ResourcesConfig {
        // Docker's way to say "unlimited" here; whatever is below means the same.
        pids_limit: change.pids_limit.map(|limit| limit.max(0)),
        // That it stays on is all that can be asked for.
        oom_kill_disable: None,
        ..change
    };
    let RestartPolicyRequest { name, maximum_retry_count } = &asked.restart_policy;
    let policy = RestartPolicy::read(name, *maximum_retry_count)?;
    let policy = (!name.is_empty()).then_some(policy);
    let warnings = engine.containers.update(id, change, policy).await?;
    respond::json(&UpdateResponse { warnings: (!warnings.is_empty()).then_some(warnings) })
}

/// Drops what `version` does not have yet, or any more.
fn in_version(asked: &mut UpdateRequest, version: ApiVersion) {
    if version < v1(40) {
        asked.resources.pids_limit = None;
    }
    if version >= v1(42) {
        asked.resources.kernel_memory = 0;
    }
}
