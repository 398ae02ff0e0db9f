//! Which of its three programs the small binary is: by its own name the reaping init, else by its first word.

use std::env;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut words: Vec<OsString> = env::args_os().collect();
    let status = match (words.first(), words.get(1).and_then(|word| word.to_str())) {
        (Some(name), Some("--")) if name.as_bytes() == corten_runtime::init::PROGRAM_NAME.to_bytes() => {
            corten_runtime::init::run(words.split_off(2))
        }
        (_, Some("init")) => corten_runtime::init::run(words.split_off(2)),
        (_, Some("runtime")) => corten_runtime::command::run(&words[..2], &words[2..]),
        (_, Some("monitor")) => monitor(&words),
        _ => {
            eprintln!("usage: corten-monitor runtime|init|monitor …");
            2
        }
    };
    ExitCode::from(u8::try_from(status).unwrap_or(u8::MAX))
}

/// The monitor clones containers, which must not reach this program's file; whoever executes it through
/// [`open_protected`](corten_runtime::own_program::open_protected) spares it the second execution. One that takes over from another
/// clones none, and has not the right to mount.
fn monitor(words: &[OsString]) -> i32 {
    if corten_monitor::takes_over(words) {
        return corten_monitor::run();
    }
    match corten_runtime::own_program::protect(words) {
        Ok(()) => corten_monitor::run(),
        Err(error) => {
            eprintln!("corten-monitor: cannot protect the own program: {error}");
            1
        }
    }
}
