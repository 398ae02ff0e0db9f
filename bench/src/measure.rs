//! One command, started and waited for, with all that it leaves running: the inside of a runner.
//!
//! It must be called by a process with one thread and no other children.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use corten_sys::{namespaces, usage};
use rustix::io::Errno;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};
use rustix::process::{getpid, set_child_subreaper};
use rustix::thread::ThreadNameSpaceType;

use crate::order::{Leaves, Order, Sample};

/// The argument of a runner whose commands find the v1 hierarchies alone.
pub const WITHOUT_UNIFIED: &str = "without-unified";

/// Where v2 is mounted beside v1.
const UNIFIED: &str = "/sys/fs/cgroup/unified";

/// How long whatever outlives a command may take to end.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often it is looked for; the command itself is not measured any more.
const INTERVAL: Duration = Duration::from_micros(500);

/// Makes this process the parent of all orphans below it, and where asked, hides the v2 hierarchy of a hybrid machine, which
/// crun and Podman refuse.
///
/// # Errors
/// What prctl(2), unshare(2) and umount2(2) say.
pub fn prepare(without_unified: bool) -> io::Result<()> {
    set_child_subreaper(Some(getpid()))?;
    if !without_unified {
        return Ok(());
    }
    namespaces::unshare(ThreadNameSpaceType::MOUNT)?;
    mount_change("/", MountPropagationFlags::PRIVATE | MountPropagationFlags::REC)?;
    match unmount(UNIFIED, UnmountFlags::DETACH) {
        // Not a hybrid machine.
        Err(Errno::NOENT | Errno::INVAL) => Ok(()),
        // They make directories there, which are not to stay beneath the machine's own mount.
        unmounted => {
            Ok(unmounted.and_then(|()| mount("tmpfs", UNIFIED, "tmpfs", MountFlags::empty(), None))?)
        }
    }
}

/// Runs a command and waits until nothing of it is left.
///
/// # Errors
/// When it cannot be started; [`io::ErrorKind::TimedOut`] when something that it started has not ended ten seconds after it.
pub fn run(order: &Order) -> io::Result<Sample> {
    let mut command = command(order)?;
    let residents = children()?;
    let start = Instant::now();
    let child = command.spawn()?;
    let ended = usage::wait(child.id())?;
    let wall = start.elapsed();
    let mut sample =
        Sample { wall, cpu: ended.cpu, peak_memory: ended.peak_memory, exit_code: ended.exit.shell_code() };
    match &order.leaves {
        Leaves::Everything => {}
        Leaves::Nothing => reap_orphans(&mut sample, &residents, None)?,
        Leaves::Resident(name) => reap_orphans(&mut sample, &residents, Some(name))?,
    }
    Ok(sample)
}

/// Waits for the ends of those that were left running, which later commands have brought about.
///
/// # Errors
/// As [`run`].
pub fn finish() -> io::Result<()> {
    reap_orphans(&mut Sample::default(), &[], None)
}

fn command(order: &Order) -> io::Result<Command> {
    let (program, arguments) = order.command.split_first().ok_or(io::ErrorKind::InvalidInput)?;
    let mut command = Command::new(Path::new(program));
    command.args(arguments).env_clear().stdin(Stdio::null());
    command.envs(order.environment.iter().filter_map(|variable| variable.split_once('=')));
    command.stdout(File::create(&order.output)?).stderr(File::create(&order.errors)?);
    Ok(command)
}

/// What outlives the command is part of its price, and must not run into the next sample.
fn reap_orphans(sample: &mut Sample, residents: &[u32], name: Option<&str>) -> io::Result<()> {
    let deadline = Instant::now() + PATIENCE;
    loop {
        match usage::try_wait_any() {
            Ok(Some(ended)) => {
                sample.cpu += ended.cpu;
                sample.peak_memory = sample.peak_memory.max(ended.peak_memory);
            }
            Ok(None) if stays(children()?, residents, name) => return Ok(()),
            Ok(None) if Instant::now() < deadline => thread::sleep(INTERVAL),
            Ok(None) => {
                let text = "something that the command started has not ended ten seconds after it";
                return Err(io::Error::new(io::ErrorKind::TimedOut, text));
            }
            Err(error) if Errno::from_io_error(&error) == Some(Errno::CHILD) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Whether all that is left may stay: what was there before, and a resident, of which there is one however many commands want it.
fn stays(left: Vec<u32>, residents: &[u32], name: Option<&str>) -> bool {
    let (named, others): (Vec<u32>, Vec<u32>) =
        left.into_iter().partition(|child| name.is_some_and(|name| is_called(*child, name)));
    named.len() <= 1 && others.iter().all(|child| residents.contains(child))
}

/// By proc_pid_comm(5).
fn is_called(pid: u32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/comm")).is_ok_and(|found| found.trim_end() == name)
}

/// The children of this thread (proc_tid_children(5)), those that it has adopted included.
fn children() -> io::Result<Vec<u32>> {
    let list = fs::read_to_string("/proc/thread-self/children")?;
    Ok(list.split_ascii_whitespace().filter_map(|pid| pid.parse().ok()).collect())
}
