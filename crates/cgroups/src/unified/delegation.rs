//! Which controllers a cgroup has: those that every cgroup above it hands down.

use std::path::Path;

use crate::controller::Controller;
use crate::error::Error;
use crate::file;

/// The controllers among the words of `cgroup.controllers`.
pub(crate) fn parse(words: &str) -> Vec<Controller> {
    let has = |name: &str| words.split_ascii_whitespace().any(|word| word == name);
    Controller::ALL.into_iter().filter(|controller| controller.unified_name().is_some_and(has)).collect()
}

/// Makes `directory` hand the controllers down, and all above it up to the mount point.
///
/// Usually they already do: one read. What cannot be handed down (a parent with processes of its own, a container that was not
/// given the controller) is left; the limit that needs it then fails by name.
pub(crate) fn delegate(directory: &Path, mount: &Path, wanted: &[&str]) -> Result<(), Error> {
    let control = directory.join("cgroup.subtree_control");
    let present = file::read(&control)?.unwrap_or_default();
    let missing: Vec<&str> = wanted
        .iter()
        .copied()
        .filter(|name| !present.split_ascii_whitespace().any(|word| word == *name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if directory != mount
        && let Some(parent) = directory.parent()
    {
        delegate(parent, mount, &missing)?;
    }
    let all: Vec<String> = missing.iter().map(|name| format!("+{name}")).collect();
    // All or nothing in one write; one by one, what can be had is had.
    if file::put(&control, &all.join(" ")).is_err() {
        for one in all {
            if let Err(error) = file::put(&control, &one)
                && !is_refusal(&error)
            {
                return Err(Error::Write { value: one, path: control, source: error });
            }
        }
    }
    Ok(())
}

/// What the kernel answers where a controller cannot be handed down here.
fn is_refusal(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let refusals = [Errno::BUSY, Errno::NOENT, Errno::OPNOTSUPP, Errno::PERM, Errno::ACCESS, Errno::INVAL];
    refusals.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
