//! Programs in a session of their own.

use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Has the program start in a new session (setsid(2)): it has no terminal to ask on, and no signal of the terminal reaches it.
pub fn of_its_own(command: &mut Command) -> &mut Command {
    // SAFETY: the closure runs in the new process between fork and exec, where only async-signal-safe calls are sound; setsid(2) is one
    // (signal-safety(7)), and the closure neither allocates nor takes a lock.
    unsafe { command.pre_exec(|| Ok(rustix::process::setsid().map(drop)?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_leads_a_session_that_is_not_ours() {
        let output =
            of_its_own(Command::new("sh").args(["-c", "cut -d' ' -f6 /proc/self/stat; echo $$"])).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        let (session, leader) = text.trim().split_once('\n').unwrap();
        assert_eq!(session, leader);
    }
}
