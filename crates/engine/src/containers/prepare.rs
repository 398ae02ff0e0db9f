//! What has to be looked up or laid down before a start can be planned: devices, the filter, joined containers.

use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::Path;

use corten_runtime::launch::{JoinedProcess, SeccompSource};
use corten_seccomp::{Arch, Circumstances, Profile, compile};
use corten_spec::runtime::capability::Capability;
use corten_spec::runtime::{Device, DeviceKind, Process, Seccomp};

use super::Inner;
use super::config::{BlockDeviceConfig, BlockIoConfig, DeviceConfig, HostConfig, MountKind};
use super::launch_plan::{
    BlockDevices, HostDevice, Joined, SeccompChoice, binds, further_process, granted, keep_projects,
    seccomp_choice,
};
use super::network::hostname_inside;
use super::record::Container;
use super::state::InitProcess;
use crate::error::EngineError;
use crate::home::make_directory;

impl Inner {
    /// The filter of a container, compiled once per profile and capability set and kept in the run directory.
    pub(super) fn seccomp_source(&self, host: &HostConfig) -> Result<SeccompSource, EngineError> {
        let profile = match seccomp_choice(host)? {
            SeccompChoice::Unconfined => return Ok(SeccompSource::Unconfined),
            SeccompChoice::Default => None,
            SeccompChoice::Custom(text) => Some(text),
        };
        let capabilities = granted(host)?;
        let mask = capabilities.iter().fold(0, |mask, capability| mask | capability.mask());
        let keeps_projects = needs_projects(host);
        let kept = if keeps_projects { "-projects" } else { "" };
        let directory = self.home.seccomp_cache();
        let path = match &profile {
            None => directory.join(format!("default-{mask:011x}{kept}-{}.bpf", env!("CARGO_PKG_VERSION"))),
            Some(text) => {
                directory.join(format!("{}-{mask:011x}{kept}.bpf", crate::digest::hex(text.as_bytes())))
            }
        };
        if path.exists() {
            return Ok(SeccompSource::Program(path));
        }
        let profile = match profile {
            None => Profile::docker_default(),
            Some(text) => Profile::parse(text.as_bytes())?,
        };
        let Some(mut document) = resolved(&profile, &capabilities)? else {
            return Ok(SeccompSource::Unconfined);
        };
        if keeps_projects {
            keep_projects(&mut document);
        }
        let program = compile(&document, Arch::HOST)?;
        make_directory(&directory, 0o700)?;
        crate::home::write_whole(&path, &program.to_bytes(), 0o600)?;
        Ok(SeccompSource::Program(path))
    }

    /// The filter of a further process: a privileged one has none.
    pub(crate) fn exec_seccomp(
        &self,
        container: &Container,
        privileged: bool,
    ) -> Result<SeccompSource, EngineError> {
        if privileged { Ok(SeccompSource::Unconfined) } else { self.seccomp_source(&container.config.host) }
    }

    /// The inits of the containers whose namespaces this one joins.
    pub(super) fn joined_containers(&self, container: &Container) -> Result<Joined, EngineError> {
        let host = &container.config.host;
        self.require_shareable_ipc(&host.ipc_mode)?;
        Ok(Joined {
            pid: self.donor(&host.pid_mode)?.map(joined_init).transpose()?,
            ipc: self.donor(&host.ipc_mode)?.map(joined_init).transpose()?,
            network: self.network_owner(host)?.map(joined_init).transpose()?,
        })
    }

    fn require_shareable_ipc(&self, mode: &str) -> Result<(), EngineError> {
        let Some(reference) = mode.strip_prefix("container:") else { return Ok(()) };
        let donor = self.find(reference)?;
        match donor.config.host.ipc_mode.as_str() {
            "" | "private" | "none" => Err(EngineError::Conflict(format!(
                "can't join IPC of container {}: non-shareable IPC (hint: use IpcMode:shareable for the donor container)",
                donor.id
            ))),
            _ => Ok(()),
        }
    }

    fn donor(&self, mode: &str) -> Result<Option<Container>, EngineError> {
        mode.strip_prefix("container:").map(|reference| self.find(reference)).transpose()
    }
}

fn joined_init(joined: Container) -> Result<JoinedProcess, EngineError> {
    let init = joined.state.init.filter(|_| joined.state.status == super::state::Status::Running);
    let process = |init: InitProcess| JoinedProcess { pid: init.pid, start_time: init.start_time };
    init.map(process).ok_or_else(|| {
        EngineError::Conflict(format!(
            "cannot join namespace of a non running container: container {} is not running",
            joined.id
        ))
    })
}

/// A further process of a container; its arguments are the caller's to fill in.
pub(crate) fn exec_process(
    container: &Container,
    linked: &[String],
    privileged: bool,
) -> Result<Process, EngineError> {
    further_process(&container.config, &hostname_inside(container)?, linked, privileged)
}

/// The filter of a container as a document; `None` for one that has none.
pub(super) fn resolved_profile(host: &HostConfig) -> Result<Option<Seccomp>, EngineError> {
    let profile = match seccomp_choice(host)? {
        SeccompChoice::Unconfined => return Ok(None),
        SeccompChoice::Default => Profile::docker_default(),
        SeccompChoice::Custom(text) => Profile::parse(text.as_bytes())?,
    };
    resolved(&profile, &granted(host)?)
}

/// Whether only the filter keeps the container's files in their project: in a user namespace of its own the kernel does.
fn needs_projects(host: &HostConfig) -> bool {
    !host.storage_options.is_empty() && host.ids.is_none()
}

