//! From the flags of `run` and `create` to the request that the engine gets.

mod attach;
pub(crate) mod block_devices;
mod capabilities;
mod devices;
pub(crate) mod env_file;
pub(crate) mod gpus;
mod health;
pub(crate) mod labels;
mod limits;
pub(crate) mod mount;
pub(crate) mod network;
mod publish;
mod request;
pub(crate) mod restart_policy;
mod security;
pub(crate) mod ulimit;
mod volumes;

pub(crate) use request::build;
