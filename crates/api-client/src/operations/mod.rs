//! The operations of the API, one file a resource.

mod byte_stream;
mod container;
mod exec;
mod files;
mod image;
mod network;
mod registry;
mod system;
mod volume;
mod wait;

pub use byte_stream::ByteStream;
pub use container::{AttachQuery, CommitQuery, ListQuery, LogsQuery, RemoveQuery};
pub use image::ImportQuery;
pub use system::{EventsQuery, Ping};
pub use wait::{PendingWait, WaitCondition};
