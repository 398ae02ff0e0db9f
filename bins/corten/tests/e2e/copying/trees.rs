//! The files that every case of the table begins with, in the container and on this machine, and what is different afterwards.

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::io::Read;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

/// Makes `/q` in a container, from the shell.
pub(super) const CONTAINER: &str = "mkdir -p /q/dir/sub /q/conflict/dir /q/conflict2/file; cd /q; echo inside >file; \
     echo f >dir/f; echo g >dir/sub/g; chown 7:8 dir/f; chmod 4755 dir/sub/g; ln dir/f dir/hard; chmod 751 dir/sub; \
     ln -s f dir/l; ln -s file fl; ln -s dir dl; ln -s none dang; ln -s dang2 dang1; ln -s loop2 loop1; \
     ln -s loop1 loop2; mkfifo -m 640 pipe; echo plain >conflict/dir/sub; : >empty; \
     mkdir -m 1777 odir; ln -s dir/sub chain; ln -s chain chain2";

/// Makes the like in a directory of this machine.
pub(super) fn here(directory: &Path) {
    let make = |name: &str| fs::create_dir_all(directory.join(name)).unwrap();
    let write = |name: &str, text: &str| fs::write(directory.join(name), text).unwrap();
    let link = |to: &str, name: &str| symlink(to, directory.join(name)).unwrap();
    for name in ["dir/sub", "odir", "conflict/dir", "conflict2/file"] {
        make(name);
    }
    for (name, text) in [
        ("file", "outside\n"),
        ("dir/f", "of\n"),
        ("dir/sub/g", "og\n"),
        ("conflict/dir/sub", "plain\n"),
        ("empty", ""),
        ("a:b", "colon\n"),
    ] {
        write(name, text);
    }
    link("f", "dir/l");
    link("file", "fl");
    link("dir", "dl");
    link("none", "dang");
    link("loop2", "loop1");
    link("loop1", "loop2");
    fs::hard_link(directory.join("dir/f"), directory.join("dir/hard")).unwrap();
    chown(directory.join("dir/f"), Some(1000), Some(1001)).unwrap();
    fs::set_permissions(directory.join("dir/sub/g"), Permissions::from_mode(0o4755)).unwrap();
    fs::set_permissions(directory.join("odir"), Permissions::from_mode(0o750)).unwrap();
    let run = |program: &str, arguments: &[&str]| {
        let done = Command::new(program).args(arguments).current_dir(directory).status().unwrap();
        assert!(done.success(), "{program} {arguments:?}");
    };
    run("mkfifo", &["-m", "600", "pipe"]);
    run("tar", &["-cf", "dir.tar", "dir"]);
    run("tar", &["-cf", "content.tar", "-C", "dir", "."]);
    run("tar", &["-cf", "file.tar", "--transform", "s,file,made/on/the/way,", "file"]);
    run("tar", &["-cf", "through.tar", "--transform", "s,file,dl/through,", "file"]);
    run("tar", &["-cf", "over.tar", "--transform", "s,file,dir,", "file"]);
    run("tar", &["-czf", "zipped.tar", "file"]);
    run("tar", &["-cPf", "outside.tar", "--transform", "s,file,../../outside,", "file"]);
    run("tar", &["-cf", "whiteout.tar", "--transform", "s,file,.wh.dir,", "file"]);
}

/// What an object is, in a line.
pub(super) type Listing = BTreeMap<String, String>;

/// Everything in a directory of this machine; owners are not told, they are whoever runs the test.
pub(super) fn list_here(directory: &Path) -> Listing {
    let mut listing = Listing::new();
    let mut ahead = vec![directory.to_owned()];
    while let Some(next) = ahead.pop() {
        for entry in fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            let about = fs::symlink_metadata(&path).unwrap();
            let kind = about.file_type();
            let mode = about.mode() & 0o7777;
            let line = if kind.is_symlink() {
                format!("link to {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                ahead.push(path.clone());
                format!("directory {mode:o}")
            } else if kind.is_fifo() {
                format!("pipe {mode:o}")
            } else {
                format!("file {mode:o} {}", said(&fs::read(&path).unwrap()))
            };
            listing.insert(path.strip_prefix(directory).unwrap().display().to_string(), line);
        }
    }
    listing.retain(|name, _| !is_archive(name));
    listing
}

/// Archives of the case's own, whose bytes have times in them.
pub(super) fn is_archive(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "tar")
}

/// Everything in an archive, by its path without a slash at the end.
pub(super) fn list_archive(archive: impl Read) -> Vec<(String, String)> {
    let mut archive = tar::Archive::new(archive);
    let mut listing = Vec::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let header = entry.header().clone();
        let owner = format!("{}:{}", header.uid().unwrap(), header.gid().unwrap());
        let mode = header.mode().unwrap() & 0o7777;
        let link = entry.link_name().unwrap().map(|link| link.display().to_string()).unwrap_or_default();
        let line = match header.entry_type() {
            tar::EntryType::Regular => {
                let mut content = Vec::new();
                entry.read_to_end(&mut content).unwrap();
                format!("file {mode:o} {owner} {}", said(&content))
            }
            tar::EntryType::Directory => format!("directory {mode:o} {owner}"),
            tar::EntryType::Symlink => format!("link to {link}"),
            tar::EntryType::Link => format!("the same as {link}"),
            tar::EntryType::Fifo => format!("pipe {mode:o} {owner}"),
            other => format!("{other:?} {mode:o} {owner}"),
        };
        listing.push((path, line));
    }
    listing
}

fn said(content: &[u8]) -> String {
    format!("{:?}", String::from_utf8_lossy(&content[..content.len().min(40)]))
}

/// Lines for what is there and was not, or is another; and for what is gone.
pub(super) fn differences(prefix: &str, before: &Listing, after: &Listing) -> String {
    let mut lines = String::new();
    for (name, line) in after {
        if before.get(name) != Some(line) {
            lines.push_str(&format!("+ {prefix}{name} {line}\n"));
        }
    }
    for name in before.keys().filter(|name| !after.contains_key(*name)) {
        lines.push_str(&format!("- {prefix}{name}\n"));
    }
    lines
}
