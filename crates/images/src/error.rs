//! What can go wrong with images. The texts that scripts can see are Docker's, byte for byte.
//!
//! It does not decide what a caller should do about it.

use std::io;
use std::path::PathBuf;

use corten_content::ContentError;
use corten_error::{Classified, Kind};
use corten_layer_tar::{LayerTarError, RecreateError};
use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::reference::ReferenceError;
use corten_spec::time::SinceError;
use corten_state::StateError;
use corten_tree::TreeError;

use crate::changes::ChangeError;
use crate::growth::Outgrown;

/// A failed operation on images.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImagesError {
    /// Nothing has this name, digest or id.
    #[error("No such image: {0}")]
    NoSuchImage(String),
    /// No image has this name.
    #[error("reference does not exist")]
    NoSuchReference,
    /// The repository has no name here.
    #[error("An image does not exist locally with the tag: {0}")]
    NothingToPush(String),
    /// The repository has names here, and this is none of them.
    #[error("tag does not exist: {0}")]
    NoSuchTag(String),
    /// Some platforms of an index are here, and it is not known which is meant.
    #[error("multiple matching manifests found but no specific platform requested")]
    SeveralPlatforms,
    /// The text is no reference.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// Tags cannot contain a digest.
    #[error("refusing to create a tag with a digest reference")]
    TagWithDigest,
    /// The only name of an image that a container stands on.
    #[error(
        "conflict: unable to remove repository reference {reference:?} (must force) - container {container} is using its \
         referenced image {image}"
    )]
    ReferenceInUse {
        /// As the user wrote it.
        reference: String,
        /// Short id of the container.
        container: String,
        /// Short id of the image.
        image: String,
    },
    /// Something needs the image.
    #[error("conflict: unable to delete {image} ({}) - {reason}", if *.hard { "cannot be forced" } else { "must be forced" })]
    ImageInUse {
        /// Short id of the image.
        image: String,
        /// Force does not help.
        hard: bool,
        /// What needs it.
        reason: String,
    },
    /// A filter that does not exist, or a value that it does not take.
    #[error("invalid filter '{0}'")]
    Filter(String),
    /// Of several limits in time it is not known which is meant.
    #[error("more than one until filter specified")]
    SeveralUntil,
    /// A limit in time that is none.
    #[error(transparent)]
    Until(#[from] SinceError),
    /// The history of an image says more than its layers.
    #[error("too many non-empty layers in History section")]
    History,
    /// The archive is damaged, or no archive.
    #[error("cannot read the image archive")]
    Archive(#[source] LayerTarError),
    /// The stream of the archive failed before it began.
    #[error("cannot read the image archive")]
    Stream(#[source] io::Error),
    /// There can be no more threads.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
    /// The archive has neither `index.json` nor `manifest.json`.
    #[error("the archive holds no images: it has neither `oci-layout` with `index.json` nor `manifest.json`")]
    NoImages,
    /// A compression that is not built.
    #[error("{what} is compressed with {compression}, which is not supported")]
    Compression {
        /// The archive, or which layer.
        what: String,
        /// The name of the compression.
        compression: &'static str,
    },
    /// Something that the archive's own documents name is not in it.
    #[error("the archive lacks `{0}`")]
    Lacks(String),
    /// A document that is not what it should be.
    #[error("cannot read `{name}` as {what}")]
    Document {
        /// Its path or digest.
        name: String,
        /// What it should be.
        what: &'static str,
        /// Why not.
        #[source]
        source: serde_json::Error,
    },
    /// Valid, and no image that could run.
    #[error("`{name}` is not supported: {problem}")]
    Unsupported {
        /// Its path or digest.
        name: String,
        /// What it uses.
        problem: String,
    },
    /// The registry refuses, does not answer, or answers what makes no sense.
    #[error(transparent)]
    Registry(#[from] Box<corten_registry_client::Error>),
    /// A blob that came from a registry is not what was announced.
    #[error("cannot take in layer `{layer}`")]
    Fetched {
        /// Its digest.
        layer: Digest,
        /// Why not.
        source: ContentError,
    },
    /// What an earlier attempt had received of a blob is not the blob's beginning; it has been forgotten.
    #[error("what had been received of layer `{layer}` was damaged: try again")]
    Spoiled {
        /// Its digest.
        layer: Digest,
    },
    /// The image does not exist for the platform.
    #[error("there is no image for platform `{wanted}`, only for {}", platforms(available))]
    NoPlatform {
        /// What was asked for.
        wanted: Box<Platform>,
        /// What there is.
        available: Vec<Platform>,
    },
    /// The image that was named is for another platform.
    #[error("image with reference {image} was found but does not provide the specified platform ({wanted})")]
    NotForPlatform {
        /// As the user wrote it.
        image: String,
        /// What was asked for.
        wanted: Box<Platform>,
    },
    /// Manifest and configuration disagree.
    #[error("image `{image}` has {layers} layers, but its configuration names {diff_ids}")]
    LayerCount {
        /// The image's id.
        image: Digest,
        /// In the manifest.
        layers: usize,
        /// In the configuration.
        diff_ids: usize,
    },
    /// A layer cannot be unpacked.
    #[error("cannot unpack layer `{layer}`")]
    Layer {
        /// The digest of its blob.
        layer: Digest,
        /// Why.
        #[source]
        source: LayerTarError,
    },
    /// A layer at which its image became much larger than what it came as.
    #[error("cannot unpack layer `{layer}`: the image is larger than it may be")]
    Outgrown {
        /// The digest of its blob.
        layer: Digest,
        /// By how much.
        #[source]
        source: Outgrown,
    },
    /// A layer is not what its image's configuration says.
    #[error("layer `{layer}` unpacks to `{actual}` instead of `{expected}`")]
    DiffId {
        /// The digest of its blob.
        layer: Digest,
        /// Of its uncompressed form, as announced.
        expected: Digest,
        /// Of its uncompressed form.
        actual: Digest,
    },
    /// A system call on a file of the root failed.
    #[error("cannot {verb} `{}`", path.display())]
    File {
        /// What was tried.
        verb: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A layer that nothing needs any more cannot be removed.
    #[error("cannot remove an unused layer in `{}`", path.display())]
    Unused {
        /// The directory of layers.
        path: PathBuf,
        /// Why.
        #[source]
        source: TreeError,
    },
    /// What something takes on the disk cannot be found out.
    #[error("cannot measure `{}`", path.display())]
    Measure {
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: TreeError,
    },
    /// What a container has written cannot become a layer.
    #[error("cannot pack the layer")]
    Pack(#[source] LayerTarError),
    /// An instruction that changes nothing of an image, or not so.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// An archive cannot be imported under such a name.
    #[error("cannot import digest reference")]
    ImportWithDigest,
    /// A blob of an image that is there is not.
    #[error("blob `{0}` is missing: load the image again")]
    Gone(Digest),
    /// A layer's blob was dropped, and the unpacked layer does not make it again.
    #[error("cannot make layer `{layer}` of image `{image}` again: pull or load the image again")]
    Recreate {
        /// The digest of the blob.
        layer: Digest,
        /// An image that has it.
        image: String,
        /// Why.
        source: Box<ImagesError>,
    },
    /// A blob was dropped, and cannot be fetched again.
    #[error("cannot fetch layer `{layer}` of image `{image}` again from `{origin}`")]
    Refetch {
        /// The digest of the blob.
        layer: Digest,
        /// An image that has it.
        image: String,
        /// The repository that gave it.
        origin: String,
        /// Why.
        source: crate::Cause,
    },
    /// The unpacked layer and its file index do not make a tar.
    #[error(transparent)]
    Recreation(RecreateError),
    /// They make another one, though no file has changed.
    #[error("the unpacked layer makes the tar `{actual}` instead of `{expected}`")]
    OtherTar {
        /// What was unpacked.
        expected: Digest,
        /// What it makes.
        actual: Digest,
    },
    /// A layer that an older version unpacked.
    #[error("layer `{0}` has no file index")]
    NoIndex(String),
    /// A blob cannot be read to its end.
    #[error("cannot read blob `{digest}`")]
    ReadBlob {
        /// Which.
        digest: Digest,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Whoever takes the archive does not take it.
    #[error("cannot write the archive")]
    WriteArchive(#[source] io::Error),
    /// A blob cannot be taken in or read.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// The database.
    #[error(transparent)]
    State(#[from] StateError),
}

impl ImagesError {
    pub(crate) fn file<E: Into<io::Error>>(
        verb: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(E) -> Self {
        let path = path.into();
        move |source| Self::File { verb, path, source: source.into() }
    }
}

fn platforms(available: &[Platform]) -> String {
    let names: Vec<String> = available.iter().map(|platform| format!("`{platform}`")).collect();
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

impl Classified for ImagesError {
    fn kind(&self) -> Kind {
        match self {
            Self::NoSuchImage(_)
            | Self::NoSuchReference
            | Self::NothingToPush(_)
            | Self::NoSuchTag(_)
            | Self::NoPlatform { .. }
            | Self::NotForPlatform { .. } => Kind::NotFound,
            Self::ReferenceInUse { .. } | Self::ImageInUse { .. } | Self::SeveralPlatforms => Kind::Conflict,
            Self::Reference(_)
            | Self::TagWithDigest
            | Self::Filter(_)
            | Self::SeveralUntil
            | Self::Change(_)
            | Self::ImportWithDigest
            | Self::Until(_)
            | Self::NoImages
            | Self::Lacks(_)
            | Self::Document { .. }
            | Self::LayerCount { .. }
            | Self::Outgrown { .. }
            | Self::DiffId { .. } => Kind::Invalid,
            Self::Compression { .. } | Self::Unsupported { .. } => Kind::NotImplemented,
            Self::History
            | Self::Stream(_)
            | Self::Thread(_)
            | Self::File { .. }
            | Self::Gone(_)
            | Self::Recreate { .. }
            | Self::OtherTar { .. }
            | Self::NoIndex(_)
            | Self::ReadBlob { .. }
            | Self::WriteArchive(_) => Kind::Internal,
            Self::Archive(source) | Self::Pack(source) | Self::Layer { source, .. } => source.kind(),
            Self::Unused { source, .. } | Self::Measure { source, .. } => source.kind(),
            Self::Registry(source) => source.kind(),
            Self::Fetched { source, .. } => source.kind(),
            Self::Recreation(source) => source.kind(),
            Self::Spoiled { .. } | Self::Refetch { .. } => Kind::Unavailable,
            Self::Content(source) => source.kind(),
            Self::State(source) => source.kind(),
        }
    }
}
