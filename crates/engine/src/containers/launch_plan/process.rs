//! The process of a container, and of one more process in it.

use corten_spec::runtime::{Capabilities, ConsoleSize, Process, Rlimit, rlimit_kind};
use corten_spec::signal::Signal;

use super::capabilities::granted;
use super::security;
use crate::containers::config::{ContainerConfig, HostConfig, UlimitConfig};
use crate::containers::merge::command_line;
use crate::error::EngineError;

/// What Docker puts first into every environment.
const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

pub(super) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    if !config.working_dir.is_empty() && !config.working_dir.starts_with('/') {
        return Err(EngineError::Invalid(format!(
            "the working directory '{}' is invalid, it needs to be an absolute path",
            config.working_dir
        )));
    }
    if let Some(entry) = config.env.iter().find(|entry| entry.starts_with('=') || entry.is_empty()) {
        return Err(EngineError::Invalid(format!("invalid environment variable: {entry}")));
    }
    if !(-1000..=1000).contains(&config.host.oom_score_adj) {
        let value = config.host.oom_score_adj;
        return Err(EngineError::Invalid(format!(
            "Invalid value {value}, range for oom score adj is [-1000, 1000]"
        )));
    }
    if !config.stop_signal.is_empty() {
        let signal: Result<Signal, _> = config.stop_signal.parse();
        signal.map_err(|error| EngineError::Invalid(error.to_string()))?;
    }
    rlimits(&config.host.resources.ulimits).map(drop)
}

/// `linked` is what containers that this one links to add to its environment.
pub(super) fn init_process(
    config: &ContainerConfig,
    hostname: &str,
    linked: &[String],
) -> Result<Process, EngineError> {
    let tty = config.streams.tty;
    Ok(Process {
        terminal: tty,
        console_size: config
            .streams
            .console_size
            .map(|(rows, columns)| ConsoleSize { height: rows.into(), width: columns.into() }),
        args: command_line(config)?,
        env: environment(&config.env, linked, hostname, tty),
        cwd: directory(&config.working_dir),
        capabilities: Some(capabilities(&config.host)?),
        rlimits: rlimits(&config.host.resources.ulimits)?,
        no_new_privileges: security::parse(&config.host)?.no_new_privileges,
        oom_score_adj: Some(config.host.oom_score_adj),
        ..Process::default()
    })
}

/// A further process: the container's own environment and limits; its arguments are the caller's to fill in.
pub(crate) fn further_process(
    config: &ContainerConfig,
    hostname: &str,
    linked: &[String],
    privileged: bool,
) -> Result<Process, EngineError> {
    let mut process = init_process(config, hostname, linked)?;
    if privileged {
        let host = HostConfig { privileged: true, ..HostConfig::default() };
        process.capabilities = Some(capabilities(&host)?);
    }
    Ok(process)
}

fn directory(working_dir: &str) -> String {
    if working_dir.is_empty() { "/".to_owned() } else { working_dir.to_owned() }
}

/// Docker's order: the path, the host name, the terminal, those of links, then the configured ones, of which later ones win.
pub(super) fn environment(
    configured: &[String],
    linked: &[String],
    hostname: &str,
    tty: bool,
) -> Vec<String> {
    let mut environment = vec![PATH.to_owned(), format!("HOSTNAME={hostname}")];
    if tty {
        environment.push("TERM=xterm".to_owned());
    }
    environment.extend_from_slice(linked);
    overlay(&mut environment, configured);
    environment
}

/// Lays variables over others, by name; a name without a value takes the variable away.
pub(crate) fn overlay(environment: &mut Vec<String>, configured: &[String]) {
    for entry in configured {
        let name = entry.split('=').next().unwrap_or_default();
        let position = environment.iter().position(|known| known.split('=').next() == Some(name));
        match (position, entry.contains('=')) {
            (Some(position), true) => environment[position].clone_from(entry),
            (None, true) => environment.push(entry.clone()),
            // `-e NAME` of a variable that the client does not have takes it away.
            (Some(position), false) => drop(environment.remove(position)),
            (None, false) => {}
        }
    }
}

/// Docker's sets: no inheritable ones (CVE-2022-24769), no ambient ones.
fn capabilities(host: &HostConfig) -> Result<Capabilities, EngineError> {
    let names: Vec<String> = granted(host)?.iter().map(ToString::to_string).collect();
    Ok(Capabilities {
        bounding: names.clone(),
        effective: names.clone(),
        permitted: names,
        inheritable: Vec::new(),
        ambient: Vec::new(),
    })
}

fn rlimits(ulimits: &[UlimitConfig]) -> Result<Vec<Rlimit>, EngineError> {
    ulimits.iter().map(rlimit).collect()
}

fn rlimit(ulimit: &UlimitConfig) -> Result<Rlimit, EngineError> {
    let UlimitConfig { name, soft, hard } = ulimit;
    let kind =
        rlimit_kind(name).ok_or_else(|| EngineError::Invalid(format!("invalid ulimit type: {name}")))?;
    // -1 is "unlimited", which the kernel writes as all ones.
    let value = |limit: i64| if limit < 0 { u64::MAX } else { limit.unsigned_abs() };
    if value(*soft) > value(*hard) {
        return Err(EngineError::Invalid(format!(
            "ulimit soft limit must be less than or equal to hard limit: {soft} > {hard}"
        )));
    }
    Ok(Rlimit { kind, soft: value(*soft), hard: value(*hard) })
}

#[cfg(test)]
mod tests {
    use super::environment;

    #[test]
    fn configured_variables_replace_the_defaults_in_place() {
        let configured = ["A=1", "PATH=/bin", "A=2", "HOSTNAME"].map(str::to_owned);
        assert_eq!(environment(&configured, &[], "box", true), ["PATH=/bin", "TERM=xterm", "A=2"]);
    }
    #[test]
    fn what_links_say_is_replaced_by_what_is_configured() {
        let linked = ["DB_NAME=/web/db", "DB_ENV_A=1"].map(str::to_owned);
        let configured = ["DB_ENV_A=2".to_owned()];
        let found = environment(&configured, &linked, "box", false);
        assert_eq!(found[1..], ["HOSTNAME=box", "DB_NAME=/web/db", "DB_ENV_A=2"]);
    }
}
