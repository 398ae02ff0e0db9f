//! The engine itself: `GET /info`, `GET /version`, `GET /system/df`.

mod df;
mod info;
mod registry;
mod version;

pub use df::DiskUsage;
pub use info::{Commit, Containerd, ContainerdNamespaces, Firewall, Info, Plugins, Runtime, Swarm};
pub use registry::{IndexInfo, RegistryConfig};
pub use version::{Component, Platform, Version};
