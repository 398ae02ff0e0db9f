//! What is configured: how registries are spoken to (with Docker's keys, certificates, the proxies of the environment), and what images
//! may take on the disk.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

use corten_engine::{InsecureRegistries, Mirror, Proxies, RegistryConfiguration};
use corten_spec::size::parse_decimal_bytes;
use serde::Deserialize;

/// Names another file than [`FILE`].
const FILE_VARIABLE: &str = "CORTEN_CONFIG_FILE";

/// The configuration of every engine of this machine.
const FILE: &str = "/etc/corten/daemon.json";

/// Where certificates of registries are looked for, Docker's directory included.
const CERTIFICATES: [&str; 2] = ["/etc/corten/certs.d", "/etc/docker/certs.d"];

/// Docker's keys that apply to registries, and keys of our own. A key that is not known is refused: what it asks for would silently not happen.
#[derive(Debug, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    /// Whom to ask before Docker's own registry.
    registry_mirrors: Vec<String>,
    /// Hosts and networks that are believed without proof.
    insecure_registries: Vec<String>,
    /// Whom to ask before other registries, by their names.
    mirrors: BTreeMap<String, Vec<String>>,
    /// What images may take on the disk; empty for as much as there is.
    storage_budget: String,
}

/// Reads the settings; the error is a line for the user.
pub(crate) fn settings() -> Result<RegistryConfiguration, String> {
    let path = path();
    let file = read(&path)?;
    let invalid = |error: &dyn std::error::Error| format!("invalid `{}`: {error}", path.display());
    let mut mirrors = BTreeMap::new();
    let docker_hub = (String::from("docker.io"), file.registry_mirrors);
    for (registry, urls) in file.mirrors.into_iter().chain([docker_hub]) {
        let urls = urls.iter().map(|url| url.parse()).collect::<Result<Vec<Mirror>, _>>();
        mirrors.insert(registry, urls.map_err(|error| invalid(&error))?);
    }
    Ok(RegistryConfiguration {
        user_agent: format!("corten/{}", env!("CARGO_PKG_VERSION")),
        mirrors,
        insecure: InsecureRegistries::parse(&file.insecure_registries).map_err(|error| invalid(&error))?,
        certificate_directories: CERTIFICATES.map(PathBuf::from).into(),
        proxies: Proxies::from_variables(|name| env::var(name).ok()),
        ..RegistryConfiguration::default()
    })
}

/// The bytes that images may take on the disk, if that is limited; the error is a line for the user.
pub(crate) fn storage_budget() -> Result<Option<u64>, String> {
    let path = path();
    let text = read(&path)?.storage_budget;
    if text.is_empty() {
        return Ok(None);
    }
    let bytes = parse_decimal_bytes(&text).map_err(|error| error.to_string());
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).map_err(|error| error.to_string()));
    bytes.map(Some).map_err(|error| format!("invalid `{}`: `storage-budget`: {error}", path.display()))
}

fn path() -> PathBuf {
    env::var_os(FILE_VARIABLE).map_or_else(|| PathBuf::from(FILE), PathBuf::from)
}

fn read(path: &Path) -> Result<File, String> {
    let failed = |why: String| format!("cannot read `{}`: {why}", path.display());
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| failed(error.to_string())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(File::default()),
        Err(error) => Err(failed(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockers_keys_are_known_and_others_refused_by_name() {
        let text =
            r#"{"registry-mirrors": ["http://127.0.0.1:5000"], "insecure-registries": ["10.0.0.0/8"]}"#;
        let file: File = serde_json::from_str(text).unwrap();
        assert_eq!(file.registry_mirrors, ["http://127.0.0.1:5000"]);
        let refused = serde_json::from_str::<File>(r#"{"registry-mirror": []}"#).unwrap_err();
        assert!(refused.to_string().contains("registry-mirror"), "{refused}");
    }
}
