//! `system reap`: removes a `--rm` container that has ended while nobody waited for it. Its monitor calls this; a person has `rm`.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    Ok(session.client.reap(&parsed.arguments[0]).await?)
}
