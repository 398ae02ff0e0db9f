//! `rename`: gives a container another name.

use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let [old, new] = parsed.arguments.as_slice() else { unreachable!("the command takes two arguments") };
    let (old, new) = (old.trim(), new.trim());
    if old.is_empty() || new.is_empty() {
        return Err(Failure::new("Error: Neither old nor new names may be empty"));
    }
    if let Err(error) = session.client.container_rename(old, new).await {
        session.complain(&describe(&error));
        return Err(Failure::new(format!("Error: failed to rename container named {old}")));
    }
    Ok(())
}
