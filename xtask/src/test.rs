//! Every test of the workspace, and a look at the machine before and after.
//!
//! Tests look after themselves; this finds what none of them can be blamed for alone.

use corten_testkit::host::Snapshot;

use crate::{
    error::{Error, Result},
    process,
};

/// Runs the tests with nextest where it is installed, else with cargo's own runner; `arguments` go to the runner.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let before = Snapshot::take();
    let outcome = run_tests(arguments);
    let left = Snapshot::take().beyond(&before);
    outcome?;
    if left.is_empty() { Ok(()) } else { Err(Error::LeftBehind(left.join("\n"))) }
}

fn run_tests(arguments: &[String]) -> Result<()> {
    let mut cargo = if process::has_cargo_command("nextest") {
        vec!["nextest", "run", "--workspace", "--no-fail-fast"]
    } else {
        vec!["test", "--workspace", "--no-fail-fast"]
    };
    cargo.extend(arguments.iter().map(String::as_str));
    process::run_cargo(&cargo)
}
