//! The request itself: every flag ends up in one of its fields.

use std::collections::{BTreeMap, HashMap};

use corten_api_types::container::{Config, CreateRequest, Empty, HostConfig, LogConfig};
use corten_spec::user_namespace::UserNamespace;

use super::volumes::Volume;
use super::{
    attach, capabilities, env_file, health, labels, limits, mount, network, publish, restart_policy,
    security, volumes,
};
use crate::flags::Parsed;

/// Builds the request. `lookup` gives the client's environment, for variables without a value.
///
/// # Errors
/// Docker's text for what does not fit together.
pub(crate) fn build(
    parsed: &Parsed,
    lookup: &dyn Fn(&str) -> Option<String>,
    console: [u32; 2],
) -> Result<CreateRequest, String> {
    let mut config = config(parsed, lookup)?;
    let mut host = host_config(parsed, console)?;
    let ports = publish::parse(parsed.list("publish"), parsed.list("expose"))?;
    config.exposed_ports = Some(ports.exposed).filter(|ports| !ports.is_empty());
    host.port_bindings = Some(ports.bindings);
    sort_out_volumes(parsed, &mut config, &mut host)?;
    if parsed.is_on("rm") && !matches!(host.restart_policy.name.as_str(), "" | "no") {
        return Err("conflicting options: cannot specify both --restart and --rm".to_owned());
    }
    let networking = network::networking(parsed, &host.network_mode)?;
    Ok(CreateRequest {
        config,
        host_config: Some(host),
        networking_config: Some(networking),
        ..CreateRequest::default()
    })
}

fn config(parsed: &Parsed, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Config, String> {
    let text = |name: &str| parsed.text(name).to_owned();
    let streams = attach::streams(parsed.list("attach"), parsed.is_on("interactive"));
    let (image, command) = parsed.arguments.split_first().ok_or("no image is named")?;
    let entrypoint = match parsed.text("entrypoint") {
        // `--entrypoint=` clears the image's; the API writes that as one empty word.
        "" if !parsed.is_given("entrypoint") => None,
        word => Some(vec![word.to_owned()]),
    };
    let mut label_lines = Vec::new();
    for file in parsed.list("label-file") {
        label_lines.extend(env_file::read(file, |_| Some(String::new()))?);
    }
    Ok(Config {
        hostname: text("hostname"),
        domainname: text("domainname"),
        user: text("user"),
        attach_stdin: streams.stdin,
        attach_stdout: streams.stdout,
        attach_stderr: streams.stderr,
        tty: parsed.is_on("tty"),
        open_stdin: parsed.is_on("interactive"),
        stdin_once: parsed.is_on("interactive") && streams.stdin,
        env: Some(environment(parsed, lookup)?).filter(|env| !env.is_empty()),
        cmd: (!command.is_empty()).then(|| command.to_vec()),
        healthcheck: health::parse(parsed)?,
        healthcheck_on_failure_action: text("health-on-failure"),
        image: image.clone(),
        volumes: Some(BTreeMap::new()),
        working_dir: text("workdir"),
        entrypoint,
        labels: Some(labels::to_map(label_lines.iter().chain(parsed.list("label")))),
        stop_signal: text("stop-signal"),
        stop_timeout: parsed.given_integer("stop-timeout"),
        ..Config::default()
    })
}

/// Variables of files first, so that `--env` overrides them; a bare name takes the client's value if it has one.
fn environment(parsed: &Parsed, lookup: &dyn Fn(&str) -> Option<String>) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    for file in parsed.list("env-file") {
        lines.extend(env_file::read(file, lookup)?);
    }
    for variable in parsed.list("env") {
        lines.push(match lookup(variable) {
            Some(value) if !variable.contains('=') => format!("{variable}={value}"),
            _ => variable.clone(),
        });
    }
    Ok(lines)
}

