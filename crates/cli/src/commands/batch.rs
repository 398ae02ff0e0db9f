//! One operation on several objects: all at once, reported in the order in which they were named.

use std::future::Future;

use corten_api_client::{Client, Error};
use futures_util::future::join_all;

use crate::failure::{Failure, Outcome, describe};
use crate::session::Session;

/// How many operations are under way at once.
const AT_ONCE: usize = 50;

/// Runs `operation` on every name, prints the names that it succeeded on, and fails with all failures at the end.
/// A failure that `forgive` accepts is shown and does not count.
pub(super) async fn run<F, R>(
    session: &Session,
    names: &[String],
    operation: F,
    forgive: fn(&Error) -> bool,
) -> Outcome
where
    F: Fn(Client, String) -> R,
    R: Future<Output = Result<(), Error>>,
{
    let mut failures = Vec::new();
    for names in names.chunks(AT_ONCE) {
        let results =
            join_all(names.iter().map(|name| operation(session.client.clone(), name.clone()))).await;
        for (name, result) in names.iter().zip(results) {
            match result {
                Ok(()) => session.line(name)?,
                Err(error) if forgive(&error) => session.complain(&describe(&error)),
                Err(error) => failures.push(describe(&error)),
            }
        }
    }
    Failure::join(&failures)
}

/// No failure is forgiven.
pub(super) fn none(_: &Error) -> bool {
    false
}