fn resolved(profile: &Profile, capabilities: &[Capability]) -> Result<Option<Seccomp>, EngineError> {
    let kernel = crate::host::kernel().release.parse()?;
    Ok(profile.resolve(&Circumstances { capabilities, arch: Arch::HOST, kernel })?)
}

/// Makes the missing sources of `-v` as directories, as Docker does; the source of a `--mount` must exist.
pub(super) fn prepare_bind_sources(host: &HostConfig) -> Result<(), EngineError> {
    for bind in binds(host) {
        make_source(&bind?.source)?;
    }
    for mount in host.mounts.iter().chain(&host.inherited) {
        match &mount.kind {
            MountKind::Bind { source, create_source: true, .. } => make_source(source)?,
            MountKind::Bind { source, .. } => require_source(source)?,
            MountKind::Tmpfs { .. } | MountKind::Volume(_) => {}
        }
    }
    Ok(())
}

fn make_source(source: &str) -> Result<(), EngineError> {
    let path = Path::new(source);
    if path.symlink_metadata().is_ok() {
        return Ok(());
    }
    fs::create_dir_all(path)
        .map_err(|error| EngineError::MakeDirectory { path: path.to_owned(), source: error })
}

/// The sources of `--mount type=bind`, which are not made, must exist when the container is created.
pub(super) fn require_bind_sources(host: &HostConfig) -> Result<(), EngineError> {
    for mount in &host.mounts {
        if let MountKind::Bind { source, create_source: false, .. } = &mount.kind {
            require_source(source)?;
        }
    }
    Ok(())
}

fn require_source(source: &str) -> Result<(), EngineError> {
    if Path::new(source).exists() {
        return Ok(());
    }
    Err(EngineError::Invalid(format!(
        "invalid mount config for type \"bind\": bind source path does not exist: {source}"
    )))
}

/// The devices that a container gets; a directory stands for every device in it, `--privileged` for all of the host's.
pub(super) fn host_devices(host: &HostConfig) -> Result<Vec<HostDevice>, EngineError> {
    let mut devices = Vec::new();
    if host.privileged {
        collect(Path::new("/dev"), Path::new("/dev"), "rwm", &mut devices)?;
    }
    for wanted in &host.devices {
        let inside = if wanted.path_in_container.as_os_str().is_empty() {
            &wanted.path_on_host
        } else {
            &wanted.path_in_container
        };
        let before = devices.len();
        collect(&wanted.path_on_host, inside, access(wanted)?, &mut devices)?;
        if devices.len() == before {
            let path = wanted.path_on_host.display();
            return Err(EngineError::Invalid(format!(
                "error gathering device information while adding custom device \"{path}\": not a device node"
            )));
        }
    }
    Ok(devices)
}

/// The numbers of the block devices whose use is limited, by path.
pub(super) fn block_devices(limits: &BlockIoConfig) -> Result<BlockDevices, EngineError> {
    let lists =
        [&limits.weight_device, &limits.read_bps, &limits.write_bps, &limits.read_iops, &limits.write_iops];
    let number = |device: &BlockDeviceConfig| {
        let path = &device.path;
        let metadata = fs::metadata(path)
            .map_err(|source| EngineError::System { operation: format!("stat {path}"), source })?;
        let number = metadata.rdev();
        let numbers = (i64::from(rustix::fs::major(number)), i64::from(rustix::fs::minor(number)));
        Ok((path.clone(), numbers))
    };
    lists.into_iter().flatten().map(number).collect()
}

fn access(device: &DeviceConfig) -> Result<&str, EngineError> {
    match device.cgroup_permissions.as_str() {
        "" => Ok("rwm"),
        text if text.bytes().all(|byte| b"rwm".contains(&byte)) => Ok(text),
        text => Err(EngineError::Invalid(format!("invalid device mode: {text}"))),
    }
}

fn collect(
    path: &Path,
    inside: &Path,
    access: &str,
    devices: &mut Vec<HostDevice>,
) -> Result<(), EngineError> {
    let gathering = |source: io::Error| EngineError::System {
        operation: format!(
            "error gathering device information while adding custom device \"{}\"",
            path.display()
        ),
        source,
    };
    let metadata = fs::metadata(path).map_err(gathering)?;
    if metadata.is_dir() {
        for entry in fs::read_dir(path).map_err(gathering)? {
            let entry = entry.map_err(gathering)?;
            let name = entry.file_name();
            // These are the container's own, mounted or linked by the runtime (moby's list).
            let own = ["pts", "shm", "fd", "mqueue", "console", ".lxc", ".lxd-mounts", ".udev"];
            let linked = entry.file_type().map_err(gathering)?.is_symlink();
            if !linked && !own.iter().any(|own| name == *own) {
                collect(&entry.path(), &inside.join(name), access, devices)?;
            }
        }
        return Ok(());
    }
    let kind = metadata.file_type();
    if kind.is_char_device() || kind.is_block_device() {
        let kind = if kind.is_char_device() { DeviceKind::Char } else { DeviceKind::Block };
        devices.push(HostDevice { node: node(inside, kind, &metadata), access: access.to_owned() });
    }
    Ok(())
}

fn node(inside: &Path, kind: DeviceKind, metadata: &fs::Metadata) -> Device {
    let number = metadata.rdev();
    Device {
        path: inside.to_string_lossy().into_owned(),
        kind,
        major: i64::from(rustix::fs::major(number)),
        minor: i64::from(rustix::fs::minor(number)),
        file_mode: Some(metadata.mode() & 0o7777),
        uid: Some(metadata.uid()),
        gid: Some(metadata.gid()),
    }
}
