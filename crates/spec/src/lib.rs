//! Words of the field: OCI documents, digests, references, platforms, ids, sizes, durations.
//! Values only: no files, no clock, no environment, no randomness. Small enough for the monitor's binary.

pub mod boolean;
pub mod detach_keys;
pub mod digest;
pub mod duration;
pub mod exit_status;
pub mod id;
pub mod image;
pub mod label;
pub mod mac_address;
pub mod name;
mod omit;
pub mod passwd;
pub mod path;
pub mod platform;
pub mod port;
mod quote;
pub mod reference;
pub mod runtime;
pub mod signal;
pub mod size;
pub mod subnet;
pub mod time;
pub mod user;
pub mod user_namespace;
