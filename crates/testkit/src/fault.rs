//! Ending a command of the program at a system call of our choice, or having one fail as a full or a broken disk would.
//!
//! Calls are counted that the fault can befall: for a crash, those that change a file system or the machine, by the command and all that it
//! started of the engine's own programs, since between two of them it leaves the same behind. Which is the n-th may differ from run to run where threads race; the description tells which it was.

mod step;
mod strike;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, Write as _};
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use corten_sys::trace::{Call, Event, Tracer};
use rustix::process::{Pid, Signal, kill_process};

use step::Step;
pub use strike::{Calls, Fault, Strike, Victim};

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
    /// The victim's, or everybody's where there was no strike to be.
    pub calls: Calls,
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
    let served = Served::start(command, below, Some(strike))?;
    served.wait()
}

/// Runs a command to its end with `strike` in the way of processes that run already: a kill is that of whoever made the call. What the
/// command itself does counts as little as if somebody else had typed it.
///
/// # Errors
/// As [`run`].
pub fn run_beside(command: &Command, below: &Path, watched: &[u32], strike: Strike) -> io::Result<Struck> {
    let (out, errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
    let mut shell = held(command);
    shell.stdout(out.try_clone()?).stderr(errors.try_clone()?);
    let watch = Watch::new(command, below, Arc::new(Mutex::new(Some(Some(strike)))));
    let watched = watched.to_vec();
    // With the end of that thread they are free.
    let watching = thread::spawn(move || beside(&mut shell, watch, &watched));
    let watched = watching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
    told(watched, out, errors)
}

/// How long what a command has set off may be under way after it.
const AFTERMATH: Duration = Duration::from_millis(400);

/// Whether calls count, and which strike there is to be.
type Armed = Arc<Mutex<Option<Option<Strike>>>>;

fn locked(armed: &Armed) -> MutexGuard<'_, Option<Option<Strike>>> {
    armed.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What there is once a command has ended: what was seen, how it ended, whether it hung.
type Watched = (Watch, ExitStatus, bool);

/// A command that goes on until somebody ends it, with a strike in its way from a moment on.
#[derive(Debug)]
pub struct Served {
    watching: JoinHandle<io::Result<Watched>>,
    armed: Armed,
    pid: u32,
    out: File,
    errors: File,
}

impl Served {
    /// Starts it, as [`run`] does; no call counts before [`Served::arm`], if not at once.
    ///
    /// # Errors
    /// What ptrace(2) and the files say.
    pub fn start(command: &Command, below: &Path, at_once: Option<Option<Strike>>) -> io::Result<Served> {
        let (out, errors) = (tempfile::tempfile()?, tempfile::tempfile()?);
        let mut shell = held(command);
        shell.stdout(out.try_clone()?).stderr(errors.try_clone()?);
        let armed: Armed = Arc::new(Mutex::new(at_once));
        let watch = Watch::new(command, below, Arc::clone(&armed));
        let (begun, pid) = mpsc::channel();
        // Whoever watches is a thread of its own: with its end, what outlives the command is free.
        let watching = thread::spawn(move || watched(&mut shell, watch, &begun));
        // It has failed, and says why when it is joined.
        let pid = pid.recv().unwrap_or_default();
        Ok(Served { watching, armed, pid, out, errors })
    }

    /// From now on calls count, until the strike.
    pub fn arm(&self, strike: Option<Strike>) {
        *locked(&self.armed) = Some(strike);
    }

    /// Whether it has ended by itself.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.watching.is_finished()
    }

    /// Asks it to end, and waits for that; no call counts any more.
    ///
    /// # Errors
    /// As [`Served::start`].
    pub fn end(self) -> io::Result<Struck> {
        *locked(&self.armed) = None;
        signal(self.pid, Signal::TERM);
        self.wait()
    }

    fn wait(self) -> io::Result<Struck> {
        let watched = self.watching.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        told(watched?, self.out, self.errors)
    }
}

