//! The entry of the small binary.

use crate::birth::begin;
use crate::life::PROCESS_NAME;
use crate::succession::{RESUME, resume};

/// Is a monitor: reads a start from the socket that is its standard input, or takes over from its predecessor (`--resume` as
/// the second argument). Returns the exit status.
///
/// The process must have one thread. The result says nothing about the container; its journal does.
#[must_use]
pub fn run() -> i32 {
    // A name is for people: without it everything else works. The program's own is a hash.
    let _ = rustix::thread::set_name(PROCESS_NAME);
    match std::env::args_os().nth(2) {
        None => begin(),
        Some(word) if word == RESUME => resume(),
        Some(_) => UNKNOWN_ARGUMENT,
    }
}

/// The exit status for a command line that is none (EX_USAGE of sysexits(3)).
const UNKNOWN_ARGUMENT: i32 = 64;
