//! Who is struck, and a daemon that can be.

use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use crate::Corten;
use crate::fault::{Fault, Served, Strike, Struck};

/// Whose calls count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Who {
    /// The command, with the engine in it, and what it starts.
    Command,
    /// The monitor that the command starts.
    Monitor,
    /// Those that look after the container already that the command is about.
    Watchers,
    /// A daemon that serves the command.
    Daemon,
}

/// How long a daemon may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

impl Who {
    /// The command more often.
    pub(super) const ALL: [Who; 5] = [Who::Command, Who::Command, Who::Monitor, Who::Watchers, Who::Daemon];

    /// For a table.
    pub(super) fn name(self) -> &'static str {
        match self {
            Who::Command => "command",
            Who::Monitor => "monitor",
            Who::Watchers => "watchers",
            Who::Daemon => "daemon",
        }
    }

    /// What can befall it, a plain kill more often.
    pub(super) fn faults(self) -> &'static [Fault] {
        match self {
            Who::Command | Who::Watchers => &[
                Fault::Kill,
                Fault::Kill,
                Fault::KillAll,
                Fault::Full,
                Fault::FullFromNowOn,
                Fault::Broken,
                Fault::NoDescriptors,
                Fault::NoMemory,
            ],
            Who::Monitor | Who::Daemon => &[
                Fault::Kill,
                Fault::Kill,
                Fault::Full,
                Fault::FullFromNowOn,
                Fault::Broken,
                Fault::NoDescriptors,
                Fault::NoMemory,
            ],
        }
    }
}

/// A daemon for one command.
#[derive(Debug)]
pub(super) struct Server {
    served: Served,
    socket: PathBuf,
}

impl Server {
    /// Starts it and waits until it listens, with `strike` in its way from its first call on.
    pub(super) fn start(corten: &Corten, strike: Option<Strike>) -> io::Result<Server> {
        let socket = corten.root().run().join("corten.sock");
        let command = corten.command(&["daemon"]);
        let served = Served::start(&command, corten.root().scratch(), strike.map(Some))?;
        let deadline = Instant::now() + PATIENCE;
        while UnixStream::connect(&socket).is_err() && !served.is_over() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(2));
        }
        Ok(Server { served, socket })
    }

    /// Whether it has ended by itself.
    pub(super) fn is_over(&self) -> bool {
        self.served.is_over()
    }

    /// Ends it.
    pub(super) fn end(self) -> io::Result<Struck> {
        self.served.end()
    }

    /// Has it serve one command, and ends it. What is told is of the command, but for the calls: those are the daemon's.
    pub(super) fn serve(
        self,
        corten: &Corten,
        arguments: &[String],
        strike: Option<Strike>,
    ) -> io::Result<Struck> {
        self.served.arm(strike);
        let mut words = vec!["--host".to_owned(), format!("unix://{}", self.socket.display())];
        words.extend(arguments.iter().cloned());
        let outcome = corten.run(&words);
        let daemon = self.served.end()?;
        let is_killed = daemon.code == 137;
        let said = [outcome.stderr(), daemon.stderr].concat();
        Ok(Struck {
            // Whoever asked somebody that was killed says so in its own words.
            code: if is_killed && outcome.code != 0 { daemon.code } else { outcome.code },
            stdout: outcome.stdout_bytes,
            stderr: said,
            hung: daemon.hung,
            ..daemon
        })
    }
}
