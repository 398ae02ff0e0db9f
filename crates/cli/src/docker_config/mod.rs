//! The user's `config.json`, as Docker keeps it: who they are to which registry.
//!
//! It is read and never held: another program may change it at any time.

mod credential_helper;
mod file;

use std::path::PathBuf;

use corten_api_types::AuthConfig;

use crate::failure::Outcome;
use crate::session::Session;
use file::ConfigFile;

/// What Docker's own registry is called there, for reasons of history.
const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// The user's credentials for a registry, by the name that references have for it; nothing of substance if there are none.
///
/// # Errors
/// A file that is no configuration; a credential helper that fails.
pub(crate) fn credentials(session: &Session, domain: &str) -> Outcome<AuthConfig> {
    let Some(config) = ConfigFile::read(&path(session))? else { return Ok(AuthConfig::default()) };
    let server = if domain == "docker.io" { DOCKER_HUB } else { domain };
    match config.helper(server) {
        Some(helper) => credential_helper::get(helper, server),
        None => config.own(server),
    }
}

fn path(session: &Session) -> PathBuf {
    let directory = session.variable("DOCKER_CONFIG").filter(|directory| !directory.is_empty());
    let directory = directory
        .map(PathBuf::from)
        .unwrap_or_else(|| PathBuf::from(session.variable("HOME").unwrap_or_default()).join(".docker"));
    directory.join("config.json")
}
