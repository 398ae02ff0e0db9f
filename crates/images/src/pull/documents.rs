//! Fetches the documents of an image: the index or manifest that its name stands for, the platform's manifest, the configuration.
//!
//! An index is gone through whole, so that a platform is chosen among all that there are; a manifest is fetched for that only where the
//! index does not say what it is for.

use std::collections::HashSet;
use std::io::Read as _;
use std::slice;

use corten_content::{Arrived, Content};
use corten_registry_client::{FetchedManifest, TagOrDigest};
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, ImageConfig, Index, Manifest, media_type};
use corten_spec::platform::Platform;

use super::arrivals::Arrivals;
use super::fetch::Fetch;
use super::{Audience, PullRequest, Step};
use crate::ImagesError;
use crate::documents::{LIMIT, parse};
use crate::found::{Found, FoundImage, Target};
use crate::layer_source::LayerSource as _;
use crate::oci_layout::{Candidate, DEPTH, pick};

/// Indexes below an image's index, and manifests that have to be fetched to know their platform; real ones have a few.
const MOST_DOCUMENTS: usize = 64;

/// Fetches them into the content store, and reads them. The blobs beside them have no name yet: they stay to be gone on from.
pub(super) fn fetch(
    content: &Content,
    request: &PullRequest<'_>,
) -> Result<(Found, Vec<Arrived>), ImagesError> {
    let mut fetching =
        Fetching { content, request, fetched: HashSet::new(), candidates: Vec::new(), arrived: Vec::new() };
    let top = fetching.manifest(&TagOrDigest::of(request.reference))?;
    let descriptor = Descriptor::new(&top.media_type, top.digest.clone(), top.bytes.len() as u64);
    fetching.consider(&descriptor, 0)?;
    let candidates = std::mem::take(&mut fetching.candidates);
    let wanted = match request.platform {
        Some(platform) => vec![platform.clone()],
        // Whoever names no platform and has an image of one gets it: it may be meant for another machine.
        None if candidates.len() == 1 => Vec::new(),
        None => vec![Platform::host()],
    };
    let chosen = pick(candidates, &wanted)?.swap_remove(0).manifest.digest;
    fetching.configured(&chosen)?;
    let target = Target { digest: top.digest, media_type: top.media_type, is_made: false };
    let by_digest = request.reference.clone().name_only().with_digest(target.digest.clone());
    let tagged = request.reference.digest().is_none().then(|| request.reference.clone());
    let image = FoundImage::read(content, chosen, target)?;
    Ok((Found::alone(image, tagged.into_iter().chain([by_digest]).collect()), fetching.arrived))
}

struct Fetching<'a> {
    content: &'a Content,
    request: &'a PullRequest<'a>,
    fetched: HashSet<Digest>,
    candidates: Vec<Candidate>,
    arrived: Vec<Arrived>,
}

/// A configuration is too short to be told of.
struct Nobody;

impl Audience for Nobody {
    fn hear(&self, _layer: &Digest, _step: Step) {}
}

impl Fetching<'_> {
    /// Adds what a descriptor leads to, to what can be chosen from.
    fn consider(&mut self, descriptor: &Descriptor, depth: usize) -> Result<(), ImagesError> {
        if media_type::is_index(&descriptor.media_type) {
            if depth == DEPTH {
                let problem = "indexes are nested too deeply".to_owned();
                return Err(ImagesError::Unsupported { name: descriptor.digest.to_string(), problem });
            }
            let first = !self.fetched.contains(&descriptor.digest) || depth == 0;
            self.by_digest(&descriptor.digest)?;
            let index: Index = parse(self.content, &descriptor.digest, "an image index")?;
            let images = index.manifests.iter().filter(|inner| first && !inner.is_attestation());
            return images.into_iter().try_for_each(|inner| self.consider(inner, depth + 1));
        }
        // What is neither is no image: another kind of artifact in the same index.
        if media_type::is_manifest(&descriptor.media_type) {
            let platform = match &descriptor.platform {
                Some(platform) => platform.clone(),
                None => self.configured(&descriptor.digest)?,
            };
            let (top, manifest) = (descriptor.clone(), descriptor.clone());
            self.candidates.push(Candidate { top, manifest, platform });
        }
        Ok(())
    }

    /// Fetches a manifest and its configuration; the platform that this says.
    fn configured(&mut self, manifest: &Digest) -> Result<Platform, ImagesError> {
        self.by_digest(manifest)?;
        let manifest: Manifest = parse(self.content, manifest, "an image manifest")?;
        let config = manifest.config;
        if !media_type::is_config(&config.media_type) {
            let problem = format!("its configuration has media type `{}`", config.media_type);
            return Err(ImagesError::Unsupported { name: self.request.reference.to_string(), problem });
        }
        if config.size > LIMIT {
            let problem = format!("its configuration has {} bytes, more than {LIMIT}", config.size);
            return Err(ImagesError::Unsupported { name: config.digest.to_string(), problem });
        }
        if !self.content.has(&config.digest)? {
            self.config(&config)?;
        }
        let config: ImageConfig = parse(self.content, &config.digest, "an image configuration")?;
        Ok(config.platform)
    }

    fn by_digest(&mut self, digest: &Digest) -> Result<(), ImagesError> {
        if !self.content.has(digest)? {
            self.manifest(&TagOrDigest::Digest(digest.clone()))?;
        }
        self.fetched.insert(digest.clone());
        Ok(())
    }

    fn manifest(&mut self, which: &TagOrDigest) -> Result<FetchedManifest, ImagesError> {
        if self.fetched.len() == MOST_DOCUMENTS {
            let problem = format!("it leads to more than {MOST_DOCUMENTS} documents");
            return Err(ImagesError::Unsupported { name: self.request.reference.to_string(), problem });
        }
        let fetched = self.request.handle.block_on(self.request.repository.manifest(which));
        let fetched = fetched.map_err(Box::new)?;
        self.content.put(&fetched.bytes, Some(&fetched.digest))?;
        self.fetched.insert(fetched.digest.clone());
        Ok(fetched)
    }

    /// Fetches a configuration, as layers are fetched: what has come is not fetched again, whatever becomes of the pull.
    fn config(&mut self, config: &Descriptor) -> Result<(), ImagesError> {
        let wanted = slice::from_ref(config);
        let arrivals = Arrivals::of(self.content, wanted);
        let fetch =
            Fetch { content: self.content, request: self.request, arrivals: &arrivals, audience: &Nobody };
        self.arrived.extend(fetch.all(wanted)?);
        let mut bytes = Vec::new();
        let read = arrivals.open(&config.digest)?.read_to_end(&mut bytes);
        read.map_err(ImagesError::file("read", config.digest.as_str()))?;
        self.content.put(&bytes, Some(&config.digest))?;
        Ok(())
    }
}
