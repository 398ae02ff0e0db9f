//! `POST /images/create` with `fromImage`: pulls, and tells how it goes as JSON lines in Docker's words.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use corten_api_types::{AuthConfig, Progress, ProgressDetail};
use corten_engine::{Credentials, Engine, PullImage, Pulled, Step};
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
    let (sender, response) = respond::stream("application/json");
    let wanted = PullImage { reference: reference.clone(), platform, credentials };
    let images = engine.images.clone();
    tokio::spawn(async move {
        let (news, lines) = mpsc::unbounded_channel();
        let tag = reference
            .tag()
            .map_or_else(|| reference.digest().map(ToString::to_string).unwrap_or_default(), str::to_owned);
        let from = format!("Pulling from {}", reference.path());
        let _ = news.send(Progress { status: from, id: tag, ..Progress::default() });
        let layers = Lines { news: news.clone(), told: Mutex::default() };
        let told = Arc::new(move |layer: &Digest, step| layers.tell(layer, step));
        let pulling = async {
            let outcome = images.pull(wanted, told).await;
            let last = outcome.map(|pulled| ending(&pulled, &reference)).map_err(Failure::from);
            for line in last.unwrap_or_else(|failure| vec![Progress::failure(failure.message)]) {
                let _ = news.send(line);
            }
            drop(news);
        };
        tokio::join!(pulling, send(lines, sender));
    });
    Ok(response)
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

async fn send(mut lines: mpsc::UnboundedReceiver<Progress>, sender: ChunkSender) {
    while let Some(line) = lines.recv().await {
        let Ok(mut text) = serde_json::to_vec(&line) else { continue };
        text.extend_from_slice(b"\r\n");
        // A client that is gone does not end the pull: it may be wanted all the same.
        if !sender.send(text).await {
            lines.close();
        }
    }
}

fn ending(pulled: &Pulled, reference: &Reference) -> Vec<Progress> {
    let state = if pulled.is_up_to_date { "Image is up to date" } else { "Downloaded newer image" };
    let texts =
        [format!("Digest: {}", pulled.digest), format!("Status: {state} for {}", reference.familiar())];
    texts.map(|status| Progress { status, ..Progress::default() }).into()
}

/// What was told of each layer, so that figures are not told more often than anybody can read.
struct Lines {
    news: mpsc::UnboundedSender<Progress>,
    told: Mutex<HashMap<Digest, Instant>>,
}

impl Lines {
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
        let _ = self.news.send(line(layer, step));
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
