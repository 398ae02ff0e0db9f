//! What this program carries inside itself, put there by its build script.
//!
//! How the bytes are laid down and loaded is the engine's business.

/// The small binary: monitor, init and OCI runtime. A static executable for this architecture.
pub(crate) static MONITOR: &[u8] = include_bytes!(env!("CORTEN_MONITOR_PATH"));

/// The SHA-256 of [`MONITOR`] in hexadecimal digits.
pub(crate) static MONITOR_HASH: &str = env!("CORTEN_MONITOR_HASH");

/// The OCI archive of the image `hello:latest`.
pub(crate) static HELLO_IMAGE: &[u8] = include_bytes!(env!("CORTEN_HELLO_IMAGE_PATH"));
