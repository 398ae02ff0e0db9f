//! The files: `contexts/meta/<hash of the name>/meta.json`, and `contexts/tls/<hash of the name>/docker/` beside them.

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use crate::failure::{Failure, Outcome, go_text};

use super::metadata::Metadata;
use super::place;
use super::tls_files::TlsFiles;

const FILE: &str = "meta.json";

/// The contexts of a user.
pub(crate) struct Store {
    root: PathBuf,
}

impl Store {
    /// Those below the directory of the client's configuration.
    pub(crate) fn new(configuration: &Path) -> Self {
        Self { root: configuration.join("contexts") }
    }

    /// The directory of a context's own file.
    pub(crate) fn metadata_path(&self, name: &str) -> PathBuf {
        self.root.join("meta").join(hash(name))
    }

    /// The directory of a context's certificates.
    pub(crate) fn tls_path(&self, name: &str) -> PathBuf {
        self.root.join("tls").join(hash(name))
    }

    /// A context; `None` where there is none of that name.
    pub(crate) fn find(&self, name: &str) -> Outcome<Option<Metadata>> {
        let path = self.metadata_path(name).join(FILE);
        let failed = |why: String| Failure::new(format!("context {name:?}: {why}"));
        match read(&path) {
            Ok(found) => Ok(found),
            Err(why) => Err(failed(why)),
        }
    }

    /// A context.
    ///
    /// # Errors
    /// When there is none, in Docker's words.
    pub(crate) fn get(&self, name: &str) -> Outcome<Metadata> {
        self.find(name)?.ok_or_else(|| {
            let path = self.metadata_path(name).join(FILE);
            Failure::new(format!(
                "context {name:?}: context not found: open {}: no such file or directory",
                path.display()
            ))
        })
    }

    /// All of them, in no order.
    pub(crate) fn list(&self) -> Outcome<Vec<Metadata>> {
        let meta = self.root.join("meta");
        let entries = match fs::read_dir(&meta) {
            Ok(entries) => entries,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(Failure::new(go_text("open", &meta.to_string_lossy(), &error))),
        };
        let mut all = Vec::new();
        for entry in entries {
            let found = read(&entry?.path().join(FILE));
            all.extend(found.map_err(|why| Failure::new(format!("failed to read metadata: {why}")))?);
        }
        Ok(all)
    }

    /// Writes a context down, with the certificates that go with it and no others.
    pub(crate) fn put(&self, metadata: &Metadata, tls: &TlsFiles) -> Outcome {
        self.put_metadata(metadata)?;
        tls.write(&self.tls_path(&metadata.name))
    }

    /// Writes a context down; its certificates stay.
    pub(crate) fn put_metadata(&self, metadata: &Metadata) -> Outcome {
        let directory = self.metadata_path(&metadata.name);
        let path = directory.join(FILE);
        let text = serde_json::to_vec(metadata).map_err(|error| Failure::new(error.to_string()))?;
        place::make_directory(&directory, 0o755)
            .and_then(|()| place::write(&path, &text, 0o644))
            .map_err(|error| Failure::new(go_text("open", &path.to_string_lossy(), &error)))
    }

    /// The certificates of a context.
    pub(crate) fn tls(&self, name: &str) -> Outcome<TlsFiles> {
        TlsFiles::read(&self.tls_path(name), name)
    }

    /// Removes a context and its certificates; that there is none is fine.
    pub(crate) fn remove(&self, name: &str) -> Outcome {
        let failed = |error| Failure::new(format!("failed to remove context {name}: {error}"));
        place::remove_directory(&self.metadata_path(name)).map_err(failed)?;
        place::remove_directory(&self.tls_path(name)).map_err(failed)
    }
}

fn read(path: &Path) -> Result<Option<Metadata>, String> {
    match fs::read(path) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| format!("parsing {}: {error}", path.display())),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(go_text("open", &path.to_string_lossy(), &error)),
    }
}

fn hash(name: &str) -> String {
    Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contexts::DockerEndpoint;

    #[test]
    fn a_context_is_where_docker_looks_for_it() {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::new(directory.path());
        let endpoint = DockerEndpoint { host: "tcp://there:1".to_owned(), skip_tls_verify: false };
        let metadata = Metadata::new("nope", "far", &endpoint);
        store.put(&metadata, &TlsFiles::default()).unwrap();
        // What Docker's client says for `docker --context nope`.
        let path = "contexts/meta/ca3704aa0b06f5954c79ee837faa152d84d6b2d42838f0637a15eda8337dbdce/meta.json";
        let text = fs::read_to_string(directory.path().join(path)).unwrap();
        assert_eq!(
            text,
            r#"{"Name":"nope","Metadata":{"Description":"far"},"Endpoints":{"docker":{"Host":"tcp://there:1","SkipTLSVerify":false}}}"#
        );
        assert_eq!(store.list().unwrap(), [metadata]);
        store.remove("nope").unwrap();
        let gone = store.get("nope").unwrap_err().message;
        let path = directory.path().join(path);
        assert_eq!(
            gone,
            format!(
                "context \"nope\": context not found: open {}: no such file or directory",
                path.display()
            )
        );
    }
}
