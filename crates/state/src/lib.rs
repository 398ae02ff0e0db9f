//! The state database of a root: what is wanted, as opposed to what was observed.
//!
//! It gives typed rows and short transactions. What the JSON in a row means is its writer's business, and nothing here touches
//! a container, an image's files or a layer's directory.

mod blob_origins;
mod busy;
mod containers;
mod error;
mod id_ranges;
mod images;
mod integrity;
mod layers;
mod links;
mod migrations;
mod network_fs;
mod networks;
mod open;
mod pool;
mod referrers;
mod root;
mod sandboxes;
mod store;
mod tags;
mod transaction;
mod volumes;

pub use containers::ContainerRow;
pub use error::StateError;
pub use id_ranges::IdRange;
pub use images::ImageRow;
pub use layers::LayerRow;
pub use links::LinkRow;
pub use networks::{NetworkRow, SegmentRow};
pub use referrers::ReferrerRow;
pub use sandboxes::{Connection, EndpointRow, PublishedPortRow, SandboxRow};
pub use store::Store;
pub use tags::{NamedImage, TagRow};
pub use transaction::{Durability, Reader, Writer};
pub use volumes::{VolumeRow, VolumeUse};

/// What the operations of this crate return.
pub type Result<T, E = StateError> = std::result::Result<T, E>;
