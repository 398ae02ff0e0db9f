//! Everything that is mounted in a container, in the order in which it is mounted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_runtime::StoppedBind;
use corten_spec::runtime::Mount;

use super::uses_host_network;
use crate::containers::config::{ContainerConfig, HostConfig, MountConfig, MountKind};
use crate::error::EngineError;

/// Docker's size of `/dev/shm`.
const SHM_SIZE: i64 = 64 * 1024 * 1024;

pub(super) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    if config.host.shm_size < 0 {
        return Err(EngineError::Invalid("SHM size can not be less than 0".to_owned()));
    }
    plan(config, &[], None).map(drop)
}

/// Plans the mounts: the small ones that every container has, then the engine's files and the user's, parents before children.
/// `ipc_of` is the init whose IPC namespace is joined: `/dev/shm` is a part of that.
pub(super) fn plan(
    config: &ContainerConfig,
    run_files: &[(PathBuf, &str)],
    ipc_of: Option<u32>,
) -> Result<Vec<Mount>, EngineError> {
    let mut user = user_mounts(&config.host)?;
    // The container's root owns them there as it does anywhere else.
    let mut shown = Vec::new();
    shown.extend(config.host.ids.is_some().then_some("idmap"));
    // And they are as read-only as its root.
    shown.extend(config.host.read_only.then_some("ro"));
    for (source, target) in run_files {
        // What the user mounts over `/etc/hosts` is what counts.
        user.entry((*target).to_owned())
            .or_insert_with(|| run_file(&source.to_string_lossy(), target, &shown));
    }
    let mut mounts: Vec<Mount> = base(&config.host, ipc_of)
        .into_iter()
        .filter(|mount| !user.contains_key(&mount.destination))
        .collect();
    let mut user: Vec<Mount> = user.into_values().collect();
    user.sort_by_key(|mount| mount.destination.matches('/').count());
    mounts.extend(user);
    Ok(mounts)
}

/// What of the host's is mounted in the container when it runs, for somebody who reaches its files while it does not.
pub(crate) fn stopped_binds(
    config: &ContainerConfig,
    run_files: &[(PathBuf, &str)],
) -> Result<Vec<StoppedBind>, EngineError> {
    let mut user = user_mounts(&config.host)?;
    // What is mounted on one of these is in a file system that is not there: its place in the root is only covered by that.
    let mut covered: Vec<String> = ["/dev", "/proc", "/sys"].map(|path| format!("{path}/")).into();
    covered.extend(
        user.values().filter(|mount| mount.kind == "tmpfs").map(|mount| format!("{}/", mount.destination)),
    );
    user.retain(|target, _| !covered.iter().any(|above| target.starts_with(above)));
    let read_only: &[&str] = if config.host.read_only { &["ro"] } else { &[] };
    for (source, target) in run_files {
        user.entry((*target).to_owned())
            .or_insert_with(|| run_file(&source.to_string_lossy(), target, read_only));
    }
    let mut binds: Vec<Mount> = user.into_values().filter(|mount| mount.kind == "bind").collect();
    binds.sort_by_key(|mount| mount.destination.matches('/').count());
    let has = |mount: &Mount, option: &str| mount.options.iter().any(|word| word == option);
    Ok(binds
        .into_iter()
        .map(|mount| StoppedBind {
            recursive: has(&mount, "rbind"),
            read_only: has(&mount, "ro") || has(&mount, "rro"),
            source: mount.source.into(),
            target: mount.destination.into(),
        })
        .collect())
}

fn base(host: &HostConfig, ipc_of: Option<u32>) -> Vec<Mount> {
    let shm = if host.shm_size == 0 { SHM_SIZE } else { host.shm_size };
    let access = if host.privileged { "rw" } else { "ro" };
    // A root that is read-only makes this so even for one with all privileges, as with Docker.
    let sys_access = if host.read_only { "ro" } else { access };
    let mut mounts = vec![
        mount("/proc", "proc", "proc", &["nosuid", "noexec", "nodev"]),
        mount("/dev", "tmpfs", "tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k"]),
        terminals(host),
        sys(host, sys_access),
        mount("/sys/fs/cgroup", "cgroup", "cgroup", &[access, "nosuid", "noexec", "nodev"]),
    ];
    // The queues are those of the IPC namespace, whoever mounts them: the host's need no mount of the host's.
    mounts.push(mount("/dev/mqueue", "mqueue", "mqueue", &["nosuid", "noexec", "nodev"]));
    match (host.ipc_mode.as_str(), ipc_of) {
        (_, Some(pid)) => {
            mounts.push(mount("/dev/shm", "bind", &format!("/proc/{pid}/root/dev/shm"), &["bind"]));
        }
        ("host", _) => mounts.push(mount("/dev/shm", "bind", "/dev/shm", &["rbind"])),
        ("none", _) => {}
        _ => {
            let size = format!("size={shm}");
            mounts.push(mount(
                "/dev/shm",
                "tmpfs",
                "shm",
                &["nosuid", "noexec", "nodev", "mode=1777", &size],
            ));
        }
    }
    mounts
}

