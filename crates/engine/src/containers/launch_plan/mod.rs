//! From what a container is asked to be to what its start is told: an OCI configuration and its surroundings. Pure.
//!
//! Nothing here touches the system: what has to be known of it arrives in [`Facts`].

mod adapt;
mod capabilities;
mod change;
mod cpuset;
mod devices;
mod health;
mod mounts;
mod namespaces;
mod probe;
mod process;
mod project_filter;
mod resources;
mod security;
mod tmpfs;
mod volume_flag;
mod volume_points;

use std::collections::BTreeMap;
use std::path::PathBuf;

use corten_runtime::launch::{JoinedProcess, Launch, RootSource, SeccompSource, UserSource};
use corten_snapshots::ContainerFiles;
use corten_spec::runtime::{Hooks, Linux, Mount, Root, Seccomp, Spec};

use super::config::{ContainerConfig, HostConfig};
use super::record::Container;
use crate::error::EngineError;

pub(super) use adapt::{adapt, fill_in};
pub(super) use capabilities::granted;
pub(super) use change::{merge as merge_limits, touched as touched_limits};
pub(super) use cpuset::validate as validate_cpuset;
pub(super) use devices::HostDevice;
pub(super) use health::{plan as plan_health, restarts_unhealthy, test as health_test};
pub(super) use mounts::stopped_binds;
pub(super) use process::further_process;
pub(crate) use process::overlay as overlay_environment;
pub(super) use project_filter::keep_projects;
pub(super) use resources::{BlockDevices, plan as limits, validate_change};
pub(crate) use security::SecurityModules;
pub(super) use security::{SeccompChoice, protected_paths, seccomp_choice, validate_confinement};
pub(crate) use tmpfs::check_tmpfs_option;
pub(super) use volume_flag::binds;
pub(super) use volume_points::{Donor, Wanted, wanted};

/// What the plan needs to know of the system.
#[derive(Debug)]
pub(super) struct Facts<'a> {
    /// The container.
    pub(super) container: &'a Container,
    /// Its image's unpacked layers, topmost first.
    pub(super) layers: Vec<PathBuf>,
    /// Its writable directory.
    pub(super) files: &'a ContainerFiles,
    /// What is mounted over `/etc/hosts` and its neighbours.
    pub(super) run_files: &'a RunFiles,
    /// Its volumes.
    pub(super) volumes: VolumeSources,
    /// The compiled filter.
    pub(super) seccomp: SeccompSource,
    /// Its cgroup.
    pub(super) cgroup_path: String,
    /// Inits of the containers whose namespaces it joins.
    pub(super) joined: Joined,
    /// Whether its own network namespace is connected once it is there.
    pub(super) awaits_network: bool,
    /// The host's devices that it gets.
    pub(super) devices: Vec<HostDevice>,
    /// What named devices add.
    pub(super) edits: Edits,
    /// What linked containers add to the environment.
    pub(super) linked: Vec<String>,
    /// The numbers of the block devices whose use is limited.
    pub(super) block_devices: BlockDevices,
    /// How many CPUs the host could have.
    pub(super) possible_cpus: u32,
    /// Where those who only know bundles would find the container.
    pub(super) bundle: PathBuf,
    /// Whether another runtime makes it, which compiles the filter itself.
    pub(super) foreign: bool,
    /// The filter for that one.
    pub(super) filter: Option<Seccomp>,
}

/// Where the volumes of a container are on the host, by their places inside.
pub(super) type VolumeSources = BTreeMap<String, VolumeSource>;

/// Where a volume is on the host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VolumeSource {
    /// What is mounted.
    pub(super) path: PathBuf,
    /// Only what is beneath it at this path; empty = all of it.
    pub(super) beneath: String,
    /// With what is mounted below it.
    pub(super) recursive: bool,
    /// Nobody in the container can change it.
    pub(super) read_only: bool,
    /// Its files have the ids that the container sees.
    pub(super) shows_ids: bool,
}

/// What is added to the configuration behind all else.
#[derive(Debug, Clone, Default)]
pub(super) struct Edits {
    /// `NAME=value`.
    pub(super) env: Vec<String>,
    /// Mounts; one that stands at the same place goes.
    pub(super) mounts: Vec<Mount>,
    /// Groups of the process.
    pub(super) groups: Vec<u32>,
    /// Programs that are run while the container is made.
    pub(super) hooks: Hooks,
}

/// Files of this boot, in the run directory.
#[derive(Debug, Clone, Default)]
pub(super) struct RunFiles {
    /// The host name inside.
    pub(super) hostname: String,
    /// `(path on the host, path inside)`.
    pub(super) files: Vec<(PathBuf, &'static str)>,
}

/// The inits whose namespaces are joined.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Joined {
    /// `--pid container:…`.
    pub(super) pid: Option<JoinedProcess>,
    /// `--ipc container:…`.
    pub(super) ipc: Option<JoinedProcess>,
    /// `--network container:…`.
    pub(super) network: Option<JoinedProcess>,
}

