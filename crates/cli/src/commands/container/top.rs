//! `top`: shows the processes of a container.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::output::{align, visible_in_line};
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let Some((name, arguments)) = parsed.arguments.split_first() else {
        unreachable!("the command takes an argument")
    };
    let top = session.client.container_top(name, arguments).await?;
    let mut text = format!("{}\n", top.titles.join("\t"));
    for process in &top.processes {
        let cells: Vec<_> = process.iter().map(|cell| visible_in_line(cell)).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    session.print(&align(&text, 20, 3))
}