/// Group 5 is `tty` in every distribution.
fn terminals(host: &HostConfig) -> Mount {
    let mut options = vec!["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620"];
    options.extend(host.ids.as_ref().is_none_or(|ids| ids.has_group(5)).then_some("gid=5"));
    mount("/dev/pts", "devpts", "devpts", &options)
}

/// It shows a network namespace, and only that one's owner can mount it.
fn sys(host: &HostConfig, access: &str) -> Mount {
    if host.ids.is_some() && uses_host_network(host) {
        let access = if access == "ro" { "rro" } else { access };
        return mount("/sys", "bind", "/sys", &["rbind", "rprivate", "nosuid", "noexec", "nodev", access]);
    }
    mount("/sys", "sysfs", "sysfs", &["nosuid", "noexec", "nodev", access])
}

fn run_file(source: &str, target: &str, more: &[&str]) -> Mount {
    mount(target, "bind", source, &[&["rbind", "rprivate"], more].concat())
}

fn mount(destination: &str, kind: &str, source: &str, options: &[&str]) -> Mount {
    Mount {
        destination: destination.to_owned(),
        kind: kind.to_owned(),
        source: source.to_owned(),
        options: options.iter().map(|option| (*option).to_owned()).collect(),
        ..Mount::default()
    }
}

/// The user's mounts by target.
fn user_mounts(host: &HostConfig) -> Result<BTreeMap<String, Mount>, EngineError> {
    let mut mounts = BTreeMap::new();
    let mut add = |mount: Mount| {
        let target = mount.destination.clone();
        match mounts.insert(target.clone(), mount) {
            Some(_) => Err(EngineError::Invalid(format!("Duplicate mount point: {target}"))),
            None => Ok(()),
        }
    };
    for text in &host.binds {
        let bind = Bind::parse(text)?;
        if bind.maps_ids && matches!(host.userns_mode.as_str(), "" | "host") {
            let why = "idmap needs a user namespace of the container's own (--userns)";
            return Err(EngineError::Invalid(format!("invalid volume specification: '{text}': {why}")));
        }
        add(bind_mount(&bind))?;
    }
    for (target, options) in &host.tmpfs {
        add(tmpfs(target, options)?)?;
    }
    for entry in &host.mounts {
        add(structured(entry)?)?;
    }
    Ok(mounts)
}

fn structured(entry: &MountConfig) -> Result<Mount, EngineError> {
    let target = absolute_target(&entry.target)?;
    match &entry.kind {
        MountKind::Bind { source, propagation, non_recursive, .. } => Ok(bind_mount(&Bind {
            source: source.clone(),
            target,
            read_only: entry.read_only,
            maps_ids: false,
            propagation: propagation.clone(),
            recursive: !non_recursive,
        })),
        MountKind::Tmpfs { size, mode } => {
            let mut options = vec!["nosuid".to_owned(), "nodev".to_owned(), "noexec".to_owned()];
            options.push(if *mode == 0 { "mode=1777".to_owned() } else { format!("mode={mode:o}") });
            options.extend((*size > 0).then(|| format!("size={size}")));
            options.extend(entry.read_only.then(|| "ro".to_owned()));
            Ok(Mount {
                destination: target,
                kind: "tmpfs".to_owned(),
                source: "tmpfs".to_owned(),
                options,
                ..Mount::default()
            })
        }
    }
}

fn tmpfs(target: &str, options: &str) -> Result<Mount, EngineError> {
    let mut words: Vec<String> = ["noexec", "nosuid", "nodev"].map(str::to_owned).to_vec();
    for option in options.split(',').filter(|option| !option.is_empty()) {
        check_tmpfs_option(option, target)?;
        // `exec` must undo the default, not stand beside it.
        words.retain(|word| word.strip_prefix("no") != Some(option));
        words.push(option.to_owned());
    }
    Ok(Mount {
        destination: absolute_target(target)?,
        kind: "tmpfs".to_owned(),
        source: "tmpfs".to_owned(),
        options: words,
        ..Mount::default()
    })
}

fn check_tmpfs_option(option: &str, target: &str) -> Result<(), EngineError> {
    const WORDS: [&str; 14] = [
        "ro",
        "rw",
        "exec",
        "noexec",
        "suid",
        "nosuid",
        "dev",
        "nodev",
        "atime",
        "noatime",
        "diratime",
        "nodiratime",
        "relatime",
        "strictatime",
    ];
    const VALUES: [&str; 6] = ["size", "mode", "uid", "gid", "nr_inodes", "nr_blocks"];
    let known = match option.split_once('=') {
        Some((name, value)) => VALUES.contains(&name) && !value.is_empty(),
        None => WORDS.contains(&option),
    };
    known
        .then_some(())
        .ok_or_else(|| EngineError::Invalid(format!("invalid tmpfs option {option:?} for {target}")))
}

