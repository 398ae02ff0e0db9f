//! One more process in a container of another runtime, which that runtime makes. Its keeper calls this: it has the right to.

use std::fs;
use std::os::fd::AsFd as _;
use std::os::fd::OwnedFd;

use corten_cgroups::Cgroup;
use corten_runtime::{Started, StdioSource, resolve_inside};
use corten_sys::pidfd;
use rustix::process::{getpid, set_child_subreaper};
use rustix::thread::capabilities;

use super::call::{Plain, Runtime, Trouble};
use super::configuration;
use super::console::Console;
use crate::failure::{Failure, doing};
use crate::protocol::{Exec, Foreign};
use crate::stdio::Near;

/// Has the process made; it is the caller's child then. `channel` leads to who wants it.
pub(crate) fn start(
    exec: &Exec,
    (foreign, cgroup): (&Foreign, Cgroup),
    (far, near): (StdioSource, &Near),
    channel: &OwnedFd,
) -> Result<Started, Failure> {
    let runtime = Runtime { foreign, client: channel.as_fd() };
    let name = format!("exec-{}", exec.launch.id);
    doing("become the parent of the process", set_child_subreaper(Some(getpid())))?;
    let made = make(exec, &runtime, &name, far);
    doing("stop being the parent of everything", set_child_subreaper(None))?;
    for rest in ["json", "pid", "sock", "log", "stderr"] {
        // They are in the bundle, and go with it at the latest.
        let _ = fs::remove_file(runtime.file(format!("{name}.{rest}")));
    }
    let (pid, pty) = made.map_err(|trouble| match trouble {
        Trouble::Own(failure) => failure,
        Trouble::Runtime(complaint) => {
            let program = exec.launch.process.args.first().map_or("", String::as_str);
            complaint.into_failure(&near.heard(), program)
        }
    })?;
    let pidfd = doing("watch the process", pidfd::open(pid))?;
    Ok(Started { pid, pidfd, pty, cgroup })
}

fn make(
    exec: &Exec,
    runtime: &Runtime<'_>,
    name: &str,
    far: StdioSource,
) -> Result<(u32, Option<OwnedFd>), Trouble> {
    let mut process = exec.launch.process.clone();
    resolve_inside(exec.container.init, &exec.launch.user, &mut process)?;
    let held = doing("read the own capabilities", capabilities(None))?;
    configuration::leave_out_unheld(&mut process, held.permitted);
    let document = serde_json::to_vec(&process).map_err(std::io::Error::from);
    let written = document.and_then(|bytes| fs::write(runtime.file(format!("{name}.json")), bytes));
    doing("write the process's configuration", written)?;
    let (plain, console) = match far {
        StdioSource::Pipes { stdin, stdout, stderr } => (Some(Plain { stdin, stdout, stderr }), None),
        _ => (None, Some(Console::listen(&runtime.foreign.bundle, &format!("{name}.sock")))),
    };
    let console = doing("listen for the terminal", console.transpose())?;
    let path = console.as_ref().map(Console::path);
    let pid = runtime.exec(name, plain, path.as_deref())?;
    let terminal = console.map(|console| console.receive(exec.streams.size)).transpose();
    Ok((pid, doing("receive the terminal", terminal)?))
}
