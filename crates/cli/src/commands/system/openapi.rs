//! `system openapi`: prints what the engine serves, as an OpenAPI document.

use crate::failure::Outcome;
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, _: Parsed) -> Outcome {
    let document = session.client.openapi().await?;
    session.line(&format!("{document:#}"))
}
