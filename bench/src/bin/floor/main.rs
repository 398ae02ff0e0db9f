//! The floor: the least that this machine's kernel asks for one isolated process, made of bare system calls, phase by phase.
//!
//! It is what runtimes are measured against, so it deliberately shares no code with ours beyond the doors to the kernel, reads
//! no configuration and checks no input. It sets no limits and no rules about devices: those differ from container to container.

mod cgroup;
mod child;
mod credentials;
mod error;
mod mounts;
mod scratch;
mod stopwatch;

use std::env;
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::process::ExitCode;

use corten_sys::clone::{self, Clone3};
use corten_sys::pidfd::{self, Exit};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::thread::ThreadNameSpaceType;

use cgroup::Cgroup;
use error::{Doing, Error, Result};
use scratch::Scratch;
use stopwatch::Stopwatch;

const USAGE: &str = "ROOTFS FILTER DIRECTORY|- PROGRAM [ARGUMENT...]";

/// In place of the directory: the root file system is bound as it is, as in an OCI bundle.
const BOUND: &str = "-";

/// What to run, and in what.
struct Order {
    /// The root file system, or the lower directory of the overlay.
    root: PathBuf,
    /// A compiled seccomp program.
    filter: PathBuf,
    /// Where upper and work directories of an overlay are made; without it the root is bound.
    directory: Option<PathBuf>,
    command: Vec<String>,
}

fn main() -> ExitCode {
    match Order::parse(env::args_os().skip(1).collect()).and_then(|order| run(&order)) {
        Ok((watch, exit)) => {
            print!("{watch}");
            ExitCode::from(exit.shell_code() as u8)
        }
        Err(error) => {
            eprintln!("floor: {error}");
            ExitCode::from(125)
        }
    }
}

impl Order {
    fn parse(arguments: Vec<OsString>) -> Result<Order> {
        let mut arguments = arguments.into_iter();
        let mut path = || arguments.next().map(PathBuf::from).ok_or(Error::Usage(USAGE));
        let (root, filter, directory) = (path()?, path()?, path()?);
        let command: Vec<String> = arguments.map(|word| word.to_string_lossy().into_owned()).collect();
        if command.is_empty() {
            return Err(Error::Usage(USAGE));
        }
        let directory = Some(directory).filter(|directory| directory.as_os_str() != BOUND);
        Ok(Order { root, filter, directory, command })
    }
}

fn run(order: &Order) -> Result<(Stopwatch, Exit)> {
    let mut watch = Stopwatch::start();
    let filter = credentials::read_filter(&order.filter)?;
    watch.mark("read the filter");
    let scratch = order.directory.as_deref().map(Scratch::make).transpose()?;
    watch.mark("make upper and work");
    let cgroup = Cgroup::make()?;
    watch.mark("make the cgroup");
    let mut handles = cgroup.open()?;
    watch.mark("open the cgroup");
    let exit = run_child(order, &filter, scratch.as_ref(), &mut handles, &mut watch);
    drop(handles);
    cgroup.remove()?;
    watch.mark("remove the cgroup");
    scratch.map_or(Ok(()), |scratch| scratch.remove())?;
    watch.mark("remove upper and work");
    // Only now, so that a failure leaves nothing behind either.
    Ok((watch, exit?))
}

fn run_child(
    order: &Order,
    filter: &credentials::Filter,
    scratch: Option<&Scratch>,
    handles: &mut cgroup::Handles,
    watch: &mut Stopwatch,
) -> Result<Exit> {
    let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).doing("make a pipe")?;
    let arguments = Clone3 { namespaces: ThreadNameSpaceType::PROCESS_ID, cgroup: handles.take_unified() };
    let born = watch.clone();
    let child = clone::spawn(arguments, || {
        let birth = child::Birth { order, filter, scratch, handles, report: &writer };
        child::run(&birth, born)
    })
    .doing("clone")?;
    drop(writer);
    let mut report = String::new();
    // The child's end of the pipe is closed by the execve(2) that succeeds, or with the child.
    File::from(reader).read_to_string(&mut report).doing("listen to the child")?;
    let adopted = watch.adopt(&report);
    watch.mark("execute the program");
    // A child that failed is waited for, too: while it is there its cgroup cannot be removed.
    let exit = pidfd::wait(&child.pidfd).doing("wait for the child")?;
    adopted?;
    watch.mark("run, exit, leave the namespaces");
    Ok(exit)
}
