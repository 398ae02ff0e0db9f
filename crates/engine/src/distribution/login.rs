//! Whether a registry lets a user in.

use corten_error::{Classified as _, Kind};
use corten_registry_client::{Credentials, Error, Failure};
use tokio::runtime::Handle;

use super::Distribution;
use crate::error::EngineError;
use crate::task::blocking;

impl Distribution {
    /// Shows credentials to the registry that references call `domain`. Gives the identity token that is to be kept in place of the
    /// password, where the registry's token server has such.
    ///
    /// # Errors
    /// The registry's no, in Docker's words; what goes wrong on the way.
    pub async fn login(&self, domain: &str, credentials: Credentials) -> Result<Option<String>, EngineError> {
        let (inner, domain) = (self.containers.inner.clone(), domain.to_owned());
        let handle = Handle::current();
        blocking(move || {
            let client = inner.registries.client()?;
            let login = client.login(&domain, credentials);
            handle.block_on(login).map_err(|error| refused(&client.url(&domain), error))
        })
        .await
    }
}

/// Docker tells a registry's own no by its status, and that of a token server in the server's words.
fn refused(url: &str, error: Error) -> EngineError {
    let kind = error.kind();
    let words = match (&error, error.refusal()) {
        (Error::Asked { failure, .. }, Some(refusal)) if matches!(**failure, Failure::Refused(_)) => {
            format!("login attempt to {url} failed with status: {}", refusal.status)
        }
        (_, Some(refusal)) if kind == Kind::Unauthorized => format!("Get \"{url}\": {refusal}"),
        _ => return EngineError::registry(error),
    };
    EngineError::Refused { words, kind }
}
