//! Runs other programs, in the workspace's root and in sight of the contributor.
//!
//! It does not parse what they say.

use std::process::{Command, Stdio};

use crate::{
    error::{Error, Result},
    workspace,
};

/// The cargo that runs this program, so that the toolchain stays the same.
pub(crate) fn cargo() -> String {
    std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

/// Runs `cargo ARGUMENTS` and shows the command line first.
pub(crate) fn run_cargo(arguments: &[&str]) -> Result<()> {
    run_cargo_with(arguments, None)
}

/// The same with one more variable in the environment.
pub(crate) fn run_cargo_with(arguments: &[&str], variable: Option<(String, String)>) -> Result<()> {
    eprintln!("$ cargo {}", arguments.join(" "));
    let mut command = in_root(&cargo());
    let status =
        command.args(arguments).envs(variable).status().map_err(|source| start_error(&cargo(), source))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed { command: format!("cargo {}", arguments.join(" ")), status: status.to_string() })
}

/// The standard output of `program ARGUMENTS`; its standard error is the contributor's.
pub(crate) fn output(program: &str, arguments: &[&str]) -> Result<Vec<u8>> {
    let mut command = in_root(program);
    let output = command
        .args(arguments)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|source| start_error(program, source))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let command = format!("{program} {}", arguments.join(" "));
    Err(Error::Failed { command, status: output.status.to_string() })
}

/// Whether `cargo WORD` exists on this machine.
pub(crate) fn has_cargo_command(word: &str) -> bool {
    let mut command = in_root(&cargo());
    command.args([word, "--version"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

fn in_root(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace::root());
    command
}

fn start_error(program: &str, source: std::io::Error) -> Error {
    Error::Start { program: program.to_owned(), source }
}
