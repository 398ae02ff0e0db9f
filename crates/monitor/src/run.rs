//! The entry of the small binary.

use std::ffi::OsString;

use crate::foreign::{self, ATTEND};
use crate::guard::{self, GUARD};
use crate::health::{self, PROBE};
use crate::holder::{self, HOLD};
use crate::recruit;
use crate::relay::{self, RELAY};
use crate::succession::{RESUME, resume};
use crate::vigil::{self, VIGIL};

/// Is a monitor, or keeps an exec session: what it reads first from the socket that is its standard input says which. Or takes over from
/// its predecessor (`--resume` as the second argument), or back from its successor (which says why in the third). Or is one of its helpers: keeps the scope of monitors (`--hold` and its cgroup),
/// holds published ports (`--relay`), guards the networks (`--guard`), attends to a container of another runtime (`--attend`),
/// probes a container's health (`--probe`), waits to bring a container back (`--vigil`).
/// Returns the exit status.
///
/// The process must have one thread. The result says nothing about the container; its journal does.
#[must_use]
pub fn run() -> i32 {
    let words: Vec<OsString> = std::env::args_os().skip(2).collect();
    let Some((word, rest)) = words.split_first() else { return recruit::run() };
    match (word.to_str(), rest) {
        (Some(RESUME), []) => resume(None),
        (Some(RESUME), [given_back]) => resume(Some(&given_back.to_string_lossy())),
        (Some(RELAY), []) => relay::run(),
        (Some(ATTEND), []) => foreign::run(),
        (Some(GUARD), []) => guard::run(),
        (Some(PROBE), []) => health::run(),
        (Some(VIGIL), []) => vigil::run(),
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
