//! Fetches the layers that are not there, a few at a time.

use std::collections::HashSet;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use corten_content::{Arrived, Begun, Content, ContentError, Download};
use corten_spec::digest::Digest;
use corten_spec::image::Descriptor;

use super::arrivals::{Arrivals, Source};
use super::{Audience, PullRequest, Step};
use crate::ImagesError;

/// As many as Docker fetches by default.
const AT_ONCE: usize = 3;

/// How often it is looked whether somebody else is done with a blob.
const LOOK: Duration = Duration::from_millis(50);

/// The fetching of one image's layers.
#[derive(Clone, Copy)]
pub(super) struct Fetch<'a> {
    pub(super) content: &'a Content,
    pub(super) request: &'a PullRequest<'a>,
    pub(super) arrivals: &'a Arrivals,
    pub(super) audience: &'a dyn Audience,
}

impl Fetch<'_> {
    /// Returns when all are there, those that came now without their names; with the first failure; or, with what there is, once it is given
    /// up elsewhere.
    pub(super) fn all(&self, layers: &[Descriptor]) -> Result<Vec<Arrived>, ImagesError> {
        let mut seen = HashSet::new();
        let layers: Vec<_> = layers.iter().filter(|layer| seen.insert(&layer.digest)).collect();
        for layer in &layers {
            let is_there = self.content.has(&layer.digest)?;
            self.audience.hear(&layer.digest, if is_there { Step::There } else { Step::Listed });
        }
        let next = AtomicUsize::new(0);
        let outcome = Mutex::new(Ok(Vec::new()));
        let work = || {
            while let Some(layer) = layers.get(next.fetch_add(1, Ordering::Relaxed)) {
                let fetched = self.one(layer);
                if fetched.is_err() {
                    self.arrivals.give_up();
                }
                let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                match (&mut *outcome, fetched) {
                    (Ok(arrived), Ok(one)) => arrived.extend(one),
                    (Ok(_), Err(error)) => *outcome = Err(error),
                    // The first failure is why the others failed.
                    (Err(_), _) => return,
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..AT_ONCE.min(layers.len()) {
                // Where there can be no more threads (a limit on processes), those that there are do the work.
                let _fewer = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    /// One layer; `None` if it was there already, or nobody waits for it any more.
    fn one(&self, layer: &Descriptor) -> Result<Option<Arrived>, ImagesError> {
        let digest = &layer.digest;
        let mut told = false;
        loop {
            if self.arrivals.are_given_up() {
                return Ok(None);
            }
            match self.content.download(digest, layer.size)? {
                Begun::There => {
                    self.arrivals.begin(digest, Source::Content);
                    return Ok(None);
                }
                Begun::Ours(download) => return self.fetch(layer, *download),
                Begun::Elsewhere => {
                    if !told {
                        self.audience.hear(digest, Step::Elsewhere);
                        told = true;
                    }
                    thread::sleep(LOOK);
                }
            }
        }
    }

    fn fetch(&self, layer: &Descriptor, mut download: Download) -> Result<Option<Arrived>, ImagesError> {
        let digest = &layer.digest;
        self.arrivals.begin(digest, Source::Download(download.reader()));
        let mut stream = self.request.repository.blob(layer, download.received());
        let size = download.size();
        while download.received() < size {
            if self.arrivals.are_given_up() {
                return Ok(None);
            }
            let chunk = self.request.handle.block_on(stream.chunk());
            let Some(chunk) = chunk.map_err(Box::new)? else { break };
            download.write(&chunk)?;
            self.audience.hear(digest, Step::Arriving { received: download.received(), size });
        }
        let resumed = download.is_resumed();
        let arrived = download.finish().map_err(|error| refused(digest, resumed, error))?;
        self.audience.hear(digest, Step::Arrived);
        Ok(Some(arrived))
    }
}

fn refused(layer: &Digest, resumed: bool, source: ContentError) -> ImagesError {
    let layer = layer.clone();
    match source {
        ContentError::Digest { .. } if resumed => ImagesError::Spoiled { layer },
        source => ImagesError::Fetched { layer, source },
    }
}

#[cfg(test)]
mod tests {
    use corten_content::Hasher;
    use corten_registry_client::{Client, Configuration, Keychain};
    use corten_spec::digest::Algorithm;
    use corten_spec::image::media_type;

    use super::*;

    struct Nobody;

    impl Audience for Nobody {
        fn hear(&self, _layer: &Digest, _step: Step) {}
    }

    /// Why it was is told by whoever gave up: here it would only be said that something is missing.
    #[test]
    fn what_is_given_up_elsewhere_is_no_failure_of_fetching() {
        let directory = tempfile::tempdir().unwrap();
        let content = Content::open(&directory.path().join("content")).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let reference = "127.0.0.1:1/a:b".parse().unwrap();
        let client = Client::new(Configuration::default()).unwrap();
        let repository = client.repository(&reference, &Keychain::empty()).unwrap();
        let request = PullRequest {
            repository: &repository,
            handle: runtime.handle(),
            reference: &reference,
            platform: None,
        };
        let digest = Hasher::digest(Algorithm::Sha256, b"layer");
        let layers = [Descriptor::new(media_type::OCI_LAYER_GZIP, digest, 5)];
        let arrivals = Arrivals::of(&content, &layers);
        arrivals.give_up();
        let fetch = Fetch { content: &content, request: &request, arrivals: &arrivals, audience: &Nobody };
        assert_eq!(fetch.all(&layers).unwrap().len(), 0);
    }
}
