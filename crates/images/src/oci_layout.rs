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

use crate::ImagesError;
use crate::documents::{from_bytes, parse};
use crate::found::{Found, Target};
use crate::intake::Intake;

/// Indexes in indexes; real ones have two levels.
pub(crate) const DEPTH: usize = 8;

/// The images of the layout, one per name, for the wanted platform, or else this machine's.
pub(crate) fn find(
    intake: &Intake,
    content: &Content,
    wanted: Option<&Platform>,
) -> Result<Vec<Found>, ImagesError> {
    let index = intake.document("index.json").ok_or_else(|| ImagesError::Lacks("index.json".to_owned()))?;
    let index: Index = from_bytes(index, "index.json", "an image index")?;
    let mut found = Vec::new();
    for group in groups(index.manifests)? {
        let mut search = Search { content, seen: HashSet::new(), candidates: Vec::new() };
        for descriptor in &group.descriptors {
            search.collect(descriptor, descriptor, 0)?;
        }
        let candidate = pick(search.candidates, wanted)?;
        let target = Target { digest: candidate.top.digest, media_type: candidate.top.media_type };
        found.push(Found::read_whole(
            content,
            candidate.manifest.digest,
            target,
            group.name.into_iter().collect(),
        )?);
    }
    Ok(found)
}

/// Descriptors of one image, for several platforms.
struct Group {
    name: Option<Reference>,
    descriptors: Vec<Descriptor>,
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

pub(crate) fn pick(
    mut candidates: Vec<Candidate>,
    wanted: Option<&Platform>,
) -> Result<Candidate, ImagesError> {
    let available: Vec<Platform> = candidates.iter().map(|candidate| candidate.platform.clone()).collect();
    let host = Platform::host();
    let chosen = choose(wanted.unwrap_or(&host), &available);
    // Whoever names no platform and has an image of one gets it: it may be meant for another machine.
    let only = (wanted.is_none() && candidates.len() == 1).then_some(0);
    match chosen.or(only) {
        Some(chosen) => Ok(candidates.swap_remove(chosen)),
        None => Err(ImagesError::NoPlatform { wanted: Box::new(wanted.cloned().unwrap_or(host)), available }),
    }
}
