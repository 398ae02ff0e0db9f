//! `/images`.

use corten_api_types::container::GraphDriver;
use corten_api_types::image::{
    DeleteItem, HistoryItem, InspectResponse, Metadata, PruneReport, RootFs, Summary,
};
use corten_api_types::{ApiVersion, Progress, v1};
use corten_engine::{
    Engine, HistoryItem as HistoryEntry, Image, ImageSummary, ImportRequest, LoadOptions, Removed,
};
use corten_spec::platform::{Platform, PlatformError};
use corten_spec::time::Timestamp;
use http::StatusCode;

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::image_config::image_config;
use crate::pull;
use crate::query::Query;
use crate::request::Request;
use crate::respond::{self, Answer};
use crate::upload::Upload;

/// `GET /images/json`.
pub(crate) async fn list(engine: &Engine, query: &Query) -> Answer {
    let mut filters = query.filters()?;
    let pattern = query.text("filter");
    if query.version < v1(41) && !pattern.is_empty() {
        filters.entry("reference".to_owned()).or_default().push(pattern.to_owned());
    }
    let images = engine.images.list(query.flag("all"), filters).await?;
    let mut summaries: Vec<Summary> =
        images.into_iter().map(|image| summary_in(query.version, image)).collect();
    if query.since(v1(42)).flag("shared-size") {
        let sizes = engine.images.shared_sizes().await?;
        for image in &mut summaries {
            image.shared_size = sizes.get(&image.id).map_or(0, |size| signed(*size));
        }
    }
    respond::json(&summaries)
}

pub(crate) fn summary(image: ImageSummary) -> Summary {
    Summary {
        containers: -1,
        created: seconds(image.created),
        id: image.id.to_string(),
        parent_id: image.parent.unwrap_or_default(),
        labels: (!image.labels.is_empty()).then_some(image.labels),
        repo_digests: image.repo_digests,
        repo_tags: image.repo_tags,
        shared_size: -1,
        size: signed(image.size),
        ..Summary::default()
    }
}

/// As clients of `version` expect it.
fn summary_in(version: ApiVersion, image: ImageSummary) -> Summary {
    let mut shown = summary(image);
    if version < v1(43) && shown.repo_tags.is_empty() && shown.repo_digests.is_empty() {
        shown.repo_tags.push("<none>:<none>".to_owned());
        shown.repo_digests.push("<none>@<none>".to_owned());
    }
    shown.virtual_size = virtual_size(shown.size, version);
    shown
}

/// What older clients read for the size; zero is not sent.
pub(crate) fn virtual_size(size: i64, version: ApiVersion) -> i64 {
    if version < v1(44) { size } else { 0 }
}

/// `GET /images/{name}/json`.
pub(crate) async fn inspect(engine: &Engine, name: &str, query: &Query) -> Answer {
    let image = engine.images.inspect(name, platform(query.since(v1(49)).text("platform"))?).await?;
    let mut document = document(&image, query.version);
    document.virtual_size = virtual_size(document.size, query.version);
    if query.version < v1(44) && document.created.is_empty() {
        document.created = Timestamp::ZERO.rfc3339_nano();
    }
    respond::json(&document)
}

/// The image's own, or else that of its last step, as Docker has it.
fn comment(config: &corten_spec::image::ImageConfig) -> String {
    let last = config.history.last().filter(|_| config.comment.is_empty());
    last.map_or_else(|| config.comment.clone(), |step| step.comment.clone())
}

fn document(image: &Image, version: ApiVersion) -> InspectResponse {
    let config = &image.config;
    InspectResponse {
        id: image.id.to_string(),
        parent: image.parent.clone().unwrap_or_default(),
        repo_tags: image.repo_tags(),
        repo_digests: image.repo_digests(),
        created: config.created.map(Timestamp::rfc3339_nano).unwrap_or_default(),
        author: config.author.clone(),
        comment: comment(config),
        docker_version: config.docker_version.clone(),
        config: Some(image_config(&config.config, version)),
        architecture: config.platform.architecture.clone(),
        variant: config.platform.variant.clone().unwrap_or_default(),
        os: config.platform.os.clone(),
        os_version: config.platform.os_version.clone().unwrap_or_default(),
        size: signed(image.size),
        graph_driver: GraphDriver { data: Some(layer_data(image)), name: "overlay2".to_owned() },
        root_fs: RootFs {
            kind: "layers".to_owned(),
            layers: Some(config.rootfs.diff_ids.iter().map(ToString::to_string).collect()),
        },
        // Docker's word for an image that was never tagged; when a name was given is not kept.
        metadata: Metadata { last_tag_time: Timestamp::ZERO.rfc3339_nano() },
        ..InspectResponse::default()
    }
}

fn layer_data(image: &Image) -> std::collections::BTreeMap<String, String> {
    let paths: Vec<String> = image.layer_paths.iter().map(|path| path.display().to_string()).collect();
    [("LowerDir".to_owned(), paths.join(":"))].into()
}

/// `GET /images/{name}/history`.
pub(crate) async fn history(engine: &Engine, name: &str, query: &Query) -> Answer {
    let entries = engine.images.history(name, platform(query.since(v1(48)).text("platform"))?).await?;
    respond::json(&entries.into_iter().map(history_item).collect::<Vec<_>>())
}

fn history_item(entry: HistoryEntry) -> HistoryItem {
    HistoryItem {
        comment: entry.comment,
        created: entry.created.map(seconds).unwrap_or_default(),
        created_by: entry.created_by,
        id: entry.id,
        size: signed(entry.size),
        tags: (!entry.tags.is_empty()).then_some(entry.tags),
    }
}

