//! What a test needs of the machine, and what happens where it is missing: a line for a person, a failure in CI.
//!
//! Otherwise a machine without a feature would pass every test of it.

use std::env;

/// Whether this is CI, where nothing is skipped for lack of a feature.
#[must_use]
pub fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

/// `true` when the machine has what the test needs; otherwise says so and returns `false`.
///
/// # Panics
/// In CI, where a machine has to have it.
#[must_use]
#[track_caller]
pub fn is_met(present: bool, what: &str) -> bool {
    if !present {
        assert!(!in_ci(), "this machine lacks {what}, and CI must not skip");
        println!("skipped: this machine lacks {what}");
    }
    present
}

/// Most of what the kernel does for us, it does for root alone.
#[must_use]
#[track_caller]
pub fn root() -> bool {
    is_met(is_root(), "root")
}

/// Whether this process is root's.
#[must_use]
pub fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}
