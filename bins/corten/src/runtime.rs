//! `corten runtime …`: hands over to the small binary, which is the OCI runtime.

use std::env;
use std::ffi::OsString;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use corten_runtime::own_program::open_protected;

use crate::daemonless::{MONITOR_PROGRAM, ROOT};

/// Replaces this process; returns only when that fails.
pub(crate) fn execute(arguments: &[OsString]) -> ExitCode {
    // Not below the run directory: `/run` is often mounted `noexec`.
    let root = env::var_os("CORTEN_ROOT").map_or_else(|| PathBuf::from(ROOT), PathBuf::from);
    let message = match MONITOR_PROGRAM.lay_down(&root.join("bin")) {
        Ok(program) => {
            let error = open_protected(&program).map_or_else(
                |error| error,
                |protected| {
                    // Through a read-only mount of its own, as the runtime insists on: it need not execute itself once more.
                    let path = format!("/proc/self/fd/{}", protected.as_raw_fd());
                    Command::new(path).arg0(&program).arg("runtime").args(arguments).exec()
                },
            );
            format!("run `{}`: {error}", program.display())
        }
        Err(error) => corten_error::chain(&error),
    };
    eprintln!("corten: {message}");
    ExitCode::FAILURE
}
