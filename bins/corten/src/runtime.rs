//! `corten runtime …`, and whatever is called through a link named `corten-runtime`: hands over to the small binary, which is the OCI
//! runtime.

use std::env;
use std::ffi::OsString;
use std::os::fd::AsRawFd as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use corten_runtime::own_program::open_protected;

use crate::engine::{MONITOR_PROGRAM, ROOT};

/// Callers of runtimes name a file and no words for it: a link of this name is what to give them.
const LINK: &str = "corten-runtime";

/// The words for the runtime, where these are a call of it.
pub(crate) fn words(arguments: &[OsString]) -> Option<&[OsString]> {
    let (program, words) = arguments.split_first()?;
    if Path::new(program).file_name().is_some_and(|name| name == LINK) {
        return Some(words);
    }
    words.split_first().filter(|(command, _)| *command == "runtime").map(|(_, words)| words)
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runtime_is_called_by_its_command_or_by_the_name_of_a_link() {
        let check = |words: &str, expected: Option<&str>| {
            let arguments: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            let found = super::words(&arguments).map(|words| words.join(" ".as_ref()));
            assert_eq!(found, expected.map(OsString::from), "{words}");
        };
        check("/usr/bin/corten runtime state x", Some("state x"));
        check("/usr/local/sbin/corten-runtime state x", Some("state x"));
        check("corten-runtime runtime", Some("runtime"));
        check("corten ps runtime", None);
        check("corten", None);
    }
}
