//! `corten runtime …`: hands over to the small binary, which is the OCI runtime.

use std::env;
use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::daemonless::{MONITOR_PROGRAM, RUN_ROOT};

/// Replaces this process; returns only when that fails.
pub(crate) fn execute(arguments: &[OsString]) -> ExitCode {
    let run_root = env::var_os("CORTEN_RUN_ROOT").map_or_else(|| PathBuf::from(RUN_ROOT), PathBuf::from);
    let message = match MONITOR_PROGRAM.lay_down(&run_root.join("bin")) {
        Ok(program) => {
            let error = Command::new(&program).arg("runtime").args(arguments).exec();
            format!("run `{}`: {error}", program.display())
        }
        Err(error) => corten_error::chain(&error),
    };
    eprintln!("corten: {message}");
    ExitCode::FAILURE
}
