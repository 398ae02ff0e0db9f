//! What a name stands for in its registry: manifests as they are there, with what they are for.

use std::sync::Arc;

use bytes::Bytes;
use corten_content::Hasher;
use corten_images::ImagesError;
use corten_registry_client::{Credentials, Error, FetchedManifest, Keychain, Repository, TagOrDigest};
use corten_spec::image::{Descriptor, Index, Manifest, media_type};
use corten_spec::platform::Platform;
use corten_spec::reference::Reference;
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;

use super::Distribution;
use crate::error::EngineError;
use crate::images::in_dockers_words;
use crate::registries::denied;
use crate::task::blocking;

/// A longer configuration is not looked into.
const LARGEST_CONFIGURATION: u64 = 16 << 20;

/// What to look at.
#[derive(Debug, Clone)]
pub struct ManifestRequest {
    /// A name with a tag or a digest.
    pub reference: Reference,
    /// For its registry.
    pub credentials: Credentials,
    /// Whether to believe the registry without proof.
    pub is_insecure: bool,
    /// Whether the manifests that an index names are wanted too.
    pub with_inner: bool,
}

/// A manifest or an index, verified.
#[derive(Debug, Clone)]
pub struct RemoteManifest {
    /// Its name.
    pub reference: Reference,
    /// What it is; for a manifest with its platform.
    pub descriptor: Descriptor,
    /// The document.
    pub bytes: Bytes,
}

/// What a name stands for.
#[derive(Debug, Clone)]
pub struct RemoteImage {
    /// The manifest or index.
    pub target: RemoteManifest,
    /// What an index names: what for, and what it is.
    pub named: Vec<Descriptor>,
    /// The manifests that it names, if they were wanted.
    pub inner: Vec<RemoteManifest>,
}

impl Distribution {
    /// Looks at what a name stands for; nothing is kept.
    ///
    /// # Errors
    /// What the registry refuses, in Docker's words; what it gets wrong.
    pub async fn manifest(&self, request: ManifestRequest) -> Result<RemoteImage, EngineError> {
        let (inner, handle) = (self.containers.inner.clone(), Handle::current());
        blocking(move || {
            let reference = request.reference;
            let client = match request.is_insecure {
                true => Arc::new(inner.registries.trusting_client(reference.domain())?),
                false => inner.registries.client()?,
            };
            let keychain = Keychain::empty().with(reference.domain(), request.credentials);
            let repository = client.repository(&reference, &keychain).map_err(EngineError::registry)?;
            let look = Look { repository: &repository, reference: &reference, handle: &handle };
            look.image(request.with_inner)
        })
        .await
    }
}

/// One look into a repository.
struct Look<'a> {
    repository: &'a Repository,
    reference: &'a Reference,
    handle: &'a Handle,
}

impl Look<'_> {
    fn image(&self, with_inner: bool) -> Result<RemoteImage, EngineError> {
        let fetched = self.fetch(&TagOrDigest::of(self.reference))?;
        if !fetched.is_index() {
            let platform = self.platform(&fetched)?;
            let target = remote(self.reference.clone(), fetched, platform);
            return Ok(RemoteImage { target, named: Vec::new(), inner: Vec::new() });
        }
        let index: Index = read(&fetched.bytes, fetched.digest.as_str(), "an image index")?;
        let mut inner = Vec::new();
        let manifests = index.manifests.iter().filter(|inner| media_type::is_manifest(&inner.media_type));
        for descriptor in manifests.filter(|_| with_inner) {
            let fetched = self.fetch(&TagOrDigest::Digest(descriptor.digest.clone()))?;
            let name = self.reference.clone().with_digest(descriptor.digest.clone());
            inner.push(remote(name, fetched, descriptor.platform.clone()));
        }
        let target = remote(self.reference.clone(), fetched, None);
        Ok(RemoteImage { target, named: index.manifests, inner })
    }

    fn fetch(&self, which: &TagOrDigest) -> Result<FetchedManifest, EngineError> {
        self.handle.block_on(self.repository.manifest(which)).map_err(|error| self.refused(error))
    }

    /// What the configuration of a manifest says that it is for; nothing where it is no image's.
    fn platform(&self, manifest: &FetchedManifest) -> Result<Option<Platform>, EngineError> {
        let manifest: Manifest = read(&manifest.bytes, manifest.digest.as_str(), "an image manifest")?;
        let config = manifest.config;
        if !media_type::is_config(&config.media_type) || config.size > LARGEST_CONFIGURATION {
            return Ok(None);
        }
        let mut stream = self.repository.blob(&config, 0);
        let mut bytes = Vec::new();
        while let Some(chunk) = self.handle.block_on(stream.chunk()).map_err(|error| self.refused(error))? {
            bytes.extend_from_slice(&chunk);
        }
        let actual = Hasher::digest(config.digest.algorithm(), &bytes);
        if actual != config.digest {
            let (expected, actual) = (config.digest, actual);
            return Err(corten_content::ContentError::Digest { expected, actual }.into());
        }
        let platform: Platform = read(&bytes, config.digest.as_str(), "an image configuration")?;
        Ok(Some(platform).filter(|platform| !platform.os.is_empty()))
    }

    fn refused(&self, error: Error) -> EngineError {
        let in_pulls_words = |error| in_dockers_words(ImagesError::Registry(Box::new(error)), self.reference);
        denied(&error).unwrap_or_else(|| in_pulls_words(error))
    }
}

fn remote(reference: Reference, fetched: FetchedManifest, platform: Option<Platform>) -> RemoteManifest {
    let FetchedManifest { bytes, media_type, digest } = fetched;
    let descriptor = Descriptor { platform, ..Descriptor::new(&media_type, digest, bytes.len() as u64) };
    RemoteManifest { reference, descriptor, bytes }
}

fn read<T: DeserializeOwned>(bytes: &[u8], name: &str, what: &'static str) -> Result<T, EngineError> {
    let failed = |source| ImagesError::Document { name: name.to_owned(), what, source };
    serde_json::from_slice(bytes).map_err(|source| failed(source).into())
}
