//! `POST /images/create` with `fromImage`: pulls, and tells how it goes as JSON lines in Docker's words.

use std::sync::{Arc, Mutex, PoisonError};

use corten_api_types::Progress;
use corten_api_types::v1;
use corten_engine::{Engine, ImageService, PullImage, Step};
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
        vec![reference.clone()]
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
    tokio::spawn(pull(engine.images.clone(), wanted, reference.familiar(), news));
    // What fails before there is anything to tell is an answer of its own, with its status.
    let first = match told.recv().await {
        Some(News::Failed(failure)) => return Err(failure),
        first => first,
    };
    let (sender, response) = respond::stream("application/json");
    tokio::spawn(async move {
        let mut next = first;
        while let Some(news) = next {
            for line in news.lines() {
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
    /// An image is there, or on its way.
    Found(Progress),
    Layer(Progress),
    Pulled(Digest),
    /// The last was pulled.
    Ended(String),
    Failed(Failure),
}

/// Where they are told.
type Sender = mpsc::UnboundedSender<News>;

impl News {
    fn lines(self) -> Vec<Progress> {
        let status = |status| vec![Progress { status, ..Progress::default() }];
        match self {
            Self::Found(line) | Self::Layer(line) => vec![line],
            Self::Pulled(digest) => status(format!("Digest: {digest}")),
            Self::Ended(text) => status(text),
            Self::Failed(failure) => vec![Progress::failure(failure.message)],
        }
    }
}

/// Pulls one image after the other, up to the first that cannot be had. `asked` is what all of them are called together.
async fn pull(images: ImageService, wanted: Vec<PullImage>, asked: String, news: Sender) {
    let mut is_up_to_date = true;
    for image in wanted {
        let heading = Once::new(heading(&image.reference));
        let layers = Layers { news: news.clone(), heading: heading.clone(), pace: Pace::default() };
        let listener = move |layer: &Digest, step| layers.tell(layer, step);
        match images.pull(image, Arc::new(listener)).await {
            Ok(pulled) => {
                heading.tell(&news);
                let _ = news.send(News::Pulled(pulled.digest));
                is_up_to_date &= pulled.is_up_to_date;
            }
            Err(error) => {
                let _ = news.send(News::Failed(error.into()));
                return;
            }
        }
    }
    let state = if is_up_to_date { "Image is up to date" } else { "Downloaded newer image" };
    let _ = news.send(News::Ended(format!("Status: {state} for {asked}")));
}

/// The line that goes before all others of an image, and is not told where there are none.
#[derive(Clone)]
struct Once(Arc<Mutex<Option<Progress>>>);

impl Once {
    fn new(line: Progress) -> Self {
        Self(Arc::new(Mutex::new(Some(line))))
    }

    fn tell(&self, news: &Sender) {
        let line = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(line) = line {
            // Whoever listened may have left.
            let _ = news.send(News::Found(line));
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

struct Layers {
    news: Sender,
    heading: Once,
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
        self.heading.tell(&self.news);
        let _ = self.news.send(News::Layer(line(layer, status, done, size)));
    }
}
