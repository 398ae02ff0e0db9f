//! `diff`: lists what a container has changed of its image.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
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