/// Checks what can be checked without the system.
///
/// # Errors
/// [`EngineError::Invalid`] or [`EngineError::NotImplemented`], in Docker's words where it has some.
pub(super) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    super::merge::command_line(config)?;
    process::validate(config)?;
    health::validate(config)?;
    if config.host.annotations.contains_key("") {
        let text = "invalid Annotations: the empty string is not permitted as an annotation key";
        return Err(EngineError::Invalid(text.to_owned()));
    }
    namespaces::validate(config)?;
    super::network::validate(config)?;
    granted(&config.host)?;
    security::validate(&config.host)?;
    mounts::validate(config)?;
    resources::validate(&config.host.resources)
}

/// Plans a start.
///
/// # Errors
/// As [`validate`], since the record may be older than this program.
pub(super) fn plan(facts: &Facts<'_>) -> Result<Launch, EngineError> {
    let config = &facts.container.config;
    let hooked = facts.edits.hooks != Hooks::default();
    if hooked && config.host.ids.is_some() {
        // They would run without a right to their own files.
        let why = "hooks of a CDI device for a container with a user namespace of its own are not built yet";
        return Err(EngineError::NotImplemented(why.to_owned()));
    }
    Ok(Launch {
        id: facts.container.id.to_string(),
        spec: spec(facts)?,
        root: RootSource::Overlay {
            lower: facts.layers.clone(),
            upper: facts.files.upper().to_owned(),
            work: facts.files.work().to_owned(),
        },
        user: UserSource::Image {
            user: config.user.clone(),
            additional_groups: config
                .host
                .group_add
                .iter()
                .cloned()
                .chain(facts.edits.groups.iter().filter(|group| **group != 0).map(ToString::to_string))
                .collect(),
        },
        cgroup_path: facts.cgroup_path.clone(),
        seccomp: if facts.foreign { SeccompSource::Spec } else { facts.seccomp.clone() },
        init: config.host.init.unwrap_or(false),
        awaits_network: facts.awaits_network,
        bundle: (hooked || facts.foreign).then(|| facts.bundle.clone()),
        joined: [facts.joined.pid, facts.joined.ipc, facts.joined.network].into_iter().flatten().collect(),
    })
}

fn spec(facts: &Facts<'_>) -> Result<Spec, EngineError> {
    let config = &facts.container.config;
    let host = &config.host;
    let shares_host_name = host.uts_mode == "host";
    let mut process = process::init_process(config, &facts.run_files.hostname, &facts.linked)?;
    process::overlay(&mut process.env, &facts.edits.env);
    let ipc_of = facts.joined.ipc.map(|init| init.pid);
    let mut mounts = mounts::plan(config, &facts.volumes, &facts.run_files.files, ipc_of)?;
    mounts.retain(|mount| facts.edits.mounts.iter().all(|edit| edit.destination != mount.destination));
    mounts.extend_from_slice(&facts.edits.mounts);
    Ok(Spec {
        oci_version: corten_spec::runtime::OCI_VERSION.to_owned(),
        process: Some(process),
        root: Some(Root { path: "rootfs".to_owned(), readonly: host.read_only }),
        hostname: if shares_host_name { String::new() } else { facts.run_files.hostname.clone() },
        domainname: if shares_host_name { String::new() } else { config.domainname.clone() },
        mounts,
        annotations: host.annotations.clone(),
        hooks: Some(facts.edits.hooks.clone()).filter(|hooks| *hooks != Hooks::default()),
        linux: Some(linux(facts)?),
    })
}

fn linux(facts: &Facts<'_>) -> Result<Linux, EngineError> {
    let host = &facts.container.config.host;
    let mut resources = resources::plan(&host.resources, &facts.block_devices)?;
    resources.devices = devices::rules(host, &facts.devices)?;
    let ids = host.ids.clone();
    let (uid_mappings, gid_mappings) = ids.map_or_else(Default::default, |ids| (ids.uids, ids.gids));
    Ok(Linux {
        uid_mappings,
        gid_mappings,
        sysctl: sysctls(host, facts.joined),
        resources: Some(resources),
        cgroups_path: facts.cgroup_path.clone(),
        namespaces: namespaces::plan(host, facts.joined),
        devices: facts.devices.iter().map(|device| device.node.clone()).collect(),
        seccomp: facts.filter.clone(),
        masked_paths: security::masked_paths(host, facts.possible_cpus),
        readonly_paths: security::readonly_paths(host),
        ..Linux::default()
    })
}

/// What is asked for, and what Docker gives every container with a network namespace of its own: in there, ports below 1024 and echo
/// requests (icmp(7)) take no rights.
fn sysctls(host: &HostConfig, joined: Joined) -> BTreeMap<String, String> {
    let mut sysctls = host.sysctls.clone();
    if !uses_host_network(host) && joined.network.is_none() && host.ids.is_none() {
        for (name, value) in
            [("net.ipv4.ip_unprivileged_port_start", "0"), ("net.ipv4.ping_group_range", "0 2147483647")]
        {
            sysctls.entry(name.to_owned()).or_insert_with(|| value.to_owned());
        }
    }
    sysctls
}

/// Whether a `host` or a `default` was asked for.
fn uses_host_network(host: &HostConfig) -> bool {
    host.network_mode == "host"
}
