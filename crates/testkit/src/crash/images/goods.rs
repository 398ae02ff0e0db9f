//! The images that a crash run moves about, what is in them, and the registries that have them.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use corten_image_archive::{Archive, Compression, Config, Entry, Layer, digest};
use serde_json::Value;

use crate::Registry;

/// What lies at each path: the digest of a file's content, or `None` where there must be nothing.
pub(super) type Files = BTreeMap<String, Option<String>>;

/// An image as it has to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Image {
    /// `None` until it is known: who makes an image does not choose its id.
    pub(super) id: Option<String>,
    pub(super) files: Rc<Files>,
    /// Blobs that have to be in an archive of it.
    pub(super) blobs: Rc<BTreeSet<String>>,
    /// Whether it has a shell.
    pub(super) runs: bool,
}

/// An image from outside.
#[derive(Debug)]
pub(super) struct Good {
    /// The name that it has in the engine.
    pub(super) name: String,
    pub(super) image: Image,
    pub(super) archive: PathBuf,
    /// Where it is pulled from; else it is loaded from its archive.
    pub(super) registry: Option<Registry>,
}

/// All of them.
#[derive(Debug)]
pub(in crate::crash) struct Goods {
    pub(super) images: Vec<Good>,
    /// An archive of a file system, and what is in it.
    pub(super) tree: (PathBuf, Rc<Files>),
    /// Where images are pushed to.
    pub(super) sink: Registry,
}

impl Goods {
    /// Lays them down in `directory`; `program` is a static busybox.
    pub(in crate::crash) fn new(directory: &Path, program: &Path) -> io::Result<Goods> {
        let base = base(program)?;
        let images = [
            ("app", true, vec![base.clone(), small("app", 12)], Compression::Gzip),
            ("tool", true, vec![base.clone(), small("tool", 6), on_top()], Compression::None),
            ("box", false, vec![base, small("box", 8)], Compression::Gzip),
            ("data", false, vec![below(), on_top(), small("data", 5)], Compression::Gzip),
        ];
        let images = images.into_iter().map(|(name, is_pulled, layers, compression)| {
            let place = directory.join(name);
            fs::create_dir(&place)?;
            good(&place, name, is_pulled, &layers, compression)
        });
        let images = images.collect::<io::Result<_>>()?;
        let tree = directory.join("tree.tar");
        let entries = small("tree", 9);
        // A layer without compression is an archive of a file system.
        let archive = Archive {
            name: "tree:latest".to_owned(),
            config: Config::for_this_machine(),
            layers: vec![Layer::new(&entries, Compression::None)?],
        };
        let blobs = blobs_of(&archive.to_bytes()?)?;
        let (_, layer) = blobs.iter().max_by_key(|(_, bytes)| bytes.len()).ok_or(io::ErrorKind::NotFound)?;
        fs::write(&tree, layer)?;
        let place = directory.join("sink");
        fs::create_dir(&place)?;
        Ok(Goods { images, tree: (tree, Rc::new(files_of(&[entries]))), sink: Registry::empty(&place) })
    }
}

fn good(
    place: &Path,
    name: &str,
    is_pulled: bool,
    layers: &[Vec<Entry>],
    compression: Compression,
) -> io::Result<Good> {
    let packed = layers.iter().map(|entries| Layer::new(entries, compression)).collect::<io::Result<_>>()?;
    let config = Config { command: vec!["/bin/sh".to_owned()], ..Config::for_this_machine() };
    let bytes = Archive { name: format!("{name}:latest"), config, layers: packed }.to_bytes()?;
    let archive = place.join("image.tar");
    fs::write(&archive, &bytes)?;
    let registry = is_pulled.then(|| Registry::serve(&archive, place));
    let blobs = blobs_of(&bytes)?;
    let image = Image {
        id: Some(config_of(&blobs)?),
        files: Rc::new(files_of(layers)),
        blobs: Rc::new(blobs.into_keys().collect()),
        runs: layers[0].len() > 6,
    };
    let name = registry
        .as_ref()
        .map_or_else(|| format!("{name}:latest"), |registry| registry.name(&format!("library/{name}:1")));
    Ok(Good { name, image, archive, registry })
}

/// A shell, and what a container mounts on.
fn base(program: &Path) -> io::Result<Vec<Entry>> {
    let mut entries: Vec<Entry> = ["bin", "dev", "etc", "proc", "sys", "tmp"].map(Entry::directory).into();
    entries.push(Entry::program("bin/sh", fs::read(program)?));
    entries.extend(below());
    Ok(entries)
}

/// What [`on_top`] stands on.
fn below() -> Vec<Entry> {
    vec![
        Entry::directory("srv"),
        Entry::file("srv/linked", "what a layer above links to"),
        Entry::file("srv/gone", "what a layer above takes away"),
    ]
}

/// Cannot be unpacked without the layers below it.
fn on_top() -> Vec<Entry> {
    vec![Entry::hard_link("srv/link", "srv/linked"), Entry::file("srv/.wh.gone", "")]
}

fn small(name: &str, count: usize) -> Vec<Entry> {
    let mut entries = vec![Entry::directory("opt"), Entry::directory(&format!("opt/{name}"))];
    entries.extend((0..count).map(|number| {
        let content = format!("{name} {number}\n").repeat(1 + number * 97);
        Entry::file(&format!("opt/{name}/{number}"), content)
    }));
    entries
}

fn files_of(layers: &[Vec<Entry>]) -> Files {
    let mut files = Files::new();
    for entry in layers.iter().flatten() {
        match entry {
            Entry::File { path, content, .. } => match path.rsplit_once("/.wh.") {
                Some((directory, name)) => files.insert(format!("{directory}/{name}"), None),
                None => files.insert(path.clone(), Some(digest(content))),
            },
            Entry::HardLink { path, target } => {
                let content = files.get(target).cloned().flatten();
                files.insert(path.clone(), content)
            }
            Entry::Directory { .. } | Entry::Symlink { .. } => None,
        };
    }
    files
}

/// The blobs of an OCI archive, and their digests as their names say.
pub(super) fn blobs_of(archive: &[u8]) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut blobs = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        if let Some(hex) = path.strip_prefix("blobs/sha256/").filter(|hex| !hex.is_empty()) {
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes)?;
            blobs.insert(format!("sha256:{hex}"), bytes);
        }
    }
    Ok(blobs)
}

/// The digest of the one configuration.
fn config_of(blobs: &BTreeMap<String, Vec<u8>>) -> io::Result<String> {
    let documents = blobs.values().filter_map(|bytes| serde_json::from_slice::<Value>(bytes).ok());
    let mut configs =
        documents.filter_map(|document| Some(document["config"]["digest"].as_str()?.to_owned()));
    configs.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}
