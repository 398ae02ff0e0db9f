//! Who the process is, looked up in the container's own files where the configuration does not say it in numbers.
//!
//! The files are the image's: they are opened beneath the root, must be regular, and are read up to a bound.

use std::ffi::CString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;

use corten_spec::passwd::{self, Account};
use corten_spec::runtime::{Process, User};
use rustix::fs::{CWD, FileType, Mode, OFlags, openat};
use rustix::io::Errno;

use super::{Common, beneath};
use crate::failure::{Doing, Failure};
use crate::launch::UserSource;

/// The largest `/etc/passwd` that is read, in bytes: a hundred thousand users.
const LARGEST_FILE: u64 = 16 << 20;

/// Numbers for the kernel.
#[derive(Debug, Default)]
pub(super) struct Identity {
    pub(super) uid: u32,
    pub(super) gid: u32,
    pub(super) groups: Vec<u32>,
}

/// Finds the numbers, and sets `HOME` where the environment has none (`/` where nobody knows better).
pub(super) fn look_up(common: &mut Common<'_>) -> Result<(), Failure> {
    let root = openat(CWD, c"/", OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())
        .doing(|| "open the root".into())?;
    let needs_home = common.plan.variable("HOME").is_none();
    let account = account(&root, common.plan.user, &common.plan.spec.user, needs_home)?;
    if needs_home {
        let variable = CString::new(home_variable(&account)).map_err(io::Error::from);
        common.environment.push(variable.doing(|| "set `HOME`".into())?);
    }
    common.identity = Identity { uid: account.uid, gid: account.gid, groups: account.groups };
    Ok(())
}

/// The same for a configuration that another runtime is given.
pub(super) fn resolve(root: &OwnedFd, source: &UserSource, process: &mut Process) -> Result<(), Failure> {
    let needs_home = process.env.iter().all(|entry| !entry.starts_with("HOME="));
    let account = account(root, source, &process.user, needs_home)?;
    if needs_home {
        process.env.push(home_variable(&account));
    }
    let Account { uid, gid, groups, .. } = account;
    process.user = User { uid, gid, additional_gids: groups, ..process.user.clone() };
    Ok(())
}

fn account(root: &OwnedFd, source: &UserSource, given: &User, needs_home: bool) -> Result<Account, Failure> {
    match source {
        UserSource::Spec => {
            let home = if needs_home { home(root, given.uid)? } else { String::new() };
            Ok(Account { uid: given.uid, gid: given.gid, groups: given.additional_gids.clone(), home })
        }
        UserSource::Image { user, additional_groups } => {
            let spec = user.parse().map_err(|error| Failure::refused(format!("{error}")))?;
            let (users, groups) = (read(root, "/etc/passwd")?, read(root, "/etc/group")?);
            passwd::account(&spec, additional_groups, &users, &groups)
                .map_err(|unknown| Failure::refused(unknown.to_string()))
        }
    }
}

fn home_variable(account: &Account) -> String {
    format!("HOME={}", if account.home.is_empty() { "/" } else { &account.home })
}

fn home(root: &OwnedFd, uid: u32) -> Result<String, Failure> {
    Ok(passwd::home_of(uid, &read(root, "/etc/passwd")?).to_owned())
}

/// Empty where there is none. Bytes that are no text cannot be in a name that is looked for.
fn read(root: &OwnedFd, path: &str) -> Result<String, Failure> {
    // Not to wait for whoever should open the other end, should it be a FIFO.
    let opened = beneath::open(root, path, OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY);
    let file = match opened {
        Err(Errno::NOENT | Errno::NOTDIR) => return Ok(String::new()),
        opened => opened.doing(|| format!("open `{path}`"))?,
    };
    let kind = beneath::file_type(&file).doing(|| format!("look at `{path}`"))?;
    if kind != FileType::RegularFile {
        return Err(Failure::refused(format!("`{path}` of the container is not a regular file")));
    }
    let mut bytes = Vec::new();
    File::from(file).take(LARGEST_FILE + 1).read_to_end(&mut bytes).doing(|| format!("read `{path}`"))?;
    if bytes.len() as u64 > LARGEST_FILE {
        return Err(Failure::refused(format!(
            "`{path}` of the container is larger than {LARGEST_FILE} bytes"
        )));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
