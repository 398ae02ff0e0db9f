//! `diff`: lists what a container has changed of its image.

use crate::command::{Arity, Command};
use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) const COMMAND: Command = Command {
    paths: &[&["container", "diff"], &["diff"]],
    usage: "CONTAINER",
    about: "List what a container has changed of its image: A added, C changed, D deleted",
    flags: &[],
    arity: Arity::Exactly(1),
    interspersed: true,
    run: run!(run),
};

async fn run(session: Session, parsed: Parsed) -> Outcome {
    let changes = session.client.container_changes(&parsed.arguments[0]).await?;
    let line = |kind: u8, path: &str| match kind {
        0 => format!("C {path}\n"),
        1 => format!("A {path}\n"),
        2 => format!("D {path}\n"),
        // Docker's words for what no engine says.
        _ => format!("  {path}\n"),
    };
    let lines: String = changes.iter().map(|change| line(change.kind, &change.path)).collect();
    session.print(&lines)
}
