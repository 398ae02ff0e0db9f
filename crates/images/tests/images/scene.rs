//! A root of its own for each test.

use std::fs;

use corten_content::Content;
use corten_images::{Cause, Images, ImagesError, LoadOptions, Loaded, Origins};
use corten_registry_client::Repository;
use corten_spec::reference::Reference;
use corten_spec::time::Timestamp;
use corten_state::{ContainerRow, Durability, StateError, Store};
use tokio::runtime::{Builder, Handle, Runtime};

/// No registry is to be had.
pub(crate) struct Nowhere(Runtime);

impl Nowhere {
    pub(crate) fn new() -> Self {
        Self(Builder::new_current_thread().build().unwrap())
    }
}

impl Origins for Nowhere {
    fn repository(&self, name: &Reference) -> Result<Repository, Cause> {
        Err(format!("there is no way to {name}").into())
    }

    fn handle(&self) -> &Handle {
        self.0.handle()
    }
}

pub(crate) struct Scene {
    directory: tempfile::TempDir,
    pub(crate) store: Store,
    pub(crate) content: Content,
    pub(crate) images: Images,
}

impl Scene {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path();
        let store = Store::open(root).unwrap();
        let content = Content::open(&root.join("content")).unwrap();
        let images = Images::new(root, store.clone(), content.clone());
        Self { directory, store, content, images }
    }

    pub(crate) fn load(&self, archive: &[u8]) -> Result<Vec<Loaded>, ImagesError> {
        self.images.load(archive, &LoadOptions::default())
    }

    /// The names of what lies in the directory of layers, sorted.
    pub(crate) fn layers(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.directory.path().join("layers")) else { return Vec::new() };
        let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> =
            names.filter(|name| ![".lease", ".removal", ".install", ".index"].contains(&&**name)).collect();
        names.sort();
        names
    }

    /// The images as another process has them.
    pub(crate) fn another(&self) -> Images {
        let root = self.directory.path();
        let content = Content::open(&root.join("content")).unwrap();
        Images::new(root, Store::open(root).unwrap(), content)
    }

    /// The names of file indexes, sorted.
    pub(crate) fn indexes(&self) -> Vec<String> {
        let Ok(entries) = fs::read_dir(self.directory.path().join("layers/.index")) else {
            return Vec::new();
        };
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    pub(crate) fn path(&self, name: &str) -> std::path::PathBuf {
        self.directory.path().join(name)
    }

    /// There is no trace of any image.
    #[track_caller]
    pub(crate) fn assert_empty(&self) {
        assert_eq!(self.layers(), [""; 0]);
        assert_eq!(self.indexes(), [""; 0]);
        assert_eq!(self.content.list().unwrap(), []);
        let rows = self.store.read::<_, StateError>(|t| Ok((t.images()?, t.tags()?, t.layers()?))).unwrap();
        assert_eq!(rows, (Vec::new(), Vec::new(), Vec::new()));
    }

    /// Records a container on an image, with its layers.
    pub(crate) fn container(&self, id_digit: char, image: &str) -> String {
        let image = self.images.resolve(image, None).unwrap();
        let id = id_digit.to_string().repeat(64);
        let row = ContainerRow {
            id: id.clone(),
            name: format!("container-{id_digit}"),
            image_id: Some(image.id.to_string()),
            image_name: "typed".to_owned(),
            created_at: Timestamp::ZERO,
            config: "{}".to_owned(),
            state: "{}".to_owned(),
            journal_offset: 0,
        };
        self.store
            .write::<_, StateError>(Durability::Normal, |t| {
                t.insert_container(&row)?;
                t.hold_layers(&row.id, &image.layer_ids)
            })
            .unwrap();
        id
    }

    pub(crate) fn remove_container(&self, id: &str) {
        self.store.write::<_, StateError>(Durability::Normal, |t| t.remove_container(id)).unwrap();
    }
}
