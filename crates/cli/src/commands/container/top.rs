//! `top`: shows the processes of a container.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::output::align;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let Some((name, arguments)) = parsed.arguments.split_first() else {
        unreachable!("the command takes an argument")
    };
    let top = session.client.container_top(name, arguments).await?;
    let mut text = format!("{}\n", top.titles.join("\t"));
    for process in &top.processes {
        text.push_str(&process.join("\t"));
        text.push('\n');
    }
    session.print(&align(&text, 20, 3))
}
