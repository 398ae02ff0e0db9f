//! Which namespaces a container gets, shares with the host, or joins.

use corten_runtime::launch::JoinedProcess;
use corten_spec::runtime::{Namespace, NamespaceKind, is_namespaced};

use super::{Joined, uses_host_network};
use crate::containers::config::{ContainerConfig, HostConfig};
use crate::error::EngineError;

pub(super) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    let host = &config.host;
    one_of("uts", &host.uts_mode, &["", "host"])?;
    one_of("cgroupns", &host.cgroupns_mode, &["", "private", "host"])?;
    if !host.pid_mode.starts_with("container:") {
        one_of("pid", &host.pid_mode, &["", "host"])?;
    }
    if !host.ipc_mode.starts_with("container:") {
        one_of("ipc", &host.ipc_mode, &["", "private", "none", "host", "shareable"])?;
    }
    if host.uts_mode == "host" && !(config.hostname.is_empty() && config.domainname.is_empty()) {
        return Err(EngineError::Invalid("conflicting options: hostname and the UTS mode".to_owned()));
    }
    validate_names(host)
}

/// What belongs to a shared namespace cannot be set by one who shares it.
fn validate_names(host: &HostConfig) -> Result<(), EngineError> {
    let host_network = uses_host_network(host);
    if let Some(name) = host.sysctls.keys().find(|name| host_network && name.starts_with("net.")) {
        return Err(EngineError::Invalid(format!("sysctl '{name}' not allowed in host network namespace")));
    }
    if let Some(name) = host.sysctls.keys().find(|name| !is_namespaced(name)) {
        return Err(EngineError::Invalid(format!("sysctl '{name}' is not whitelisted")));
    }
    Ok(())
}

fn one_of(what: &str, value: &str, known: &[&str]) -> Result<(), EngineError> {
    if known.contains(&value) {
        return Ok(());
    }
    Err(EngineError::Invalid(format!("invalid {} mode: {value}", what.to_uppercase())))
}

pub(super) fn plan(host: &HostConfig, joined: Joined) -> Vec<Namespace> {
    let mut namespaces = vec![Namespace::new(NamespaceKind::Mount)];
    let mut add = |kind: NamespaceKind, shared: bool, of: Option<JoinedProcess>| {
        if let Some(JoinedProcess { pid, .. }) = of {
            namespaces.push(Namespace { kind, path: format!("/proc/{pid}/ns/{}", kind.proc_name()) });
        } else if !shared {
            namespaces.push(Namespace::new(kind));
        }
    };
    add(NamespaceKind::Pid, host.pid_mode == "host", joined.pid);
    add(NamespaceKind::Ipc, host.ipc_mode == "host", joined.ipc);
    add(NamespaceKind::Uts, host.uts_mode == "host", None);
    add(NamespaceKind::Network, uses_host_network(host), joined.network);
    // A privileged container on v1 saw the host's tree with Docker; a private view is right for both and is Docker's default on v2.
    add(NamespaceKind::Cgroup, host.cgroupns_mode == "host", None);
    add(NamespaceKind::User, host.ids.is_none(), None);
    namespaces
}