/// `POST /images/{name}/tag`.
pub(crate) async fn tag(engine: &Engine, name: &str, query: &Query) -> Answer {
    let repository = query.text("repo");
    let target = match query.text("tag") {
        "" => repository.to_owned(),
        tag => format!("{repository}:{tag}"),
    };
    engine.images.tag(name, &target).await?;
    respond::status(StatusCode::CREATED)
}

/// `DELETE /images/{name}`. There are no parents without a name that `noprune` would keep.
pub(crate) async fn remove(engine: &Engine, name: &str, query: &Query) -> Answer {
    let platforms = platforms(query.since(v1(50)).all("platforms"))?;
    let removed = engine.images.remove(name, query.flag("force"), platforms).await?;
    respond::json(&removed.into_iter().map(delete_item).collect::<Vec<_>>())
}

fn delete_item(step: Removed) -> DeleteItem {
    match step {
        Removed::Untagged(name) => DeleteItem { untagged: name, deleted: String::new() },
        Removed::Deleted(id) => DeleteItem { deleted: id, untagged: String::new() },
    }
}

/// `POST /images/prune`.
pub(crate) async fn prune(engine: &Engine, query: &Query) -> Answer {
    let pruned = engine.images.prune(query.filters()?).await?;
    let steps = pruned.images.into_iter().flat_map(|(_, steps)| steps);
    let items: Vec<DeleteItem> = steps.map(delete_item).collect();
    respond::json(&PruneReport {
        images_deleted: (!items.is_empty()).then_some(items),
        space_reclaimed: pruned.reclaimed,
    })
}

/// `POST /images/load`: the archive is the body; what was loaded, or what went wrong, follows as JSON lines.
pub(crate) async fn load(engine: &Engine, request: Request) -> Answer {
    let platforms = platforms(request.query.since(v1(48)).all("platform"))?;
    let archive = Upload::of(request.inner.into_body());
    let images = engine.images.clone();
    let (sender, response) = respond::stream("application/json");
    tokio::spawn(async move {
        let loaded = images.load(archive, LoadOptions { platforms }).await;
        report(loaded.map_err(Failure::from), &sender).await;
    });
    Ok(response)
}

/// `GET /images/get` and `GET /images/{name}/get`: the archive is the answer.
pub(crate) async fn save(engine: &Engine, names: &[String], query: &Query, trailers: bool) -> Answer {
    let saved = engine.images.save(names.to_vec(), platforms(query.since(v1(48)).all("platform"))?).await?;
    let (sender, response) = respond::archive(trailers, "application/x-tar");
    let images = engine.images.clone();
    tokio::spawn(async move {
        if let Err(error) = images.write_saved(saved, sender.writer()).await {
            sender.fail(&error.into()).await;
        }
    });
    Ok(response)
}

/// `POST /images/create`: of an archive, where `fromSrc` names one, else from a registry.
pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    match request.query.text("fromSrc") {
        "" => pull::from_registry(engine, request).await,
        _ => import(engine, request).await,
    }
}

/// `POST /images/create?fromSrc=…`: the archive is the body, or what is at a URL; the image's id is the answer.
async fn import(engine: &Engine, request: Request) -> Answer {
    let query = request.query.clone();
    let source = match query.text("fromSrc") {
        source if source == "-" || source.contains("://") => source.to_owned(),
        host_and_path => format!("http://{host_and_path}"),
    };
    let asked = ImportRequest {
        name: crate::containers::name(query.text("repo"), query.text("tag")),
        source: source.clone(),
        message: query.text("message").to_owned(),
        changes: query.all("changes").to_vec(),
        platform: platform(query.since(v1(32)).text("platform"))?,
    };
    let made = if source == "-" {
        engine.images.import(Upload::of(request.inner.into_body()), asked).await?
    } else {
        engine.images.import_from(&source, asked).await?
    };
    respond::json(&Progress { status: made.id.to_string(), ..Progress::default() })
}

/// As [`platform`], where the API takes several.
fn platforms(texts: &[String]) -> Result<Vec<Platform>, Failure> {
    texts.iter().filter_map(|text| platform(text).transpose()).collect()
}

/// The API gives the platform as JSON.
pub(crate) fn platform(text: &str) -> Result<Option<Platform>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let invalid = |error: String| Failure::invalid(format!("invalid platform `{text}`: {error}"));
    if text.starts_with('{') {
        return serde_json::from_str(text).map(Some).map_err(|error| invalid(error.to_string()));
    }
    text.parse().map(Some).map_err(|error: PlatformError| invalid(error.to_string()))
}

async fn report(loaded: Result<Vec<corten_engine::Loaded>, Failure>, sender: &ChunkSender) {
    let lines: Vec<Progress> = match loaded {
        Ok(images) => images.iter().flat_map(loaded_lines).collect(),
        Err(failure) => vec![Progress::failure(failure.message)],
    };
    for line in lines {
        let Ok(mut text) = serde_json::to_vec(&line) else { return };
        text.extend_from_slice(b"\r\n");
        if !sender.send(text).await {
            return;
        }
    }
}

fn loaded_lines(image: &corten_engine::Loaded) -> Vec<Progress> {
    if image.references.is_empty() {
        return vec![Progress::stream(format!("Loaded image ID: {}\n", image.id))];
    }
    image.references.iter().map(|name| Progress::stream(format!("Loaded image: {name}\n"))).collect()
}

fn seconds(moment: Timestamp) -> i64 {
    moment.as_nanos() / 1_000_000_000
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}
