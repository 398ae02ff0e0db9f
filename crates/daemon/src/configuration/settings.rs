//! What an engine asks of the configuration, read anew each time: a change of the file needs no new engine.

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use corten_engine::{
    ContainerDefaults, InsecureRegistries, Mirror, Proxies, RegistryConfiguration, Settings,
};
use corten_error::chain;
use corten_spec::size::{parse_bytes, parse_decimal_bytes};
use serde_json::{Map, Value};

use super::{Configuration, Document};

/// Where certificates of registries are looked for, Docker's directory included.
const CERTIFICATES: [&str; 2] = ["/etc/corten/certs.d", "/etc/docker/certs.d"];

/// The settings of a file, and of flags beside it.
#[derive(Debug, Clone, Default)]
pub struct FileSettings {
    /// The file; `None` = the usual one.
    pub path: Option<PathBuf>,
    /// Keys of the file, with their values, that flags have said.
    pub flags: Map<String, Value>,
}

impl Settings for FileSettings {
    fn registries(&self) -> Result<RegistryConfiguration, String> {
        let Configuration { path, document } = self.read()?;
        registries(document).map_err(|why| format!("invalid `{}`: {why}", path.display()))
    }

    fn storage_budget(&self) -> Result<Option<u64>, String> {
        let Configuration { path, document } = self.read()?;
        storage_budget(&document)
            .map_err(|why| format!("invalid `{}`: `storage-budget`: {why}", path.display()))
    }

    fn container_defaults(&self) -> Result<ContainerDefaults, String> {
        let Configuration { path, document } = self.read()?;
        let size = container_size(&document).map_err(|why| format!("invalid `{}`: {why}", path.display()))?;
        Ok(ContainerDefaults { size, log_driver: document.log_driver, log_options: document.log_opts })
    }
}

impl FileSettings {
    fn read(&self) -> Result<Configuration, String> {
        Configuration::read(self.path.as_deref(), &self.flags).map_err(|error| chain(&error))
    }
}

fn registries(document: Document) -> Result<RegistryConfiguration, String> {
    let mut mirrors = BTreeMap::new();
    let docker_hub = (String::from("docker.io"), document.registry_mirrors);
    for (registry, urls) in document.mirrors.into_iter().chain([docker_hub]) {
        let urls = urls.iter().map(|url| url.parse()).collect::<Result<Vec<Mirror>, _>>();
        mirrors.insert(registry, urls.map_err(|error| error.to_string())?);
    }
    let insecure = InsecureRegistries::parse(&document.insecure_registries);
    Ok(RegistryConfiguration {
        user_agent: format!("corten/{}", env!("CARGO_PKG_VERSION")),
        mirrors,
        insecure: insecure.map_err(|error| error.to_string())?,
        certificate_directories: CERTIFICATES.map(PathBuf::from).into(),
        proxies: Proxies::from_variables(|name| env::var(name).ok()),
        ..RegistryConfiguration::default()
    })
}

/// The bytes that images may take on the disk, if that is limited.
fn storage_budget(document: &Document) -> Result<Option<u64>, String> {
    if document.storage_budget.is_empty() {
        return Ok(None);
    }
    let bytes = parse_decimal_bytes(&document.storage_budget).map_err(|error| error.to_string())?;
    u64::try_from(bytes).map(Some).map_err(|error| error.to_string())
}

/// The bytes that a container may write that says nothing of it, if that is limited; the errors are Docker's.
pub(super) fn container_size(document: &Document) -> Result<Option<u64>, String> {
    let mut size = 0;
    for option in &document.storage_opts {
        let Some((key, value)) = option.split_once('=') else {
            return Err(format!("unable to parse storage-opt key/value: {option}"));
        };
        let key = key.trim().to_lowercase();
        if key != "overlay2.size" {
            return Err(format!("overlay2: unknown option {key}"));
        }
        size = parse_bytes(value.trim()).map_err(|error| error.to_string())?;
    }
    u64::try_from(size).map(|size| Some(size).filter(|size| *size > 0)).map_err(|error| error.to_string())
}
