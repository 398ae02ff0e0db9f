//! Containers for real, on this kernel: each test makes a bundle of its own around this very program, and leaves nothing behind.
//!
//! Needs root.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attacks;
mod bundle;
mod devices;
mod harness;
mod isolation;
mod library;
mod lifecycle;
mod mistakes;
mod mount_tables;
mod paths;
mod probe;
mod terminal;
mod user_namespaces;

use std::ffi::OsString;

fn main() {
    let words: Vec<OsString> = std::env::args_os().collect();
    let word = |at: usize| words.get(at).and_then(|word| word.to_str()).unwrap_or_default();
    let status = match (word(0), word(1)) {
        (_, "runtime") => corten_runtime::command::run(&words[..2], &words[2..]),
        (_, "hook") => bundle::hook(word(2)),
        ("/sbin/docker-init", _) => corten_runtime::init::run(words[2..].to_vec()),
        (probe::PATH, _) => probe::run(word(1), words.get(2..).unwrap_or_default()),
        (_, probe::SCRIPT) => probe::run("own-mount", &[]),
        _ => harness::run(
            &words[1..],
            &[
                attacks::TESTS,
                &[
                    devices::TESTS,
                    isolation::TESTS,
                    library::TESTS,
                    lifecycle::TESTS,
                    mistakes::TESTS,
                    mount_tables::TESTS,
                    paths::TESTS,
                    terminal::TESTS,
                    user_namespaces::TESTS,
                ],
            ]
            .concat(),
        ),
    };
    std::process::exit(status);
}
