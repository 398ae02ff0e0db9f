//! Which controllers a cgroup has: those that every cgroup above it hands down.

use std::path::Path;

use crate::controller::Controller;
use crate::error::CgroupsError;
use crate::file;

/// The controllers among the words of `cgroup.controllers`.
pub(crate) fn parse(words: &str) -> Vec<Controller> {
    let offered = |controller: &Controller| controller.unified_name().is_some_and(|name| has(words, name));
    Controller::ALL.into_iter().filter(offered).collect()
}

/// Makes `directory` hand the controllers down, and all above it up to `top`.
///
/// Usually they already do: one read. What cannot be handed down (a parent with processes of its own, a container that was not
/// given the controller) is left; the limit that needs it then fails by name.
pub(crate) fn delegate(directory: &Path, top: &Path, wanted: &[&str]) -> Result<(), CgroupsError> {
    let control = directory.join("cgroup.subtree_control");
    let present = file::read(&control)?.unwrap_or_default();
    let mut missing: Vec<&str> = wanted.iter().copied().filter(|name| !has(&present, name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    if directory == top {
        // A unit of systemd's was not given all that the machine has.
        let given = file::read(&directory.join("cgroup.controllers"))?.unwrap_or_default();
        missing.retain(|name| has(&given, name));
    } else if let Some(parent) = directory.parent() {
        delegate(parent, top, &missing)?;
    }
    if missing.is_empty() {
        return Ok(());
    }
    let all: Vec<String> = missing.iter().map(|name| format!("+{name}")).collect();
    // All or nothing in one write; one by one, what can be had is had.
    if file::put(&control, &all.join(" ")).is_err() {
        for one in all {
            if let Err(error) = file::put(&control, &one)
                && !is_refusal(&error)
            {
                return Err(CgroupsError::Write { value: one, path: control, source: error });
            }
        }
    }
    Ok(())
}

fn has(words: &str, name: &str) -> bool {
    words.split_ascii_whitespace().any(|word| word == name)
}

/// What the kernel answers where a controller cannot be handed down here.
fn is_refusal(error: &std::io::Error) -> bool {
    use rustix::io::Errno;
    let refusals = [Errno::BUSY, Errno::NOENT, Errno::OPNOTSUPP, Errno::PERM, Errno::ACCESS, Errno::INVAL];
    refusals.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}
