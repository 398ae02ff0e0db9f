//! The file itself.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corten_api_types::AuthConfig;
use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// What is read of it; everything else is somebody else's.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ConfigFile {
    auths: BTreeMap<String, Entry>,
    creds_store: String,
    cred_helpers: BTreeMap<String, String>,
    pub(super) current_context: String,
    #[serde(rename = "cliPluginsExtraDirs")]
    pub(super) plugin_directories: Vec<PathBuf>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Entry {
    /// `user:password` in base64.
    auth: String,
    identitytoken: String,
    registrytoken: String,
}

impl ConfigFile {
    /// The file; `None` where there is none.
    pub(super) fn read(path: &Path) -> Outcome<Option<Self>> {
        let Some(bytes) = bytes(path)? else { return Ok(None) };
        Self::parse(&bytes).map(Some).map_err(|error| unreadable(path, &error.to_string()))
    }

    /// A file that was read, or something in its form.
    pub(super) fn parse(bytes: &[u8]) -> serde_json::Result<Self> {
        serde_json::from_slice(bytes)
    }

    /// The program that keeps the credentials of those servers that have none of their own.
    pub(super) fn store(&self) -> Option<&str> {
        Some(self.creds_store.as_str()).filter(|name| !name.is_empty())
    }

    /// The servers whose credentials a program of their own keeps.
    pub(super) fn servers_with_helper(&self) -> impl Iterator<Item = &str> {
        self.cred_helpers.keys().map(String::as_str)
    }

    /// The program that keeps the credentials for a server.
    pub(super) fn helper(&self, server: &str) -> Option<&str> {
        let special = self.cred_helpers.get(server).or_else(|| self.cred_helpers.get(host(server)));
        special.map(String::as_str).or_else(|| self.store()).filter(|name| !name.is_empty())
    }

    /// The credentials in the file.
    pub(super) fn own(&self, server: &str) -> Outcome<AuthConfig> {
        let entry = self.auths.get(server).or_else(|| {
            let named = |(name, _): &(&String, &Entry)| host(name) == host(server);
            self.auths.iter().find(named).map(|(_, entry)| entry)
        });
        entry.map_or_else(|| Ok(AuthConfig::default()), |entry| entry.credentials(server))
    }

    /// All credentials in the file, by the names of their servers.
    pub(super) fn all(&self) -> Outcome<BTreeMap<String, AuthConfig>> {
        self.auths.iter().map(|(server, entry)| Ok((server.clone(), entry.credentials(server)?))).collect()
    }
}

impl Entry {
    fn credentials(&self, server: &str) -> Outcome<AuthConfig> {
        let invalid = || Failure::new(format!("invalid auth configuration file: the entry of `{server}`"));
        let decoded = STANDARD.decode(&self.auth).map_err(|_| invalid())?;
        let text = String::from_utf8(decoded).map_err(|_| invalid())?;
        let (username, password) = match text.as_str() {
            "" => ("", ""),
            text => text.split_once(':').ok_or_else(invalid)?,
        };
        Ok(AuthConfig {
            username: username.to_owned(),
            password: password.trim_end_matches('\0').to_owned(),
            server_address: server.to_owned(),
            identity_token: self.identitytoken.clone(),
            registry_token: self.registrytoken.clone(),
        })
    }
}

/// The bytes of the file; `None` where there is none, or nothing in it.
pub(super) fn bytes(path: &Path) -> Outcome<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes).filter(|bytes| !bytes.trim_ascii().is_empty())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(unreadable(path, &error.to_string())),
    }
}

fn unreadable(path: &Path, why: &str) -> Failure {
    Failure::new(format!("cannot read `{}`: {why}", path.display()))
}

/// The host of a server that may be written as a URL.
pub(super) fn host(server: &str) -> &str {
    let rest = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://")).unwrap_or(server);
    rest.split('/').next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> ConfigFile {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn an_entry_is_found_by_its_name_and_by_its_host() {
        let file = config(
            r#"{"auths": {"https://registry.example:5000/v2/": {"auth": "dXNlcjpwYTpzcw=="}}, "x": 1}"#,
        );
        let found = file.own("registry.example:5000").unwrap();
        assert_eq!((found.username.as_str(), found.password.as_str()), ("user", "pa:ss"));
        assert_eq!(file.own("registry.example").unwrap(), AuthConfig::default());
    }

    #[test]
    fn a_helper_of_its_own_comes_before_the_store() {
        let file = config(r#"{"credsStore": "desktop", "credHelpers": {"quay.io": "quay"}}"#);
        assert_eq!((file.helper("quay.io"), file.helper("other")), (Some("quay"), Some("desktop")));
        assert_eq!(config("{}").helper("quay.io"), None);
    }

    #[test]
    fn all_entries_are_told_with_their_servers() {
        let all = config(r#"{"auths": {"a": {"auth": "eDp5"}, "b": {"identitytoken": "t"}}}"#).all().unwrap();
        let told: Vec<_> =
            all.iter().map(|(server, auth)| (server.as_str(), auth.password.as_str())).collect();
        assert_eq!(told, [("a", "y"), ("b", "")]);
        assert_eq!(all["b"].identity_token, "t");
    }

    #[test]
    fn an_entry_that_is_damaged_is_named() {
        let error = config(r#"{"auths": {"quay.io": {"auth": "!"}}}"#).own("quay.io").unwrap_err();
        assert!(error.message.contains("quay.io"), "{error:?}");
    }
}
