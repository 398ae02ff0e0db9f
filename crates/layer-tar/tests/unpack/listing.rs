//! All that can be told about a tree, a line for each object: what two ways of unpacking are compared by.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::fs::FileType;

/// Path, type and mode, owner, length, time, device, attributes, content or target, and for a file of several names the first of them.
pub(crate) fn listing(root: &Path) -> String {
    let mut lines = String::new();
    let mut first_names = BTreeMap::new();
    for path in std::iter::once(root.to_owned()).chain(everything_below(root)) {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().escape_debug().to_string();
        let metadata = path.symlink_metadata().unwrap();
        let kind = FileType::from_raw_mode(metadata.mode());
        write!(lines, "/{name} {:06o} {}:{}", metadata.mode(), metadata.uid(), metadata.gid()).unwrap();
        write!(lines, " {}.{:09}", metadata.mtime(), metadata.mtime_nsec()).unwrap();
        match kind {
            FileType::RegularFile => {
                write!(lines, " {} bytes", metadata.len()).unwrap();
            }
            FileType::Symlink => write!(lines, " -> {:?}", fs::read_link(&path).unwrap()).unwrap(),
            FileType::CharacterDevice | FileType::BlockDevice => {
                write!(lines, " device {:x}", metadata.rdev()).unwrap();
            }
            _ => {}
        }
        for (attribute, value) in xattrs(&path) {
            write!(lines, " {attribute}={value:02x?}").unwrap();
        }
        if kind != FileType::Directory && metadata.nlink() > 1 {
            let first = first_names.entry((metadata.dev(), metadata.ino())).or_insert_with(|| name.clone());
            if *first != name {
                write!(lines, " same as /{first}").unwrap();
            }
        }
        lines.push('\n');
    }
    lines
}

/// Everything below a directory, in order.
pub(crate) fn everything_below(root: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    collect(root, &mut paths);
    paths.sort();
    paths
}

fn collect(directory: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), paths);
        }
        paths.push(entry.path());
    }
}

/// The files of which the two trees have different content. A file of GiB is all but empty.
pub(crate) fn different_files(one: &Path, other: &Path) -> Vec<PathBuf> {
    let mut paths = everything_below(one);
    paths.retain(|path| {
        let metadata = path.symlink_metadata().unwrap();
        let same = |other: PathBuf| fs::read(path).unwrap() == fs::read(other).unwrap();
        metadata.is_file() && metadata.len() < 1 << 30 && !same(other.join(path.strip_prefix(one).unwrap()))
    });
    paths
}

/// Without those by which overlay file systems keep their books.
fn xattrs(path: &Path) -> BTreeMap<String, Vec<u8>> {
    let path = path.as_os_str().as_bytes();
    let mut names = vec![0; 65_536];
    let length = rustix::fs::llistxattr(path, &mut names[..]).unwrap();
    let names = String::from_utf8(names[..length].to_vec()).unwrap();
    let names = names.split_terminator('\0').filter(|name| !name.starts_with("trusted.overlay."));
    names
        .map(|name| {
            let mut value = vec![0; 65_536];
            let length = rustix::fs::lgetxattr(path, name, &mut value[..]).unwrap();
            (name.to_owned(), value[..length].to_vec())
        })
        .collect()
}
