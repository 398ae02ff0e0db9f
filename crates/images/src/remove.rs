//! Removes names of images, and images with their last name, by Docker's rules.
//!
//! Docker also prunes parents that only the classic builder records; there are none here.

use std::collections::BTreeSet;

use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use corten_state::{Durability, ImageRow, Writer};

use crate::chain::chain_ids;
use crate::documents::from_bytes;
use crate::image::{references, short};
use crate::resolve::{meant, of_platform, row};
use crate::{Images, ImagesError};

/// One step of a removal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// A name is gone: as short as it can be said.
    Untagged(String),
    /// An image (its id) or a layer that no other image has (its chain id) is gone.
    Deleted(String),
}

/// What is to be removed, under one transaction.
pub(crate) struct Removal<'a> {
    pub(crate) t: &'a Writer<'a>,
    pub(crate) image: ImageRow,
    pub(crate) force: bool,
    pub(crate) running: &'a [String],
    /// Images of other platforms that lost a name with it.
    pub(crate) lost: BTreeSet<String>,
    pub(crate) removed: Vec<Removed>,
}

impl Images {
    /// Removes the name `text`; with the last name, or by id, the image; with `platforms`, only what is for these. `running` are the ids
    /// of running containers. What containers stand on stays on disk until they are gone.
    ///
    /// # Errors
    /// [`ImagesError::NoSuchImage`], [`ImagesError::NotForPlatform`], [`ImagesError::ReferenceInUse`], [`ImagesError::ImageInUse`].
    pub fn remove(
        &self,
        text: &str,
        force: bool,
        platforms: &[Platform],
        running: &[String],
    ) -> Result<Vec<Removed>, ImagesError> {
        let removed = self.store.write(Durability::Full, |t| {
            let begin =
                |image| Removal { t, image, force, running, lost: BTreeSet::new(), removed: Vec::new() };
            if platforms.is_empty() {
                let mut removal = begin(row(t, text)?);
                removal.run(text)?;
                return Ok(removal.removed);
            }
            let mut removed = Vec::new();
            for platform in platforms {
                let id = of_platform(t, &meant(t, text)?, platform, text)?.image_id.clone();
                let mut removal = begin(t.image(&id)?.ok_or(ImagesError::NoSuchImage(id))?);
                removal.run_for_platform(text)?;
                removed.append(&mut removal.removed);
            }
            Ok::<_, ImagesError>(removed)
        })?;
        // The image is gone, whatever resists; who asks for a collection hears of that.
        let _collected = self.collect();
        Ok(removed)
    }
}

