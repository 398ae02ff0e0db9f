//! The process that waits to remove a `--rm` container whose starter has left: its monitor has not the right to start anything.
//!
//! It has no memory and no descriptor of the start, and it ends when the monitor does without a word. A copy that executes nothing would be slower:
//! as long as it shares the monitor's memory, each page that either writes is copied.

use std::ffi::{CString, OsStr, OsString};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use corten_sys::clone::{Clone3, spawn};
use corten_sys::exec::execve;
use rustix::io::{read, retry_on_intr, write};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::{dup2_stdin, stdin};
use rustix::thread::ThreadNameSpaceType;

use crate::protocol::Reaper;

/// The second word of its command line; what it runs follows.
pub(crate) const REAP: &str = "--reap";

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-reaper";

/// The one end of a pipe whose other is the waiting process's standard input.
#[derive(Debug)]
pub(crate) struct Waiting(OwnedFd);

impl Waiting {
    /// Starts it.
    ///
    /// # Errors
    /// What pipe(2) and clone3(2) say; a word with a NUL byte.
    pub(crate) fn start(reaper: &Reaper) -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        let program =
            [PROCESS_NAME.to_bytes(), b"monitor", REAP.as_bytes(), reaper.program.as_os_str().as_bytes()];
        let words = program.into_iter().chain(reaper.arguments.iter().map(String::as_bytes));
        let words: Vec<CString> = words.map(CString::new).collect::<Result<_, _>>()?;
        let same = Clone3 { namespaces: ThreadNameSpaceType::empty(), cgroup: None };
        spawn(same, || {
            if dup2_stdin(&reader).is_ok() {
                drop(execve(c"/proc/self/exe", &words, &[]));
            }
            1
        })?;
        Ok(Self(writer))
    }

    /// The process again, after a re-execution.
    pub(crate) fn restore(writer: OwnedFd) -> Self {
        Self(writer)
    }

    /// Lets it do what it waits for, and does not wait for that: the monitor is about to end.
    pub(crate) fn release(&mut self) {
        // One that is gone was killed; the next engine that opens the root finds the container and removes it.
        let _ = write(&self.0, b"!");
    }
}

impl AsFd for Waiting {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// Is the waiting process. Returns the exit status.
pub(crate) fn run(program: &OsStr, arguments: &[OsString]) -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let mut word = [0; 1];
    if !matches!(retry_on_intr(|| read(stdin(), &mut word)), Ok(1)) {
        // The monitor ended without a word: engines find its container.
        return 0;
    }
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // There is nobody left to tell.
    drop(command.exec());
    1
}
