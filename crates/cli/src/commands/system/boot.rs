//! `boot`: starts the containers that their restart policies want to run. The unit of `system install` calls it when the machine is up.

use std::time::Duration;

use corten_spec::duration::parse_go;

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let nanoseconds = parse_go(parsed.text("timeout")).map_err(|error| Failure::new(error.to_string()))?;
    let patience = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0));
    let booted = session.client.boot(patience).await?;
    for name in &booted.started {
        session.line(name)?;
    }
    let failures: Vec<String> = booted
        .failed
        .iter()
        .map(|failed| format!("cannot start {}: {}", failed.name, failed.error))
        .collect();
    Failure::join(&failures)
}
