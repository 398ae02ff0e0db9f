//! Every test of the workspace, and a look at the machine before and after.
//!
//! Tests look after themselves; this finds what none of them can be blamed for alone.

use std::{
    env, thread,
    time::{Duration, Instant},
};

use corten_testkit::host::Snapshot;

use crate::{
    error::{Error, Result},
    metadata, process,
};

/// Runs the tests with nextest where it is installed, else with cargo's own runner; `arguments` go to the runner.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let before = Snapshot::take();
    let outcome = run_tests(arguments);
    let left = left_beyond(&before);
    outcome?;
    if left.is_empty() { Ok(()) } else { Err(Error::LeftBehind(left.join("\n"))) }
}

/// What stays beyond what was there before. What has ended may take a moment to be gone: init reaps when it does, the kernel lets go of
/// namespaces in the background.
fn left_beyond(before: &Snapshot) -> Vec<String> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        let left = Snapshot::take().beyond(before);
        if left.is_empty() || Instant::now() >= deadline {
            return left;
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn run_tests(arguments: &[String]) -> Result<()> {
    let mut cargo = if process::has_cargo_command("nextest") {
        vec!["nextest", "run", "--workspace", "--no-fail-fast"]
    } else {
        vec!["test", "--workspace", "--no-fail-fast"]
    };
    cargo.extend(arguments.iter().map(String::as_str));
    process::run_cargo_with(&cargo, runner()?)
}

/// Whoever is not root builds as themselves and has sudo start the tests, which need root for what they do to the kernel.
fn runner() -> Result<Option<(String, String)>> {
    if corten_testkit::requirement::is_root() {
        return Ok(None);
    }
    let variable = runner_variable(&metadata::host_triple()?);
    let path = env::var("PATH").unwrap_or_default();
    Ok(env::var_os(&variable).is_none().then(|| (variable, with_sudo(&path))))
}

/// The command that starts a program as root, with our environment. Of that, sudo(8) replaces the search path whatever it is asked
/// for, and tests that ask cargo something would not find it. The command is split at blanks, so a path with one is given up.
fn with_sudo(path: &str) -> String {
    let sudo = "sudo --preserve-env";
    if path.is_empty() || path.contains(char::is_whitespace) {
        return sudo.to_owned();
    }
    format!("{sudo} env PATH={path}")
}

/// The variable that tells cargo (and nextest) what starts a program of `triple`.
fn runner_variable(triple: &str) -> String {
    format!("CARGO_TARGET_{}_RUNNER", triple.to_uppercase().replace('-', "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_that_sudo_starts_find_what_we_find() {
        assert_eq!(with_sudo("/a:/b"), "sudo --preserve-env env PATH=/a:/b");
        assert_eq!(with_sudo("/a b"), "sudo --preserve-env");
    }

    #[test]
    fn the_runner_is_named_as_cargo_names_it() {
        let name = runner_variable("x86_64-unknown-linux-gnu");
        assert_eq!(name, "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUNNER");
    }
}
