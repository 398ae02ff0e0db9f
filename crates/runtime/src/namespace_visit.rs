//! A stay in namespaces of others, in which a child is born: some cannot be entered by the child itself.
//!
//! The caller has a single thread; it always comes back.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use corten_spec::runtime::NamespaceKind;
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::thread::{ThreadNameSpaceType, move_into_thread_name_spaces};

use crate::error::RuntimeError;

/// One namespace to be entered.
pub(crate) struct Place<'a> {
    pub(crate) kind: NamespaceKind,
    /// The kind as setns(2) takes it.
    pub(crate) flag: ThreadNameSpaceType,
    /// The namespace, or a process that is in it.
    pub(crate) of: BorrowedFd<'a>,
}

/// Runs `birth` while this process, and so its children, are in these namespaces. The pid namespace is that of children only
/// (setns(2)).
///
/// # Errors
/// A namespace that cannot be entered, or come back from; every one that was entered has been left again.
pub(crate) fn during<T>(places: &[Place<'_>], birth: impl FnOnce() -> T) -> Result<T, RuntimeError> {
    let Some((place, others)) = places.split_first() else { return Ok(birth()) };
    let kind = place.kind;
    let ours = open(&format!("/proc/self/ns/{}", kind.proc_name()))?;
    move_into_thread_name_spaces(place.of, place.flag)
        .map_err(RuntimeError::system(format!("join the {kind} namespace")))?;
    let born = during(others, birth);
    move_into_thread_name_spaces(ours.as_fd(), place.flag)
        .map_err(RuntimeError::system(format!("return to the own {kind} namespace")))?;
    born
}

/// Opens a namespace by its path.
pub(crate) fn open(path: &str) -> Result<OwnedFd, RuntimeError> {
    openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .map_err(RuntimeError::system(format!("open namespace `{path}`")))
}
