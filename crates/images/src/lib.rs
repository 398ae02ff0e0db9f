//! Images of a root: loaded from archives and saved to them, made of containers, unpacked, named, listed, removed.
//!
//! It does not speak a registry's protocol, does not mount anything, and does not know what containers do with their images
//! beyond which image each stands on.

mod archive_documents;
mod blob;
mod chain;
mod changes;
mod chosen;
mod collect;
mod companions;
mod compression;
mod docker_archive;
mod documents;
mod error;
mod filter;
mod found;
mod growth;
mod history;
mod image;
mod install;
mod intake;
mod layer_index;
mod layer_source;
mod layer_stream;
mod layers;
mod lease;
mod list;
mod load;
mod make;
mod new_layer;
mod oci_layout;
mod prune;
mod pull;
mod push;
mod record;
mod recreate;
mod referrers;
mod remove;
mod resolve;
mod save;
mod spare;
mod staging;
mod store;
mod tag;
mod usage;
mod verify;

pub use blob::{Cause, OpenBlob, Origins};
pub use changes::{ChangeError, apply_changes};
pub use compression::decompressed;
pub use error::ImagesError;
pub use growth::Outgrown;
pub use history::HistoryItem;
pub use image::Image;
pub use list::ImageSummary;
pub use load::{LoadOptions, Loaded};
pub use make::Recipe;
pub use new_layer::NewLayer;
pub use prune::Pruned;
pub use pull::{Audience, PullRequest, Pulled, Step};
pub use push::{PushNews, PushRequest, PushStep, PushedImage};
pub use remove::Removed;
pub use save::SavedImages;
pub use spare::Dropped;
pub use store::Images;
pub use usage::{ImageUsage, StoreUsage};
pub use verify::{Flaw, VerifiedLayers};
