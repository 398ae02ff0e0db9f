//! The reaping init of `--init`: PID 1 of the container, the configured program its only child of its own.
//!
//! It forwards signals and reaps whatever is orphaned to it; it restarts nothing and reads no configuration.

use std::env;
use std::ffi::{CStr, CString, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use corten_sys::clone;
use corten_sys::exec;
use corten_sys::signal::{self, SignalFd};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Signal, WaitOptions, WaitStatus, setpgid, wait};
use rustix::termios::tcsetpgrp;

use crate::failure::{CANNOT_INVOKE, CANNOT_START, Failure};
use crate::search;

/// The zeroth argument under which a program of ours is an init: where Docker's users see theirs.
pub const PROGRAM_NAME: &CStr = c"/sbin/docker-init";

/// What is not forwarded: faults of this very process, and stops that its terminal sends to it.
const OWN: [Signal; 9] = [
    Signal::ILL,
    Signal::TRAP,
    Signal::ABORT,
    Signal::BUS,
    Signal::FPE,
    Signal::SEGV,
    Signal::TTIN,
    Signal::TTOU,
    Signal::SYS,
];

/// Runs `arguments` as a child and returns its exit status (128 + n for signal n), or 126 to 128 with a word on standard error.
#[must_use]
pub fn run(arguments: Vec<OsString>) -> i32 {
    match supervise(arguments) {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("{failure}");
            failure.exit_code
        }
    }
}

fn supervise(arguments: Vec<OsString>) -> Result<i32, Failure> {
    // ps(1) and pgrep(1) show this name beside the arguments; without it, it is a part of the program's file name.
    let _ = rustix::thread::set_name(c"docker-init");
    let forwarded: Vec<i32> =
        signal::all().filter(|signal| OWN.iter().all(|own| own.as_raw() != *signal)).collect();
    // Before the child exists: a signal that comes meanwhile is kept.
    let signals = SignalFd::new(&forwarded).map_err(|cause| Failure::system("receive signals", &cause))?;
    let words = arguments.into_iter().map(|word| CString::new(word.into_vec()));
    let words: Vec<CString> =
        words.collect::<Result<_, _>>().map_err(|_| Failure::refused("an argument has a NUL byte"))?;
    // Not clone3: the filter of the container answers it with ENOSYS.
    let child = clone::fork(|| become_program(&words))
        .map_err(|cause| Failure::system("create the program's process", &cause))?;
    loop {
        // An interrupted or failed poll only means one look more.
        let _ = poll(&mut [PollFd::new(&signals, PollFlags::IN)], None);
        while let Ok(Some(received)) = signals.read() {
            if received.signal != Signal::CHILD.as_raw() {
                // A child that has ended meanwhile is about to be reaped.
                let _ = signal::kill(child as i32, received.signal);
            } else if let Some(status) = reap(child) {
                return Ok(status);
            }
        }
    }
}

/// Reaps every child that has ended; the status of the program once it is among them.
fn reap(program: u32) -> Option<i32> {
    let mut status = None;
    while let Ok(Some((pid, ended))) = wait(WaitOptions::NOHANG) {
        if pid.as_raw_pid() as u32 == program {
            status = Some(shell_code(ended));
        }
    }
    status
}

fn shell_code(ended: WaitStatus) -> i32 {
    let by_signal = || ended.terminating_signal().map(|signal| 128 + signal);
    ended.exit_status().or_else(by_signal).unwrap_or(CANNOT_START)
}

/// The child: in the foreground of its terminal, with default signals. Returns only when the program cannot be run.
fn become_program(words: &[CString]) -> i32 {
    let foreground =
        setpgid(None, None).and_then(|()| tcsetpgrp(std::io::stdin(), rustix::process::getpgrp()));
    // Without a terminal there is no foreground.
    let _: Result<(), Errno> = foreground;
    let failure = signal::reset_to_default()
        .map_err(|cause| Failure::system("reset signals", &cause))
        .and_then(|()| execute(words))
        .err();
    let Some(failure) = failure else { return 0 };
    eprintln!("{failure}");
    failure.exit_code
}

fn execute(words: &[CString]) -> Result<(), Failure> {
    let Some(name) = words.first() else {
        return Err(Failure::refused("no program to run").with_exit_code(CANNOT_INVOKE));
    };
    let search_path = env::var("PATH").unwrap_or_default();
    let found = search::look_up(&name.to_string_lossy(), &search_path)?;
    let path = CString::new(found).map_err(|_| Failure::refused("the program's path has a NUL byte"))?;
    let environment: Vec<CString> = env::vars_os()
        .filter_map(|(key, value)| CString::new([key.as_bytes(), b"=", value.as_bytes()].concat()).ok())
        .collect();
    let error = exec::execve(&path, words, &environment);
    let errno = Errno::from_io_error(&error).unwrap_or(Errno::INVAL);
    let exit_code = search::exit_code(errno);
    Err(Failure::system(format!("exec {}", path.to_string_lossy()), &error).with_exit_code(exit_code))
}
