//! Images stay as they were loaded, whatever containers do to their own files.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use corten_testkit::{Corten, fixtures};
use rustix::fs::{lgetxattr, llistxattr};

use crate::setup;

/// Everything about a file that could be changed; times of reading are not of it.
#[derive(Debug, PartialEq, Eq)]
struct File {
    mode: u32,
    owner: (u32, u32),
    device: u64,
    modified: (i64, i64),
    links: u64,
    content: Vec<u8>,
    attributes: BTreeMap<Vec<u8>, Vec<u8>>,
}

type Listing = BTreeMap<PathBuf, File>;

/// What lies below the directory of all layers.
fn layers(corten: &Corten) -> Listing {
    let mut listing = Listing::new();
    list(&corten.root().state().join("layers"), &mut listing);
    assert!(!listing.is_empty());
    listing
}

fn list(path: &Path, listing: &mut Listing) {
    let about = path.symlink_metadata().expect("a file's metadata");
    let content = if about.is_symlink() {
        fs::read_link(path).expect("a link").into_os_string().into_encoded_bytes()
    } else if about.is_file() {
        fs::read(path).expect("a file")
    } else {
        Vec::new()
    };
    let file = File {
        mode: about.mode(),
        owner: (about.uid(), about.gid()),
        device: about.rdev(),
        modified: (about.mtime(), about.mtime_nsec()),
        links: about.nlink(),
        content,
        attributes: attributes(path),
    };
    listing.insert(path.to_owned(), file);
    if about.is_dir() {
        let entries = fs::read_dir(path).expect("a directory");
        entries.for_each(|entry| list(&entry.expect("an entry").path(), listing));
    }
}

fn attributes(path: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let mut names = vec![0; 4096];
    let length = llistxattr(path, &mut names).expect("names of attributes");
    let names = names[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    let value = |name: &[u8]| {
        let mut value = vec![0; 4096];
        let length = lgetxattr(path, name, &mut value).expect("an attribute");
        value.truncate(length);
        (name.to_owned(), value)
    };
    names.map(value).collect()
}

/// Files that differ, by path: the whole of two listings would fill the screen.
fn differing<'a>(before: &'a Listing, after: &'a Listing) -> Vec<&'a PathBuf> {
    let paths = before.keys().chain(after.keys().filter(|path| !before.contains_key(*path)));
    paths.filter(|path| before.get(*path) != after.get(*path)).collect()
}

/// A person in a shell makes, changes, renames and removes files, leaves, looks from elsewhere, and comes back.
fn a_visit_changes_nothing(corten: &Corten, image: &str) {
    let before = layers(corten);
    let mut terminal = corten.terminal(&["run", "-it", "--name", "first", image, "sh"]);
    terminal.expect("# ");
    terminal.send(
        "echo mine > /etc/note; echo more >> /etc/passwd; chmod 700 /etc; rm /etc/group; mv /tmp /moved\n",
    );
    terminal.send("echo do''ne; exit 3\n");
    terminal.expect("done");
    assert_eq!(terminal.wait(), 3);

    let elsewhere =
        ["run", "--rm", image, "sh", "-c", "test -e /etc/note || test -d /moved || cat /etc/group"];
    assert!(corten.run(&elsewhere).success().stdout().starts_with("root:"));

    let mut again = corten.terminal(&["start", "-ai", "first"]);
    again.send("cat /etc/note; test -d /moved && echo mov''ed; exit 5\n");
    again.expect("mine");
    again.expect("moved");
    assert_eq!(again.wait(), 5);
    assert_eq!(differing(&before, &layers(corten)), Vec::<&PathBuf>::new());
}

#[test]
fn what_a_container_does_to_its_files_leaves_its_image_unchanged_to_the_byte() {
    let Some(corten) = setup::busybox() else { return };
    a_visit_changes_nothing(&corten, "busybox");
}

#[test]
fn a_real_image_is_left_unchanged_to_the_byte() {
    let Some(archive) = fixtures::image("alpine-3.20") else { return };
    let Some(corten) = setup::engine() else { return };
    corten.load(&archive);
    a_visit_changes_nothing(&corten, "alpine:3.20");
}