fn told((watch, status, hung): Watched, out: File, errors: File) -> io::Result<Struck> {
    Ok(Struck {
        code: status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1),
        stdout: written(out)?,
        stderr: String::from_utf8_lossy(&written(errors)?).into_owned(),
        calls: watch.calls,
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

fn watched(shell: &mut Command, mut watch: Watch, begun: &Sender<u32>) -> io::Result<Watched> {
    let mut child = shell.spawn()?;
    let command = child.id();
    // Nobody may care.
    let _ = begun.send(command);
    let mut tracer = Tracer::seize(command)?;
    watch.command = Some(command);
    watch.alive.insert(command);
    let (status, hung) = watch.follow(&mut tracer, &mut child)?;
    if watch.killed_all {
        // Those that it started were killed too; nothing of them is to be under way when the next command looks.
        while let Some(event) = tracer.wait()? {
            if let Event::Call(call) = event {
                kill(call.thread);
                tracer.resume(call)?;
            }
        }
    }
    Ok((watch, status, hung))
}

fn beside(shell: &mut Command, mut watch: Watch, watched: &[u32]) -> io::Result<Watched> {
    let mut tracer = Tracer::of_nobody();
    for &pid in watched {
        match tracer.join(pid) {
            Ok(()) => drop(watch.alive.insert(pid)),
            // It has ended.
            Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
            Err(error) => return Err(error),
        }
    }
    let (status, hung) = watch.follow(&mut tracer, &mut shell.spawn()?)?;
    if watch.hit.is_none() {
        // What it has set off; the end of this one wakes whoever watches.
        let seconds = AFTERMATH.as_secs_f64().to_string();
        watch.follow(&mut tracer, &mut Command::new("sleep").arg(seconds).spawn()?)?;
    }
    Ok((watch, status, hung))
}

/// What has been seen of a command so far, and what is to befall it.
#[derive(Debug)]
struct Watch {
    /// What is typed: the engine's own process runs it.
    program: PathBuf,
    /// Only files below this directory count.
    below: PathBuf,
    armed: Armed,
    /// Who is killed, whoever made the call; else that is who made it.
    command: Option<u32>,
    /// Those that it started are killed too.
    killed_all: bool,
    alive: BTreeSet<u32>,
    calls: Calls,
    hit: Option<String>,
    syncs: Vec<String>,
}

impl Watch {
    fn new(command: &Command, below: &Path, armed: Armed) -> Watch {
        let program = PathBuf::from(command.get_program());
        let program = program.canonicalize().unwrap_or(program);
        let below = below.to_owned();
        Watch {
            program,
            below,
            armed,
            command: None,
            killed_all: false,
            alive: BTreeSet::new(),
            calls: Calls::default(),
            hit: None,
            syncs: Vec::new(),
        }
    }

    /// Lets `child` go on, and watches until it ends, or is ended because it hangs.
    fn follow(&mut self, tracer: &mut Tracer, child: &mut Child) -> io::Result<(ExitStatus, bool)> {
        let followed = child.id();
        if let Some(mut go) = child.stdin.take() {
            go.write_all(b"\n")?;
        }
        let (ended, patience) = mpsc::channel::<()>();
        let guard = thread::spawn(move || {
            let hangs = patience.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout);
            if hangs {
                kill(followed);
            }
            hangs
        });
        let status = loop {
            match tracer.wait()? {
                Some(Event::Call(call)) => self.decide(tracer, call)?,
                Some(Event::Ended(pid, status)) => {
                    self.alive.remove(&pid);
                    if pid == followed {
                        break status;
                    }
                }
                None => return Err(io::ErrorKind::NotFound.into()),
            }
        };
        drop(ended);
        Ok((status, guard.join().unwrap_or(true)))
    }

    /// Lets a call happen, or does what is to be done to it.
    fn decide(&mut self, tracer: &mut Tracer, call: Call) -> io::Result<()> {
        self.alive.insert(call.thread);
        let Some(strike) = *locked(&self.armed) else { return tracer.resume(call) };
        if strike.is_some_and(|strike| self.hit.is_some() && !strike.fault.lasts()) {
            return tracer.resume(call);
        }
        let victim = strike.map_or(Victim::Any, |strike| strike.victim);
        let step = Step::of(&call, &self.below).filter(|_| self.is_victims(victim, call.thread));
        let Some(step) = step else { return tracer.resume(call) };
        self.calls.count(step);
        if step.is_sync() {
            self.syncs.push(step.describe(&call));
        }
        let Some(strike) = strike.filter(|strike| self.is_due(strike, step)) else {
            return tracer.resume(call);
        };
        if self.hit.is_none() {
            let calls = self.calls.of(strike.fault);
            self.hit = Some(format!("call {calls} ({})", step.describe(&call)));
        }
        match (strike.fault.errno(), self.command) {
            (Some(errno), _) => return tracer.refuse(call, errno),
            (None, _) if strike.fault == Fault::KillAll => {
                self.killed_all = true;
                self.alive.iter().copied().for_each(kill);
            }
            (None, Some(command)) if strike.victim == Victim::Any => kill(command),
            (None, _) => kill(call.thread),
        }
        tracer.resume(call)
    }

    /// What containers run is no part of the engine.
    fn is_victims(&self, victim: Victim, thread: u32) -> bool {
        let is_small = || step::called(thread).is_some_and(|path| path.starts_with(&self.below));
        let is_program = || step::program_of(thread).is_some_and(|program| program == self.program);
        (victim == Victim::Any && is_program()) || is_small()
    }

    fn is_due(&self, strike: &Strike, step: Step) -> bool {
        let Strike { fault, step: first, .. } = *strike;
        fault.befalls(step) && self.calls.of(fault) >= first
    }
}

/// A thread's number will do: the kernel takes its process.
fn kill(pid: u32) {
    signal(pid, Signal::KILL);
}

fn signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        // It may have ended.
        let _ = kill_process(pid, signal);
    }
}
