//! One document: a kind of devices, and what each needs.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{CdiError, name, yaml};

/// A document.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The version of the specification that it keeps to.
    pub cdi_version: String,
    /// `vendor.com/class`.
    pub kind: String,
    /// What it describes.
    #[serde(default)]
    pub devices: Vec<Device>,
    /// What every container needs that gets one of the devices.
    #[serde(default)]
    pub container_edits: Edits,
}

/// One device.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Device {
    /// Its name among its kind.
    pub name: String,
    /// What a container needs to use it.
    #[serde(default)]
    pub container_edits: Edits,
}

/// Changes to a container's configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Edits {
    /// `NAME=value`.
    pub env: Vec<String>,
    /// Device nodes.
    pub device_nodes: Vec<DeviceNode>,
    /// Mounts of files of the host.
    pub mounts: Vec<Mount>,
    /// Programs to run.
    pub hooks: Vec<Hook>,
    /// Groups of the process.
    pub additional_gids: Vec<u32>,
    /// What else is asked for, by name.
    #[serde(flatten)]
    pub others: BTreeMap<String, Value>,
}

/// A device node.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct DeviceNode {
    /// Inside.
    pub path: String,
    /// On the host; empty = the same.
    pub host_path: String,
    /// `b`, `c`, `u` or `p`; empty = as on the host.
    #[serde(rename = "type")]
    pub kind: String,
    /// 0 = as on the host.
    pub major: i64,
    /// 0 = as on the host.
    pub minor: i64,
    /// Permission bits.
    pub file_mode: Option<u32>,
    /// Some of `rwm`; empty = all.
    pub permissions: String,
    /// Owner.
    pub uid: Option<u32>,
    /// Group.
    pub gid: Option<u32>,
}

/// A mount.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Mount {
    /// On the host.
    pub host_path: String,
    /// Inside.
    pub container_path: String,
    /// Options; a bind mount is one by its options.
    pub options: Vec<String>,
    /// File system type; empty = a bind mount.
    #[serde(rename = "type")]
    pub kind: String,
}

/// A program to run at some point of the container's life.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Hook {
    /// `createContainer` …
    pub hook_name: String,
    /// The program.
    pub path: String,
    /// Its arguments, the zeroth first.
    pub args: Vec<String>,
    /// Its environment.
    pub env: Vec<String>,
    /// Seconds that it may take.
    pub timeout: Option<i64>,
}

/// The versions of the specification that are understood.
const VERSIONS: [&str; 8] = ["0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.7.0", "0.8.0", "1.0.0", "1.1.0"];

impl Document {
    /// Reads a document, JSON or YAML.
    ///
    /// # Errors
    /// [`CdiError::Syntax`] and [`CdiError::Content`].
    pub fn parse(text: &str) -> Result<Self, CdiError> {
        let value = match serde_json::from_str::<Value>(text) {
            Ok(value) => value,
            Err(_) => yaml::parse(text)?,
        };
        let document: Self =
            serde_json::from_value(value).map_err(|error| CdiError::Content(error.to_string()))?;
        document.check()?;
        Ok(document)
    }

    fn check(&self) -> Result<(), CdiError> {
        let version = self.cdi_version.trim_start_matches('v');
        if !VERSIONS.contains(&version) {
            return Err(CdiError::Content(format!("unknown version `{}`", self.cdi_version)));
        }
        if !name::is_kind(&self.kind) {
            return Err(CdiError::Content(format!("invalid kind `{}`", self.kind)));
        }
        if let Some(device) = self.devices.iter().find(|device| !name::is_name(&device.name)) {
            return Err(CdiError::Content(format!("invalid device name `{}`", device.name)));
        }
        let all = self.devices.iter().map(|device| &device.container_edits);
        all.chain([&self.container_edits]).try_for_each(Edits::check)
    }
}

impl Edits {
    fn check(&self) -> Result<(), CdiError> {
        let wrong = |what: &str, value: &str| Err(CdiError::Content(format!("invalid {what} `{value}`")));
        if let Some(entry) = self.env.iter().find(|entry| !entry.contains('=')) {
            return wrong("variable", entry);
        }
        for node in &self.device_nodes {
            if !node.path.starts_with('/') {
                return wrong("path of a device node", &node.path);
            }
            if !matches!(node.kind.as_str(), "" | "b" | "c" | "u" | "p") {
                return wrong("type of a device node", &node.kind);
            }
            if !node.permissions.bytes().all(|byte| b"rwm".contains(&byte)) {
                return wrong("permissions of a device node", &node.permissions);
            }
        }
        for mount in &self.mounts {
            if mount.host_path.is_empty() || mount.container_path.is_empty() {
                return wrong("mount", &mount.container_path);
            }
        }
        match self.hooks.iter().find(|hook| hook.path.is_empty()) {
            Some(hook) => wrong("hook", &hook.hook_name),
            None => Ok(()),
        }
    }

    /// Adds other edits behind these.
    pub(crate) fn extend(&mut self, more: &Edits) {
        self.env.extend_from_slice(&more.env);
        self.device_nodes.extend_from_slice(&more.device_nodes);
        self.mounts.extend_from_slice(&more.mounts);
        self.hooks.extend_from_slice(&more.hooks);
        self.additional_gids.extend_from_slice(&more.additional_gids);
        self.others.extend(more.others.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::Document;

    const YAML: &str = "---\ncdiVersion: 0.5.0\nkind: vendor.com/class\ndevices:\n- name: \"0\"\n  containerEdits:\n    deviceNodes:\n    \
                        - path: /dev/x\n      hostPath: /dev/null\n      fileMode: 438\ncontainerEdits:\n  env:\n  - A=1\n  additionalGids: [5]\n";

    #[test]
    fn json_and_yaml_say_the_same() {
        let json = r#"{"cdiVersion":"0.5.0","kind":"vendor.com/class","devices":[{"name":"0","containerEdits":
            {"deviceNodes":[{"path":"/dev/x","hostPath":"/dev/null","fileMode":438}]}}],
            "containerEdits":{"env":["A=1"],"additionalGids":[5]}}"#;
        let document = Document::parse(YAML).unwrap();
        assert_eq!(document, Document::parse(json).unwrap());
        assert_eq!(document.devices[0].container_edits.device_nodes[0].file_mode, Some(0o666));
        assert_eq!(document.container_edits.additional_gids, [5]);
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (from, to) in
            [("0.5.0", "9.0.0"), ("vendor.com/", ""), ("\"0\"", "\"a/b\""), ("A=1", "A"), ("/dev/x", "x")]
        {
            assert!(Document::parse(&YAML.replace(from, to)).is_err(), "{to}");
        }
    }
}
