//! Pushes an image to a registry: what it has already is not sent, and what is sent has the digests that it has here.
//!
//! It does not speak the registry's protocol, and makes nothing: manifests go as they are kept.

mod mounts;
mod news;
mod plan;
mod send;
mod source;
mod target;
mod tree;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use corten_registry_client::Repository;
use corten_spec::image::{Descriptor, media_type};
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use corten_state::Durability;
use tokio::runtime::Handle;

pub use news::{PushNews, PushStep};

use crate::lease::Lease;
use crate::{Images, ImagesError, Origins};
use plan::{Obstacle, Plan, plan};
use send::Sending;
use target::Target;
use tree::Tree;

/// What to push, and where to.
#[derive(Debug)]
pub struct PushRequest<'a> {
    /// The repository in its registry.
    pub repository: &'a Repository,
    /// What carries the registry's answers; not the calling thread, which blocks.
    pub handle: &'a Handle,
    /// The image's name, with a tag.
    pub reference: &'a Reference,
    /// The only platform to be pushed, if not all that there are.
    pub platform: Option<&'a Platform>,
}

/// A pushed image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PushedImage {
    /// What its name stands for in the registry now.
    pub target: Descriptor,
    /// The index that it stands for here, where only one of its platforms was pushed for lack of the others.
    pub instead_of: Option<Descriptor>,
}

impl Images {
    /// The names that pushing `reference` means: itself, or, where it has no tag, those of its repository.
    ///
    /// # Errors
    /// [`ImagesError::NothingToPush`], [`ImagesError::NoSuchTag`].
    pub fn names_to_push(&self, reference: &Reference) -> Result<Vec<Reference>, ImagesError> {
        let tags = self.store.read(|t| t.tags())?;
        let names = tags.iter().map(|tag| Reference::parse(&tag.reference)).collect::<Result<Vec<_>, _>>()?;
        let of_repository = |name: &Reference| name.digest().is_none() && name.name() == reference.name();
        let mut names: Vec<Reference> = names.into_iter().filter(of_repository).collect();
        if names.is_empty() {
            return Err(ImagesError::NothingToPush(reference.familiar_name()));
        }
        if !reference.is_name_only() {
            names.retain(|name| name == reference);
            if names.is_empty() {
                return Err(ImagesError::NoSuchTag(reference.familiar()));
            }
        }
        Ok(names)
    }

    /// Pushes what a name stands for, and gives the image its name with the digest, as a pull from there would. Blobs that were dropped
    /// are made again, or fetched from `origins`, where the registry does not have them.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchTag`], [`ImagesError::NotForPlatform`], [`ImagesError::SeveralPlatforms`]; what the registry refuses or gets
    /// wrong; a blob that neither side has.
    pub fn push(
        &self,
        request: &PushRequest<'_>,
        origins: &Arc<dyn Origins>,
        news: &PushNews,
    ) -> Result<PushedImage, ImagesError> {
        // Nothing of it is collected meanwhile.
        let _lease = Lease::shared(&self.lease_path()?)?;
        let reference = request.reference;
        let targets = self.store.read(|t| target::targets(t, reference))?;
        let (tree, plan) = self.planned(&targets, request)?;
        let mounts = mounts::mounts(self, reference)?;
        let given_up = Arc::new(AtomicBool::new(false));
        Sending { images: self, request, mounts, origins, news, given_up }.run(&plan)?;
        self.remember(reference, &plan)?;
        let is_less = request.platform.is_none() && plan.target.digest != tree.root.digest;
        Ok(PushedImage { target: plan.target, instead_of: is_less.then_some(tree.root) })
    }

    /// The name with the digest, and that the layers can be had again from there.
    fn remember(&self, reference: &Reference, plan: &Plan) -> Result<(), ImagesError> {
        let repository = reference.clone().name_only().to_string();
        let is_layer = |blob: &&Descriptor| media_type::layer_compression(&blob.media_type).is_some();
        self.store.write(Durability::Normal, |t| {
            for layer in plan.blobs.iter().filter(is_layer) {
                t.add_blob_origin(layer.digest.as_str(), &repository)?;
            }
            target::remember(t, reference, &plan.target)
        })
    }

    /// Of what the name is meant to stand for, or, for a platform, of the first of its targets that has it.
    fn planned(&self, targets: &[Target], request: &PushRequest<'_>) -> Result<(Tree, Plan), ImagesError> {
        let mut failure = ImagesError::NoSuchTag(request.reference.familiar());
        for target in targets {
            let tree = Tree::read(self, target)?;
            match plan(&tree, request.platform) {
                Ok(plan) => return Ok((tree, plan)),
                Err(obstacle) => failure = refuse(obstacle, request),
            }
            if request.platform.is_none() {
                break;
            }
        }
        Err(failure)
    }
}

fn refuse(obstacle: Obstacle, request: &PushRequest<'_>) -> ImagesError {
    let image = request.reference.familiar();
    match obstacle {
        Obstacle::NoPlatform => {
            let wanted = Box::new(request.platform.cloned().unwrap_or_else(Platform::host));
            ImagesError::NotForPlatform { image, wanted }
        }
        Obstacle::Ambiguous => ImagesError::SeveralPlatforms,
    }
}
