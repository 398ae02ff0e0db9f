//! The isolated process, from its birth to the program that it executes.
//!
//! Each step is what every runtime has to do, and no more.

use std::ffi::CString;
use std::os::fd::OwnedFd;

use corten_sys::exec;
use corten_sys::{namespaces, network_interface};
use rustix::system::sethostname;
use rustix::thread::ThreadNameSpaceType;

use crate::Order;
use crate::cgroup::Handles;
use crate::credentials::{self, Filter};
use crate::error::{Doing, Error, Result};
use crate::mounts;
use crate::scratch::Scratch;
use crate::stopwatch::Stopwatch;

/// What the child brings along from its parent.
pub(crate) struct Birth<'a> {
    pub(crate) order: &'a Order,
    pub(crate) filter: &'a Filter,
    pub(crate) scratch: Option<&'a Scratch>,
    pub(crate) handles: &'a Handles,
    pub(crate) report: &'a OwnedFd,
}

/// Returns only when something failed, with the status to end with.
pub(crate) fn run(birth: &Birth<'_>, mut watch: Stopwatch) -> i32 {
    watch.mark("clone");
    let error = match set_up(birth, &mut watch) {
        Ok(command) => {
            // The last write: the program must not find more than its standard streams.
            let told = tell(birth, &watch.report());
            told.map_or_else(
                |error| error,
                |()| Error::Call("execute the program", exec::execve(&command[0], &command, &[])),
            )
        }
        Err(error) => error,
    };
    // With nobody left to tell, the status has to say it.
    let _ = tell(birth, &Stopwatch::report_failure(&error));
    127
}

fn tell(birth: &Birth<'_>, text: &str) -> Result<()> {
    rustix::io::write(birth.report, text.as_bytes()).map(drop).doing("report")
}

fn set_up(birth: &Birth<'_>, watch: &mut Stopwatch) -> Result<Vec<CString>> {
    birth.handles.join()?;
    watch.mark("join the cgroup");
    // After joining: the root of a cgroup namespace is where one is when it is made.
    let others = ThreadNameSpaceType::MOUNT
        | ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION
        | ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME
        | ThreadNameSpaceType::CONTROL_GROUP;
    namespaces::unshare(others).doing("make namespaces")?;
    watch.mark("namespaces mnt, ipc, uts, cgroup");
    namespaces::unshare(ThreadNameSpaceType::NETWORK).doing("make a network namespace")?;
    watch.mark("namespace net");
    sethostname(b"floor").doing("set the host name")?;
    network_interface::switch_on(c"lo").doing("switch the loopback on")?;
    watch.mark("host name, loopback");
    let root = mounts::root(&birth.order.root, birth.scratch)?;
    watch.mark("root file system");
    mounts::small_mounts(&root)?;
    watch.mark("proc, dev, pts, shm, mqueue, sys");
    mounts::devices()?;
    watch.mark("devices");
    mounts::enter()?;
    watch.mark("pivot_root");
    mounts::protect()?;
    watch.mark("read-only and masked paths");
    credentials::load(birth.filter)?;
    watch.mark("seccomp");
    credentials::drop_capabilities()?;
    watch.mark("capabilities");
    let words = birth.order.command.iter().map(|word| CString::new(word.as_str()));
    words.collect::<std::result::Result<_, _>>().doing("read the command")
}
