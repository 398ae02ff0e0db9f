//! `wait`: waits until containers have ended, and prints their exit codes.

use corten_api_client::{Client, Error, WaitCondition};

use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut failures = Vec::new();
    for name in &parsed.arguments {
        match exit_code(&session.client, name).await {
            Ok(code) => session.line(&code.to_string())?,
            Err(error) => failures.push(describe(&error)),
        }
    }
    Failure::join(&failures)
}

async fn exit_code(client: &Client, name: &str) -> Result<i64, Error> {
    let wait = client.container_wait(name, WaitCondition::NotRunning).await?;
    Ok(wait.result().await?.status_code)
}
