//! Ending a command of the program at a system call of our choice, or having one fail as a full or a broken disk would.
//!
//! Calls are counted that change a file system, by the command and all that it started: between two of them a crash leaves the same
//! behind. Which is the n-th may differ from run to run where threads race; the description tells which it was.

mod step;
mod strike;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use corten_sys::trace::{Call, Event, Tracer};
use rustix::process::{Pid, Signal, kill_process};

use step::Step;
pub use strike::{Fault, Strike};

/// After this a command hangs, and is ended.
const PATIENCE: Duration = Duration::from_secs(60);

/// What became of a command under a strike.
#[derive(Debug)]
pub struct Struck {
    /// As a shell tells it.
    pub code: i32,
    /// What it wrote, byte for byte.
    pub stdout: Vec<u8>,
    /// The same of standard error, as text.
    pub stderr: String,
    /// How many calls were counted.
    pub steps: u64,
    /// The call that was struck, if it came to that.
    pub hit: Option<String>,
    /// Every call that waited for the disk to have a file.
    pub syncs: Vec<String>,
    /// It had to be ended.
    pub hung: bool,
}

/// Runs a command to its end with `strike` in its way. Files `below` a directory count, and what it writes to its own streams does not.
///
/// # Errors
/// What ptrace(2) and the files say.
pub fn run(command: &Command, below: &Path, strike: Option<Strike>) -> io::Result<Struck> {
    let (out, errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut shell = held(command);
    shell.stdout(out.try_clone()?).stderr(errors.try_clone()?);
    // Whoever watches is a thread of its own: with its end, what outlives the command is free.
    let watched = thread::scope(|scope| {
        let watching = scope.spawn(|| watch(&mut shell, Watch::new(below, strike)));
        watching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    });
    let (watch, status, hung) = watched?;
    Ok(Struck {
        code: status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1),
        stdout: written(out)?,
        stderr: String::from_utf8_lossy(&written(errors)?).into_owned(),
        steps: watch.steps,
        hit: watch.hit,
        syncs: watch.syncs,
        hung,
    })
}

fn written(mut file: File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.rewind()?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The command, begun by a shell that waits for a line: so it can be watched from its first call.
fn held(command: &Command) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "read go; exec \"$0\" \"$@\" </dev/null"]).arg(command.get_program());
    shell.args(command.get_args()).env_clear().stdin(Stdio::piped());
    shell.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell
}

fn watch<'a>(shell: &mut Command, mut watch: Watch<'a>) -> io::Result<(Watch<'a>, ExitStatus, bool)> {
    let mut child = shell.spawn()?;
    let command = child.id();
    let mut tracer = Tracer::seize(command)?;
    if let Some(mut go) = child.stdin.take() {
        go.write_all(b"\n")?;
    }
    watch.alive.insert(command);
    let (ended, patience) = mpsc::channel::<()>();
    let guard = thread::spawn(move || {
        let hangs = patience.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
        if hangs {
            kill(command);
        }
        hangs
    });
    let status = loop {
        match tracer.wait()? {
            Some(Event::Call(call)) => watch.decide(&mut tracer, call, command)?,
            Some(Event::Ended(pid, status)) => {
                watch.alive.remove(&pid);
                if pid == command {
                    break status;
                }
            }
            None => return Err(io::ErrorKind::NotFound.into()),
        }
    };
    if watch.kills_all() {
        // Those that it started were killed too; nothing of them is to be under way when the next command looks.
        while let Some(event) = tracer.wait()? {
            if let Event::Call(call) = event {
                kill(call.thread);
                tracer.resume(call)?;
            }
        }
    }
    drop(ended);
    Ok((watch, status, guard.join().unwrap_or(true)))
}

/// What has been seen of a command so far, and what is to befall it.
struct Watch<'a> {
    /// Only files below this directory count.
    below: &'a Path,
    strike: Option<Strike>,
    alive: BTreeSet<u32>,
    steps: u64,
    hit: Option<String>,
    syncs: Vec<String>,
}

impl<'a> Watch<'a> {
    fn new(below: &'a Path, strike: Option<Strike>) -> Watch<'a> {
        Watch { below, strike, alive: BTreeSet::new(), steps: 0, hit: None, syncs: Vec::new() }
    }

    fn kills_all(&self) -> bool {
        self.hit.is_some() && self.strike.is_some_and(|strike| strike.fault == Fault::KillAll)
    }

    /// Lets a call happen, or does what is to be done to it.
    fn decide(&mut self, tracer: &mut Tracer, call: Call, command: u32) -> io::Result<()> {
        self.alive.insert(call.thread);
        let Some(step) = Step::of(&call, self.below) else { return tracer.resume(call) };
        self.steps += 1;
        if step.is_sync() {
            self.syncs.push(step.describe(&call));
        }
        let Some(strike) = self.strike.filter(|strike| self.is_due(strike, &step)) else {
            return tracer.resume(call);
        };
        if self.hit.is_none() {
            self.hit = Some(format!("call {} ({})", self.steps, step.describe(&call)));
        }
        match strike.fault {
            Fault::Kill => kill(command),
            Fault::KillAll => self.alive.iter().copied().for_each(kill),
            Fault::Full | Fault::FullFromNowOn | Fault::Broken => {
                return tracer.refuse(call, strike.fault.errno());
            }
        }
        tracer.resume(call)
    }

    fn is_due(&self, strike: &Strike, step: &Step) -> bool {
        let reached = self.steps >= strike.step;
        reached && strike.fault.befalls(step) && (self.hit.is_none() || strike.fault.lasts())
    }
}

/// A thread's number will do: the kernel takes its process.
fn kill(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended.
        let _ = kill_process(pid, Signal::KILL);
    }
}
