//! Everything that is mounted in a container, in the order in which it is mounted.

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_runtime::{BENEATH, StoppedBind};
use corten_spec::runtime::Mount;

use super::volume_flag::{Bind, binds, mount_target};
use super::{VolumeSource, VolumeSources, tmpfs, uses_host_network};
use crate::containers::config::{ContainerConfig, HostConfig, MountConfig, MountKind};
use crate::error::EngineError;

/// Docker's size of `/dev/shm`.
const SHM_SIZE: i64 = 64 * 1024 * 1024;

pub(super) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    if config.host.shm_size < 0 {
        return Err(EngineError::Invalid("SHM size can not be less than 0".to_owned()));
    }
    plan(config, &VolumeSources::new(), &[], None).map(drop)
}

/// Plans the mounts: the small ones that every container has, then the engine's files and the user's, parents before children.
/// `ipc_of` is the init whose IPC namespace is joined: `/dev/shm` is a part of that.
pub(super) fn plan(
    config: &ContainerConfig,
    volumes: &VolumeSources,
    run_files: &[(PathBuf, &str)],
    ipc_of: Option<u32>,
) -> Result<Vec<Mount>, EngineError> {
    let mut user = user_mounts(&config.host, volumes)?;
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
    volumes: &VolumeSources,
    run_files: &[(PathBuf, &str)],
) -> Result<Vec<StoppedBind>, EngineError> {
    let mut user = user_mounts(&config.host, volumes)?;
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
            beneath: mount.options.iter().find_map(|word| word.strip_prefix(BENEATH)).map(PathBuf::from),
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
fn user_mounts(host: &HostConfig, volumes: &VolumeSources) -> Result<BTreeMap<String, Mount>, EngineError> {
    let mut mounts = BTreeMap::new();
    let mut add = |mount: Mount| {
        let target = mount.destination.clone();
        match mounts.insert(target.clone(), mount) {
            Some(_) => Err(EngineError::Invalid(format!("Duplicate mount point: {target}"))),
            None => Ok(()),
        }
    };
    for bind in binds(host) {
        let bind = bind?;
        if bind.maps_ids && matches!(host.userns_mode.as_str(), "" | "host") {
            let why = "idmap needs a user namespace of the container's own (--userns)";
            let text = format!("{}:{}", bind.source, bind.target);
            return Err(EngineError::Invalid(format!("invalid volume specification: '{text}': {why}")));
        }
        add(bind_mount(&bind, host.shallow_read_only_binds))?;
    }
    for (target, options) in &host.tmpfs {
        add(tmpfs::mount(target, options)?)?;
    }
    for entry in &host.mounts {
        if let Some(mount) = structured(entry)? {
            add(mount)?;
        }
    }
    // What is in memory takes the place of a volume.
    for entry in &host.inherited {
        if let Some(mount) = structured(entry)? {
            mounts.entry(mount.destination.clone()).or_insert(mount);
        }
    }
    for (target, source) in volumes {
        mounts.entry(target.clone()).or_insert_with(|| volume_mount(host, target, source));
    }
    Ok(mounts)
}

/// Nothing on disk has the ids of a container's user namespace, so its volumes are shown with them, like its root.
fn volume_mount(host: &HostConfig, target: &str, source: &VolumeSource) -> Mount {
    let mut options = vec![if source.recursive { "rbind" } else { "bind" }, "rprivate"];
    options.extend(source.read_only.then_some(if source.recursive { "rro" } else { "ro" }));
    options.extend((host.ids.is_some() && source.shows_ids).then_some("idmap"));
    let mut mount = mount(target, "bind", &source.path.to_string_lossy(), &options);
    if !source.beneath.is_empty() {
        mount.options.push(format!("{BENEATH}{}", source.beneath));
    }
    mount
}

/// What is mounted for one `--mount`; volumes are settled elsewhere.
fn structured(entry: &MountConfig) -> Result<Option<Mount>, EngineError> {
    let target = mount_target(entry)?;
    match &entry.kind {
        MountKind::Volume(_) => Ok(None),
        MountKind::Bind { source, propagation, non_recursive, maps_ids, shallow_read_only, .. } => {
            let bind = Bind {
                source: source.clone(),
                target,
                read_only: entry.read_only,
                maps_ids: *maps_ids,
                propagation: propagation.clone(),
                recursive: !non_recursive,
            };
            Ok(Some(bind_mount(&bind, *shallow_read_only)))
        }
        MountKind::Tmpfs { size, mode } => {
            let mut options = vec!["nosuid".to_owned(), "nodev".to_owned(), "noexec".to_owned()];
            options.push(if *mode == 0 { "mode=1777".to_owned() } else { format!("mode={mode:o}") });
            options.extend((*size > 0).then(|| format!("size={size}")));
            options.extend(entry.read_only.then(|| "ro".to_owned()));
            Ok(Some(Mount {
                destination: target,
                kind: "tmpfs".to_owned(),
                source: "tmpfs".to_owned(),
                options,
                ..Mount::default()
            }))
        }
    }
}

fn bind_mount(bind: &Bind, shallow_read_only: bool) -> Mount {
    let recursive = bind.recursive;
    let mut options = vec![if recursive { "rbind" } else { "bind" }];
    options.push(if bind.propagation.is_empty() { "rprivate" } else { &bind.propagation });
    // Since 25, Docker makes what is mounted below read-only too: "read-only" with a writable hole is none.
    options.extend(bind.read_only.then_some(if recursive && !shallow_read_only { "rro" } else { "ro" }));
    options.extend(bind.maps_ids.then_some("idmap"));
    mount(&bind.target, "bind", &bind.source, &options)
}

#[cfg(test)]
mod tests {
    use super::{VolumeSources, plan};
    use crate::containers::config::ContainerConfig;

    #[test]
    fn parents_are_mounted_before_children() {
        let mut config = ContainerConfig::default();
        config.host.binds = vec!["/b:/data/b".to_owned(), "/a:/data".to_owned()];
        let mounts = plan(&config, &VolumeSources::new(), &[], None).unwrap();
        let position = |target: &str| mounts.iter().position(|mount| mount.destination == target).unwrap();
        assert!(position("/data") < position("/data/b"));
    }

    #[test]
    fn a_users_mount_replaces_the_default_of_its_target() {
        let mut config = ContainerConfig::default();
        config.host.tmpfs.insert("/dev/shm".to_owned(), "size=1m,exec".to_owned());
        let shm: Vec<_> = plan(&config, &VolumeSources::new(), &[], None)
            .unwrap()
            .into_iter()
            .filter(|mount| mount.destination == "/dev/shm")
            .collect();
        assert_eq!(shm.len(), 1);
        assert_eq!(shm[0].options, ["nosuid", "nodev", "size=1m", "exec"]);
    }

    #[test]
    fn two_mounts_on_one_target_are_refused() {
        let mut config = ContainerConfig::default();
        config.host.binds = vec!["/a:/data".to_owned(), "/b:/data/".to_owned()];
        assert_eq!(
            plan(&config, &VolumeSources::new(), &[], None).unwrap_err().to_string(),
            "Duplicate mount point: /data"
        );
    }
}
