//! Device nodes of a container and the rules of what may be done with devices.
//! Neither nodes nor rules are made here.

use serde::{Deserialize, Serialize};

/// A device node to make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Absolute path inside the container.
    pub path: String,
    /// Kind of node.
    #[serde(rename = "type")]
    pub kind: DeviceKind,
    /// Major number; meaningless for a FIFO.
    #[serde(default)]
    pub major: i64,
    /// Minor number; meaningless for a FIFO.
    #[serde(default)]
    pub minor: i64,
    /// Permission bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file_mode: Option<u32>,
    /// Owner inside the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<u32>,
    /// Group inside the container.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gid: Option<u32>,
}

/// Kinds of device node, as `mknod(1)` writes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum DeviceKind {
    /// Any kind: only in a [`DeviceRule`].
    #[serde(rename = "a")]
    All,
    /// Block device.
    #[serde(rename = "b")]
    Block,
    /// Character device.
    #[serde(rename = "c")]
    Char,
    /// Character device without a buffer: the same as `c` on Linux.
    #[serde(rename = "u")]
    Unbuffered,
    /// FIFO.
    #[serde(rename = "p")]
    Fifo,
}

/// One rule of the device controller; a later rule wins over an earlier one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceRule {
    /// Whether matching access is let through.
    pub allow: bool,
    /// Kind of device; absent means all.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<DeviceKind>,
    /// Major number; absent or -1 means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub major: Option<i64>,
    /// Minor number; absent or -1 means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minor: Option<i64>,
    /// Letters out of `rwm`; empty means all three.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub access: String,
}
