//! The user's `config.json`, as Docker keeps it: who they are to which registry.
//!
//! It is read and never held: another program may change it at any time.

mod credential_helper;
mod edit;
mod file;

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_api_types::AuthConfig;

use crate::failure::{Failure, Outcome};
use crate::surroundings::Surroundings;
use file::ConfigFile;

/// Credentials for those who have no file, in the form of the file; they come before what is in it.
const VARIABLE: &str = "DOCKER_AUTH_CONFIG";

/// What Docker's own registry is called there, for reasons of history.
pub(crate) const DOCKER_HUB: &str = "https://index.docker.io/v1/";

/// The user's credentials for a registry, by the name that references have for it; nothing of substance if there are none.
///
/// # Errors
/// A file that is no configuration; a credential helper that fails.
pub(crate) fn credentials(around: &Surroundings, domain: &str) -> Outcome<AuthConfig> {
    kept(around, if domain == "docker.io" { DOCKER_HUB } else { domain })
}

/// The same by the name that the file has for the registry.
///
/// # Errors
/// As for [`credentials`].
pub(crate) fn kept(around: &Surroundings, server: &str) -> Outcome<AuthConfig> {
    if let Some(given) = given(around)? {
        let own = given.own(server)?;
        if own != AuthConfig::default() {
            return Ok(own);
        }
    }
    match ConfigFile::read(&path(around))? {
        Some(config) => of_file(&config, server),
        None => Ok(AuthConfig::default()),
    }
}

/// Directories of plugins that the user has named.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn plugin_directories(around: &Surroundings) -> Outcome<Vec<PathBuf>> {
    Ok(ConfigFile::read(&path(around))?.map(|file| file.plugin_directories).unwrap_or_default())
}

/// All credentials that the user has, by the names of their servers.
///
/// # Errors
/// As for [`credentials`]; a helper of a single registry that fails is told of, and passed over.
pub(crate) fn all(around: &Surroundings) -> Outcome<BTreeMap<String, AuthConfig>> {
    if let Some(given) = given(around)? {
        let all = given.all()?;
        if !all.is_empty() {
            return Ok(all);
        }
    }
    let Some(config) = ConfigFile::read(&path(around))? else { return Ok(BTreeMap::new()) };
    let mut all = match config.store() {
        None => config.all()?,
        Some(helper) => {
            let servers = credential_helper::list(helper)?.into_iter();
            servers
                .map(|server| Ok((server.clone(), credential_helper::get(helper, &server)?)))
                .collect::<Outcome<_>>()?
        }
    };
    for server in config.servers_with_helper() {
        match of_file(&config, server) {
            Ok(auth) => drop(all.insert(server.to_owned(), auth)),
            Err(failure) => around.complain(&format!(
                "WARNING: Failed to get credentials for registry: {server}: {}",
                failure.message
            )),
        }
    }
    Ok(all)
}

/// A file that has these credentials and nothing else.
///
/// # Errors
/// None that is known of.
pub(crate) fn text(credentials: &BTreeMap<String, AuthConfig>) -> Outcome<Vec<u8>> {
    edit::text(credentials).map_err(|error| Failure::new(error.to_string()))
}

/// What the variable has.
fn given(around: &Surroundings) -> Outcome<Option<ConfigFile>> {
    let Some(text) = around.filled(VARIABLE) else { return Ok(None) };
    ConfigFile::parse(text.as_bytes())
        .map(Some)
        .map_err(|error| Failure::new(format!("failed to read credentials from {VARIABLE}: {error}")))
}

fn of_file(config: &ConfigFile, server: &str) -> Outcome<AuthConfig> {
    match config.helper(server) {
        Some(helper) => credential_helper::get(helper, server),
        None => config.own(server),
    }
}

/// Keeps credentials for the server that they name: with its helper, or else in the file. Then the file is returned, if it has a
/// password in it now that it had not.
///
/// # Errors
/// A file that is no configuration, or cannot be written; a credential helper that fails.
pub(crate) fn store(around: &Surroundings, auth: &AuthConfig) -> Outcome<Option<PathBuf>> {
    let path = path(around);
    let config = ConfigFile::read(&path)?.unwrap_or_default();
    if let Some(helper) = config.helper(&auth.server_address) {
        credential_helper::store(helper, auth)?;
        // That somebody is logged in there stands in the file all the same.
        let server_address = auth.server_address.clone();
        edit::store(&path, &AuthConfig { server_address, ..AuthConfig::default() })?;
        return Ok(None);
    }
    let is_new = edit::store(&path, auth)?;
    Ok(Some(path).filter(|_| is_new && !auth.password.is_empty()))
}

/// Forgets the credentials for a server.
///
/// # Errors
/// As for [`store`].
pub(crate) fn erase(around: &Surroundings, server: &str) -> Outcome {
    let path = path(around);
    let config = ConfigFile::read(&path)?.unwrap_or_default();
    if let Some(helper) = config.helper(server) {
        credential_helper::erase(helper, server)?;
    }
    edit::erase(&path, server).map(drop)
}

/// The name that the file has for what a user calls a server: a host, or a URL.
pub(crate) fn host_of(server: &str) -> &str {
    file::host(server)
}

/// The context that the file names; a file that cannot be read names none, and that is told.
pub(crate) fn current_context(around: &Surroundings) -> Option<String> {
    match ConfigFile::read(&path(around)) {
        Ok(config) => config.map(|config| config.current_context).filter(|name| !name.is_empty()),
        Err(failure) => {
            around.complain(&format!("WARNING: Error loading config file: {}", failure.message));
            None
        }
    }
}

/// Has the file name a context, or none.
///
/// # Errors
/// A file that is no configuration, or cannot be written.
pub(crate) fn set_current_context(around: &Surroundings, name: &str) -> Outcome {
    let path = path(around);
    if ConfigFile::read(&path)?.unwrap_or_default().current_context == name {
        return Ok(());
    }
    edit::set_current_context(&path, name)
}

fn path(around: &Surroundings) -> PathBuf {
    around.configuration().join("config.json")
}
