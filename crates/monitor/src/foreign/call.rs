//! One call of a runtime: its command line, its end, its words.
//!
//! It knows the flags that runc, crun and their like have in common, and no runtime by name.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use corten_sys::pidfd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::complaint::{Complaint, last_error, tail};
use crate::failure::Failure;
use crate::protocol::Foreign;

/// How long one call may take: less than an engine waits for a start.
const PATIENCE: Duration = Duration::from_secs(50);

/// What a runtime finds its own helpers in; the engine's user may have another.
const SEARCH_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What keeps a container or a process in it from being made.
#[derive(Debug)]
pub(super) enum Trouble {
    /// Something of ours failed.
    Own(Failure),
    /// The runtime did.
    Runtime(Complaint),
}

impl<E: Into<Failure>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self::Own(error.into())
    }
}

/// The standard streams of a process without a terminal.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) stdin: OwnedFd,
    pub(super) stdout: OwnedFd,
    pub(super) stderr: OwnedFd,
}

/// A runtime, as it is called for one container.
#[derive(Debug)]
pub(super) struct Runtime<'a> {
    pub(super) foreign: &'a Foreign,
    /// Whose hang-up ends a call that is under way, and every other.
    pub(super) client: BorrowedFd<'a>,
}

impl Runtime<'_> {
    /// A file of the container's bundle.
    pub(super) fn file(&self, name: impl AsRef<Path>) -> PathBuf {
        self.foreign.bundle.join(name)
    }

    /// Calls `create`; the container's streams are `plain`, or a terminal that goes to the socket `console`.
    pub(super) fn create(&self, plain: Option<Plain>, console: Option<&Path>) -> Result<u32, Trouble> {
        let pid_file = self.file("pid");
        let mut words = vec!["--bundle".into(), self.foreign.bundle.clone().into_os_string()];
        words.extend(["--pid-file".into(), pid_file.clone().into_os_string()]);
        words.extend(console_words(console));
        words.push(OsString::from(&self.foreign.container));
        self.call(("create", "create"), &words, plain)?;
        read_pid(&pid_file)
    }

    /// Calls `start`.
    pub(super) fn start(&self) -> Result<(), Trouble> {
        self.call(("start", "start"), &[OsString::from(&self.foreign.container)], None)
    }

    /// Calls `delete --force`, whoever still listens.
    pub(super) fn delete(&self) {
        let words = ["--force".into(), OsString::from(&self.foreign.container)];
        // One that fails has said so in its log; whoever removes the cgroup ends what is left.
        if let Ok((child, _)) = self.spawn(("delete", "delete"), &words, None) {
            let _ = end_of(child, None);
        }
    }

    /// Calls `exec` for the process that the file describes.
    pub(super) fn exec(
        &self,
        session: &str,
        plain: Option<Plain>,
        console: Option<&Path>,
    ) -> Result<u32, Trouble> {
        let pid_file = self.file(format!("{session}.pid"));
        let document = self.file(format!("{session}.json"));
        let mut words = vec!["--detach".into(), "--process".into(), document.into_os_string()];
        words.extend(["--pid-file".into(), pid_file.clone().into_os_string()]);
        words.extend(console_words(console));
        words.push(OsString::from(&self.foreign.container));
        self.call(("exec", session), &words, plain)?;
        read_pid(&pid_file)
    }

    /// Calls a command; the name is that of its files.
    fn call(
        &self,
        (command, name): (&str, &str),
        words: &[OsString],
        plain: Option<Plain>,
    ) -> Result<(), Trouble> {
        let complain = |reason: String, ending: String| {
            Trouble::Runtime(Complaint { command: command.to_owned(), reason, ending })
        };
        let program = self.foreign.program.display();
        let (child, errors) = self
            .spawn((command, name), words, plain)
            .map_err(|error| complain(format!("fork/exec {program}: {}", words_of(&error)), String::new()))?;
        let ending = match end_of(child, Some(self.client)) {
            Ok(status) if status.success() => return Ok(()),
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        };
        let said = last_error(&self.file(log_of(name)));
        Err(complain(if said.is_empty() { tail(&errors) } else { said }, ending))
    }

    /// Starts a call; its errors go to a file where they do not go to the container's own.
    fn spawn(
        &self,
        (command, name): (&str, &str),
        words: &[OsString],
        plain: Option<Plain>,
    ) -> io::Result<(Child, PathBuf)> {
        let errors = self.file(format!("{name}.stderr"));
        let mut call = Command::new(&self.foreign.program);
        call.env_clear().env("PATH", SEARCH_PATH).current_dir("/");
        call.arg("--root").arg(self.file("state")).arg("--log").arg(self.file(log_of(name)));
        call.args(["--log-format", "json", command]).args(words);
        match plain {
            Some(Plain { stdin, stdout, stderr }) => call.stdin(stdin).stdout(stdout).stderr(stderr),
            None => call.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&errors)?),
        };
        Ok((call.spawn()?, errors))
    }
}

fn console_words(console: Option<&Path>) -> Vec<OsString> {
    console.map_or_else(Vec::new, |path| vec!["--console-socket".into(), path.as_os_str().to_owned()])
}

fn log_of(name: &str) -> String {
    format!("{name}.log")
}

/// The system's words without the number behind them, as Go has them.
fn words_of(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_lowercase()
}

fn read_pid(path: &Path) -> Result<u32, Trouble> {
    let read = |cause: String| Failure::new(format!("cannot read pid file `{}`: {cause}", path.display()));
    let text = fs::read_to_string(path).map_err(|error| read(error.to_string()))?;
    Ok(text.trim().parse().map_err(|_| read(format!("`{text}` is no number")))?)
}

/// How a call ended; it is killed where it takes too long or nobody wants its result any more.
fn end_of(mut child: Child, client: Option<BorrowedFd<'_>>) -> io::Result<ExitStatus> {
    let process = pidfd::open(child.id())?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let mut set = vec![PollFd::new(&process, PollFlags::IN)];
        set.extend(client.iter().map(|client| PollFd::new(client, PollFlags::empty())));
        // An interrupted poll only means one look more.
        let _ = poll(&mut set, Timespec::try_from(left).ok().as_ref());
        let is_left = set.get(1).is_some_and(|client| !client.revents().is_empty());
        if !set[0].revents().is_empty() {
            return child.wait();
        }
        if is_left || left.is_zero() {
            let _ = child.kill();
            child.wait()?;
            let why = if is_left { "nobody waits for it any more" } else { "it took too long" };
            return Err(io::Error::other(format!("killed: {why}")));
        }
    }
}
