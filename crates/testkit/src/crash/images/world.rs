//! What the engine has promised: names of images with what is in them, and containers.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::goods::{Files, Image};

/// A container that has ended, and the text that it wrote to [`MARK`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Contained {
    pub(super) image: Image,
    pub(super) mark: String,
}

/// The file that containers write, which no image from outside has.
pub(super) const MARK: &str = "mark";

/// All of it.
#[derive(Debug, Default)]
pub(super) struct World {
    pub(super) images: BTreeMap<String, Image>,
    pub(super) containers: BTreeMap<String, Contained>,
}

/// What a deed makes of names: something new, or nothing.
#[derive(Debug, Default)]
pub(super) struct Effects {
    pub(super) images: BTreeMap<String, Option<Image>>,
    pub(super) containers: BTreeMap<String, Option<Contained>>,
}

impl Effects {
    pub(super) fn image(name: &str, image: Option<Image>) -> Effects {
        Effects { images: BTreeMap::from([(name.to_owned(), image)]), ..Effects::default() }
    }

    pub(super) fn container(name: &str, container: Option<Contained>) -> Effects {
        Effects { containers: BTreeMap::from([(name.to_owned(), container)]), ..Effects::default() }
    }
}

impl Contained {
    /// What is in it: its image's files, and its own.
    pub(super) fn files(&self) -> Rc<Files> {
        let mut files = (*self.image.files).clone();
        files.insert(MARK.to_owned(), Some(corten_image_archive::digest(self.mark.as_bytes())));
        Rc::new(files)
    }
}

impl World {
    /// Names of images that no container stands on.
    pub(super) fn unused(&self) -> BTreeSet<String> {
        let used: Vec<&Image> = self.containers.values().map(|container| &container.image).collect();
        let is_used = |image: &Image| used.iter().any(|other| other.id == image.id);
        self.images.iter().filter(|(_, image)| !is_used(image)).map(|(name, _)| name.clone()).collect()
    }
}
