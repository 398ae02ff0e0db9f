//! `/volumes`.

use corten_api_types::v1;
use corten_api_types::volume::{CreateRequest, ListResponse, PruneReport, UsageData, Volume as ApiVolume};
use corten_engine::{Engine, Volume, VolumeCreation, VolumeUsage};
use corten_spec::time::Timestamp;
use http::StatusCode;

use crate::failure::Failure;
use crate::fields::{self, refuse_unknown};
use crate::query::Query;
use crate::request::Request;
use crate::respond::{self, Answer};

/// In nanoseconds.
const SECOND: i64 = 1_000_000_000;

/// `GET /volumes`.
pub(crate) async fn list(engine: &Engine, query: &Query) -> Answer {
    let volumes = engine.volumes.list(query.filters()?).await?;
    respond::json(&ListResponse { volumes: volumes.into_iter().map(document).collect(), warnings: None })
}

/// `POST /volumes/create`.
pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    let asked: CreateRequest = request.json().await?;
    refuse_unknown(&fields::VOLUME_CREATE, &asked.unknown)?;
    if asked.cluster_volume_spec.is_some() {
        return Err(Failure::not_implemented("volumes of clusters are not built yet"));
    }
    let asked = VolumeCreation {
        name: asked.name,
        driver: asked.driver,
        labels: asked.labels,
        options: asked.driver_opts,
    };
    respond::json_with(StatusCode::CREATED, &document(engine.volumes.create(asked).await?))
}

/// `GET /volumes/{name}`.
pub(crate) async fn inspect(engine: &Engine, name: &str) -> Answer {
    respond::json(&document(engine.volumes.inspect(name).await?))
}

/// `DELETE /volumes/{name}`.
pub(crate) async fn remove(engine: &Engine, name: &str, query: &Query) -> Answer {
    engine.volumes.remove(name, query.flag("force")).await?;
    respond::status(StatusCode::NO_CONTENT)
}

/// `POST /volumes/prune`.
pub(crate) async fn prune(engine: &Engine, query: &Query) -> Answer {
    let mut filters = query.filters()?;
    if query.version < v1(42) {
        // Named volumes were pruned, too.
        filters.insert("all".to_owned(), vec!["true".to_owned()]);
    }
    let pruned = engine.volumes.prune(filters).await?;
    respond::json(&PruneReport {
        volumes_deleted: (!pruned.removed.is_empty()).then_some(pruned.removed),
        space_reclaimed: pruned.reclaimed,
    })
}

/// A volume with what it takes.
pub(crate) fn measured(usage: VolumeUsage) -> ApiVolume {
    let usage_data = UsageData {
        ref_count: i64::try_from(usage.users).unwrap_or(i64::MAX),
        size: i64::try_from(usage.size).unwrap_or(i64::MAX),
    };
    ApiVolume { usage_data: Some(usage_data), ..document(usage.volume) }
}

fn document(volume: Volume) -> ApiVolume {
    ApiVolume {
        // Docker tells seconds.
        created_at: Timestamp::from_nanos(volume.created_at.as_nanos() / SECOND * SECOND).rfc3339_nano(),
        driver: volume.driver,
        labels: volume.labels,
        mountpoint: volume.mountpoint.display().to_string(),
        name: volume.name,
        options: volume.options,
        scope: "local".to_owned(),
        usage_data: None,
    }
}
