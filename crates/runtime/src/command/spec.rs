//! `spec`: a `config.json` that runs a shell, to begin with.
//!
//! It overwrites nothing.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use corten_spec::runtime::{
    Capabilities, Linux, Mount, Namespace, NamespaceKind, OCI_VERSION, Process, Rlimit, Root, Spec,
    default_masked_paths, default_readonly_paths,
};

use super::error::CommandError;
use super::options::{Flag, Parsed};
use super::settings::Settings;

pub(super) const FLAGS: &[Flag] = &[Flag::value("bundle", "b")];

/// What runc's template leaves to the process.
const CAPABILITIES: [&str; 3] = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"];

/// Destination, type, source, options.
const MOUNTS: [(&str, &str, &str, &[&str]); 7] = [
    ("/proc", "proc", "proc", &[]),
    ("/dev", "tmpfs", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
    (
        "/dev/pts",
        "devpts",
        "devpts",
        &["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"],
    ),
    ("/dev/shm", "tmpfs", "shm", &["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
    ("/dev/mqueue", "mqueue", "mqueue", &["nosuid", "noexec", "nodev"]),
    ("/sys", "sysfs", "sysfs", &["nosuid", "noexec", "nodev", "ro"]),
    ("/sys/fs/cgroup", "cgroup", "cgroup", &["nosuid", "noexec", "nodev", "relatime", "ro"]),
];

pub(super) fn spec(_settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    if let Some(more) = parsed.arguments.first() {
        return Err(CommandError::Usage(format!("unexpected argument `{more}`")));
    }
    let path = Path::new(parsed.value("bundle").unwrap_or(".")).join("config.json");
    let doing = || format!("write `{}`", path.display());
    let text = serde_json::to_string_pretty(&template()).map_err(std::io::Error::from);
    let text = text.map_err(CommandError::io(doing()))?;
    let created = File::create_new(&path);
    created.and_then(|mut file| writeln!(file, "{text}")).map_err(CommandError::io(doing()))?;
    Ok(0)
}

fn template() -> Spec {
    Spec {
        oci_version: OCI_VERSION.to_owned(),
        process: Some(process()),
        root: Some(Root { path: "rootfs".into(), readonly: true }),
        hostname: "corten".into(),
        mounts: MOUNTS.map(mount).to_vec(),
        linux: Some(linux()),
        ..Spec::default()
    }
}

fn process() -> Process {
    let kept = CAPABILITIES.map(str::to_owned).to_vec();
    Process {
        terminal: true,
        args: vec!["sh".into()],
        env: vec![
            "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into(),
            "TERM=xterm".into(),
        ],
        cwd: "/".into(),
        capabilities: Some(Capabilities {
            bounding: kept.clone(),
            effective: kept.clone(),
            permitted: kept,
            ..Capabilities::default()
        }),
        rlimits: vec![Rlimit { kind: "RLIMIT_NOFILE".into(), hard: 1024, soft: 1024 }],
        no_new_privileges: true,
        ..Process::default()
    }
}

fn mount((destination, kind, source, options): (&str, &str, &str, &[&str])) -> Mount {
    Mount {
        destination: destination.into(),
        kind: kind.into(),
        source: source.into(),
        options: options.iter().map(|word| (*word).to_owned()).collect(),
        ..Mount::default()
    }
}

fn linux() -> Linux {
    use NamespaceKind::{Cgroup, Ipc, Mount, Network, Pid, Uts};
    Linux {
        namespaces: [Pid, Network, Ipc, Uts, Mount, Cgroup].map(Namespace::new).to_vec(),
        masked_paths: default_masked_paths(),
        readonly_paths: default_readonly_paths(),
        ..Linux::default()
    }
}
