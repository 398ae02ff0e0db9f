//! Changes of the file: one entry, with everything else kept that is in it, known or not.
//!
//! A reader sees the file before the change or after it. Two programs that change it at the same moment are not kept apart: Docker's
//! does not lock it either.

use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corten_api_types::AuthConfig;
use serde::Serialize as _;
use serde_json::{Map, Value, json};

use super::file;
use crate::failure::{Failure, Outcome};

/// Writes down what is known of a server; whether that was a change.
pub(super) fn store(path: &Path, auth: &AuthConfig) -> Outcome<bool> {
    change(path, |auths| {
        let entry = entry(auth);
        auths.insert(auth.server_address.clone(), entry.clone()) != Some(entry)
    })
}

/// A whole file that has these credentials and nothing else.
pub(super) fn text(credentials: &BTreeMap<String, AuthConfig>) -> serde_json::Result<Vec<u8>> {
    let auths: Map<String, Value> =
        credentials.iter().map(|(server, auth)| (server.clone(), entry(auth))).collect();
    formatted(&json!({ "auths": auths }))
}

/// Forgets a server; whether it was there.
pub(super) fn erase(path: &Path, server: &str) -> Outcome<bool> {
    change(path, |auths| auths.remove(server).is_some())
}

fn entry(auth: &AuthConfig) -> Value {
    let mut entry = Map::new();
    if !(auth.username.is_empty() && auth.password.is_empty()) {
        let text = STANDARD.encode(format!("{}:{}", auth.username, auth.password));
        entry.insert("auth".to_owned(), json!(text));
    }
    for (name, token) in [("identitytoken", &auth.identity_token), ("registrytoken", &auth.registry_token)] {
        if !token.is_empty() {
            entry.insert(name.to_owned(), json!(token));
        }
    }
    Value::Object(entry)
}

/// Names the context to use; an empty name is none.
pub(super) fn set_current_context(path: &Path, name: &str) -> Outcome {
    change_file(path, |fields| {
        match name {
            "" => fields.remove("currentContext"),
            name => fields.insert("currentContext".to_owned(), json!(name)),
        };
        Some(true)
    })
    .map(drop)
}

/// Changes the entries of servers; whether that was a change.
fn change(path: &Path, edit: impl FnOnce(&mut Map<String, Value>) -> bool) -> Outcome<bool> {
    change_file(path, |fields| {
        let auths = fields.entry("auths").or_insert_with(|| json!({}));
        if auths.is_null() {
            *auths = json!({});
        }
        auths.as_object_mut().map(edit)
    })
}

/// Changes the file, if `edit` says that there was something to change; its `None` says that this is no configuration.
fn change_file(path: &Path, edit: impl FnOnce(&mut Map<String, Value>) -> Option<bool>) -> Outcome<bool> {
    let invalid = || Failure::new(format!("cannot change `{}`: it is no configuration", path.display()));
    let mut document = match file::bytes(path)? {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|_| invalid())?,
        None => json!({}),
    };
    let fields = document.as_object_mut().ok_or_else(invalid)?;
    let is_changed = edit(fields).ok_or_else(invalid)?;
    if is_changed {
        replace(path, &document)
            .map_err(|error| Failure::new(format!("cannot write `{}`: {error}", path.display())))?;
    }
    Ok(is_changed)
}

/// Puts a new file in the place of the old one, or of what a link there leads to. Only its owner may read it.
fn replace(path: &Path, document: &Value) -> io::Result<()> {
    let path = fs::canonicalize(path).or_else(|_| fs::read_link(path)).unwrap_or_else(|_| path.to_owned());
    let directory = path.parent().map_or_else(|| PathBuf::from("."), Path::to_owned);
    DirBuilder::new().recursive(true).mode(0o700).create(&directory)?;
    let temporary = directory.join(format!(".config.json.{}", std::process::id()));
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&temporary)?;
    let written = write(&mut file, document, &path).and_then(|()| fs::rename(&temporary, &path));
    if written.is_err() {
        // What stays is only another file's beginning.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn write(file: &mut File, document: &Value, path: &Path) -> io::Result<()> {
    // It stays that of whom it was: `sudo` has the home of its caller.
    if let Ok(before) = fs::metadata(path) {
        fchown(&*file, Some(before.uid()), Some(before.gid()))?;
    }
    file.write_all(&formatted(document)?)?;
    file.sync_all()
}

/// As Docker's client writes it.
fn formatted(document: &Value) -> serde_json::Result<Vec<u8>> {
    let mut text = Vec::new();
    let tabs = serde_json::ser::PrettyFormatter::with_indent(b"\t");
    document.serialize(&mut serde_json::Serializer::with_formatter(&mut text, tabs))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use super::*;

    fn auth(server: &str, username: &str, password: &str) -> AuthConfig {
        let [server_address, username, password] = [server, username, password].map(str::to_owned);
        AuthConfig { username, password, server_address, ..AuthConfig::default() }
    }

    #[test]
    fn one_entry_changes_and_everything_else_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        fs::write(&path, r#"{"psFormat":"x","auths":{"a":{"auth":"eDp5","email":"z"}},"unknown":[1]}"#)
            .unwrap();
        assert!(store(&path, &auth("b", "me", "secret")).unwrap());
        let text = fs::read_to_string(&path).unwrap();
        let expected = json!({
            "psFormat": "x",
            "auths": {"a": {"auth": "eDp5", "email": "z"}, "b": {"auth": "bWU6c2VjcmV0"}},
            "unknown": [1],
        });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        assert!(text.starts_with("{\n\t\"auths\""), "{text}");
        assert!(!store(&path, &auth("b", "me", "secret")).unwrap(), "nothing new");
        assert!(erase(&path, "b").unwrap() && !erase(&path, "b").unwrap());
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_that_is_not_there_is_made_and_a_link_stays_one() {
        let directory = tempfile::tempdir().unwrap();
        let real = directory.path().join("real/config.json");
        assert!(store(&real, &auth("a", "me", "secret")).unwrap());
        let link = directory.path().join("config.json");
        symlink(&real, &link).unwrap();
        assert!(store(&link, &auth("b", "me", "secret")).unwrap());
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains("\"b\""));
    }

    #[test]
    fn an_identity_token_stands_in_place_of_the_password() {
        let token = AuthConfig { identity_token: "t".to_owned(), ..auth("a", "me", "") };
        assert_eq!(entry(&token), json!({"auth": "bWU6", "identitytoken": "t"}));
        assert_eq!(entry(&auth("a", "", "")), json!({}));
    }

    #[test]
    fn what_is_no_configuration_is_not_written_over() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("config.json");
        for text in ["[]", "{", r#"{"auths": 5}"#] {
            fs::write(&path, text).unwrap();
            assert!(store(&path, &auth("a", "me", "secret")).is_err());
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
    }
}
