//! The certificates of a context, by endpoint and file.

use std::collections::BTreeMap;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use corten_api_client::TlsMaterial;

use crate::failure::{Failure, Outcome};

use super::metadata::DOCKER;
use super::place;

/// Files by endpoint; those of other programs are kept as they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct TlsFiles(pub(crate) BTreeMap<String, BTreeMap<String, Vec<u8>>>);

impl TlsFiles {
    /// What the material has; an endpoint without a file where it has nothing.
    pub(crate) fn of(material: Option<&TlsMaterial>) -> Self {
        let Some(material) = material else { return Self::default() };
        let files = [
            ("ca.pem", &material.authorities),
            ("cert.pem", &material.certificate),
            ("key.pem", &material.key),
        ];
        let files = files.into_iter().filter_map(|(name, bytes)| Some((name.to_owned(), bytes.clone()?)));
        Self([(DOCKER.to_owned(), files.collect())].into())
    }

    /// Certificates for the engine; `None` where there is nothing of the kind.
    pub(crate) fn material(&self) -> Option<TlsMaterial> {
        let files = self.0.get(DOCKER)?;
        let file = |name: &str| files.get(name).cloned();
        Some(TlsMaterial {
            authorities: file("ca.pem"),
            certificate: file("cert.pem"),
            key: file("key.pem"),
            skip_verification: false,
        })
    }

    /// Names of the files, by endpoint.
    pub(crate) fn names(&self) -> BTreeMap<&str, Vec<&str>> {
        self.0
            .iter()
            .map(|(endpoint, files)| (endpoint.as_str(), files.keys().map(String::as_str).collect()))
            .collect()
    }

    /// Reads the directory of a context.
    pub(super) fn read(directory: &Path, context: &str) -> Outcome<Self> {
        let failed = |error| Failure::new(format!("failed to list TLS files for context {context}: {error}"));
        let endpoints = match fs::read_dir(directory) {
            Ok(endpoints) => endpoints,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(failed(error)),
        };
        let mut all = BTreeMap::new();
        for endpoint in endpoints {
            let endpoint = endpoint?;
            if endpoint.file_type()?.is_dir() {
                let name = endpoint.file_name().to_string_lossy().into_owned();
                all.insert(name, files(&endpoint.path()).map_err(failed)?);
            }
        }
        Ok(Self(all))
    }

    /// Replaces all that is in the directory of a context.
    pub(super) fn write(&self, directory: &Path) -> Outcome {
        place::remove_directory(directory)
            .map_err(|error| Failure::new(format!("failed to remove TLS data: {error}")))?;
        for (endpoint, files) in &self.0 {
            let directory = directory.join(endpoint);
            for (name, bytes) in files {
                place::make_directory(&directory, 0o700)?;
                place::write(&directory.join(name), bytes, 0o600)?;
            }
        }
        Ok(())
    }
}

fn files(directory: &Path) -> std::io::Result<BTreeMap<String, Vec<u8>>> {
    let mut files = BTreeMap::new();
    for file in fs::read_dir(directory)? {
        let file = file?;
        if !file.file_type()?.is_dir() {
            files.insert(file.file_name().to_string_lossy().into_owned(), fs::read(file.path())?);
        }
    }
    Ok(files)
}
