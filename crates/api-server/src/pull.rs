//! `POST /images/create` with `fromImage`: pulls, and tells how it goes as JSON lines in Docker's words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use corten_api_types::{AuthConfig, Progress, ProgressDetail};
use corten_engine::{Credentials, Engine, ImageService, PullImage, Pulled, Step};
use corten_spec::digest::Digest;
use corten_spec::reference::Reference;
use http::HeaderMap;
use tokio::sync::mpsc;

use crate::body::ChunkSender;
use crate::failure::Failure;
use crate::images::platform;
use crate::request::Request;
use crate::respond::{self, Answer};

/// How often a layer's figures are told while it arrives.
const PERIOD: Duration = Duration::from_millis(100);

/// Credentials, in base64 of JSON.
const REGISTRY_AUTH: &str = "x-registry-auth";

/// `POST /images/create`.
pub(crate) async fn create(engine: &Engine, request: Request) -> Answer {
    let query = &request.query;
    let reference = reference(query.text("fromImage"), query.text("tag"))?;
    let platform = platform(query.text("platform"))?;
    let credentials = credentials(request.inner.headers())?;
    let wanted = PullImage { reference: reference.clone(), platform, credentials };
    let (news, mut told) = mpsc::unbounded_channel();
    tokio::spawn(pull(engine.images.clone(), wanted, news));
    // What fails before there is anything to tell is an answer of its own, with its status.
    let first = match told.recv().await {
        Some(News::Ended(Err(failure))) => return Err(failure),
        first => first,
    };
    let (sender, response) = respond::stream("application/json");
    tokio::spawn(async move {
        let tag = reference.tag().map(str::to_owned);
        let id = tag.or_else(|| reference.digest().map(ToString::to_string)).unwrap_or_default();
        let status = format!("Pulling from {}", reference.path());
        let mut lines = vec![Progress { status, id, ..Progress::default() }];
        let mut next = first;
        while let Some(news) = next {
            lines.extend(news.lines(&reference));
            for line in lines.drain(..) {
                if !send(&line, &sender).await {
                    // A client that is gone does not end the pull: it may be wanted all the same.
                    return;
                }
            }
            next = told.recv().await;
        }
    });
    Ok(response)
}

/// What is told of a pull.
enum News {
    Layer(Progress),
    Ended(Result<Pulled, Failure>),
}

impl News {
    fn lines(self, reference: &Reference) -> Vec<Progress> {
        match self {
            Self::Layer(line) => vec![line],
            Self::Ended(Ok(pulled)) => ending(&pulled, reference),
            Self::Ended(Err(failure)) => vec![Progress::failure(failure.message)],
        }
    }
}

async fn pull(images: ImageService, wanted: PullImage, news: mpsc::UnboundedSender<News>) {
    let layers = Layers { news: news.clone(), told: Mutex::default() };
    let outcome = images.pull(wanted, Arc::new(move |layer: &Digest, step| layers.tell(layer, step))).await;
    let _ = news.send(News::Ended(outcome.map_err(Failure::from)));
}

async fn send(line: &Progress, sender: &ChunkSender) -> bool {
    let Ok(mut text) = serde_json::to_vec(line) else { return true };
    text.extend_from_slice(b"\r\n");
    sender.send(text).await
}

/// The name: `tag` may be a digest.
fn reference(name: &str, tag: &str) -> Result<Reference, Failure> {
    let text = match tag {
        "" => name.to_owned(),
        digest if digest.contains(':') => format!("{name}@{digest}"),
        tag => format!("{name}:{tag}"),
    };
    let reference = Reference::parse(&text).map_err(|error| Failure::invalid(error.to_string()))?;
    if reference.is_name_only() {
        return Err(Failure::not_implemented(format!(
            "pulling all tags of `{text}` is not built yet: name one"
        )));
    }
    Ok(reference)
}

/// What the client sends along; nothing means nobody in particular.
fn credentials(headers: &HeaderMap) -> Result<Credentials, Failure> {
    let Some(header) = headers.get(REGISTRY_AUTH).filter(|header| !header.is_empty()) else {
        return Ok(Credentials::Anonymous);
    };
    let invalid = || Failure::invalid("invalid X-Registry-Auth header: it is no base64 of a JSON document");
    let bytes = URL_SAFE.decode(header.as_bytes()).map_err(|_| invalid())?;
    let auth: AuthConfig = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    Ok(match auth {
        AuthConfig { registry_token, .. } if !registry_token.is_empty() => {
            Credentials::RegistryToken(registry_token)
        }
        AuthConfig { identity_token, .. } if !identity_token.is_empty() => {
            Credentials::IdentityToken(identity_token)
        }
        AuthConfig { username, password, .. } if !username.is_empty() => {
            Credentials::Password { user: username, password }
        }
        _ => Credentials::Anonymous,
    })
}

fn ending(pulled: &Pulled, reference: &Reference) -> Vec<Progress> {
    let state = if pulled.is_up_to_date { "Image is up to date" } else { "Downloaded newer image" };
    let texts =
        [format!("Digest: {}", pulled.digest), format!("Status: {state} for {}", reference.familiar())];
    texts.map(|status| Progress { status, ..Progress::default() }).into()
}

/// What was told of each layer, so that figures are not told more often than anybody can read.
struct Layers {
    news: mpsc::UnboundedSender<News>,
    told: Mutex<HashMap<Digest, Instant>>,
}

impl Layers {
    fn tell(&self, layer: &Digest, step: Step) {
        if let Step::Arriving { received, size } = step {
            let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Instant::now();
            if received < size && told.get(layer).is_some_and(|last| now - *last < PERIOD) {
                return;
            }
            told.insert(layer.clone(), now);
        }
        // Whoever listened may have left.
        let _ = self.news.send(News::Layer(line(layer, step)));
    }
}

fn line(layer: &Digest, step: Step) -> Progress {
    let (status, current, total) = match step {
        Step::Listed => ("Pulling fs layer", 0, 0),
        Step::There => ("Already exists", 0, 0),
        Step::Elsewhere => ("Waiting", 0, 0),
        Step::Arriving { received, size } => ("Downloading", received, size),
        Step::Arrived => ("Download complete", 0, 0),
        Step::Complete => ("Pull complete", 0, 0),
    };
    let figure = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
    let detail =
        ProgressDetail { current: figure(current), total: figure(total), ..ProgressDetail::default() };
    Progress {
        status: status.to_owned(),
        id: layer.hex().chars().take(12).collect(),
        progress: detail.bar(),
        progress_detail: Some(detail),
        ..Progress::default()
    }
}
