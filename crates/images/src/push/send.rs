//! Sends what a plan holds: blobs a few at a time, then documents, the target last.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use corten_registry_client::{Pushed, TagOrDigest};
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, Manifest, media_type};

use super::PushRequest;
use super::news::{PushNews, PushStep};
use super::plan::Plan;
use super::source::Source;
use crate::documents::{parse, read};
use crate::{Images, ImagesError, Origins};

/// As many as Docker sends by default.
const AT_ONCE: usize = 5;

/// The sending of one plan.
pub(super) struct Sending<'a> {
    pub(super) images: &'a Images,
    pub(super) request: &'a PushRequest<'a>,
    /// By blob, another repository of the registry that has it.
    pub(super) mounts: HashMap<Digest, String>,
    /// Where blobs come from that are not here any more.
    pub(super) origins: &'a Arc<dyn Origins>,
    pub(super) news: &'a PushNews,
    pub(super) given_up: Arc<AtomicBool>,
}

impl Sending<'_> {
    /// Returns when the registry has it all, or with the first failure.
    pub(super) fn run(&self, plan: &Plan) -> Result<(), ImagesError> {
        self.blobs(&plan.blobs)?;
        for document in &plan.documents {
            self.document(document, &TagOrDigest::Digest(document.digest.clone()))?;
        }
        self.document(&plan.target, &TagOrDigest::of(self.request.reference))?;
        self.referrers(plan)
    }

    /// What belongs to what was sent.
    fn referrers(&self, plan: &Plan) -> Result<(), ImagesError> {
        let sent = plan.documents.iter().chain([&plan.target]).map(|document| document.digest.clone());
        for referrer in self.images.referrers_of(&sent.collect())? {
            let manifest: Manifest = parse(&self.images.content, &referrer.digest, "a manifest")?;
            self.blobs(&[&[manifest.config], &*manifest.layers].concat())?;
            self.document(&referrer, &TagOrDigest::Digest(referrer.digest.clone()))?;
        }
        Ok(())
    }

    fn blobs(&self, blobs: &[Descriptor]) -> Result<(), ImagesError> {
        let told: Vec<&Descriptor> = blobs.iter().filter(|blob| is_told_of(blob)).collect();
        told.iter().for_each(|blob| (self.news)(&blob.digest, PushStep::Listed));
        told.iter().skip(AT_ONCE).for_each(|blob| (self.news)(&blob.digest, PushStep::Waiting));
        let next = AtomicUsize::new(0);
        let outcome = Mutex::new(Ok(()));
        let work = || {
            while let Some(blob) = blobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                if self.given_up.load(Ordering::Relaxed) {
                    return;
                }
                if let Err(error) = self.blob(blob) {
                    self.given_up.store(true, Ordering::Relaxed);
                    let mut outcome = outcome.lock().unwrap_or_else(PoisonError::into_inner);
                    // The first failure is why the others failed.
                    if outcome.is_ok() {
                        *outcome = Err(error);
                    }
                }
            }
        };
        thread::scope(|scope| {
            for _ in 1..AT_ONCE.min(blobs.len()) {
                // Where there can be no more threads (a limit on processes), those that there are do the work.
                let _fewer = thread::Builder::new().spawn_scoped(scope, work);
            }
            work();
        });
        outcome.into_inner().unwrap_or_else(PoisonError::into_inner)
    }

    fn blob(&self, blob: &Descriptor) -> Result<(), ImagesError> {
        let news = is_told_of(blob).then(|| Arc::clone(self.news));
        let source = Source::new(self.images, self.origins, blob, &self.given_up, news.clone());
        let origin = self.mounts.get(&blob.digest).map(String::as_str);
        let pushing = self.request.repository.push_blob(blob, Arc::new(source), origin);
        let pushed = self.request.handle.block_on(pushing).map_err(Box::new)?;
        if let Some(news) = news {
            let step = match (pushed, origin) {
                (Pushed::Existed, _) => PushStep::There,
                (Pushed::Mounted, Some(from)) => PushStep::Mounted { from: from.to_owned() },
                (Pushed::Mounted, None) | (Pushed::Sent, _) => PushStep::Sent,
            };
            news(&blob.digest, step);
        }
        Ok(())
    }

    /// Byte for byte as it is kept: its digest is what it is known by.
    fn document(&self, document: &Descriptor, name: &TagOrDigest) -> Result<(), ImagesError> {
        let bytes = read(&self.images.content, &document.digest)?;
        let pushing = self.request.repository.push_manifest(name, &document.media_type, bytes.into());
        self.request.handle.block_on(pushing).map_err(Box::new)?;
        Ok(())
    }
}

/// A configuration is too short to be told of.
fn is_told_of(blob: &Descriptor) -> bool {
    !media_type::is_config(&blob.media_type)
}