fn bind_mount(bind: &Bind) -> Mount {
    let recursive = bind.recursive;
    let mut options = vec![if recursive { "rbind" } else { "bind" }];
    options.push(if bind.propagation.is_empty() { "rprivate" } else { &bind.propagation });
    // Since 25, Docker makes what is mounted below read-only too: "read-only" with a writable hole is none.
    options.extend(bind.read_only.then_some(if recursive { "rro" } else { "ro" }));
    options.extend(bind.maps_ids.then_some("idmap"));
    mount(&bind.target, "bind", &bind.source, &options)
}

/// One `-v`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) read_only: bool,
    /// Owners are shown by the ids of the container's user namespace.
    pub(crate) maps_ids: bool,
    pub(crate) propagation: String,
    pub(crate) recursive: bool,
}

impl Bind {
    /// Reads `/source:/target[:options]`.
    pub(crate) fn parse(text: &str) -> Result<Self, EngineError> {
        let invalid = || EngineError::Invalid(format!("invalid volume specification: '{text}'"));
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, options) = match parts.as_slice() {
            [source, target] => (*source, *target, ""),
            [source, target, options] => (*source, *target, *options),
            _ => return Err(invalid()),
        };
        if source.is_empty() || target.is_empty() {
            return Err(invalid());
        }
        if !source.starts_with('/') {
            return Err(EngineError::NotImplemented(format!(
                "volume `{source}`: named volumes are not built yet, give an absolute path"
            )));
        }
        let mut bind = Self {
            source: source.to_owned(),
            target: absolute_target(target).map_err(|why| {
                let text = format!(
                    "invalid volume specification: '{text}': invalid mount config for type \"bind\": {why}"
                );
                EngineError::Invalid(text)
            })?,
            read_only: false,
            maps_ids: false,
            propagation: String::new(),
            recursive: true,
        };
        for option in options.split(',').filter(|option| !option.is_empty()) {
            bind.take(option).ok_or_else(|| EngineError::Invalid(format!("invalid mode: {options}")))?;
        }
        Ok(bind)
    }

    fn take(&mut self, option: &str) -> Option<()> {
        match option {
            "ro" => self.read_only = true,
            "idmap" => self.maps_ids = true,
            "bind-nonrecursive" => self.recursive = false,
            "private" | "rprivate" | "shared" | "rshared" | "slave" | "rslave" => {
                option.clone_into(&mut self.propagation);
            }
            // `z`, `Z` relabel under SELinux alone; the rest speak of volumes or of other systems. Docker takes them for binds too.
            "rw" | "z" | "Z" | "nocopy" | "consistent" | "cached" | "delegated" | "rbind" => {}
            _ => return None,
        }
        Some(())
    }
}

fn absolute_target(target: &str) -> Result<String, EngineError> {
    if !target.starts_with('/') {
        return Err(EngineError::Invalid(format!(
            "invalid mount path: '{target}' mount path must be absolute"
        )));
    }
    if target.split('/').any(|part| part == "..") {
        return Err(EngineError::Invalid(format!("invalid mount path: '{target}' contains `..`")));
    }
    let parts: Vec<&str> = target.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() {
        return Err(EngineError::Invalid("invalid specification: destination can't be '/'".to_owned()));
    }
    Ok(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::{Bind, plan};
    use crate::containers::config::ContainerConfig;

    #[test]
    fn parents_are_mounted_before_children() {
        let mut config = ContainerConfig::default();
        config.host.binds = vec!["/b:/data/b".to_owned(), "/a:/data".to_owned()];
        let mounts = plan(&config, &[], None).unwrap();
        let position = |target: &str| mounts.iter().position(|mount| mount.destination == target).unwrap();
        assert!(position("/data") < position("/data/b"));
    }

    #[test]
    fn a_users_mount_replaces_the_default_of_its_target() {
        let mut config = ContainerConfig::default();
        config.host.tmpfs.insert("/dev/shm".to_owned(), "size=1m,exec".to_owned());
        let shm: Vec<_> = plan(&config, &[], None)
            .unwrap()
            .into_iter()
            .filter(|mount| mount.destination == "/dev/shm")
            .collect();
        assert_eq!(shm.len(), 1);
        assert_eq!(shm[0].options, ["nosuid", "nodev", "size=1m", "exec"]);
    }

    #[test]
    fn a_named_volume_is_refused_by_name() {
        let error = Bind::parse("data:/var/data").unwrap_err().to_string();
        assert!(error.contains("`data`"), "{error}");
    }

    #[test]
    fn two_mounts_on_one_target_are_refused() {
        let mut config = ContainerConfig::default();
        config.host.binds = vec!["/a:/data".to_owned(), "/b:/data/".to_owned()];
        assert_eq!(plan(&config, &[], None).unwrap_err().to_string(), "Duplicate mount point: /data");
    }
}
