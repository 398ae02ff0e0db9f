//! The program under test on a terminal: what a person types, what the screen receives.
//!
//! It waits for text and never for time; the deadline only turns a hang into a failure. It does not interpret escape sequences.

use std::{
    os::fd::OwnedFd,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    fs::{Mode, OFlags, open},
    io::{Errno, read, write},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};

/// Long enough for a loaded machine; nothing is measured with it.
const DEADLINE: Duration = Duration::from_secs(60);

/// A program with a pseudo-terminal as its controlling terminal, and everything that it wrote there so far.
#[derive(Debug)]
pub struct Terminal {
    master: OwnedFd,
    child: Child,
    received: Vec<u8>,
    /// Up to where `expect` has looked.
    seen: usize,
}

impl Terminal {
    /// Starts `command` on a terminal of 24 rows and 80 columns.
    ///
    /// # Panics
    /// When there is no pseudo-terminal to be had, or the program cannot be started.
    #[must_use]
    pub fn start(command: &Command) -> Terminal {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).expect("a terminal of ours");
        unlockpt(&master).expect("an unlocked terminal");
        let name = ptsname(&master, Vec::new()).expect("the terminal's name");
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = open(name, flags, Mode::empty()).expect("the terminal's other side");
        let child = with_controlling_terminal(command, &slave).spawn().expect("setsid(1) of util-linux");
        let terminal = Terminal { master, child, received: Vec::new(), seen: 0 };
        terminal.resize(24, 80);
        terminal
    }

    /// Types `keys`.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn send(&self, keys: impl AsRef<[u8]>) {
        let mut rest = keys.as_ref();
        while !rest.is_empty() {
            let written = write(&self.master, rest).expect("a terminal to type on");
            rest = &rest[written..];
        }
    }

    /// Gives the terminal another size, which sends SIGWINCH to what runs there.
    ///
    /// # Panics
    /// When the terminal is gone.
    pub fn resize(&self, rows: u16, columns: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.master, size).expect("a terminal to resize");
    }

    /// Waits until `text` appears after whatever an earlier call found.
    ///
    /// # Panics
    /// With everything received, when the program ends or the deadline passes first.
    #[track_caller]
    pub fn expect(&mut self, text: &str) {
        let end = Instant::now() + DEADLINE;
        loop {
            let fresh = &self.received[self.seen..];
            if let Some(at) = fresh.windows(text.len()).position(|window| window == text.as_bytes()) {
                self.seen += at + text.len();
                return;
            }
            assert!(self.receive(end), "`{text}` did not appear\n--- received\n{}", self.transcript());
        }
    }

    /// Reads to the end and returns the exit code.
    ///
    /// # Panics
    /// With everything received, when the program does not end before the deadline.
    #[track_caller]
    pub fn wait(&mut self) -> i32 {
        let end = Instant::now() + DEADLINE;
        while self.receive(end) {}
        assert!(Instant::now() < end, "the program did not end\n--- received\n{}", self.transcript());
        let status = self.child.wait().expect("an exit status");
        status.code().unwrap_or(-1)
    }

    /// Everything received so far.
    #[must_use]
    pub fn transcript(&self) -> String {
        String::from_utf8_lossy(&self.received).into_owned()
    }

    /// Takes what there is or will be before `end`; `false` when nothing more comes.
    fn receive(&mut self, end: Instant) -> bool {
        let left = end.saturating_duration_since(Instant::now());
        let timeout = Timespec::try_from(left).expect("a minute");
        let mut readable = [PollFd::new(&self.master, PollFlags::IN)];
        if poll(&mut readable, Some(&timeout)).expect("poll") == 0 {
            return false;
        }
        let mut buffer = [0; 4096];
        match read(&self.master, &mut buffer) {
            // EIO is how Linux says that nobody has the other side open any more.
            Ok(0) | Err(Errno::IO) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) => panic!("read from the terminal: {error}"),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A test that failed may leave it running; what is left of the engine is found elsewhere.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// `setsid --ctty --wait` in front: a terminal becomes the controlling one only of a session leader without one, and only
/// between fork and exec, where safe Rust cannot go.
fn with_controlling_terminal(command: &Command, slave: &OwnedFd) -> Command {
    let stream = || Stdio::from(slave.try_clone().expect("a descriptor"));
    let mut wrapped = Command::new("setsid");
    wrapped.args(["--ctty", "--wait"]).arg(command.get_program()).args(command.get_args());
    wrapped.env_clear().env("TERM", "xterm");
    wrapped.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    wrapped.stdin(stream()).stdout(stream()).stderr(stream());
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_on_a_terminal_reads_keys_and_knows_its_size() {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", "read name; echo hello $name; stty size < /dev/tty; exit 3"]);
        shell.env("PATH", "/usr/bin:/bin");
        let mut terminal = Terminal::start(&shell);
        terminal.resize(40, 132);
        terminal.send("corten\n");
        terminal.expect("hello corten");
        terminal.expect("40 132");
        assert_eq!(terminal.wait(), 3);
    }
}
