//! `system upgrade`: has running containers looked after by this version, where an older one started them.

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, _: Parsed) -> Outcome {
    let outcome = session.client.upgrade().await?;
    for name in &outcome.upgraded {
        session.line(name)?;
    }
    let failures: Vec<String> = outcome
        .failed
        .iter()
        .map(|failed| format!("cannot upgrade the monitor of {}: {}", failed.name, failed.error))
        .collect();
    Failure::join(&failures)
}
