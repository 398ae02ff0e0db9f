//! Device nodes of a container and the rules of what may be done with devices.
//! No node is made here, and no rule enforced.

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

/// Character devices that every container may use, by major and minor number (Linux, `admin-guide/devices.txt`).
const USUAL: [(i64, Option<i64>); 8] = [
    // null, zero, full, random, urandom, tty
    (1, Some(3)),
    (1, Some(5)),
    (1, Some(7)),
    (1, Some(8)),
    (1, Some(9)),
    (5, Some(0)),
    // `ptmx`, which makes terminals, and every terminal of `devpts`.
    (5, Some(2)),
    (136, None),
];

impl DeviceRule {
    /// Forbids everything: what such a list begins with.
    #[must_use]
    pub fn forbid_all() -> Self {
        Self { allow: false, access: "rwm".to_owned(), ..Self::default() }
    }

    /// Allows `access` (letters out of `rwm`) to one device, or to all for which a number is not given.
    #[must_use]
    pub fn allow(kind: DeviceKind, major: Option<i64>, minor: Option<i64>, access: &str) -> Self {
        Self { allow: true, kind: Some(kind), major, minor, access: access.to_owned() }
    }

    /// What Docker and runc both let every container do: make any node (having one does not mean that it can be opened), use the
    /// harmless ones, and its own terminals.
    pub fn usual() -> impl Iterator<Item = Self> {
        let made = [DeviceKind::Char, DeviceKind::Block].map(|kind| Self::allow(kind, None, None, "m"));
        let used = USUAL.map(|(major, minor)| Self::allow(DeviceKind::Char, Some(major), minor, "rwm"));
        made.into_iter().chain(used)
    }
}
