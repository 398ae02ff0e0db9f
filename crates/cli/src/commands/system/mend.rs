//! `system mend`: makes networks anew that somebody has taken away. Their guard calls this; a person has the next `run`.

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

/// The exit code that tells the guard to end.
const NOT_NEEDED: u8 = 3;

pub(crate) async fn run(session: Session, _: Parsed) -> Outcome {
    if session.client.mend_networks().await?.needed {
        Ok(())
    } else {
        Err(Failure::with_code(NOT_NEEDED, ""))
    }
}
