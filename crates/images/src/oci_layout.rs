//! Finds the images of an OCI image layout: `index.json`, indexes in it, manifests in those.
//!
//! It does not unpack; and an image of another platform than the wanted one is not looked at further.

use std::collections::HashSet;

use corten_content::Content;
use corten_spec::digest::Digest;
use corten_spec::image::{
    ANNOTATION_CONTAINERD_NAME, ANNOTATION_REF_NAME, Descriptor, ImageConfig, Index, Manifest, media_type,
};
use corten_spec::platform::{Platform, choose};
use corten_spec::reference::Reference;
use corten_state::ReferrerRow;

use crate::documents::{from_bytes, parse};
use crate::found::{Found, FoundImage, Target};
use crate::intake::Intake;
use crate::{ImagesError, referrers};

/// Indexes in indexes; real ones have two levels.
pub(crate) const DEPTH: usize = 8;

/// The images of the layout by their names, for the wanted platforms, or else for all that are there whole; and what belongs to them.
pub(crate) fn find(
    intake: &Intake,
    content: &Content,
    wanted: &[Platform],
) -> Result<(Vec<Found>, Vec<ReferrerRow>), ImagesError> {
    let index = intake.document("index.json").ok_or_else(|| ImagesError::Lacks("index.json".to_owned()))?;
    let index: Index = from_bytes(index, "index.json", "an image index")?;
    let (images, referrers) = referrers::take(content, index.manifests)?;
    let found = groups(images)?.into_iter().map(|group| group.read(content, wanted));
    Ok((found.collect::<Result<_, _>>()?, referrers))
}

/// Descriptors of one image, for several platforms.
struct Group {
    name: Option<Reference>,
    descriptors: Vec<Descriptor>,
}

impl Group {
    fn read(self, content: &Content, wanted: &[Platform]) -> Result<Found, ImagesError> {
        let mut search = Search { content, seen: HashSet::new(), candidates: Vec::new() };
        for descriptor in &self.descriptors {
            search.collect(descriptor, descriptor, 0)?;
        }
        let candidates = pick(search.candidates, wanted)?;
        let read = candidates.into_iter().map(|candidate| candidate.read_whole(content));
        let images = if wanted.is_empty() { whole(read)? } else { read.collect::<Result<_, _>>()? };
        let manifests = images.iter().map(|image| &image.manifest_digest).collect();
        let mut companions = Vec::new();
        for descriptor in &self.descriptors {
            companions.extend(crate::companions::companions(content, descriptor, &manifests)?);
        }
        Ok(Found { names: self.name.into_iter().collect(), images, companions })
    }
}

