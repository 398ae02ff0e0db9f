//! What is configured: the file `daemon.json`, with Docker's keys and some of our own, and the flags that say the same.
//!
//! Keys that are not known, and those of Docker's that are not built, are refused: what they ask for would silently not happen.

mod document;
mod keys;
mod settings;

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use serde_json::{Map, Value};

pub use document::Document;
pub use settings::FileSettings;

/// Names another file than [`FILE`].
const FILE_VARIABLE: &str = "CORTEN_CONFIG_FILE";

/// The configuration of every engine of this machine.
const FILE: &str = "/etc/corten/daemon.json";

/// What is wrong with the configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigurationError {
    /// The file is there and cannot be read.
    #[error("cannot read `{}`", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file that was named is not there.
    #[error("open {}: no such file or directory", .0.display())]
    Missing(PathBuf),
    /// What the file says makes no sense.
    #[error("unable to configure the daemon with file {}: {why}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// What is wrong, in Docker's words where it has some.
        why: String,
    },
    /// What a flag says makes no sense.
    #[error("unable to configure the daemon: {0}")]
    Flags(String),
}

/// What is configured, and where.
#[derive(Debug, Clone, PartialEq)]
pub struct Configuration {
    /// The file, whether it is there or not.
    pub path: PathBuf,
    /// What it says, together with the flags.
    pub document: Document,
}

impl Configuration {
    /// Reads the file that is named, or the usual one where none is, and adds `flags`: keys of the file, with their values.
    ///
    /// # Errors
    /// The file cannot be read, or a key is not known, has a wrong value, or stands in both places.
    pub fn read(named: Option<&Path>, flags: &Map<String, Value>) -> Result<Self, ConfigurationError> {
        let path = named.map_or_else(usual_path, Path::to_owned);
        let mut keys = read_keys(&path, named.is_some())?;
        let wrong = |why| ConfigurationError::Wrong { path: path.clone(), why };
        if !keys.is_empty() {
            keys::check(&keys).map_err(wrong)?;
        }
        keys::refuse_both(&keys, flags).map_err(wrong)?;
        // By themselves first, so that what is wrong in the file is said of the file.
        Document::read(keys.clone()).map_err(wrong)?;
        keys.extend(flags.clone());
        let document = Document::read(keys).map_err(ConfigurationError::Flags)?;
        Ok(Self { path, document })
    }
}

fn usual_path() -> PathBuf {
    env::var_os(FILE_VARIABLE).map_or_else(|| PathBuf::from(FILE), PathBuf::from)
}

/// The file's keys; one that nobody has named need not be there.
fn read_keys(path: &Path, must_be_there: bool) -> Result<Map<String, Value>, ConfigurationError> {
    match fs::read(path) {
        // As Docker takes it.
        Ok(bytes) if bytes.trim_ascii().is_empty() => Ok(Map::new()),
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map_err(|error| ConfigurationError::Wrong { path: path.to_owned(), why: error.to_string() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound && must_be_there => {
            Err(ConfigurationError::Missing(path.to_owned()))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Map::new()),
        Err(source) => Err(ConfigurationError::Read { path: path.to_owned(), source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, flags: Value) -> Result<Document, String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("daemon.json");
        fs::write(&path, text).unwrap();
        let Value::Object(flags) = flags else { panic!("flags are an object") };
        let read = Configuration::read(Some(&path), &flags);
        read.map(|read| read.document)
            .map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"))
    }

    #[test]
    fn what_the_file_does_not_say_is_as_it_is_without_one() {
        assert_eq!(read(" \n", serde_json::json!({})), Ok(Document::default()));
    }

    #[test]
    fn keys_that_nobody_knows_are_refused_together() {
        assert_eq!(
            read(r#"{"debgu": true, "hosts": [], "host": []}"#, serde_json::json!({})).unwrap_err(),
            "unable to configure the daemon with file FILE: the following directives don't match any configuration option: debgu, host"
        );
    }

    #[test]
    fn a_key_of_dockers_that_is_not_built_is_refused_by_name_unless_it_says_what_is_so_anyway() {
        assert_eq!(
            read(r#"{"userland-proxy": false}"#, serde_json::json!({})).unwrap_err(),
            "unable to configure the daemon with file FILE: `userland-proxy` is not built yet"
        );
        assert!(read(r#"{"live-restore": true, "debug": false}"#, serde_json::json!({})).is_ok());
        let refused = read(r#"{"live-restore": false}"#, serde_json::json!({})).unwrap_err();
        assert!(
            refused.ends_with("`live-restore` can only be true here: containers outlive the daemon"),
            "{refused}"
        );
    }

    #[test]
    fn what_the_log_and_metrics_cannot_be_is_refused_in_dockers_words() {
        let wrong = |text| read(text, serde_json::json!({})).unwrap_err();
        assert!(wrong(r#"{"log-level": "warning"}"#).ends_with(": invalid logging level: warning"));
        assert!(wrong(r#"{"log-format": "xml"}"#).ends_with(": invalid log format: xml"));
        assert!(
            wrong(r#"{"metrics-addr": "0.0.0.0:9323"}"#).contains("name the address of the one that may ask")
        );
        let document =
            read(r#"{"log-level": "WARN", "log-format": "json"}"#, serde_json::json!({"debug": true}));
        assert_eq!(document.unwrap().debug, Some(true));
    }

    #[test]
    fn nothing_is_said_in_two_places() {
        let both = read(r#"{"group": "a"}"#, serde_json::json!({"group": "b", "tls": true}));
        assert_eq!(
            both.unwrap_err(),
            "unable to configure the daemon with file FILE: the following directives are specified both as a flag and in the \
             configuration file: group: (from flag: b, from file: a)"
        );
        // What adds up does.
        let both = read(r#"{"insecure-registries": ["a"]}"#, serde_json::json!({"group": "b"})).unwrap();
        assert_eq!((both.group.as_deref(), both.insecure_registries), (Some("b"), vec!["a".to_owned()]));
    }

    #[test]
    fn a_file_that_was_named_has_to_be_there() {
        let missing = Configuration::read(Some(Path::new("/nonexistent/daemon.json")), &Map::new());
        assert_eq!(
            missing.unwrap_err().to_string(),
            "open /nonexistent/daemon.json: no such file or directory"
        );
    }
}