fn host_config(parsed: &Parsed, console: [u32; 2]) -> Result<HostConfig, String> {
    let text = |name: &str| parsed.text(name).to_owned();
    let list = |name: &str| Some(parsed.list(name).to_vec()).filter(|list| !list.is_empty());
    check_modes(parsed)?;
    let security = security::parse(parsed.list("security-opt"))?;
    let bare = security.bare_system_paths.then(Vec::new);
    let mounts: Result<Vec<_>, String> = parsed.list("mount").iter().map(|text| mount::parse(text)).collect();
    let tmpfs: HashMap<&str, &str> =
        parsed.list("tmpfs").iter().map(|entry| entry.split_once(':').unwrap_or((entry, ""))).collect();
    Ok(HostConfig {
        container_id_file: text("cidfile"),
        log_config: LogConfig {
            kind: text("log-driver"),
            config: Some(labels::to_map(parsed.list("log-opt"))),
        },
        network_mode: network::mode(parsed)?,
        restart_policy: restart_policy::parse(parsed.text("restart"))?,
        auto_remove: parsed.is_on("rm"),
        console_size: console,
        annotations: Some(labels::to_map(parsed.list("annotation"))),
        cap_add: capabilities::normalize(parsed.list("cap-add")),
        cap_drop: capabilities::normalize(parsed.list("cap-drop")),
        cgroupns_mode: text("cgroupns"),
        // Docker sends these three as lists, never as null.
        dns: Some(parsed.list("dns").iter().map(|server| server.trim().to_owned()).collect()),
        dns_options: Some(parsed.list("dns-option").to_vec()),
        dns_search: Some(parsed.list("dns-search").iter().map(|domain| domain.trim().to_owned()).collect()),
        extra_hosts: Some(
            parsed.list("add-host").iter().map(|host| network::normal_extra_host(host)).collect(),
        )
        .filter(|hosts: &Vec<String>| !hosts.is_empty()),
        links: Some(parsed.list("link").to_vec()).filter(|links| !links.is_empty()),
        publish_all_ports: parsed.is_on("publish-all"),
        group_add: list("group-add"),
        ipc_mode: text("ipc"),
        oom_score_adj: parsed.integer("oom-score-adj"),
        pid_mode: text("pid"),
        privileged: parsed.is_on("privileged"),
        readonly_rootfs: parsed.is_on("read-only"),
        security_opt: Some(security.options).filter(|options| !options.is_empty()),
        tmpfs: Some(tmpfs.into_iter().map(|(path, options)| (path.to_owned(), options.to_owned())).collect()),
        uts_mode: text("uts"),
        userns_mode: text("userns"),
        runtime: text("runtime"),
        shm_size: parsed.bytes("shm-size"),
        storage_opt: storage_options(parsed.list("storage-opt"))?,
        sysctls: Some(labels::to_map(parsed.list("sysctl"))),
        isolation: text("isolation"),
        resources: limits::parse(parsed)?,
        mounts: Some(mounts?),
        masked_paths: bare.clone(),
        readonly_paths: bare,
        init: parsed.is_given("init").then(|| parsed.is_on("init")),
        ..HostConfig::default()
    })
}

/// `--storage-opt`, with Docker's text for what is no option.
fn storage_options(options: &[String]) -> Result<Option<BTreeMap<String, String>>, String> {
    if options.iter().any(|option| !option.contains('=')) {
        return Err("invalid storage option".to_owned());
    }
    Ok(Some(labels::to_map(options)).filter(|options| !options.is_empty()))
}

/// Refuses modes that no engine knows (Docker's texts).
fn check_modes(parsed: &Parsed) -> Result<(), String> {
    let pid = parsed.text("pid");
    let of_container = pid.strip_prefix("container:").is_some_and(|name| !name.is_empty());
    if !(matches!(pid, "" | "host") || of_container) {
        return Err("--pid: invalid PID mode".to_owned());
    }
    if !matches!(parsed.text("uts"), "" | "host") {
        return Err("--uts: invalid UTS mode".to_owned());
    }
    parsed.text("userns").parse::<UserNamespace>().map_err(|error| format!("--userns: {error}"))?;
    if !matches!(parsed.text("cgroupns"), "" | "host" | "private") {
        return Err("--cgroupns: invalid CGROUP mode".to_owned());
    }
    Ok(())
}

fn sort_out_volumes(parsed: &Parsed, config: &mut Config, host: &mut HostConfig) -> Result<(), String> {
    parsed.text("volume-driver").clone_into(&mut host.volume_driver);
    host.volumes_from = Some(parsed.list("volumes-from").to_vec()).filter(|names| !names.is_empty());
    for text in parsed.list("volume") {
        match volumes::parse(text)? {
            Volume::Bind(bind) => push_once(host.binds.get_or_insert_default(), bind),
            Volume::Anonymous(path) => {
                config.volumes.get_or_insert_default().insert(path, Empty {});
            }
        }
    }
    Ok(())
}

fn push_once(list: &mut Vec<String>, entry: String) {
    if !list.contains(&entry) {
        list.push(entry);
    }
}