/// What there is of images: an archive may leave out platforms, or have some that nothing can be done with here. If none is whole, why
/// the first is not.
fn whole(
    read: impl Iterator<Item = Result<FoundImage, ImagesError>>,
) -> Result<Vec<FoundImage>, ImagesError> {
    let mut images: Vec<FoundImage> = Vec::new();
    let mut why = None;
    for image in read {
        match image {
            // The same image twice, with layers that are compressed in different ways, say.
            Ok(image) if images.iter().any(|other| other.id() == image.id()) => {}
            Ok(image) => images.push(image),
            Err(error @ (ImagesError::Lacks(_) | ImagesError::Unsupported { .. })) => {
                why.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    match why {
        Some(why) if images.is_empty() => Err(why),
        _ => Ok(images),
    }
}

pub(crate) struct Candidate {
    /// The descriptor in `index.json`.
    pub(crate) top: Descriptor,
    pub(crate) manifest: Descriptor,
    pub(crate) platform: Platform,
}

fn groups(descriptors: Vec<Descriptor>) -> Result<Vec<Group>, ImagesError> {
    let mut groups: Vec<Group> = Vec::new();
    for descriptor in descriptors.into_iter().filter(|descriptor| !descriptor.is_attestation()) {
        let name = name(&descriptor)?;
        // Without a name, only different platforms can make two manifests one image.
        let same = groups.iter_mut().find(|group| match &name {
            Some(_) => group.name == name,
            None => group.name.is_none() && joins(&descriptor, group),
        });
        match same {
            Some(group) => group.descriptors.push(descriptor),
            None => groups.push(Group { name, descriptors: vec![descriptor] }),
        }
    }
    Ok(groups)
}

fn joins(descriptor: &Descriptor, group: &Group) -> bool {
    descriptor.platform.is_some()
        && group
            .descriptors
            .iter()
            .all(|other| other.platform.is_some() && other.platform != descriptor.platform)
}

/// The name that an annotation gives. A reference name without a repository is a tag of something unknown (OCI image
/// specification, "Pre-Defined Annotation Keys"), which names nothing.
fn name(descriptor: &Descriptor) -> Result<Option<Reference>, ImagesError> {
    let full = descriptor.annotations.get(ANNOTATION_CONTAINERD_NAME);
    let reference =
        descriptor.annotations.get(ANNOTATION_REF_NAME).filter(|name| name.contains(['/', ':', '@']));
    let Some(text) = full.or(reference) else { return Ok(None) };
    Ok(Some(Reference::parse(text)?.with_default_tag()))
}

/// The manifests below the descriptors of one image.
struct Search<'a> {
    content: &'a Content,
    /// A few indexes that name each other many times would otherwise take for ever.
    seen: HashSet<Digest>,
    candidates: Vec<Candidate>,
}

impl Search<'_> {
    /// Collects the manifests that are in the content store: archives may leave out platforms.
    fn collect(
        &mut self,
        top: &Descriptor,
        descriptor: &Descriptor,
        depth: usize,
    ) -> Result<(), ImagesError> {
        let unsupported =
            |problem: String| Err(ImagesError::Unsupported { name: descriptor.digest.to_string(), problem });
        if descriptor.is_attestation() || (depth > 0 && !self.content.has(&descriptor.digest)?) {
            return Ok(());
        }
        if media_type::is_index(&descriptor.media_type) {
            if depth == DEPTH {
                return unsupported("indexes are nested too deeply".to_owned());
            }
            if !self.seen.insert(descriptor.digest.clone()) {
                return Ok(());
            }
            let index: Index = parse(self.content, &descriptor.digest, "an image index")?;
            if let Some(own) = index.media_type.as_deref().filter(|own| !media_type::is_index(own)) {
                return unsupported(format!("it is named as an image index, and says that it is `{own}`"));
            }
            return index.manifests.iter().try_for_each(|next| self.collect(top, next, depth + 1));
        }
        if !media_type::is_manifest(&descriptor.media_type) {
            return unsupported(format!("it has media type `{}`", descriptor.media_type));
        }
        let platform = match &descriptor.platform {
            Some(platform) => platform.clone(),
            None => self.platform(&descriptor.digest)?,
        };
        self.candidates.push(Candidate { top: top.clone(), manifest: descriptor.clone(), platform });
        Ok(())
    }

    /// The platform that an image's configuration says.
    fn platform(&self, manifest: &Digest) -> Result<Platform, ImagesError> {
        let manifest: Manifest = parse(self.content, manifest, "an image manifest")?;
        let config: ImageConfig = parse(self.content, &manifest.config.digest, "an image configuration")?;
        Ok(config.platform)
    }
}

impl Candidate {
    fn read_whole(self, content: &Content) -> Result<FoundImage, ImagesError> {
        let target = Target { digest: self.top.digest, media_type: self.top.media_type, is_made: false };
        FoundImage::read_whole(content, self.manifest.digest, target)
    }
}

/// Those of the wanted platforms, or else all; first the one that is meant where nobody asks for a platform.
pub(crate) fn pick(candidates: Vec<Candidate>, wanted: &[Platform]) -> Result<Vec<Candidate>, ImagesError> {
    let available: Vec<Platform> = candidates.iter().map(|candidate| candidate.platform.clone()).collect();
    let mut candidates: Vec<_> = candidates.into_iter().map(Some).collect();
    let none = |wanted: &Platform| ImagesError::NoPlatform {
        wanted: Box::new(wanted.clone()),
        available: available.clone(),
    };
    if wanted.is_empty() {
        // An image for other machines only may be meant for one of them.
        let first = choose(&Platform::host(), &available).unwrap_or(0);
        let first =
            candidates.get_mut(first).and_then(Option::take).ok_or_else(|| none(&Platform::host()))?;
        return Ok(std::iter::once(first).chain(candidates.into_iter().flatten()).collect());
    }
    let mut picked = Vec::new();
    for wanted in wanted {
        let chosen = choose(wanted, &available).ok_or_else(|| none(wanted))?;
        picked.extend(candidates[chosen].take());
    }
    let platforms: Vec<_> = picked.iter().map(|candidate| candidate.platform.clone()).collect();
    picked.swap(0, choose(&Platform::host(), &platforms).unwrap_or(0));
    Ok(picked)
}
