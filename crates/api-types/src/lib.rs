//! Requests and responses of the Engine API, version 1.51, as plain data.
//!
//! It does not talk HTTP and does not check values: `api-server` validates what it receives, `api-client` moves it.
//!
//! Conventions, which follow what Docker's own JSON does:
//! - a list or map that Docker may send as `null` is an `Option`; one that it always sends is not;
//! - every field of a request may be absent or `null`;
//! - a request keeps the fields it does not know in `unknown`, so that a server can refuse instead of ignoring them.

mod api_version;
mod auth;
pub mod build;
pub mod container;
pub mod corten;
pub mod distribution;
mod error;
pub mod event;
mod filters;
pub mod image;
pub mod mount;
pub mod network;
mod null;
mod progress;
pub mod system;
pub mod volume;

pub use api_version::{API_VERSION, ApiVersion, InvalidApiVersion, MIN_API_VERSION, v1};
pub use auth::{AuthConfig, AuthResponse};
pub use error::{ErrorResponse, FAILURE_TRAILER};
pub use filters::{Filters, InvalidFilter};
pub use progress::{ErrorDetail, Progress, ProgressDetail};

/// Fields of a request that this crate has no name for, in the order of their names.
pub type Unknown = serde_json::Map<String, serde_json::Value>;

/// Content type of a hijacked stream that carries the terminal's bytes as they are.
pub const MEDIA_TYPE_RAW_STREAM: &str = "application/vnd.docker.raw-stream";

/// Content type of a stream whose stdout and stderr come in frames with an 8-byte header.
pub const MEDIA_TYPE_MULTIPLEXED_STREAM: &str = "application/vnd.docker.multiplexed-stream";
