//! `system settle`: waits until nothing asynchronous is under way.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, _: Parsed) -> Outcome {
    let settled = session.client.settle().await?;
    session.line(&format!("Settled: waited for {}", settled.waited))
}
