//! Every context by its name, the one without a file among them.

use crate::connect::DEFAULT_SOCKET;
use crate::contexts::{self, DEFAULT, DockerEndpoint, Metadata, Store, TlsFiles};
use crate::failure::{Failure, Outcome};
use crate::surroundings::Surroundings;

/// A context, with its certificates.
pub(super) fn find(around: &Surroundings, store: &Store, name: &str) -> Outcome<(Metadata, TlsFiles)> {
    if name != DEFAULT {
        return Ok((store.get(name)?, store.tls(name)?));
    }
    let endpoint = contexts::default_endpoint(around, DEFAULT_SOCKET)?;
    let skip_tls_verify = endpoint.tls.as_ref().is_some_and(|tls| tls.skip_verification);
    let docker = DockerEndpoint { host: endpoint.host, skip_tls_verify };
    Ok((Metadata::new(DEFAULT, "", &docker), TlsFiles::of(endpoint.tls.as_ref())))
}

/// Refuses a name that is taken, or that no context can have.
pub(super) fn check_new(store: &Store, name: &str) -> Outcome {
    contexts::validate(name)?;
    match store.find(name) {
        Ok(None) => Ok(()),
        Ok(Some(_)) => Err(Failure::new(format!("context {name:?} already exists"))),
        Err(failure) => {
            Err(Failure::new(format!("error while getting existing contexts: {}", failure.message)))
        }
    }
}

/// Prints the name for scripts, and what was done for people.
pub(super) fn report(around: &Surroundings, name: &str, done: &str) -> Outcome {
    around.line(name)?;
    around.complain(&format!("Successfully {done} context {name:?}"));
    Ok(())
}
