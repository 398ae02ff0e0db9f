//! The entry of the small binary.

use crate::birth::begin;
use crate::holder::{self, HOLD};
use crate::life::PROCESS_NAME;
use crate::succession::{RESUME, resume};

/// Is a monitor: reads a start from the socket that is its standard input, or takes over from its predecessor (`--resume` as
/// the second argument). Or keeps the scope of monitors (`--hold` and its cgroup). Returns the exit status.
///
/// The process must have one thread. The result says nothing about the container; its journal does.
#[must_use]
pub fn run() -> i32 {
    // A name is for people: without it everything else works. The program's own is a hash.
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let mut words = std::env::args_os().skip(2);
    match (words.next(), words.next().as_ref().and_then(|word| word.to_str())) {
        (None, _) => begin(),
        (Some(word), None) if word == RESUME => resume(),
        (Some(word), Some(monitors)) if word == HOLD => holder::run(monitors),
        _ => UNKNOWN_ARGUMENT,
    }
}

/// The exit status for a command line that is none (EX_USAGE of sysexits(3)).
const UNKNOWN_ARGUMENT: i32 = 64;
