//! Which keys there are. Pure.

use serde_json::{Map, Value};

use super::Document;

/// Keys of Docker's that ask for what is not built yet.
const UNBUILT: &[&str] = &[
    "allow-direct-routing",
    "api-cors-header",
    "authorization-plugins",
    "bip",
    "bip6",
    "bridge",
    "bridge-accept-fwmark",
    "builder",
    "cdi-spec-dirs",
    "cgroup-parent",
    "cluster-advertise",
    "cluster-store",
    "cluster-store-opts",
    "containerd",
    "containerd-namespace",
    "containerd-plugins-namespace",
    "cpu-rt-period",
    "cpu-rt-runtime",
    "default-address-pools",
    "default-cgroupns-mode",
    "default-gateway",
    "default-gateway-v6",
    "default-ipc-mode",
    "default-network-opts",
    "default-runtime",
    "default-shm-size",
    "default-ulimits",
    "dns",
    "dns-opts",
    "dns-search",
    "exec-opts",
    "experimental",
    "features",
    "firewall-backend",
    "fixed-cidr",
    "fixed-cidr-v6",
    "graph",
    "host-gateway-ips",
    "http-proxy",
    "https-proxy",
    "icc",
    "init",
    "init-path",
    "ip",
    "ip-forward",
    "ip-forward-no-drop",
    "ip-masq",
    "ip6tables",
    "iptables",
    "ipv6",
    "labels",
    "max-concurrent-downloads",
    "max-concurrent-uploads",
    "max-download-attempts",
    "mtu",
    "network-control-plane-mtu",
    "no-new-privileges",
    "no-proxy",
    "node-generic-resources",
    "oom-score-adjust",
    "proxies",
    "raw-logs",
    "runtimes",
    "seccomp-profile",
    "selinux-enabled",
    "shutdown-timeout",
    "storage-driver",
    "swarm-default-advertise-addr",
    "userland-proxy",
    "userland-proxy-path",
    "userns-remap",
    "validate",
];

/// Refuses what would not happen; the error is a line for the user.
pub(super) fn check(keys: &Map<String, Value>) -> Result<(), String> {
    let applying = Document::keys()?;
    let is_known = |key: &str| applying.contains_key(key) || UNBUILT.contains(&key);
    let unknown: Vec<&str> = keys.keys().map(String::as_str).filter(|key| !is_known(key)).collect();
    if !unknown.is_empty() {
        let unknown = unknown.join(", ");
        return Err(format!("the following directives don't match any configuration option: {unknown}"));
    }
    match keys.keys().find(|key| UNBUILT.contains(&key.as_str())) {
        Some(key) => Err(format!("`{key}` is not built yet")),
        None => Ok(()),
    }
}

/// Refuses keys that the file and the flags have, in Docker's words.
pub(super) fn refuse_both(file: &Map<String, Value>, flags: &Map<String, Value>) -> Result<(), String> {
    let both: Vec<String> = flags
        .iter()
        .filter_map(|(key, flag)| {
            let file = file.get(key)?;
            Some(format!("{key}: (from flag: {}, from file: {})", plain(flag), plain(file)))
        })
        .collect();
    if both.is_empty() {
        return Ok(());
    }
    let both = both.join(", ");
    Err(format!(
        "the following directives are specified both as a flag and in the configuration file: {both}"
    ))
}

/// A value as Docker prints it in that text.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(" ")),
        other => other.to_string(),
    }
}
