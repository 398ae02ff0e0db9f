//! Asking until there is an answer that does not say "later", or patience ends.
//! What is asked has to be something that may be asked twice.

use tokio::time::sleep;

use crate::answer::refusal::is_transient;
use crate::failure::Failure;
use crate::incoming::Answer;
use crate::retry::{Attempts, Retries, chance};

/// Makes attempts, with waits between them, until one works out or fails for good.
pub(crate) async fn persist<T, F>(limits: Retries, attempt: impl Fn() -> F) -> Result<T, Failure>
where
    F: Future<Output = Result<T, Failure>>,
{
    let mut attempts = Attempts::new(limits);
    loop {
        let failure = match attempt().await {
            Err(failure) if failure.is_transient() => failure,
            settled => return settled,
        };
        let Some(wait) = attempts.failed(failure.retry_after(), chance()) else { return Err(failure) };
        sleep(wait).await;
    }
}

/// The answer, if it does not say "later".
pub(crate) async fn settled(answer: Answer) -> Result<Answer, Failure> {
    if is_transient(answer.status()) { Err(answer.refusal().await) } else { Ok(answer) }
}
