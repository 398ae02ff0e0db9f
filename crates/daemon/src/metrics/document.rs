//! The document of all metrics, made anew for whoever asks. Pure.

use std::fmt;
use std::sync::atomic::AtomicU64;

use corten_engine::SystemInfo;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

use super::process::Figures;
use super::requests::Requests;

/// All metrics.
pub(super) fn document(
    requests: &Requests,
    info: SystemInfo,
    process: &Figures,
) -> Result<String, fmt::Error> {
    let mut registry = Registry::default();
    requests.register(&mut registry);
    register_engine(&mut registry, info);
    register_process(&mut registry, process);
    let mut document = String::new();
    encode(&mut document, &registry)?;
    Ok(document)
}

fn register_engine(registry: &mut Registry, info: SystemInfo) {
    let states = Family::<[(&str, &str); 1], Gauge<u64, AtomicU64>>::default();
    for (state, count) in [("running", info.running), ("paused", info.paused), ("stopped", info.stopped)] {
        states.get_or_create(&[("state", state)]).set(count as u64);
    }
    let unit = |name: &str| Unit::Other(name.to_owned());
    let help = "The count of containers in various states";
    registry.register_with_unit("engine_daemon_container_states", help, unit("containers"), states);
    let help = "The number of cpus that the host system of the engine has";
    registry.register_with_unit(
        "engine_daemon_engine_cpus",
        help,
        unit("cpus"),
        ConstGauge::new(info.cpus as u64),
    );
    let help = "The number of bytes of memory that the host system of the engine has";
    registry.register_with_unit(
        "engine_daemon_engine_memory",
        help,
        Unit::Bytes,
        ConstGauge::new(info.memory),
    );
    let labels = [
        ("architecture", info.kernel.machine),
        ("daemon_id", info.id),
        ("graphdriver", "overlay2".to_owned()),
        ("kernel", info.kernel.release),
        ("os", info.kernel.distribution),
        ("os_type", "linux".to_owned()),
        ("os_version", info.kernel.distribution_version),
        ("version", env!("CARGO_PKG_VERSION").to_owned()),
    ];
    let help = "The information related to the engine and the OS it is running on";
    registry.register("engine_daemon_engine", help, Info::new(labels.to_vec()));
}

fn register_process(registry: &mut Registry, figures: &Figures) {
    registry.register_with_unit(
        "process_cpu",
        "Total user and system CPU time spent in seconds",
        Unit::Seconds,
        ConstCounter::new(figures.cpu_seconds),
    );
    for (name, help, figure) in [
        ("process_open_fds", "Number of open file descriptors", figures.open_descriptors),
        ("process_max_fds", "Maximum number of open file descriptors", figures.most_descriptors),
        ("process_virtual_memory_bytes", "Virtual memory size in bytes", figures.virtual_bytes),
        ("process_resident_memory_bytes", "Resident memory size in bytes", figures.resident_bytes),
    ] {
        registry.register(name, help, ConstGauge::new(figure));
    }
    registry.register(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds",
        ConstGauge::new(figures.started_at),
    );
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::time::Duration;

    use corten_api_server::Answered;
    use corten_engine::{CgroupVersion, KernelFacts, RegistryFacts};

    use super::*;

    fn info() -> SystemInfo {
        SystemInfo {
            id: "an-id".to_owned(),
            containers: 6,
            running: 3,
            paused: 2,
            stopped: 1,
            images: 4,
            root: "/root".into(),
            run_root: "/run".into(),
            kernel: KernelFacts {
                release: String::new(),
                version: String::new(),
                machine: "x86_64".to_owned(),
                host_name: String::new(),
                distribution: String::new(),
                distribution_version: String::new(),
            },
            cpus: 2,
            memory: 1024,
            cgroup_version: CgroupVersion::V2,
            cgroup: String::new(),
            host_name: String::new(),
            runtimes: BTreeMap::new(),
            file_system: "extfs",
            log_driver: String::new(),
            registries: RegistryFacts::default(),
        }
    }

    #[test]
    fn figures_have_dockerds_names_where_they_are_the_same() {
        let requests = Requests::default();
        let answered = |operation, status: Option<u16>, error| {
            let status = status.and_then(|status| hyper::StatusCode::from_u16(status).ok());
            requests.count(&Answered { operation, status, error, took: Duration::from_millis(30) });
        };
        answered("ContainerStart", Some(204), None);
        answered("ContainerStart", Some(404), Some("No such container: x"));
        answered("ContainerAttach", None, None);
        answered("", Some(404), Some("page not found"));
        let document =
            document(&requests, info(), &Figures { open_descriptors: 9, ..Figures::default() }).unwrap();
        for line in [
            "engine_daemon_container_states_containers{state=\"running\"} 3",
            "engine_daemon_container_states_containers{state=\"paused\"} 2",
            "engine_daemon_container_states_containers{state=\"stopped\"} 1",
            "engine_daemon_container_actions_seconds_count{action=\"start\"} 1",
            "engine_daemon_container_actions_seconds_bucket{le=\"0.05\",action=\"start\"} 1",
            "engine_daemon_container_actions_seconds_bucket{le=\"0.025\",action=\"start\"} 0",
            "engine_daemon_container_actions_seconds_count{action=\"commit\"} 0",
            "engine_daemon_engine_cpus_cpus 2",
            "engine_daemon_engine_memory_bytes 1024",
            "corten_api_requests_total{operation=\"ContainerStart\",code=\"204\"} 1",
            "corten_api_requests_total{operation=\"ContainerStart\",code=\"404\"} 1",
            "corten_api_requests_total{operation=\"ContainerAttach\",code=\"0\"} 1",
            "corten_api_requests_total{operation=\"unknown\",code=\"404\"} 1",
            "process_cpu_seconds_total 0.0",
            "process_open_fds 9",
            "process_start_time_seconds 0.0",
        ] {
            assert!(document.lines().any(|found| found == line), "{line}\n{document}");
        }
        assert!(
            document.contains("engine_daemon_engine_info{architecture=\"x86_64\",daemon_id=\"an-id\""),
            "{document}"
        );
    }
}
