//! Where the changes of a container lie on disk: the upper and work directory of its overlay, and how much may lie there.
//!
//! It does not mount anything and does not know layers, images or the state database.

mod container_files;
mod error;
mod storage_limit;
mod visited;

pub use container_files::ContainerFiles;
pub use error::SnapshotsError;
pub use visited::Visitor;
