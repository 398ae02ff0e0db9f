//! Plugins of Docker's client, for those who call this program by Docker's name: `docker compose` runs `docker-compose` of a directory of plugins.
//!
//! The protocol (`cli-plugins/metadata` in docker/cli): a plugin says what it is when it is asked `docker-cli-plugin-metadata`, and is then run in place of the
//! client with all its words.

use std::fs;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use crate::connect;
use crate::docker_config;
use crate::failure::{Failure, Outcome};
use crate::surroundings::Surroundings;

/// Where packages put plugins.
const SYSTEM: [&str; 4] = [
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
];

/// What a plugin is asked first.
const METADATA: &str = "docker-cli-plugin-metadata";

/// By what name the client was called: a plugin calls it by this one.
const CALLED: &str = "DOCKER_CLI_PLUGIN_ORIGINAL_CLI_COMMAND";

/// A plugin that may be run.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Plugin(PathBuf);

/// What a plugin says of itself.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Metadata {
    schema_version: String,
    #[serde(default)]
    vendor: String,
}

/// The first plugin of that name; `None` where there is none, or it does not say what it is.
///
/// # Errors
/// A configuration that cannot be read.
pub(crate) fn find(around: &Surroundings, name: &str) -> Outcome<Option<Plugin>> {
    if !is_name(name) {
        return Ok(None);
    }
    let own = around.configuration().join("cli-plugins");
    let extra = docker_config::plugin_directories(around)?;
    let directories = extra.into_iter().chain([own]).chain(SYSTEM.map(PathBuf::from));
    let found =
        directories.map(|directory| directory.join(format!("docker-{name}"))).find(|path| path.exists());
    Ok(found.filter(|path| is_plugin(path)).map(Plugin))
}

/// Letters and digits, a letter first.
fn is_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

fn is_plugin(path: &Path) -> bool {
    let is_program = fs::metadata(path).is_ok_and(|found| found.is_file());
    let told = is_program.then(|| Command::new(path).arg(METADATA).output().ok()).flatten();
    told.filter(|told| told.status.success()).is_some_and(|told| is_known(&told.stdout))
}

/// Versions before 2 are those that there are.
fn is_known(metadata: &[u8]) -> bool {
    let Ok(Metadata { schema_version, vendor }) = serde_json::from_slice(metadata) else { return false };
    let major = schema_version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    major.is_some_and(|major| major < 2) && !vendor.is_empty()
}

impl Plugin {
    /// Goes on as the plugin, with `words` behind the program's own name `called`.
    ///
    /// # Errors
    /// It cannot be run.
    pub(crate) fn become_it(&self, around: &Surroundings, called: &str, words: &[String]) -> Outcome {
        let mut command = Command::new(&self.0);
        command.args(words).env(CALLED, called);
        // A plugin looks for Docker's socket where nobody names an engine, and would not find the one that this program talks to.
        if let Some(host) = connect::unnamed_host(around)? {
            command.env("DOCKER_HOST", host);
        }
        let why = command.exec();
        Err(Failure::new(format!("cannot run the plugin `{}`: {why}", self.0.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_letters_and_digits() {
        assert!(is_name("compose") && is_name("x2"));
        assert!(!is_name("") && !is_name("2x") && !is_name("../x") && !is_name("Compose") && !is_name("a-b"));
    }

    #[test]
    fn a_plugin_says_who_made_it_and_which_protocol_it_speaks() {
        assert!(is_known(br#"{"SchemaVersion":"0.1.0","Vendor":"somebody"}"#));
        assert!(is_known(br#"{"SchemaVersion":"1.2.3","Vendor":"somebody","Version":"1"}"#));
        for text in [
            r#"{"SchemaVersion":"2.0.0","Vendor":"x"}"#,
            r#"{"SchemaVersion":"0.1.0"}"#,
            r#"{"Vendor":"x"}"#,
            "x",
        ] {
            assert!(!is_known(text.as_bytes()), "{text}");
        }
    }
}
