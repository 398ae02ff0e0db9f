//! Archives of images, of documents that name each other rightly: loaded whole or not at all, and what is saved of them is the same.
//!
//! A line is a document. In it `@N` stands for the digest of line N, `%N` for that without its algorithm, `#N` for its length; line 0 is a
//! layer. The last line says what the archive holds: `index.json`, or, where it is a list, Docker's `manifest.json`.
#![no_main]

use std::collections::BTreeSet;

use corten_content::{Content, Hasher};
use corten_images::{Cause, Images, LoadOptions, Origins};
use corten_registry_client::Repository;
use corten_spec::digest::{Algorithm, Digest};
use corten_spec::reference::Reference;
use corten_state::{StateError, Store};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;
use tokio::runtime::{Builder, Handle, Runtime};

/// More would be the same, slower.
const MOST_LINES: usize = 12;

fuzz_target!(|text: &str| {
    let archive = archive(text);
    let root = Root::new();
    let Ok(loaded) = root.images.load(&archive[..], &LoadOptions::default()) else {
        return root.assert_empty();
    };
    assert_eq!(root.images.flaws().expect("an answer"), []);
    let ids: BTreeSet<String> = loaded.iter().map(|image| image.id.to_string()).collect();
    for id in &ids {
        let mut saved = Vec::new();
        let chosen = root.images.save(&[id.clone()], &[], &root.nowhere).expect("an image that was loaded");
        chosen.write(&mut saved, &root.nowhere).expect("an archive");
        let other = Root::new();
        let again = other.images.load(&saved[..], &LoadOptions::default()).expect("an archive of ours");
        assert!(again.iter().any(|image| image.id.to_string() == *id), "{id}");
    }
    for id in root.ids() {
        // One image may have gone with another that has the same target.
        let _gone = root.images.remove(&id, true, &[], &[]);
    }
    root.assert_empty();
});

/// No registry is to be had, and none is needed: nothing was dropped.
struct Nowhere(Runtime);

impl Origins for Nowhere {
    fn repository(&self, name: &Reference) -> Result<Repository, Cause> {
        Err(format!("there is no way to {name}").into())
    }

    fn handle(&self) -> &Handle {
        self.0.handle()
    }
}

struct Root {
    images: Images,
    nowhere: Nowhere,
    content: Content,
    store: Store,
    _directory: TempDir,
}

impl Root {
    fn new() -> Root {
        let directory = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
        let store = Store::open(directory.path()).expect("a database");
        let content = Content::open(&directory.path().join("content")).expect("a store");
        let images = Images::new(directory.path(), store.clone(), content.clone());
        let nowhere = Nowhere(Builder::new_current_thread().build().expect("a runtime"));
        Root { images, nowhere, content, store, _directory: directory }
    }

    /// Of all images, those for other platforms too.
    fn ids(&self) -> Vec<String> {
        let rows = self.store.read::<_, StateError>(|t| t.images()).expect("rows");
        rows.into_iter().map(|row| row.id).collect()
    }

    fn assert_empty(&self) {
        assert_eq!(self.content.list().expect("a list"), []);
        let rows = self.store.read::<_, StateError>(|t| Ok((t.images()?.len(), t.layers()?.len())));
        assert_eq!(rows.expect("rows"), (0, 0));
    }
}

fn archive(text: &str) -> Vec<u8> {
    let mut blobs = vec![layer()];
    let mut lines: Vec<&str> = text.lines().take(MOST_LINES).collect();
    let last = lines.pop().unwrap_or_default();
    for line in lines {
        let document = fill(line, &blobs).into_bytes();
        blobs.push(document);
    }
    let mut tarball = tar::Builder::new(Vec::new());
    for blob in &blobs {
        add(&mut tarball, &format!("blobs/sha256/{}", digest(blob).hex()), blob);
    }
    let last = fill(last, &blobs);
    if last.starts_with('[') {
        add(&mut tarball, "manifest.json", last.as_bytes());
    } else {
        add(&mut tarball, "oci-layout", br#"{"imageLayoutVersion":"1.0.0"}"#);
        add(&mut tarball, "index.json", last.as_bytes());
    }
    tarball.into_inner().expect("bytes in memory")
}

fn layer() -> Vec<u8> {
    let mut tarball = tar::Builder::new(Vec::new());
    add(&mut tarball, "file", b"content");
    tarball.into_inner().expect("bytes in memory")
}

fn add(tarball: &mut tar::Builder<Vec<u8>>, path: &str, bytes: &[u8]) {
    let mut header = tar::Header::new_ustar();
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    tarball.append_data(&mut header, path, bytes).expect("bytes in memory");
}

fn digest(bytes: &[u8]) -> Digest {
    Hasher::digest(Algorithm::Sha256, bytes)
}

/// Puts digests and lengths where a line asks for those of one before it.
fn fill(line: &str, blobs: &[Vec<u8>]) -> String {
    blobs.iter().enumerate().rev().fold(line.to_owned(), |line, (number, blob)| {
        line.replace(&format!("@{number}"), digest(blob).as_str())
            .replace(&format!("%{number}"), digest(blob).hex())
            .replace(&format!("#{number}"), &blob.len().to_string())
    })
}
