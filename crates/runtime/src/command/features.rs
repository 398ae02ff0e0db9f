//! `features`: what this runtime can do, as `features.md` of the specification has it.
//!
//! Engines read it instead of trying.

use corten_spec::runtime::{NamespaceKind, OCI_VERSION, capability};
use serde_json::json;

use super::error::CommandError;
use super::options::Parsed;
use super::settings::Settings;
use crate::plan;

/// Joined or made; the others are refused.
const NAMESPACES: [NamespaceKind; 7] = [
    NamespaceKind::Cgroup,
    NamespaceKind::Ipc,
    NamespaceKind::Mount,
    NamespaceKind::Network,
    NamespaceKind::Pid,
    NamespaceKind::User,
    NamespaceKind::Uts,
];

pub(super) fn features(_settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    if let Some(more) = parsed.arguments.first() {
        return Err(CommandError::Usage(format!("unexpected argument `{more}`")));
    }
    let capabilities: Vec<String> = capability::ALL.iter().map(ToString::to_string).collect();
    let document = json!({
        "ociVersionMin": "1.0.0",
        "ociVersionMax": OCI_VERSION,
        "hooks": ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        "mountOptions": plan::known_mount_options(),
        "linux": {
            "namespaces": NAMESPACES.map(NamespaceKind::as_str),
            "capabilities": capabilities,
            "cgroup": {"v1": true, "v2": true, "systemd": true, "systemdUser": false, "rdma": true},
            "seccomp": {
                "enabled": true,
                "actions": ["SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS",
                    "SCMP_ACT_KILL_THREAD", "SCMP_ACT_LOG", "SCMP_ACT_TRACE", "SCMP_ACT_TRAP"],
                "operators": ["SCMP_CMP_EQ", "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_LE", "SCMP_CMP_LT",
                    "SCMP_CMP_MASKED_EQ", "SCMP_CMP_NE"],
                "archs": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_X32", "SCMP_ARCH_X86", "SCMP_ARCH_X86_64"],
            },
            "apparmor": {"enabled": false},
            "selinux": {"enabled": false},
            "intelRdt": {"enabled": false},
            "mountExtensions": {"idmap": {"enabled": true}},
        },
    });
    let text = serde_json::to_string_pretty(&document).map_err(std::io::Error::from);
    println!("{}", text.map_err(CommandError::io("write the features"))?);
    Ok(0)
}
