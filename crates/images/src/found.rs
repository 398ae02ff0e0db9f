//! An image as an archive describes it, all of its documents read and checked against each other.
//!
//! Its layers are blobs still; [`crate::layers`] unpacks them.

use corten_content::Content;
use corten_spec::digest::Digest;
use corten_spec::image::{ImageConfig, Manifest, media_type};
use corten_spec::reference::Reference;

use crate::ImagesError;
use crate::documents::{from_bytes, parse, read};

/// As many lower directories as the kernel takes for one overlay (`OVL_MAX_STACK`).
const MOST_LAYERS: usize = 500;

/// What a name in an archive or a registry points at: a manifest, or an index that leads to it.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub(crate) digest: Digest,
    pub(crate) media_type: String,
    /// The archive had neither: it was made here, of what the archive says.
    pub(crate) is_made: bool,
}

/// What came under one name, or under several that mean the same, or under none.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) names: Vec<Reference>,
    /// One for each platform, first the one that is meant where nobody asks for a platform.
    pub(crate) images: Vec<FoundImage>,
    /// What comes along, see [`crate::companions`].
    pub(crate) companions: Vec<Digest>,
}

impl Found {
    /// An image alone.
    pub(crate) fn alone(image: FoundImage, names: Vec<Reference>) -> Self {
        Self { names, images: vec![image], companions: Vec::new() }
    }

    /// The blobs that all of it consists of.
    pub(crate) fn blobs(&self) -> impl Iterator<Item = &Digest> {
        self.images.iter().flat_map(FoundImage::blobs).chain(&self.companions)
    }
}

/// An image that can be unpacked.
#[derive(Debug)]
pub(crate) struct FoundImage {
    pub(crate) target: Target,
    pub(crate) manifest_digest: Digest,
    pub(crate) manifest: Manifest,
    pub(crate) config: ImageConfig,
    pub(crate) raw_config: Vec<u8>,
}

impl FoundImage {
    /// Reads the manifest and the configuration, which are in the content store; the layers need not be.
    pub(crate) fn read(
        content: &Content,
        manifest_digest: Digest,
        target: Target,
    ) -> Result<Self, ImagesError> {
        let manifest: Manifest = parse(content, &manifest_digest, "an image manifest")?;
        let unsupported =
            |problem: String| Err(ImagesError::Unsupported { name: manifest_digest.to_string(), problem });
        // CVE-2021-41190: what whoever named it takes for a manifest must be nothing else to whoever reads it.
        if let Some(own) = manifest.media_type.as_deref().filter(|own| !media_type::is_manifest(own)) {
            return unsupported(format!("it is named as an image manifest, and says that it is `{own}`"));
        }
        if !media_type::is_config(&manifest.config.media_type) {
            return unsupported(format!("its configuration has media type `{}`", manifest.config.media_type));
        }
        if let Some(odd) =
            manifest.layers.iter().find(|layer| media_type::layer_compression(&layer.media_type).is_none())
        {
            return unsupported(format!("its layer `{}` has media type `{}`", odd.digest, odd.media_type));
        }
        let raw_config = read(content, &manifest.config.digest)?;
        let config: ImageConfig =
            from_bytes(&raw_config, manifest.config.digest.as_str(), "an image configuration")?;
        if !config.platform.os.is_empty() && config.platform.os != "linux" {
            return unsupported(format!("it is for operating system `{}`", config.platform.os));
        }
        let (layers, diff_ids) = (manifest.layers.len(), config.rootfs.diff_ids.len());
        if layers != diff_ids {
            return Err(ImagesError::LayerCount { image: manifest.config.digest.clone(), layers, diff_ids });
        }
        if layers > MOST_LAYERS {
            return unsupported(format!("it has {layers} layers, more than {MOST_LAYERS}"));
        }
        Ok(Self { target, manifest_digest, manifest, config, raw_config })
    }

    /// The same, where an archive has to have the layers too.
    pub(crate) fn read_whole(
        content: &Content,
        manifest_digest: Digest,
        target: Target,
    ) -> Result<Self, ImagesError> {
        let found = Self::read(content, manifest_digest, target)?;
        for blob in std::iter::once(&found.manifest.config).chain(&found.manifest.layers) {
            let size = if content.has(&blob.digest)? { content.size(&blob.digest)? } else { blob.size };
            if size != blob.size {
                let problem =
                    format!("it says that `{}` has {} bytes, which has {size}", blob.digest, blob.size);
                return Err(ImagesError::Unsupported { name: found.manifest_digest.to_string(), problem });
            }
        }
        for layer in &found.manifest.layers {
            if !content.has(&layer.digest)? {
                return Err(ImagesError::Lacks(layer.digest.to_string()));
            }
        }
        Ok(found)
    }

    /// The digest of the configuration.
    pub(crate) fn id(&self) -> &Digest {
        &self.manifest.config.digest
    }

    /// The blobs that the image consists of.
    fn blobs(&self) -> impl Iterator<Item = &Digest> {
        let layers = self.manifest.layers.iter().map(|layer| &layer.digest);
        [&self.target.digest, &self.manifest_digest, self.id()].into_iter().chain(layers)
    }
}
