//! Asks before something is done that cannot be undone.

use std::io::{self, BufRead};

use crate::failure::Outcome;
use crate::session::Session;

/// Prints the question and reads a line; whether it says yes. The end of the input is a no.
pub(super) fn confirm(session: &Session, question: &str) -> Outcome<bool> {
    session.print(&format!("{question} [y/N] "))?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().eq_ignore_ascii_case("y"))
}
