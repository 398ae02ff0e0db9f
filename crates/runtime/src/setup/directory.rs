//! The working directory: created before the root is entered, entered with root's or the user's rights.
//!
//! It is never outside the root: CVE-2024-21626.

use std::os::fd::OwnedFd;

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::process::{fchdir, getcwd};

use super::Common;
use super::beneath::{self, Missing};
use crate::failure::{Doing, Failure};

/// Creates what is missing of it, as Docker and runc do.
pub(super) fn create(common: &Common<'_>, root: &OwnedFd) -> Result<(), Failure> {
    let path = &common.plan.spec.cwd;
    beneath::open_or_create(root, path.as_ref(), Missing::Directory)
        .map(drop)
        .doing(|| format!("create the working directory `{path}`"))
}

/// With root's rights; where root may not enter it, the user may have to.
pub(super) fn enter_as_root(common: &mut Common<'_>) -> Result<(), Failure> {
    match enter(&common.plan.spec.cwd) {
        Err(Errno::ACCESS | Errno::PERM) => return Ok(()),
        entered => entered.doing(|| refusal(common))?,
    }
    common.in_directory = true;
    check(common)
}

/// With the user's, if root's did not do.
pub(super) fn enter_as_user(common: &mut Common<'_>) -> Result<(), Failure> {
    if common.in_directory {
        return Ok(());
    }
    enter(&common.plan.spec.cwd).doing(|| refusal(common))?;
    check(common)
}

fn enter(path: &str) -> Result<(), Errno> {
    let root = openat(CWD, c"/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    fchdir(beneath::open(root, path, OFlags::PATH | OFlags::DIRECTORY)?)
}

/// The words are runc's.
fn refusal(common: &Common<'_>) -> String {
    format!("chdir to cwd (\"{}\") set in config.json failed", common.plan.spec.cwd)
}

/// The kernel says `(unreachable)/…` of a directory outside the root.
fn check(common: &Common<'_>) -> Result<(), Failure> {
    let path = getcwd(Vec::new()).doing(|| refusal(common))?;
    if path.to_bytes().first() == Some(&b'/') {
        return Ok(());
    }
    Err(Failure::refused(format!("{}: it is outside the container's root", refusal(common))))
}
