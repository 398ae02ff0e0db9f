//! The entry of the small binary.

use std::ffi::OsString;

use crate::birth::begin;
use crate::foreign::{self, ATTEND};
use crate::guard::{self, GUARD};
use crate::holder::{self, HOLD};
use crate::keeper::{self, KEEP};
use crate::life::PROCESS_NAME;
use crate::relay::{self, RELAY};
use crate::succession::{RESUME, resume};

/// Is a monitor: reads a start from the socket that is its standard input, or takes over from its predecessor (`--resume` as
/// the second argument). Or is one of its helpers: keeps the scope of monitors (`--hold` and its cgroup), keeps an exec session (`--keep`),
/// holds published ports (`--relay`), guards the networks (`--guard`), attends to a container of another runtime (`--attend`).
/// Returns the exit status.
///
/// The process must have one thread. The result says nothing about the container; its journal does.
#[must_use]
pub fn run() -> i32 {
    // A name is for people: without it everything else works. The program's own is a hash.
    let _ = rustix::thread::set_name(PROCESS_NAME);
    let words: Vec<OsString> = std::env::args_os().skip(2).collect();
    let Some((word, rest)) = words.split_first() else { return begin() };
    match (word.to_str(), rest) {
        (Some(RESUME), []) => resume(),
        (Some(KEEP), []) => keeper::run(),
        (Some(RELAY), []) => relay::run(),
        (Some(ATTEND), []) => foreign::run(),
        (Some(GUARD), []) => guard::run(),
        (Some(HOLD), [monitors]) => holder::run(&monitors.to_string_lossy()),
        _ => UNKNOWN_ARGUMENT,
    }
}

/// Whether these words of a command line are those of a monitor that takes over from its predecessor.
#[must_use]
pub fn takes_over(words: &[OsString]) -> bool {
    words.get(2).is_some_and(|word| word == RESUME)
}

/// The exit status for a command line that is none (EX_USAGE of sysexits(3)).
const UNKNOWN_ARGUMENT: i32 = 64;
