//! `system mend`: makes networks anew that somebody has taken away. Their guard calls this; a person has the next `run`.

use corten_spec::exit_status::NETWORKS_NOT_NEEDED;

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, _: Parsed) -> Outcome {
    if session.client.mend_networks().await?.needed {
        Ok(())
    } else {
        Err(Failure::with_code(NETWORKS_NOT_NEEDED, ""))
    }
}
