//! `/_ping`, `/version` and `/info`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::SystemTime;

use corten_api_types::system::{
    Component, IndexInfo, Info, Platform, Plugins, RegistryConfig, Runtime, Swarm, Version,
};
use corten_api_types::{API_VERSION, ApiVersion, MIN_API_VERSION, v1};
use corten_engine::{CgroupVersion, Engine, RegistryFacts, SystemInfo};
use corten_spec::time::Timestamp;
use http::StatusCode;

use crate::body::AnswerBody;
use crate::respond::{self, Answer};
use crate::server::Server;

/// The registry of names without one.
const HUB: &str = "docker.io";

/// Who listens here need not prove who it is.
const LOOPBACK: [&str; 2] = ["::1/128", "127.0.0.0/8"];

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Whether the engine answers.
pub(crate) fn ping(head_only: bool) -> Answer {
    let body = if head_only { AnswerBody::empty() } else { AnswerBody::whole("OK") };
    let mut response = respond::with_body(StatusCode::OK, "text/plain; charset=utf-8", body);
    response.headers_mut().insert("builder-version", http::HeaderValue::from_static("1"));
    response
        .headers_mut()
        .insert("cache-control", http::HeaderValue::from_static("no-cache, no-store, must-revalidate"));
    response.headers_mut().insert("pragma", http::HeaderValue::from_static("no-cache"));
    Ok(response)
}

/// What answers.
pub(crate) async fn version(engine: &Engine) -> Answer {
    let info = engine.system.info().await?;
    let architecture = architecture(&info.kernel.machine);
    let details = BTreeMap::from([
        ("ApiVersion".to_owned(), API_VERSION.to_string()),
        ("Arch".to_owned(), architecture.to_owned()),
        ("KernelVersion".to_owned(), info.kernel.release.clone()),
        ("MinAPIVersion".to_owned(), MIN_API_VERSION.to_string()),
        ("Os".to_owned(), "linux".to_owned()),
    ]);
    respond::json(&Version {
        platform: Platform { name: "Corten".to_owned() },
        components: vec![Component {
            name: "Engine".to_owned(),
            version: VERSION.to_owned(),
            details: Some(details),
        }],
        version: VERSION.to_owned(),
        api_version: API_VERSION.to_string(),
        min_api_version: MIN_API_VERSION.to_string(),
        os: "linux".to_owned(),
        arch: architecture.to_owned(),
        kernel_version: info.kernel.release,
        ..Version::default()
    })
}

/// What it runs on and how much it holds.
pub(crate) async fn info(server: &Server, version: ApiVersion) -> Answer {
    let mut document = document(server.engine.system.info().await?);
    document.debug = server.observer.is_debugging();
    document.n_events_listener = server.followers();
    // Docker counts goroutines.
    document.n_goroutines = count(tokio::runtime::Handle::current().metrics().num_alive_tasks());
    document.n_fd = std::fs::read_dir("/proc/self/fd").map_or(-1, |open| count(open.count()));
    if version < v1(50) {
        // Gone since, and of no use long before.
        (document.bridge_nf_iptables, document.bridge_nf_ip6tables) = (Some(false), Some(false));
    }
    if version < v1(25) {
        document.security_options.iter_mut().for_each(keep_name);
    }
    respond::json(&document)
}

/// `name=seccomp,profile=builtin` was `seccomp`.
fn keep_name(option: &mut String) {
    let name = option.split(',').find_map(|part| part.strip_prefix("name="));
    *option = name.unwrap_or(option).to_owned();
}

/// Our own, and those of others that are there.
fn runtimes(others: BTreeMap<String, PathBuf>) -> BTreeMap<String, Runtime> {
    let own = ("corten".to_owned(), PathBuf::from("corten"));
    let all = std::iter::once(own).chain(others);
    all.map(|(name, path)| (name, Runtime { path: path.display().to_string(), ..Runtime::default() }))
        .collect()
}

fn count(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn document(info: SystemInfo) -> Info {
    let words = |words: &[&str]| Some(words.iter().map(|word| (*word).to_owned()).collect());
    Info {
        id: info.id,
        containers: count(info.containers),
        containers_running: count(info.running),
        containers_paused: count(info.paused),
        containers_stopped: count(info.stopped),
        images: count(info.images),
        driver: "overlay2".to_owned(),
        driver_status: Some(vec![
            ["Backing Filesystem".to_owned(), info.file_system.to_owned()],
            ["Root file systems".to_owned(), "detached overlay mounts".to_owned()],
        ]),
        index_server_address: "https://index.docker.io/v1/".to_owned(),
        registry_config: Some(registry_config(info.registries)),
        plugins: Plugins {
            volume: words(&["local"]),
            network: words(&["bridge", "host", "null"]),
            authorization: None,
            log: words(&["journald", "json-file", "local", "none"]),
        },
        memory_limit: true,
        swap_limit: true,
        cpu_cfs_period: true,
        cpu_cfs_quota: true,
        cpu_shares: true,
        cpu_set: true,
        pids_limit: true,
        system_time: Timestamp::from_system_time(SystemTime::now()).rfc3339_nano(),
        logging_driver: info.log_driver,
        cgroup_driver: "cgroupfs".to_owned(),
        cgroup_version: if info.cgroup_version == CgroupVersion::V2 { "2" } else { "1" }.to_owned(),
        operating_system: info.kernel.distribution,
        os_version: info.kernel.distribution_version,
        os_type: "linux".to_owned(),
        architecture: info.kernel.machine,
        kernel_version: info.kernel.release,
        n_cpu: count(info.cpus),
        mem_total: i64::try_from(info.memory).unwrap_or(i64::MAX),
        docker_root_dir: info.root.display().to_string(),
        name: info.host_name,
        server_version: VERSION.to_owned(),
        runtimes: Some(runtimes(info.runtimes)),
        default_runtime: "corten".to_owned(),
        swarm: Swarm { local_node_state: "inactive".to_owned(), ..Swarm::default() },
        live_restore_enabled: true,
        init_binary: "corten-monitor".to_owned(),
        security_options: vec!["name=seccomp,profile=builtin".to_owned(), "name=cgroupns".to_owned()],
        ..Info::default()
    }
}

fn registry_config(facts: RegistryFacts) -> RegistryConfig {
    let index = |name: String, secure, mirrors| IndexInfo { official: name == HUB, name, mirrors, secure };
    let hub = index(HUB.to_owned(), true, facts.mirrors.clone());
    let insecure = facts.insecure_hosts.into_iter().map(|host| index(host, false, Vec::new()));
    RegistryConfig {
        index_configs: insecure.chain([hub]).map(|index| (index.name.clone(), index)).collect(),
        insecure_registry_cidrs: LOOPBACK
            .map(str::to_owned)
            .into_iter()
            .chain(facts.insecure_networks)
            .collect(),
        mirrors: Some(facts.mirrors),
    }
}

/// Go's name for a machine.
fn architecture(machine: &str) -> &str {
    match machine {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}
