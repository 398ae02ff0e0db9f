//! Where something from a container goes on this machine.

use std::fs;
use std::io::{self, ErrorKind, Read};
use std::os::fd::AsFd as _;
use std::os::unix::fs::FileTypeExt as _;

use corten_layer_tar::{Extraction, Limits, extract};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::go_path::{base, clean, directory, join, split_entry};
use super::rules::{Placement, place};
use super::side::Side;
use crate::failure::{Failure, Outcome, go_text};

/// As many links as Docker follows to the destination.
const LINKS: usize = 10;

/// Refuses a destination that nothing can be put into, before anything is asked for.
pub(crate) fn check_output(path: &str) -> Outcome {
    let above = directory(&clean(path));
    if fs::metadata(&above).is_err_and(|error| error.kind() == ErrorKind::NotFound) {
        return Err(Failure::new(format!("invalid output path: directory \"{above}\" does not exist")));
    }
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        about => about.map_err(|error| Failure::new(go_text("stat", path, &error)))?,
    };
    let kind = about.file_type();
    if kind.is_block_device() || kind.is_char_device() {
        return Err(Failure::new(format!(
            "invalid output path: \"{path}\" must be a directory or a regular file: got a device"
        )));
    }
    Ok(())
}

/// A place that is known.
pub(crate) struct Destination {
    placement: Placement,
    /// The archive's root.
    root: String,
    /// What that is called here.
    name: Option<String>,
}

impl Destination {
    /// Looks at an absolute path and decides what the source makes of it.
    pub(crate) fn find(path: &str, source: &Side) -> Outcome<Self> {
        let placement = place(source, &look_at(path)?)?;
        let root = base(&source.path).to_owned();
        let rebase_name = Some(source.rebase_name.clone()).filter(|name| !name.is_empty());
        let name = placement.name.clone().or(rebase_name);
        Ok(Self { placement, root, name })
    }

    /// Extracts the archive. Blocks. Nothing outside of the directory is changed, whatever the archive says.
    pub(crate) fn extract(&self, archive: impl Read) -> Outcome {
        let at = &self.placement.directory;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, at, flags, Mode::empty())
            .map_err(|error| Failure::new(go_text("open", at, &error.into())))?;
        let root = if matches!(self.root.as_str(), "." | "/") { "" } else { &self.root };
        let extraction = Extraction {
            root: directory.as_fd(),
            at: b"",
            refuse_outward_links: true,
            refuse_exchange: true,
            owner: None,
            rename: self.name.as_deref().map(|name| (root.as_bytes(), name.as_bytes())),
            owners: None,
        };
        let done = extract(archive, extraction, &Limits::default());
        done.map(drop).map_err(|error| {
            Failure::new(error.in_dockers_words(at).unwrap_or_else(|| corten_error::chain(&error)))
        })
    }
}

fn look_at(path: &str) -> Outcome<Side> {
    let failed = |path: &str, error: &io::Error| Failure::new(go_text("lstat", path, error));
    let mut path = path.to_owned();
    for _ in 0..=LINKS + 1 {
        let found = match fs::symlink_metadata(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return missing(path),
            found => found.map_err(|error| failed(&path, &error))?,
        };
        if !found.is_symlink() {
            let is_directory = found.is_dir();
            return Ok(Side { path, exists: true, is_directory, ..Side::default() });
        }
        let target = fs::read_link(&path).map_err(|error| failed(&path, &error))?;
        let target = target.to_string_lossy().into_owned();
        path = if target.starts_with('/') { target } else { join(&split_entry(&path).0, &target) };
    }
    Err(Failure::new(format!("too many symlinks in {path}")))
}

/// What does not exist can be made where its parent does.
fn missing(path: String) -> Outcome<Side> {
    let (above, _) = split_entry(&path);
    let about = fs::metadata(&above).map_err(|error| Failure::new(go_text("stat", &above, &error)))?;
    if !about.is_dir() {
        return Err(Failure::new("not a directory"));
    }
    Ok(Side { path, ..Side::default() })
}
