//! The process that compresses files of the log that are not written to any more: its monitor starts nothing, computes nothing and does
//! not wait.
//!
//! It is a copy of the monitor that has none of its descriptors, made before the container's program runs and confined like it. It is there
//! for containers whose log is to be compressed only, waits for a word, and ends with its monitor. Names are changed by the monitor
//! alone, which writes the log.

use std::ffi::{CString, OsStr};
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use corten_logs::{Packed, pack_next};
use corten_sys::clone::fork_bare;
use corten_sys::{packet, pidfd};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::nice;
use rustix::stdio::stdin;

use crate::confinement::confine;
use crate::filter::compile;

/// Names the process for `ps`.
const PROCESS_NAME: &std::ffi::CStr = c"corten-compress";

/// Whatever else wants the processor comes first.
const NICENESS: i32 = 19;

/// How long it may take to notice that its monitor is about to end: it looks after every 64 KiB.
const PATIENCE: Duration = Duration::from_secs(2);

/// An answer is a small document.
const LONGEST_ANSWER: usize = 1024;

/// The monitor's end of the socket whose other end is the process's standard input. With it the process ends.
#[derive(Debug)]
pub(crate) struct Compressor {
    socket: OwnedFd,
    process: OwnedFd,
    /// Whether it was asked and has not answered.
    busy: bool,
}

/// What came of a word.
#[derive(Debug)]
pub(crate) enum Answer {
    /// Nothing yet.
    None,
    /// There is nothing (more) to compress, or it could not be done now.
    Idle,
    /// This waits for its name.
    Packed(Packed),
    /// The process is gone: the log is not compressed any more.
    Gone,
}

impl Compressor {
    /// Starts the process for the log at `log`.
    ///
    /// # Errors
    /// What socketpair(2) and clone3(2) say.
    pub(crate) fn start(log: &Path) -> io::Result<Self> {
        let (socket, far) = packet::pair()?;
        let words = [CString::new(log.as_os_str().as_bytes())?];
        // A child's number is its own until it is reaped.
        let process = pidfd::open(fork_bare(far.as_fd(), &words, serve)?)?;
        Ok(Self { socket, process, busy: false })
    }

    /// It again, after a re-execution; it may have an answer for the predecessor. A word too many costs nothing.
    pub(crate) fn restore(socket: OwnedFd, process: OwnedFd) -> Self {
        Self { socket, process, busy: false }
    }

    /// Its socket and its process, for [`Compressor::restore`].
    pub(crate) fn descriptors(&self) -> (BorrowedFd<'_>, BorrowedFd<'_>) {
        (self.socket.as_fd(), self.process.as_fd())
    }

    /// Ends it, and waits until it is gone: what it was compressing goes with it.
    pub(crate) fn end(self) {
        drop(self.socket);
        // Failure is the same as one that does not end: the kernel is left to it.
        let _ = pidfd::ends_within(&self.process, PATIENCE);
        let _ = pidfd::send_signal(&self.process, rustix::process::Signal::KILL.as_raw());
        let _ = pidfd::try_wait(&self.process);
    }

    /// Asks it to compress what there is to compress, unless it is at that.
    pub(crate) fn wake(&mut self) {
        // One that is gone is noticed by its answer.
        self.busy = self.busy || packet::send(&self.socket, b"!", &[]).is_ok();
    }

    /// What it has to say.
    pub(crate) fn answer(&mut self) -> Answer {
        let mut buffer = [0; LONGEST_ANSWER];
        match packet::receive_now(&self.socket, &mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Answer::None,
            Ok(answer) if answer.length > 0 => {
                self.busy = false;
                serde_json::from_slice(&buffer[..answer.length]).map_or(Answer::Idle, Answer::Packed)
            }
            _ => Answer::Gone,
        }
    }
}

impl AsFd for Compressor {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// Is the process. Returns the exit status.
fn serve(words: &[CString]) -> i32 {
    let _ = rustix::thread::set_name(PROCESS_NAME);
    // One that may not is as quick as its monitor.
    let _ = nice(NICENESS);
    let [log] = words else { return 1 };
    let log = PathBuf::from(OsStr::from_bytes(log.to_bytes()));
    let Some(directory) = log.parent() else { return 1 };
    if compile(&[]).and_then(|filter| confine(&[directory.to_owned()], &filter)).is_err() {
        return 1;
    }
    let mut word = [0; 1];
    while matches!(packet::receive(stdin(), &mut word), Ok(received) if received.length > 0) {
        // What could not be compressed (a full disk) is tried again when the next file is there.
        let packed = pack_next(&log, &mut monitor_is_there).ok().flatten();
        let answer = packed.and_then(|packed| serde_json::to_vec(&packed).ok());
        if packet::send(stdin(), &answer.unwrap_or_else(|| b"-".to_vec()), &[]).is_err() {
            break;
        }
    }
    // After a container's end nothing of its monitor's stays in its directory.
    let _ = corten_logs::discard(&log);
    0
}

/// Whether somebody still waits for what is being compressed.
fn monitor_is_there() -> bool {
    let socket = stdin();
    let mut set = [PollFd::from_borrowed_fd(socket.as_fd(), PollFlags::empty())];
    !matches!(poll(&mut set, Some(&Timespec::default())), Ok(1..))
}
