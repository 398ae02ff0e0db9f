//! The overlay of a container's layers and its own changes.
//!
//! It prepares no directory and leaves nothing on the host: the mount lives and dies with the container's mount namespace.

use std::fmt::Write;
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::mount::{MountAttrFlags, MountFlags};
use rustix::system::uname;

use super::file_system::Context;
use crate::failure::{Doing, Failure};

/// fsconfig(2) takes strings of at most 255 bytes.
const LONGEST_VALUE: usize = 255;

/// An upper directory written with these off is exactly a layer, and works under every kernel.
const OPTIONS: [&str; 3] = ["redirect_dir", "metacopy", "index"];

/// The directories of one overlay.
pub(super) struct Layers<'a> {
    /// Topmost first.
    pub(super) lower: &'a [PathBuf],
    pub(super) upper: &'a Path,
    pub(super) work: &'a Path,
}

/// The overlay, detached; `None` before Linux 6.7, which knows only [`mount_in_place`].
pub(super) fn make(layers: &Layers<'_>) -> Result<Option<OwnedFd>, Failure> {
    if !takes_layers_singly(&uname().release().to_string_lossy()) {
        return Ok(None);
    }
    let context = Context::open("overlay")?;
    // The name that mount tables and df(1) show.
    context.set("source", Some("overlay"))?;
    let mut held = Vec::new();
    for (position, lower) in layers.lower.iter().enumerate() {
        let short = short_path(lower, &mut held)?;
        match context.try_set("lowerdir+", &short) {
            // Whatever the kernel calls itself, this one does not know the word.
            Err(Errno::INVAL) if position == 0 => return Ok(None),
            added => added.doing(|| format!("add layer `{}` to the overlay", lower.display()))?,
        }
    }
    for (key, directory) in [("upperdir", layers.upper), ("workdir", layers.work)] {
        let short = short_path(directory, &mut held)?;
        context
            .try_set(key, &short)
            .doing(|| format!("set `{key}` of the overlay to `{}`", directory.display()))?;
    }
    for option in OPTIONS {
        context.set(option, Some("off"))?;
    }
    // The mount holds what it needs itself.
    context.mount(MountAttrFlags::empty()).map(Some)
}

/// Whether a kernel of this release knows layers that are added one by one (6.7). Asking it is no way to learn that: before 6.5, fsconfig(2)
/// takes every word for an overlay, and the mount fails in the end.
fn takes_layers_singly(release: &str) -> bool {
    let mut numbers = release.split(|c: char| !c.is_ascii_digit()).map(str::parse::<u32>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (6, 7),
        _ => false,
    }
}

/// The path itself, or for a long one a link to an open descriptor, which `held` keeps open.
fn short_path(path: &Path, held: &mut Vec<OwnedFd>) -> Result<PathBuf, Failure> {
    if path.as_os_str().len() <= LONGEST_VALUE {
        return Ok(path.to_owned());
    }
    hold(path, held)
}

fn hold(path: &Path, held: &mut Vec<OwnedFd>) -> Result<PathBuf, Failure> {
    let opened = openat(CWD, path, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty());
    let directory = opened.doing(|| format!("open layer `{}`", path.display()))?;
    let link = PathBuf::from(format!("/proc/self/fd/{}", directory.as_raw_fd()));
    held.push(directory);
    Ok(link)
}

/// Mounts the overlay on its upper directory, in a mount namespace that is nobody else's: mount(2) with all layers in one string of at most a
/// page: descriptors keep every one of them short, and free of the separators that paths could hold.
pub(super) fn mount_in_place(layers: &Layers<'_>) -> Result<OwnedFd, Failure> {
    let mut held = Vec::new();
    let mut data = String::from("redirect_dir=off,metacopy=off,index=off,lowerdir=");
    for (position, lower) in layers.lower.iter().enumerate() {
        let separator = if position == 0 { "" } else { ":" };
        // Writing to a `String` cannot fail.
        let _ = write!(data, "{separator}{}", hold(lower, &mut held)?.display());
    }
    for (key, directory) in [("upperdir", layers.upper), ("workdir", layers.work)] {
        let _ = write!(data, ",{key}={}", hold(directory, &mut held)?.display());
    }
    let data =
        std::ffi::CString::new(data).map_err(std::io::Error::from).doing(|| "write mount data".into())?;
    rustix::mount::mount("overlay", layers.upper, "overlay", MountFlags::empty(), data.as_c_str())
        .doing(|| format!("mount the overlay of `{}`", layers.upper.display()))?;
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    openat(CWD, layers.upper, flags, Mode::empty()).doing(|| "open the overlay".into())
}

#[cfg(test)]
mod tests {
    use super::takes_layers_singly;

    #[test]
    fn kernels_before_6_7_get_all_layers_at_once() {
        for release in ["6.1.0-38-cloud-amd64", "6.6.9", "5.14.0-503.el9.x86_64", "6", "", "x.y"] {
            assert!(!takes_layers_singly(release), "{release}");
        }
        for release in ["6.7.0", "6.12.107+deb13-cloud-amd64", "6.18-rc1", "7.0"] {
            assert!(takes_layers_singly(release), "{release}");
        }
    }
}
