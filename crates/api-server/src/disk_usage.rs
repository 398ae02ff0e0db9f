//! `GET /system/df`.

use std::time::SystemTime;

use corten_api_types::container;
use corten_api_types::image;
use corten_api_types::system::DiskUsage;
use corten_api_types::{ApiVersion, v1};
use corten_engine::containers::{ConnectionView, Container};
use corten_engine::{Engine, ImageUsage, UsageQuery};
use corten_spec::time::Timestamp;

use crate::containers::{summary as container_summary, with_link_names};
use crate::failure::Failure;
use crate::images::{summary as image_summary, virtual_size};
use crate::query::Query;
use crate::respond::{self, Answer};
use crate::volumes::measured;

/// Docker's kinds of objects; without any named, all of them are told of.
const TYPES: [&str; 4] = ["image", "container", "volume", "build-cache"];

pub(crate) async fn df(engine: &Engine, query: &Query) -> Answer {
    let types = query.since(v1(42)).all("type");
    if let Some(unknown) = types.iter().find(|kind| !TYPES.contains(&kind.as_str())) {
        return Err(Failure::invalid(format!("unknown object type: {unknown}")));
    }
    let version = query.version;
    let asked = |kind: &str| types.is_empty() || types.iter().any(|asked| asked == kind);
    let query =
        UsageQuery { images: asked("image"), containers: asked("container"), volumes: asked("volume") };
    let usage = engine.system.usage(query).await?;
    let now = Timestamp::from_system_time(SystemTime::now());
    let containers = match usage.containers {
        Some(containers) => Some(summaries(engine, &containers, now).await?),
        None => None,
    };
    respond::json(&DiskUsage {
        layers_size: usage.images.as_ref().map_or(0, |images| signed(images.disk)),
        images: usage
            .images
            .map(|images| images.images.into_iter().map(|usage| image(usage, version)).collect()),
        containers,
        volumes: usage.volumes.map(|volumes| volumes.into_iter().map(measured).collect()),
        build_cache: asked("build-cache").then(Vec::new),
        engine_size: if types.is_empty() { signed(usage.engine) } else { 0 },
    })
}

fn image(usage: ImageUsage, version: ApiVersion) -> image::Summary {
    let containers = i64::try_from(usage.summary.containers).unwrap_or(i64::MAX);
    let summary = image_summary(usage.summary);
    let summary =
        image::Summary { containers, size: signed(usage.disk), shared_size: signed(usage.shared), ..summary };
    image::Summary { virtual_size: virtual_size(summary.size, version), ..summary }
}

async fn summaries(
    engine: &Engine,
    usage: &[(Container, u64)],
    now: Timestamp,
) -> Result<Vec<container::Summary>, Failure> {
    let containers: Vec<Container> = usage.iter().map(|(container, _)| container.clone()).collect();
    let connections = engine.containers.connections(&containers).await?;
    let links = engine.containers.link_names().await?;
    let summary = |((of, bytes), connection): (&(Container, u64), &Option<ConnectionView>)| {
        let summary = container_summary(of, connection.as_ref(), &engine.volumes, now);
        let summary = with_link_names(summary, &links);
        container::Summary { size_rw: signed(*bytes), ..summary }
    };
    Ok(usage.iter().zip(&connections).map(summary).collect())
}

fn signed(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}
