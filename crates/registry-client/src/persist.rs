//! Asking until there is an answer that does not say "later", or patience ends.
//! What is asked has to be something that may be asked twice.

use tokio::time::sleep;

use crate::answer::refusal::is_transient;
use crate::failure::Failure;
use crate::incoming::Answer;
use crate::retry::{Attempts, Retries, chance};

/// Makes attempts, with waits between them, until one fails for good or gives an answer that is not a temporary refusal.
pub(crate) async fn persist<F>(limits: Retries, attempt: impl Fn() -> F) -> Result<Answer, Failure>
where
    F: Future<Output = Result<Answer, Failure>>,
{
    let mut attempts = Attempts::new(limits);
    loop {
        let failure = match attempt().await {
            Ok(answer) if is_transient(answer.status()) => answer.refusal().await,
            Ok(answer) => return Ok(answer),
            Err(failure) => failure,
        };
        if !failure.is_transient() {
            return Err(failure);
        }
        let Some(wait) = attempts.failed(failure.retry_after(), chance()) else { return Err(failure) };
        sleep(wait).await;
    }
}
