//! Running hooks of the configuration: the state on their standard input, a deadline, their words in the error.
//!
//! It does not choose when: see the order of a start, and `command`.

use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use corten_spec::runtime::{Hook, State, Status};
use corten_sys::pidfd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_setfl};

use crate::StartFailure;
use crate::failure::{Doing, Failure};
use crate::launch::Launch;

/// How much of a hook's complaint is kept.
const LONGEST_COMPLAINT: usize = 4096;

/// Runs the hooks of a container whose program runs (`poststart`), in the caller's namespaces.
///
/// # Errors
/// The first that failed, in runc's words; those after it are not run.
pub fn run_poststart(launch: &Launch, init: u32) -> Result<(), StartFailure> {
    let (Some(hooks), Some(state)) = (&launch.spec.hooks, launch.hook_state()) else { return Ok(()) };
    let state = State { pid: Some(init), status: Status::Running, ..state };
    Ok(run_all("poststart", &hooks.poststart, &state)?)
}

/// Runs the hooks of a container that is gone (`poststop`), every one whatever became of those before it. Nobody is left to hear of one
/// that fails.
pub fn run_poststop(launch: &Launch) {
    let (Some(hooks), Some(state)) = (&launch.spec.hooks, launch.hook_state()) else { return };
    let state = State { status: Status::Stopped, ..state };
    for due in &hooks.poststop {
        let _ = run(due, &state);
    }
}

/// Runs the hooks of one point of a container's life in their order, until one fails. `point` is the specification's name for it; the
/// words of a failure are runc's.
pub(crate) fn run_all(point: &str, hooks: &[Hook], state: &State) -> Result<(), Failure> {
    let mut numbered = hooks.iter().enumerate();
    numbered.try_for_each(|(number, due)| {
        run(due, state).map_err(|failure| {
            let operation = format!("error running {point} hook #{number}: {}", failure.operation);
            Failure { operation, ..failure }
        })
    })
}

/// Runs `hook` to its end.
///
/// The state goes through a pipe's buffer: it is smaller than the 64 KiB that a pipe takes, or the hook has to read it before its deadline.
pub(crate) fn run(hook: &Hook, state: &State) -> Result<(), Failure> {
    let document =
        serde_json::to_vec(state).map_err(std::io::Error::from).doing(|| "write the state".into())?;
    let mut child = start(hook)?;
    if let Some(mut stdin) = child.stdin.take() {
        // A hook that does not read its input is within its rights.
        let _ = fcntl_setfl(&stdin, OFlags::NONBLOCK);
        let _ = stdin.write_all(&document);
    }
    let pidfd = pidfd::open(child.id()).doing(|| format!("watch hook `{}`", hook.path))?;
    let timely = ends_in_time(&pidfd, hook.timeout).doing(|| format!("wait for hook `{}`", hook.path))?;
    if !timely {
        let _ = child.kill();
    }
    let status = child.wait().doing(|| format!("wait for hook `{}`", hook.path))?;
    if !timely {
        let seconds = hook.timeout.unwrap_or_default();
        return Err(Failure::refused(format!("`{}` ran past its timeout of {seconds} s", hook.path)));
    }
    if status.success() {
        return Ok(());
    }
    Err(Failure::refused(format!("`{}`: {status}{}", hook.path, complaint(child))))
}

fn start(hook: &Hook) -> Result<Child, Failure> {
    if !hook.path.starts_with('/') {
        return Err(Failure::refused(format!("hook path `{}` is not absolute", hook.path)));
    }
    let mut command = Command::new(&hook.path);
    command.env_clear().stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
    if let Some((name, arguments)) = hook.args.split_first() {
        command.arg0(name).args(arguments);
    }
    command.envs(hook.env.iter().filter_map(|entry| entry.split_once('=')));
    command.spawn().doing(|| format!("run hook `{}`", hook.path))
}

/// Whether the process ended before its deadline; without one this waits for ever.
fn ends_in_time(pidfd: &OwnedFd, seconds: Option<i64>) -> std::io::Result<bool> {
    let deadline = seconds
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(|seconds| Instant::now() + Duration::from_secs(seconds));
    loop {
        let left = deadline.map(|deadline| deadline.saturating_duration_since(Instant::now()));
        let timeout = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut [PollFd::new(&pidfd.as_fd(), PollFlags::IN)], timeout.as_ref()) {
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
            Ok(ready) => return Ok(ready > 0),
        }
    }
}

/// What the hook wrote to its standard error, without waiting for what it left behind.
fn complaint(mut child: Child) -> String {
    let Some(mut stderr) = child.stderr.take() else { return String::new() };
    let mut bytes = vec![0; LONGEST_COMPLAINT];
    let length = fcntl_setfl(&stderr, OFlags::NONBLOCK).ok().and_then(|()| stderr.read(&mut bytes).ok());
    let text = String::from_utf8_lossy(&bytes[..length.unwrap_or(0)]).trim().to_owned();
    if text.is_empty() { text } else { format!(", stderr: {text}") }
}
