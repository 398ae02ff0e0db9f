//! The configuration of an OCI bundle that asks of a runtime what the floor does, neither more nor less.
//!
//! Pure: it is written down elsewhere.

use std::path::PathBuf;

use corten_spec::runtime::{Seccomp, capability, default_masked_paths, default_readonly_paths};
use serde_json::{Value, json};

/// What differs from bundle to bundle.
#[derive(Debug)]
pub struct Bundle {
    /// The root file system.
    pub root: PathBuf,
    /// The program and its arguments.
    pub command: Vec<String>,
    /// The container's cgroup.
    pub cgroup: String,
    /// The filter.
    pub seccomp: Seccomp,
}

impl Bundle {
    /// `config.json`.
    #[must_use]
    pub fn config(&self) -> Value {
        let namespaces = ["pid", "network", "ipc", "uts", "mount", "cgroup"];
        json!({
            "ociVersion": "1.0.2",
            "process": {
                "terminal": false,
                "user": { "uid": 0, "gid": 0 },
                "args": self.command,
                "env": ["PATH=/bin"],
                "cwd": "/",
                "capabilities": capabilities(),
                "noNewPrivileges": false,
            },
            "root": { "path": self.root, "readonly": false },
            "hostname": "bundle",
            "mounts": mounts(),
            "linux": {
                "cgroupsPath": self.cgroup,
                "resources": { "devices": device_rules() },
                "namespaces": namespaces.map(|kind| json!({ "type": kind })),
                "seccomp": self.seccomp,
                "maskedPaths": default_masked_paths(),
                "readonlyPaths": default_readonly_paths(),
            },
        })
    }
}

fn capabilities() -> Value {
    let names: Vec<String> = capability::DOCKER_DEFAULT.iter().map(ToString::to_string).collect();
    json!({ "bounding": names, "effective": names, "permitted": names })
}

/// What Docker lets every container do: make any node, use those that every `/dev` has.
fn device_rules() -> Value {
    let allow = |major: u32, minor: Option<u32>| json!({ "allow": true, "type": "c", "major": major, "minor": minor, "access": "rwm" });
    let make = |kind: &str| json!({ "allow": true, "type": kind, "access": "m" });
    let memory = [3, 5, 7, 8, 9].map(|minor| allow(1, Some(minor)));
    let terminals = [allow(5, Some(0)), allow(5, Some(1)), allow(5, Some(2)), allow(136, None)];
    let deny = json!({ "allow": false, "access": "rwm" });
    let rules = [&[deny, make("c"), make("b")], memory.as_slice(), &terminals].concat();
    json!(rules)
}

fn mounts() -> Value {
    let mount = |destination: &str, kind: &str, options: &[&str]| json!({ "destination": destination, "type": kind, "source": kind, "options": options });
    json!([
        mount("/proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount("/dev", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        mount(
            "/dev/pts",
            "devpts",
            &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]
        ),
        mount("/dev/shm", "tmpfs", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
        mount("/dev/mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
        mount("/sys", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_one_of_the_runtime_specification() {
        let bundle = Bundle {
            root: "/rootfs".into(),
            command: vec!["/payload".to_owned()],
            cgroup: "/bench/a".to_owned(),
            seccomp: super::super::default_seccomp().unwrap(),
        };
        let spec: corten_spec::runtime::Spec = serde_json::from_value(bundle.config()).unwrap();
        let linux = spec.linux.unwrap();
        assert_eq!((linux.cgroups_path.as_str(), linux.namespaces.len()), ("/bench/a", 6));
        let capabilities = spec.process.unwrap().capabilities.unwrap();
        assert_eq!(capabilities.bounding.len(), 14);
        assert!(capabilities.bounding.iter().all(|name| capability::parse(name).is_ok()));
    }
}
