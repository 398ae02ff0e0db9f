//! The process that waits to remove a `--rm` container whose starter has left, to take away what another has outside of itself, or to
//! bring one back that has a restart policy: its monitor has not the right to start anything.
//!
//! It is a copy of the monitor that has none of its descriptors: executing a program of its own costs every start of a `--rm` container
//! some 3 percent.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, Stdio};

use corten_sys::clone::fork_bare;
use rustix::io::{read, retry_on_intr, write};
use rustix::pipe::{PipeFlags, pipe_with};
use rustix::stdio::stdin;

use crate::protocol::Reaper;

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-reaper";

/// What it is told: that there is something left to do, or nothing.
const GO: &[u8] = b"!";
const LEAVE: &[u8] = b".";

/// The one end of a pipe whose other is the waiting process's standard input. Dropping it says that there is nothing left to do.
#[derive(Debug)]
pub(crate) struct Waiting(OwnedFd);

impl Waiting {
    /// Starts it.
    ///
    /// # Errors
    /// What pipe(2) and clone3(2) say; a word with a NUL byte.
    pub(crate) fn start(reaper: &Reaper) -> io::Result<Self> {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC)?;
        fork_bare(reader.as_fd(), &words(reaper)?, wait)?;
        Ok(Self(writer))
    }

    /// The process again, after a re-execution.
    pub(crate) fn restore(writer: OwnedFd) -> Self {
        Self(writer)
    }

    /// Lets it do what it waits for, and does not wait for that: the monitor is about to end.
    pub(crate) fn release(&mut self) {
        // One that is gone was killed; the next engine that opens the root finds the container and removes it.
        let _ = write(&self.0, GO);
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        // Only the first word counts.
        let _ = write(&self.0, LEAVE);
    }
}

impl AsFd for Waiting {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

/// The command line of a program.
///
/// # Errors
/// A word with a NUL byte.
pub(crate) fn words(program: &Reaper) -> io::Result<Vec<CString>> {
    let Reaper { program, arguments } = program;
    let words = std::iter::once(program.as_os_str().as_bytes()).chain(arguments.iter().map(String::as_bytes));
    Ok(words.map(CString::new).collect::<Result<_, _>>()?)
}

/// Is the waiting process: becomes the program that the words are the command line of. Returns the exit status.
fn wait(words: &[CString]) -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let mut word = [0; 1];
    // A monitor that ended without a word was killed: then its container is lost, and there is the more to do.
    if matches!(retry_on_intr(|| read(stdin(), &mut word)), Ok(1)) && word == LEAVE {
        return 0;
    }
    become_program(words)
}

/// Becomes the program that the words are the command line of; returns the exit status where that fails.
pub(crate) fn become_program(words: &[CString]) -> i32 {
    let Some((program, arguments)) = words.split_first() else { return 1 };
    let text = |word: &CString| OsStr::from_bytes(word.to_bytes()).to_owned();
    let mut command = Command::new(text(program));
    command.args(arguments.iter().map(text));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // There is nobody left to tell.
    drop(command.exec());
    1
}
