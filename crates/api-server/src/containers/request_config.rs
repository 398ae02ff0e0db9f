//! From Docker's shape of a container's configuration to the engine's.

use std::collections::BTreeMap;

use corten_api_types::container::{CreateRequest, HealthConfig, HostConfig as ApiHostConfig, Resources};
use corten_api_types::mount::Mount as ApiMount;
use corten_engine::containers::config::{
    ContainerConfig, DeviceConfig, EndpointConfig, HostConfig, LogConfig, MountConfig, MountKind,
    ResourcesConfig, RestartPolicy, StreamsConfig, VolumeRequest,
};
use corten_spec::image::Healthcheck;

use super::networking;
use super::refuse::{refuse_config, refuse_host_config};
use super::resources::{device_requests, limits};
use crate::failure::Failure;
use crate::fields::{self, refuse_unknown};

/// Translates a request, refusing what the engine cannot do.
pub(super) fn translate(request: CreateRequest) -> Result<ContainerConfig, Failure> {
    refuse_unknown(&fields::CREATE, &request.unknown)?;
    refuse_config(&request.config)?;
    let endpoint = networking::endpoint(&request)?;
    let mut host = request.host_config.unwrap_or_default();
    refuse_host_config(&host)?;
    if host.runtime.is_empty() {
        host.runtime = request.runtime;
    }
    let config = request.config;
    let streams = StreamsConfig {
        tty: config.tty,
        open_stdin: config.open_stdin,
        stdin_once: config.stdin_once,
        attach_stdin: config.attach_stdin,
        attach_stdout: config.attach_stdout,
        attach_stderr: config.attach_stderr,
        // Docker's order is height, width; 0 by 0 is "not known".
        console_size: terminal_size(Some(host.console_size))?,
    };
    let mut host = host_config(host)?;
    host.endpoint = endpoint;
    if config.network_disabled {
        host.network_mode = "none".to_owned();
    }
    Ok(ContainerConfig {
        image: config.image,
        hostname: config.hostname,
        domainname: config.domainname,
        user: config.user,
        env: config.env.unwrap_or_default(),
        entrypoint: config.entrypoint,
        cmd: config.cmd,
        working_dir: config.working_dir,
        labels: config.labels.unwrap_or_default(),
        exposed_ports: config.exposed_ports.unwrap_or_default().into_keys().collect(),
        volumes: config.volumes.unwrap_or_default().into_keys().collect(),
        stop_signal: config.stop_signal,
        stop_timeout: config.stop_timeout,
        shell: config.shell.unwrap_or_default(),
        health: config.healthcheck.map(health),
        health_on_failure: config.healthcheck_on_failure_action,
        streams,
        host,
    })
}

/// How health is probed, in an image as in a container.
pub(super) fn health(probe: HealthConfig) -> Healthcheck {
    Healthcheck {
        test: probe.test.unwrap_or_default(),
        interval: probe.interval,
        timeout: probe.timeout,
        start_period: probe.start_period,
        start_interval: probe.start_interval,
        retries: probe.retries,
    }
}

/// Docker's `[height, width]`; zeros mean that it is not known.
pub(crate) fn terminal_size(size: Option<[u32; 2]>) -> Result<Option<(u16, u16)>, Failure> {
    let Some([rows, columns]) = size.filter(|size| *size != [0, 0]) else { return Ok(None) };
    let narrow = |value: u32| {
        u16::try_from(value).map_err(|_| Failure::invalid(format!("invalid console size {rows}x{columns}")))
    };
    Ok(Some((narrow(rows)?, narrow(columns)?)))
}

fn host_config(host: ApiHostConfig) -> Result<HostConfig, Failure> {
    let oom_score_adj = i32::try_from(host.oom_score_adj).map_err(|_| {
        Failure::invalid(format!(
            "Invalid value {}, range for oom score adj is [-1000, 1000]",
            host.oom_score_adj
        ))
    })?;
    Ok(HostConfig {
        auto_remove: host.auto_remove,
        binds: host.binds.unwrap_or_default(),
        mounts: host.mounts.unwrap_or_default().into_iter().map(mount).collect::<Result<_, _>>()?,
        shallow_read_only_binds: host.shallow_read_only_binds,
        volumes_from: host.volumes_from.unwrap_or_default(),
        volume_driver: host.volume_driver,
        volume_points: Vec::new(),
        inherited: Vec::new(),
        tmpfs: host.tmpfs.unwrap_or_default(),
        read_only: host.readonly_rootfs,
        cgroup_parent: host.resources.cgroup_parent.clone(),
        devices: devices(&host.resources),
        device_requests: device_requests(&host.resources),
        resources: ResourcesConfig {
            // Docker's CLI says 0 for none, and whatever is below means the same.
            pids_limit: host.resources.pids_limit.filter(|limit| *limit > 0),
            ..limits(&host.resources)
        },
        shm_size: host.shm_size,
        storage_options: host.storage_opt.unwrap_or_default(),
        privileged: host.privileged,
        cap_add: host.cap_add.unwrap_or_default(),
        cap_drop: host.cap_drop.unwrap_or_default(),
        security_opt: host.security_opt.unwrap_or_default(),
        init: host.init,
        pid_mode: host.pid_mode,
        ipc_mode: host.ipc_mode,
        uts_mode: host.uts_mode,
        network_mode: host.network_mode,
        network_owner: String::new(),
        endpoint: EndpointConfig::default(),
        port_bindings: networking::port_bindings(host.port_bindings),
        publish_all_ports: host.publish_all_ports,
        dns: host.dns.unwrap_or_default(),
        dns_options: host.dns_options.unwrap_or_default(),
        dns_search: host.dns_search.unwrap_or_default(),
        extra_hosts: host.extra_hosts.unwrap_or_default(),
        cgroupns_mode: host.cgroupns_mode,
        userns_mode: host.userns_mode,
        ids: None,
        group_add: host.group_add.unwrap_or_default(),
        sysctls: host.sysctls.unwrap_or_default(),
        oom_score_adj,
        log: LogConfig { driver: host.log_config.kind, options: host.log_config.config.unwrap_or_default() },
        restart: RestartPolicy::read(&host.restart_policy.name, host.restart_policy.maximum_retry_count)?,
        masked_paths: host.masked_paths,
        readonly_paths: host.readonly_paths,
        container_id_file: host.container_id_file,
        annotations: host.annotations.unwrap_or_default(),
        runtime: host.runtime,
        isolation: host.isolation,
    })
}

