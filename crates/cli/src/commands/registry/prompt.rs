//! Asks the user at the terminal for a line.

use std::io;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Exit code of who is interrupted (128 and the number of SIGINT).
const INTERRUPTED: u8 = 130;

/// The line that is typed, without space around it.
pub(super) async fn ask(session: &Session, question: &str) -> Outcome<String> {
    session.print(question)?;
    Ok(line().await?.trim().to_owned())
}

/// The line that is typed and not shown.
pub(super) async fn ask_secret(session: &Session, question: &str) -> Outcome<String> {
    let silence = Silence::begin()?;
    session.print(question)?;
    let typed = line().await;
    drop(silence);
    session.line("")?;
    Ok(typed?.trim_end_matches(['\r', '\n']).to_owned())
}

async fn line() -> Outcome<String> {
    let reading = tokio::task::spawn_blocking(|| {
        let mut text = String::new();
        io::stdin().read_line(&mut text).map(|_| text)
    });
    tokio::select! {
        read = reading => Ok(read.map_err(io::Error::other)??),
        // Not left to the signal's default: the terminal would stay silent.
        _ = tokio::signal::ctrl_c() => Err(Failure::with_code(INTERRUPTED, "")),
    }
}

/// The terminal on stdin does not show what is typed while it lives.
struct Silence(Termios);

impl Silence {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut silent = before.clone();
        silent.local_modes.remove(LocalModes::ECHO);
        tcsetattr(io::stdin(), OptionalActions::Now, &silent)?;
        Ok(Self(before))
    }
}

impl Drop for Silence {
    fn drop(&mut self) {
        // Nothing can be done about a terminal that is gone.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.0);
    }
}
