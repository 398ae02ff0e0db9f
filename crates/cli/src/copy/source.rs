//! Something on this machine that is copied into a container.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::os::fd::AsFd as _;

use corten_layer_tar::{Limits, SameOwners, pack_object};
use rustix::fs::{CWD, Mode, OFlags, openat};

use super::go_path::{base, has_slash, split_entry};
use super::rules::renamed_base;
use super::side::Side;
use crate::failure::{Failure, Outcome, go_text};

/// What is copied.
pub(crate) struct LocalSource {
    pub(crate) side: Side,
}

impl LocalSource {
    /// Looks at an absolute path. The links before its last part are followed, that one only if asked for or with a slash behind it.
    pub(crate) fn find(path: &str, follows: bool) -> Outcome<Self> {
        let (resolved, rebase_name) = if follows {
            renamed_base(path, resolve(path)?)
        } else {
            let slash = path.rfind('/').unwrap_or_default();
            let (above, name) = path.split_at(slash + 1);
            let resolved = format!("{}/{name}", resolve(above)?);
            let differs = has_slash(path) && base(path) != base(&resolved);
            (resolved, if differs { base(path).to_owned() } else { String::new() })
        };
        let found = fs::symlink_metadata(&resolved)
            .map_err(|error| Failure::new(go_text("lstat", &resolved, &error)))?;
        let side = Side { path: resolved, exists: true, is_directory: found.is_dir(), rebase_name };
        Ok(Self { side })
    }

    /// Packs it, under another name than its own if there is one. Blocks.
    pub(crate) fn pack(&self, name: Option<&str>, into: impl Write) -> Result<(), Failure> {
        let (above, own) = split_entry(&self.side.path);
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let directory = openat(CWD, &above, flags, Mode::empty())
            .map_err(|error| Failure::new(go_text("open", &above, &error.into())))?;
        let rebase_name = Some(self.side.rebase_name.as_str()).filter(|name| !name.is_empty());
        let name = name.or(rebase_name).unwrap_or(&own);
        let place = (directory.as_fd(), if matches!(own.as_str(), "." | "/") { "" } else { &own }.as_bytes());
        let packed = pack_object(place, name.as_bytes(), &SameOwners, into, &Limits::default());
        packed.map(drop).map_err(|error| Failure::new(corten_error::chain(&error)))
    }
}

/// Follows all links of a path that exists.
fn resolve(path: &str) -> Outcome<String> {
    match fs::canonicalize(path) {
        Ok(resolved) => Ok(resolved.to_string_lossy().into_owned()),
        // So says Go, without the path.
        Err(error) if error.kind() == ErrorKind::NotADirectory => Err(Failure::new("not a directory")),
        Err(error) => Err(Failure::new(go_text("lstat", &missing(path, &error), &error))),
    }
}

/// The part of a path at which it ceases to exist, with its links followed so far: what Go's error names.
fn missing(path: &str, error: &io::Error) -> String {
    if error.kind() != ErrorKind::NotFound {
        return path.to_owned();
    }
    let mut known = String::from("/");
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let next = super::go_path::join(&known, part);
        match fs::canonicalize(&next) {
            Ok(resolved) => known = resolved.to_string_lossy().into_owned(),
            Err(_) => {
                let target = fs::read_link(&next).map(|target| target.to_string_lossy().into_owned());
                return match target {
                    Ok(target) if target.starts_with('/') => target,
                    Ok(target) => super::go_path::join(&known, &target),
                    Err(_) => next,
                };
            }
        }
    }
    known
}
