//! The standard streams: a terminal of the container's own, pipes, or what the starter has.
//!
//! It copies nothing.

use std::os::fd::{AsFd, OwnedFd};

use corten_sys::pty;
use rustix::fs::{OFlags, Uid, fchown, fstat, fstatfs, makedev};
use rustix::io::Errno;
use rustix::process::ioctl_tiocsctty;
use rustix::stdio;

use super::beneath::{self, Missing};
use super::{Common, Exec, Init, file_system, root_of};
use crate::StdioSource;
use crate::failure::{Doing, Failure};
use crate::message::{self, Message};

/// `DEVPTS_SUPER_MAGIC` of linux/magic.h.
const DEVPTS_SUPER_MAGIC: u32 = 0x1cd1;

/// Makes the terminal and mounts it at `/dev/console` (`config-linux.md`, default devices).
pub(super) fn open_terminal(init: &mut Init<'_>) -> Result<(), Failure> {
    let root = root_of(&init.root)?;
    let Some(slave) = make_terminal(&mut init.common, root)? else { return Ok(()) };
    let doing = || "mount the terminal at `/dev/console`".to_owned();
    beneath::open_or_create(root, "/dev/console".as_ref(), Missing::File).doing(doing)?;
    // A link there could lead the terminal over a file that is yet to be protected (CVE-2025-52565).
    let console = beneath::open_without_links(root, "/dev/console", OFlags::PATH).doing(doing)?;
    let copy = file_system::copy(&slave, "", false).doing(doing)?;
    file_system::attach(copy, console).doing(doing)?;
    init.common.terminal = Some(slave);
    Ok(())
}

/// Makes a terminal in the running container's devpts.
pub(super) fn open_terminal_of_joined(exec: &mut Exec<'_>) -> Result<(), Failure> {
    let root = root_of(&exec.root)?;
    exec.common.terminal = make_terminal(&mut exec.common, root)?;
    Ok(())
}

/// A new terminal whose master went to the starter, if one is wanted.
fn make_terminal(common: &mut Common<'_>, root: &OwnedFd) -> Result<Option<OwnedFd>, Failure> {
    let Some(StdioSource::Pty { size }) = common.stdio else { return Ok(None) };
    let devpts = beneath::open(root, "/dev/pts", OFlags::PATH | OFlags::DIRECTORY);
    let devpts = devpts.doing(|| "open `/dev/pts`, which a terminal needs".into())?;
    let kind = fstatfs(&devpts).doing(|| "look at `/dev/pts`".into())?.f_type;
    if kind as u32 != DEVPTS_SUPER_MAGIC {
        return Err(Failure::refused("`/dev/pts` is not of a devpts file system"));
    }
    let pty = pty::open_in(&devpts).doing(|| "open a terminal in `/dev/pts`".into())?;
    if let Some((rows, columns)) = size {
        pty::set_size(&pty.master, rows, columns).doing(|| "set the size of the terminal".into())?;
    }
    let channel = common.channel.as_ref().ok_or_else(|| Failure::refused("nobody takes the terminal"))?;
    message::tell(channel, &Message::Terminal, Some(pty.master.as_fd()))
        .doing(|| "hand the terminal over".into())?;
    Ok(Some(pty.slave))
}

/// Puts the streams where programs look for them, and gives them to the user.
pub(super) fn connect(common: &mut Common<'_>) -> Result<(), Failure> {
    match (common.terminal.take(), common.stdio.take()) {
        (Some(slave), _) => {
            duplicate(&slave, &slave, &slave)?;
            ioctl_tiocsctty(&slave).doing(|| "take the terminal as the controlling one".into())?;
        }
        (None, Some(StdioSource::Pipes { stdin, stdout, stderr })) => duplicate(&stdin, &stdout, &stderr)?,
        (None, _) => {}
    }
    let owner = Uid::from_raw(common.identity.uid);
    give(stdio::stdin(), owner)?;
    give(stdio::stdout(), owner)?;
    give(stdio::stderr(), owner)
}

fn duplicate(stdin: &OwnedFd, stdout: &OwnedFd, stderr: &OwnedFd) -> Result<(), Failure> {
    let doing = || "connect the standard streams".to_owned();
    stdio::dup2_stdin(stdin).doing(doing)?;
    stdio::dup2_stdout(stdout).doing(doing)?;
    stdio::dup2_stderr(stderr).doing(doing)
}

/// A pipe or a terminal belongs to whoever made it; the user could not open `/dev/stdout` otherwise.
fn give(stream: impl AsFd, owner: Uid) -> Result<(), Failure> {
    // A stream that the starter had closed stays closed.
    let Ok(status) = fstat(&stream) else { return Ok(()) };
    let is_null = status.st_rdev == makedev(1, 3);
    if status.st_uid == owner.as_raw() || is_null {
        return Ok(());
    }
    match fchown(stream, Some(owner), None) {
        // Streams that have no owner of their own: sockets of another user namespace, files on a read-only mount.
        Err(Errno::INVAL | Errno::PERM | Errno::ROFS) => Ok(()),
        given => given.doing(|| "give the standard streams to the user".into()),
    }
}
