//! `POST /images/create` with `fromImage`: pulls, and tells how it goes as JSON lines in Docker's words.

use std::sync::Arc;

use corten_api_types::Progress;
use corten_api_types::v1;
use corten_engine::{Engine, ImageService, PullImage, Pulled, Step};
use corten_spec::digest::Digest;
use corten_spec::reference::Reference;
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::images::platform;
use crate::layer_lines::{Pace, line, send};
use crate::registry_auth::credentials;
use crate::request::Request;
use crate::respond::{self, Answer};

/// Pulls. Without a tag every tag of the repository is pulled, one after the other.
pub(crate) async fn from_registry(engine: &Engine, request: Request) -> Answer {
    let query = &request.query;
    let reference = reference(query.text("fromImage"), query.text("tag"))?;
    let platform = platform(query.since(v1(32)).text("platform"))?;
    let credentials = credentials(request.inner.headers());
    let references = if reference.is_name_only() {
        engine.images.tags_to_pull(&reference, credentials.clone()).await?
    } else {
        vec![reference]
    };
    let wanted = references
        .into_iter()
        .map(|reference| PullImage {
            reference,
            platform: platform.clone(),
            credentials: credentials.clone(),
        })
        .collect();
    let (news, mut told) = mpsc::unbounded_channel();
    tokio::spawn(pull(engine.images.clone(), wanted, news));
    // What fails before there is anything to tell is an answer of its own, with its status.
    let first = match told.recv().await {
        Some((_, News::Ended(Err(failure)))) => return Err(failure),
        first => first,
    };
    let (sender, response) = respond::stream("application/json");
    tokio::spawn(async move {
        let (mut next, mut current) = (first, None);
        while let Some((reference, news)) = next {
            let mut lines = news.lines(&reference);
            if current.as_ref() != Some(&reference) {
                lines.insert(0, heading(&reference));
                current = Some(reference);
            }
            for line in lines {
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

fn heading(reference: &Reference) -> Progress {
    let tag = reference.tag().map(str::to_owned);
    let id = tag.or_else(|| reference.digest().map(ToString::to_string)).unwrap_or_default();
    Progress { status: format!("Pulling from {}", reference.path()), id, ..Progress::default() }
}

/// What is told of a pull.
enum News {
    Layer(Progress),
    Ended(Result<Pulled, Failure>),
}

/// News, and what they are of.
type Sender = mpsc::UnboundedSender<(Arc<Reference>, News)>;

impl News {
    fn lines(self, reference: &Reference) -> Vec<Progress> {
        match self {
            Self::Layer(line) => vec![line],
            Self::Ended(Ok(pulled)) => ending(&pulled, reference),
            Self::Ended(Err(failure)) => vec![Progress::failure(failure.message)],
        }
    }
}

/// Pulls one image after the other, up to the first that cannot be had.
async fn pull(images: ImageService, wanted: Vec<PullImage>, news: Sender) {
    for image in wanted {
        let reference = Arc::new(image.reference.clone());
        let layers = Layers { news: news.clone(), reference: Arc::clone(&reference), pace: Pace::default() };
        let listener = move |layer: &Digest, step| layers.tell(layer, step);
        let outcome = images.pull(image, Arc::new(listener)).await.map_err(Failure::from);
        let failed = outcome.is_err();
        let _ = news.send((reference, News::Ended(outcome)));
        if failed {
            return;
        }
    }
}

/// The name: `tag` may be a digest. Without one all tags are meant.
fn reference(name: &str, tag: &str) -> Result<Reference, Failure> {
    let text = match tag {
        "" => name.to_owned(),
        digest if digest.contains(':') => format!("{name}@{digest}"),
        tag => format!("{name}:{tag}"),
    };
    Reference::parse(&text).map_err(|error| Failure::invalid(error.to_string()))
}

fn ending(pulled: &Pulled, reference: &Reference) -> Vec<Progress> {
    let state = if pulled.is_up_to_date { "Image is up to date" } else { "Downloaded newer image" };
    let texts =
        [format!("Digest: {}", pulled.digest), format!("Status: {state} for {}", reference.familiar())];
    texts.map(|status| Progress { status, ..Progress::default() }).into()
}

struct Layers {
    news: Sender,
    reference: Arc<Reference>,
    pace: Pace,
}

impl Layers {
    fn tell(&self, layer: &Digest, step: Step) {
        if let Step::Arriving { received, size } = step
            && !self.pace.is_due(layer, received >= size)
        {
            return;
        }
        let (status, done, size) = match step {
            Step::Listed => ("Pulling fs layer", 0, 0),
            Step::There => ("Already exists", 0, 0),
            Step::Elsewhere => ("Waiting", 0, 0),
            Step::Arriving { received, size } => ("Downloading", received, size),
            Step::Arrived => ("Download complete", 0, 0),
            Step::Complete => ("Pull complete", 0, 0),
        };
        // Whoever listened may have left.
        let _ = self.news.send((Arc::clone(&self.reference), News::Layer(line(layer, status, done, size))));
    }
}
