//! Layers applied one after the other by GNU tar, as root: what an overlay of ours must show.
//!
//! Whiteouts, of which GNU tar knows nothing, are interpreted here, in the simplest way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};

/// What GNU tar makes of an archive in an empty or filled directory.
///
/// Names are taken as they are: GNU tar would else make links that lead out only at its end, over what has replaced them since. And
/// directories get their times at the end, not when an entry of another one comes.
pub(crate) fn extract(archive: &Path, into: &Path) {
    let mut tar = Command::new("tar");
    tar.args([
        "--delay-directory-restore",
        "--xattrs",
        "--xattrs-include=*",
        "--numeric-owner",
        "--exclude=.wh.*",
        "-Pxpf",
    ]);
    let output = tar.arg(archive).arg("-C").arg(into).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// An empty root, with the metadata that a layer's has which does not list it.
pub(crate) fn root(path: &Path) {
    fs::create_dir(path).unwrap();
    set_time(path, 0, 0);
}

/// Applies a layer to what lower layers have made.
///
/// Directories that it only implies keep their time, and new ones get none, since GNU tar gives them that of the extraction.
pub(crate) fn apply(archive: &Path, root: &Path) {
    let members = members(archive);
    let implied: BTreeMap<PathBuf, (i64, i64)> = members
        .iter()
        .flat_map(|(member, _)| Path::new(member).ancestors().skip(1))
        .filter(|parent| !members.iter().any(|(member, _)| Path::new(member) == *parent))
        .map(|parent| root.join(parent))
        .map(|path| {
            let time = path.symlink_metadata().map(|old| (old.mtime(), old.mtime_nsec())).unwrap_or_default();
            (path, time)
        })
        .collect();
    // Else what stands there now would be taken for a parent.
    for (member, _) in members.iter().filter(|(_, is_directory)| *is_directory) {
        if root.join(member).symlink_metadata().is_ok_and(|old| !old.is_dir()) {
            remove(&root.join(member));
        }
    }
    for (member, is_directory) in &members {
        let (parent, name) = member.rsplit_once('/').unwrap_or(("", member));
        match name.strip_prefix(".wh.") {
            Some(".wh..opq") => {
                for entry in fs::read_dir(root.join(parent)).into_iter().flatten() {
                    remove(&entry.unwrap().path());
                }
            }
            Some(hidden) => remove(&root.join(parent).join(hidden)),
            // GNU tar would give up.
            None if !is_directory && root.join(member).symlink_metadata().is_ok_and(|old| old.is_dir()) => {
                remove(&root.join(member));
            }
            // GNU tar adds the attributes of an entry to those that the directory has.
            None if *is_directory => {
                let _none = rustix::fs::lremovexattr(root.join(member), "user.a");
            }
            None => {}
        }
    }
    let kept: BTreeSet<&PathBuf> = implied.keys().filter(|path| path.symlink_metadata().is_ok()).collect();
    for (member, _) in members.iter().filter(|(member, _)| is_whiteout(member)) {
        fs::create_dir_all(root.join(member).parent().unwrap()).unwrap();
    }
    extract(archive, root);
    for (path, time) in &implied {
        let (seconds, nanoseconds) = if kept.contains(path) { *time } else { (0, 0) };
        if path.symlink_metadata().is_ok_and(|made| made.is_dir()) {
            set_time(path, seconds, nanoseconds);
        }
    }
}

fn is_whiteout(member: &str) -> bool {
    member.rsplit('/').next().is_some_and(|name| name.starts_with(".wh."))
}

fn set_time(path: &Path, tv_sec: i64, tv_nsec: i64) {
    let time = Timespec { tv_sec, tv_nsec };
    let times = Timestamps { last_access: time, last_modification: time };
    utimensat(CWD, path, &times, AtFlags::SYMLINK_NOFOLLOW).unwrap();
}

/// Names without `./` before and `/` behind them, and whether they are directories.
fn members(archive: &Path) -> Vec<(String, bool)> {
    let mut archive = tar::Archive::new(File::open(archive).unwrap());
    let member = |entry: std::io::Result<tar::Entry<'_, File>>| {
        let entry = entry.unwrap();
        let path = String::from_utf8(entry.path_bytes().to_vec()).unwrap();
        let name = path.trim_start_matches("./").trim_end_matches('/').to_owned();
        (name, entry.header().entry_type().is_dir())
    };
    archive.entries().unwrap().map(member).collect()
}

fn remove(path: &Path) {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path).unwrap(),
        Ok(_) => fs::remove_file(path).unwrap(),
        Err(_) => {}
    }
}