fn devices(limits: &Resources) -> Vec<DeviceConfig> {
    limits
        .devices
        .iter()
        .flatten()
        .map(|device| DeviceConfig {
            path_on_host: device.path_on_host.clone().into(),
            path_in_container: device.path_in_container.clone().into(),
            cgroup_permissions: device.cgroup_permissions.clone(),
        })
        .collect()
}

fn mount(mount: ApiMount) -> Result<MountConfig, Failure> {
    refuse_unknown(&fields::MOUNT, &mount.unknown)?;
    let kind = match mount.kind.as_str() {
        "bind" => bind(&mount)?,
        "tmpfs" => tmpfs(&mount)?,
        "volume" => MountKind::Volume(volume(&mount)?),
        "image" => return Err(Failure::not_implemented("mounts of type `image` are not built yet")),
        other => {
            return Err(Failure::invalid(format!(
                "invalid mount config for type \"{other}\": mount type unknown"
            )));
        }
    };
    Ok(MountConfig { kind, target: mount.target, read_only: mount.read_only })
}

fn bind(mount: &ApiMount) -> Result<MountKind, Failure> {
    if mount.tmpfs_options.is_some() || mount.volume_options.is_some() {
        return Err(Failure::invalid(
            "invalid mount config for type \"bind\": field TmpfsOptions or VolumeOptions must not be specified",
        ));
    }
    if !mount.source.starts_with('/') {
        return Err(Failure::invalid(format!(
            "invalid mount config for type \"bind\": invalid mount path: '{}' mount path must be absolute",
            mount.source
        )));
    }
    let options = mount.bind_options.clone().unwrap_or_default();
    refuse_unknown(&fields::BIND_OPTIONS, &options.unknown)?;
    let shallow_read_only = options.read_only_non_recursive;
    if shallow_read_only && options.read_only_force_recursive {
        return Err(Failure::invalid(
            "invalid mount config for type \"bind\": ReadOnlyForceRecursive and ReadOnlyNonRecursive conflict",
        ));
    }
    Ok(MountKind::Bind {
        source: mount.source.clone(),
        propagation: options.propagation,
        non_recursive: options.non_recursive,
        create_source: options.create_mountpoint,
        maps_ids: false,
        shallow_read_only,
    })
}

fn volume(mount: &ApiMount) -> Result<VolumeRequest, Failure> {
    for (name, given) in [
        ("BindOptions", mount.bind_options.is_some()),
        ("ImageOptions", mount.image_options.is_some()),
        ("TmpfsOptions", mount.tmpfs_options.is_some()),
    ] {
        if given {
            return Err(Failure::invalid(format!(
                "invalid mount config for type \"volume\": field {name} must not be specified"
            )));
        }
    }
    let options = mount.volume_options.clone().unwrap_or_default();
    refuse_unknown(&fields::VOLUME_OPTIONS, &options.unknown)?;
    let driver = options.driver_config.unwrap_or_default();
    refuse_unknown(&fields::DRIVER_CONFIG, &driver.unknown)?;
    Ok(VolumeRequest {
        name: mount.source.clone(),
        no_copy: options.no_copy,
        subpath: options.subpath,
        labels: options.labels.unwrap_or_default(),
        driver: driver.name,
        options: driver.options.unwrap_or_default(),
    })
}

fn tmpfs(mount: &ApiMount) -> Result<MountKind, Failure> {
    if !mount.source.is_empty() {
        return Err(Failure::invalid(
            "invalid mount config for type \"tmpfs\": field Source must not be specified",
        ));
    }
    let options = mount.tmpfs_options.clone().unwrap_or_default();
    refuse_unknown(&fields::TMPFS_OPTIONS, &options.unknown)?;
    if options.options.is_some_and(|options| !options.is_empty()) {
        return Err(Failure::not_implemented("`TmpfsOptions.Options` is not built yet"));
    }
    Ok(MountKind::Tmpfs { size: options.size_bytes, mode: options.mode })
}

/// What a request leaves out is an empty map.
pub(super) fn non_empty<K: Ord, V>(map: BTreeMap<K, V>) -> Option<BTreeMap<K, V>> {
    (!map.is_empty()).then_some(map)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn translated(body: &str) -> HostConfig {
        translate(serde_json::from_str(body).unwrap()).unwrap().host
    }

    #[test]
    fn a_runtime_beside_the_hosts_half_counts_where_that_names_none() {
        assert_eq!(translated(r#"{"Runtime":"runc"}"#).runtime, "runc");
        assert_eq!(translated(r#"{"Runtime":"runc","HostConfig":{"Runtime":"crun"}}"#).runtime, "crun");
    }

    #[test]
    fn the_word_for_the_usual_isolation_is_kept() {
        assert_eq!(translated(r#"{"HostConfig":{"Isolation":"default"}}"#).isolation, "default");
    }
}
