//! Images, as the engine offers them: the image store's operations, off the caller's thread, with their events.

mod import;
mod pull;
mod push;

use std::collections::{BTreeMap, HashMap};
use std::io::{Read, Write};

use corten_images::{
    Dropped, HistoryItem, Image, ImageSummary, LoadOptions, Loaded, Pruned, Removed, SavedImages,
};
use corten_journal::NewEvent;
use corten_registry_client::Keychain;
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;

use crate::clock::now;
use crate::containers::Containers;
use crate::error::EngineError;
use crate::registries::ByRegistries;
use crate::task::blocking;

pub use import::ImportRequest;
pub(crate) use import::new_name;
pub(crate) use pull::in_dockers_words;
pub use pull::{LayerNews, PullImage};
pub use push::{PushEvent, PushImage, PushListener};

/// The service. Cheap to clone; every clone is the same service.
#[derive(Debug, Clone)]
pub struct ImageService {
    containers: Containers,
}

impl ImageService {
    pub(crate) fn new(containers: Containers) -> Self {
        Self { containers }
    }

    /// Loads an archive; blocks in `archive`, so it is given a thread of its own.
    ///
    /// # Errors
    /// An archive of an unknown form, a wrong digest, no image for the platform, a full disk. Nothing of it is kept then.
    pub async fn load<R: Read + Send + 'static>(
        &self,
        archive: R,
        options: LoadOptions,
    ) -> Result<Vec<Loaded>, EngineError> {
        let inner = self.containers.inner.clone();
        let service = self.clone();
        blocking(move || {
            let loaded = inner.images.load(archive, &options)?;
            for image in &loaded {
                service.announce("load", image.id.as_str(), None)?;
            }
            inner.keep_to_budget();
            Ok(loaded)
        })
        .await
    }

    /// Decides what an archive of images holds: a repository means all of its tags. With platforms, of each image that platform.
    ///
    /// # Errors
    /// `No such image`, an image that is not for a platform, a blob that is gone.
    pub async fn save(
        &self,
        names: Vec<String>,
        platforms: Vec<Platform>,
    ) -> Result<SavedImages, EngineError> {
        let inner = self.containers.inner.clone();
        let origins = ByRegistries::new(inner.clone(), Keychain::empty());
        blocking(move || Ok(inner.images.save(&names, &platforms, &origins)?)).await
    }

    /// Writes such an archive; blocks in `into`, so it is given a thread of its own.
    ///
    /// # Errors
    /// A damaged blob; whoever takes the archive takes no more.
    pub async fn write_saved<W: Write + Send + 'static>(
        &self,
        saved: SavedImages,
        into: W,
    ) -> Result<(), EngineError> {
        let service = self.clone();
        let origins = ByRegistries::new(self.containers.inner.clone(), Keychain::empty());
        blocking(move || {
            saved.write(into, &origins)?;
            saved.ids.iter().try_for_each(|id| service.announce("save", id.as_str(), None))
        })
        .await
    }

    /// The images that match.
    ///
    /// # Errors
    /// An unknown filter; the database.
    pub async fn list(
        &self,
        all: bool,
        filters: BTreeMap<String, Vec<String>>,
    ) -> Result<Vec<ImageSummary>, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || Ok(inner.images.list(all, &filters, now())?)).await
    }

    /// One image, for a platform if one is given.
    ///
    /// # Errors
    /// `No such image`, or an ambiguous prefix; an image that is not for the platform.
    pub async fn inspect(&self, reference: &str, platform: Option<Platform>) -> Result<Image, EngineError> {
        let (inner, reference) = (self.containers.inner.clone(), reference.to_owned());
        blocking(move || Ok(inner.images.resolve(&reference, platform.as_ref())?)).await
    }

    /// How an image came to be, newest step first.
    ///
    /// # Errors
    /// As [`ImageService::inspect`].
    pub async fn history(
        &self,
        reference: &str,
        platform: Option<Platform>,
    ) -> Result<Vec<HistoryItem>, EngineError> {
        let (inner, reference) = (self.containers.inner.clone(), reference.to_owned());
        blocking(move || Ok(inner.images.history(&reference, platform.as_ref())?)).await
    }

    /// Gives an image one more name.
    ///
    /// # Errors
    /// `No such image`; a name that is none.
    pub async fn tag(&self, source: &str, target: &str) -> Result<(), EngineError> {
        let (inner, source, target) = (self.containers.inner.clone(), source.to_owned(), target.to_owned());
        let service = self.clone();
        blocking(move || {
            let id = inner.images.tag(&source, &target)?;
            let name = Reference::parse(&target).map_or(target, |name| name.familiar());
            service.announce("tag", id.as_str(), Some(&name))
        })
        .await
    }

    /// Takes a name away, or the image with its last name.
    ///
    /// # Errors
    /// `No such image`; conflict when containers use it or it has several names.
    pub async fn remove(
        &self,
        reference: &str,
        force: bool,
        platforms: Vec<Platform>,
    ) -> Result<Vec<Removed>, EngineError> {
        let (inner, reference) = (self.containers.inner.clone(), reference.to_owned());
        let service = self.clone();
        blocking(move || {
            let running = inner.everything()?.into_iter().filter(|container| container.is_up());
            let running: Vec<String> = running.map(|container| container.id.to_string()).collect();
            let image = inner.images.resolve(&reference, platforms.first())?;
            let remove = || Ok(inner.images.remove(&reference, force, &platforms, &running)?);
            let removed = inner.headroom.draw_on_to_free(EngineError::is_full_disk, remove)?;
            service.announce_removal(image.id.as_str(), &image.config.config.labels, &removed)?;
            inner.keep_to_budget();
            Ok(removed)
        })
        .await
    }

    /// Removes the images without a tag that no container stands on; with the filter `dangling=false` those with one, too.
    ///
    /// # Errors
    /// An unknown filter; the database.
    pub async fn prune(&self, filters: BTreeMap<String, Vec<String>>) -> Result<Pruned, EngineError> {
        let inner = self.containers.inner.clone();
        let service = self.clone();
        blocking(move || {
            let prune = || Ok(inner.images.prune(&filters, now())?);
            let pruned = inner.headroom.draw_on_to_free(EngineError::is_full_disk, prune)?;
            for (id, removed) in &pruned.images {
                service.announce_removal(id.as_str(), &BTreeMap::new(), removed)?;
            }
            let reclaimed = BTreeMap::from([("reclaimed".to_owned(), pruned.reclaimed.to_string())]);
            service.tell("prune", "", reclaimed)?;
            inner.keep_to_budget();
            Ok(pruned)
        })
        .await
    }

    /// Bytes in layers of each image that another has, too, by the images' ids.
    ///
    /// # Errors
    /// The database.
    pub async fn shared_sizes(&self) -> Result<HashMap<String, u64>, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || Ok(inner.images.shared_sizes()?)).await
    }

    /// Drops all blobs of layers that can be had again.
    ///
    /// # Errors
    /// Conflict while blobs are added or read.
    pub async fn drop_blobs(&self) -> Result<Dropped, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.drop_blobs()).await
    }

    /// Of a layer that went with the image nothing is told, as Docker tells nothing.
    fn announce_removal(
        &self,
        id: &str,
        labels: &BTreeMap<String, String>,
        removed: &[Removed],
    ) -> Result<(), EngineError> {
        removed.iter().try_for_each(|step| match step {
            Removed::Untagged(_) => self.tell("untag", id, attributes(labels.clone(), id)),
            Removed::Deleted(deleted) if deleted == id => {
                self.tell("delete", id, attributes(BTreeMap::new(), id))
            }
            Removed::Deleted(_) => Ok(()),
        })
    }

    /// Tells of an image that is there, which `image` names; `name` is what the event calls it, if that is not the same.
    pub(crate) fn announce(&self, action: &str, image: &str, name: Option<&str>) -> Result<(), EngineError> {
        let found = self.containers.inner.images.resolve(image, None);
        let labels = found.map(|found| found.config.config.labels).unwrap_or_default();
        self.tell(action, image, attributes(labels, name.unwrap_or(image)))
    }

    /// Tells of something that is done: a disk without room for that makes no failure of it.
    fn tell(&self, action: &str, id: &str, attributes: BTreeMap<String, String>) -> Result<(), EngineError> {
        let inner = &self.containers.inner;
        let event = NewEvent {
            at: now(),
            kind: "image".to_owned(),
            action: action.to_owned(),
            actor: id.to_owned(),
            attributes,
        };
        match inner.headroom.draw_on(EngineError::is_full_disk, || inner.events.append(&event)) {
            Err(error) if error.is_full_disk() => Ok(()),
            told => told,
        }
    }
}

/// What every event of an image carries: its labels, and what it is called.
fn attributes(labels: BTreeMap<String, String>, name: &str) -> BTreeMap<String, String> {
    let mut attributes = labels;
    attributes.insert("name".to_owned(), name.to_owned());
    attributes
}
