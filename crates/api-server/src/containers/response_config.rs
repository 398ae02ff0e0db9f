//! From the engine's configuration of a container back to Docker's shape, for inspect.

use corten_api_types::container::{Config, Empty, HealthConfig, HostConfig, LogConfig, RestartPolicy};
use corten_api_types::mount::{BindOptions, Driver, Mount, TmpfsOptions, VolumeOptions};
use corten_engine::containers::Container;
use corten_engine::containers::config::{
    ContainerConfig, HostConfig as EngineHost, MountConfig, MountKind, VolumeRequest,
};

use corten_spec::image::Healthcheck;

use super::networking::port_map;
use super::request_config::non_empty;
use super::resources::show;

/// The portable half.
pub(super) fn config(container: &Container) -> Config {
    let config: &ContainerConfig = &container.config;
    let streams = config.streams;
    let set = |names: &[String]| names.iter().map(|name| (name.clone(), Empty {})).collect();
    Config {
        hostname: container.hostname(),
        domainname: config.domainname.clone(),
        user: config.user.clone(),
        attach_stdin: streams.attach_stdin,
        attach_stdout: streams.attach_stdout,
        attach_stderr: streams.attach_stderr,
        exposed_ports: non_empty(set(&config.exposed_ports)),
        tty: streams.tty,
        open_stdin: streams.open_stdin,
        stdin_once: streams.stdin_once,
        env: Some(config.env.clone()),
        cmd: config.cmd.clone(),
        image: config.image.clone(),
        volumes: non_empty(set(&config.volumes)),
        working_dir: config.working_dir.clone(),
        entrypoint: config.entrypoint.clone(),
        labels: Some(config.labels.clone()),
        stop_signal: config.stop_signal.clone(),
        stop_timeout: config.stop_timeout,
        shell: Some(config.shell.clone()).filter(|shell| !shell.is_empty()),
        healthcheck: config.health.as_ref().map(health),
        healthcheck_on_failure_action: config.health_on_failure.clone(),
        ..Config::default()
    }
}

fn health(probe: &Healthcheck) -> HealthConfig {
    HealthConfig {
        test: Some(probe.test.clone()).filter(|test| !test.is_empty()),
        interval: probe.interval,
        timeout: probe.timeout,
        start_period: probe.start_period,
        start_interval: probe.start_interval,
        retries: probe.retries,
    }
}

/// The host's half, but for the paths that the engine protects by default.
pub(super) fn host_config(container: &Container) -> HostConfig {
    let host = &container.config.host;
    let some = |list: &[String]| (!list.is_empty()).then(|| list.to_vec());
    let (rows, columns) = container.config.streams.console_size.unwrap_or_default();
    HostConfig {
        binds: some(&host.binds),
        container_id_file: host.container_id_file.clone(),
        log_config: LogConfig { kind: log_driver(host), config: Some(host.log.options.clone()) },
        network_mode: container.network().to_owned(),
        port_bindings: Some(port_map(host)),
        publish_all_ports: host.publish_all_ports,
        restart_policy: restart_policy(host),
        auto_remove: host.auto_remove,
        volume_driver: host.volume_driver.clone(),
        volumes_from: some(&host.volumes_from),
        console_size: [rows.into(), columns.into()],
        annotations: non_empty(host.annotations.clone()),
        cap_add: some(&host.cap_add),
        cap_drop: some(&host.cap_drop),
        cgroupns_mode: default_word(&host.cgroupns_mode, "private"),
        dns: Some(host.dns.clone()),
        dns_options: Some(host.dns_options.clone()),
        dns_search: Some(host.dns_search.clone()),
        extra_hosts: some(&host.extra_hosts),
        group_add: some(&host.group_add),
        ipc_mode: default_word(&host.ipc_mode, "private"),
        oom_score_adj: host.oom_score_adj.into(),
        pid_mode: host.pid_mode.clone(),
        privileged: host.privileged,
        readonly_rootfs: host.read_only,
        security_opt: some(&host.security_opt),
        tmpfs: non_empty(host.tmpfs.clone()),
        uts_mode: host.uts_mode.clone(),
        userns_mode: host.userns_mode.clone(),
        shm_size: if host.shm_size == 0 { 64 * 1024 * 1024 } else { host.shm_size },
        sysctls: non_empty(host.sysctls.clone()),
        storage_opt: non_empty(host.storage_options.clone()),
        runtime: default_word(&host.runtime, "corten"),
        isolation: host.isolation.clone(),
        resources: show(host),
        mounts: (!host.mounts.is_empty()).then(|| host.mounts.iter().map(mount).collect()),
        init: host.init,
        ..HostConfig::default()
    }
}

pub(super) fn default_word(word: &str, default: &str) -> String {
    if word.is_empty() { default.to_owned() } else { word.to_owned() }
}

fn log_driver(host: &EngineHost) -> String {
    default_word(&host.log.driver, "json-file")
}

fn restart_policy(host: &EngineHost) -> RestartPolicy {
    let maximum_retry_count = i64::try_from(host.restart.max_retries()).unwrap_or(i64::MAX);
    RestartPolicy { name: host.restart.name().to_owned(), maximum_retry_count }
}

fn mount(mount: &MountConfig) -> Mount {
    let base = Mount { target: mount.target.clone(), read_only: mount.read_only, ..Mount::default() };
    match &mount.kind {
        MountKind::Volume(request) => volume(request, base),
        MountKind::Bind { source, propagation, non_recursive, create_source, shallow_read_only, .. } => {
            Mount {
                kind: "bind".to_owned(),
                source: source.clone(),
                bind_options: Some(BindOptions {
                    propagation: propagation.clone(),
                    non_recursive: *non_recursive,
                    create_mountpoint: *create_source,
                    read_only_non_recursive: *shallow_read_only,
                    ..BindOptions::default()
                }),
                ..base
            }
        }
        MountKind::Tmpfs { size, mode } => Mount {
            kind: "tmpfs".to_owned(),
            tmpfs_options: Some(TmpfsOptions { size_bytes: *size, mode: *mode, ..TmpfsOptions::default() }),
            ..base
        },
    }
}

fn volume(request: &VolumeRequest, base: Mount) -> Mount {
    let driver = Driver {
        name: request.driver.clone(),
        options: non_empty(request.options.clone()),
        ..Driver::default()
    };
    let options = VolumeOptions {
        no_copy: request.no_copy,
        labels: non_empty(request.labels.clone()),
        subpath: request.subpath.clone(),
        driver_config: (driver != Driver::default()).then_some(driver),
        ..VolumeOptions::default()
    };
    Mount {
        kind: "volume".to_owned(),
        source: request.name.clone(),
        volume_options: (options != VolumeOptions::default()).then_some(options),
        ..base
    }
}