impl Removal<'_> {
    fn run(&mut self, text: &str) -> Result<(), ImagesError> {
        let names = references(self.t, &self.image.id)?;
        if self.is_id(text) {
            if is_single(&names) {
                // Its own names do not stand in the way of an image that is asked for by id.
                self.check(false)?;
                self.leave(&names)?;
            }
            self.check(true)?;
            return self.delete();
        }
        if !self.force && is_single(&names) {
            self.check_reference(text)?;
        }
        self.untag(text)?;
        self.delete_nameless()?;
        for id in std::mem::take(&mut self.lost) {
            if let Some(image) = self.t.image(&id)? {
                self.image = image;
                self.delete_nameless()?;
            }
        }
        Ok(())
    }

    /// The same for an image that is meant by its platform: its names stand for the others still.
    fn run_for_platform(&mut self, text: &str) -> Result<(), ImagesError> {
        if self.is_id(text) {
            return self.run(text);
        }
        let asked = Reference::parse(text)?.with_default_tag();
        let names = references(self.t, &self.image.id)?;
        if !self.force && is_single(&names) {
            self.check_reference(text)?;
        }
        let is_meant =
            |name: &Reference| *name == asked || (name.name() == asked.name() && name.digest().is_some());
        self.leave(&names.into_iter().filter(is_meant).collect::<Vec<_>>())?;
        self.delete_nameless()
    }

    fn is_id(&self, text: &str) -> bool {
        self.image.id.starts_with(text) || self.image.id["sha256:".len()..].starts_with(text)
    }

    /// Deletes the image if it has no name any more. A container keeps it: the name is gone, as was asked.
    fn delete_nameless(&mut self) -> Result<(), ImagesError> {
        if !self.t.tags_of_image(&self.image.id)?.is_empty() {
            return Ok(());
        }
        match self.check(true) {
            Ok(()) => self.delete(),
            Err(ImagesError::ImageInUse { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Removes the name that the text means, and names with a digest in a repository without a tag.
    fn untag(&mut self, text: &str) -> Result<(), ImagesError> {
        let asked = Reference::parse(text)?.with_default_tag();
        self.remove_name(&asked)?;
        let left = references(self.t, &self.image.id)?;
        let same = |name: &&Reference| name.name() == asked.name();
        if asked.digest().is_none() && !left.iter().filter(same).any(|name| name.digest().is_none()) {
            left.iter().filter(same).try_for_each(|name| self.remove_name(name))?;
        }
        Ok(())
    }

    fn remove_name(&mut self, name: &Reference) -> Result<(), ImagesError> {
        let reference = name.to_string();
        self.lost.extend(self.t.images_of_tag(&reference)?.into_iter().map(|image| image.image_id));
        self.t.remove_tag(&reference)?;
        self.removed.push(Removed::Untagged(name.familiar()));
        Ok(())
    }

    /// Takes the names from this image alone.
    fn leave(&mut self, names: &[Reference]) -> Result<(), ImagesError> {
        for name in names {
            if !self.t.leave_tag(&name.to_string(), &self.image.id)? {
                self.removed.push(Removed::Untagged(name.familiar()));
            }
        }
        Ok(())
    }

    /// A container whose image would lose its only name has to be overruled.
    fn check_reference(&self, text: &str) -> Result<(), ImagesError> {
        let containers = self.t.containers_using_image(&self.image.id)?;
        let Some((container, _)) = containers.first() else { return Ok(()) };
        Err(ImagesError::ReferenceInUse {
            reference: text.to_owned(),
            container: short(container).to_owned(),
            image: short(&self.image.id).to_owned(),
        })
    }

    /// Whether anything needs the image: running containers always, others and (if `names` count) names unless forced.
    fn check(&self, names: bool) -> Result<(), ImagesError> {
        let image = short(&self.image.id).to_owned();
        let in_use = |hard, reason| Err(ImagesError::ImageInUse { image, hard, reason });
        let containers = self.t.containers_using_image(&self.image.id)?;
        if let Some((id, _)) = containers.iter().find(|(id, _)| self.running.contains(id)) {
            return in_use(true, format!("image is being used by running container {}", short(id)));
        }
        if self.force {
            return Ok(());
        }
        if names && !self.t.tags_of_image(&self.image.id)?.is_empty() {
            return in_use(false, "image is referenced in multiple repositories".to_owned());
        }
        if let Some((id, _)) = containers.first() {
            return in_use(false, format!("image is being used by stopped container {}", short(id)));
        }
        Ok(())
    }

    /// Removes the image with all of its names, whatever needs it.
    pub(crate) fn delete(&mut self) -> Result<(), ImagesError> {
        let names = references(self.t, &self.image.id)?;
        self.leave(&names)?;
        let chain = chain_of(&self.image)?;
        self.t.remove_image(&self.image.id)?;
        self.removed.push(Removed::Deleted(self.image.id.clone()));
        if !self.t.containers_using_image(&self.image.id)?.is_empty() {
            return Ok(());
        }
        let mut others = std::collections::HashSet::new();
        for image in self.t.images()? {
            others.extend(chain_of(&image)?);
        }
        let gone = chain.into_iter().rev().take_while(|chain_id| !others.contains(chain_id));
        self.removed.extend(gone.map(Removed::Deleted));
        Ok(())
    }
}

fn chain_of(image: &ImageRow) -> Result<Vec<String>, ImagesError> {
    let config: corten_spec::image::ImageConfig =
        from_bytes(&image.config, &image.id, "an image configuration")?;
    Ok(chain_ids(&config.rootfs.diff_ids).iter().map(ToString::to_string).collect())
}

/// Whether the names amount to one: one tag, at most with digests in its repository.
fn is_single(names: &[Reference]) -> bool {
    let mut tags = names.iter().filter(|name| name.digest().is_none());
    let (tag, another) = (tags.next(), tags.next());
    let Some(first) = tag.or(names.first()) else { return true };
    another.is_none() && names.iter().all(|name| name.name() == first.name())
}
