//! Kernel parameters: which may be set because a namespace of the container's own holds them.
//!
//! It writes none.

use std::collections::BTreeMap;

use corten_spec::runtime::NamespaceKind;

use super::Namespaces;
use crate::error::RuntimeError;

/// One parameter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sysctl {
    /// Below `/proc/sys`: `net/ipv4/ip_forward`.
    pub(crate) path: String,
    pub(crate) value: String,
}

/// Parameters of the ipc namespace (ipc_namespaces(7)); `fs/mqueue/` comes on top.
const IPC: [&str; 8] = ["msgmax", "msgmnb", "msgmni", "sem", "shmall", "shmmax", "shmmni", "shm_rmid_forced"];

/// # Errors
/// A parameter that is the host's, or one whose namespace is not the container's own.
pub(super) fn plan(
    values: &BTreeMap<String, String>,
    namespaces: &Namespaces,
) -> Result<Vec<Sysctl>, RuntimeError> {
    let one = |(name, value): (&String, &String)| {
        let path = path_of(name);
        let kind = namespace_of(&path).ok_or_else(|| {
            RuntimeError::invalid(format!("sysctl `{name}` is not in a separate kernel namespace"))
        })?;
        if !namespaces.is_private(kind) {
            return Err(RuntimeError::invalid(format!(
                "sysctl `{name}` needs a `{kind}` namespace of its own"
            )));
        }
        Ok(Sysctl { path, value: value.clone() })
    };
    values.iter().map(one).collect()
}

/// The separator is whichever of `.` and `/` comes first (sysctl.d(5)): `net/ipv4/conf/eth0.1/forwarding` has dots of its own.
fn path_of(name: &str) -> String {
    match name.find(['.', '/']) {
        Some(at) if name.as_bytes()[at] == b'.' => name
            .chars()
            .map(|c| {
                if c == '.' {
                    '/'
                } else if c == '/' {
                    '.'
                } else {
                    c
                }
            })
            .collect(),
        _ => name.to_owned(),
    }
}

fn namespace_of(path: &str) -> Option<NamespaceKind> {
    if path.split('/').any(|part| part.is_empty() || part == "." || part == "..") {
        return None;
    }
    match path.split_once('/')? {
        ("net", _) => Some(NamespaceKind::Network),
        ("fs", rest) if rest.starts_with("mqueue/") => Some(NamespaceKind::Ipc),
        ("kernel", "domainname" | "hostname") => Some(NamespaceKind::Uts),
        ("kernel", name) if IPC.contains(&name) => Some(NamespaceKind::Ipc),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_spec::runtime::Namespace;

    fn check(name: &str, kinds: &[NamespaceKind]) -> Result<String, String> {
        let listed: Vec<_> =
            kinds.iter().chain(&[NamespaceKind::Mount]).map(|kind| Namespace::new(*kind)).collect();
        let values = BTreeMap::from([(name.to_owned(), "1".to_owned())]);
        let planned = plan(&values, &Namespaces::new(&listed).unwrap());
        planned.map(|planned| planned[0].path.clone()).map_err(|error| error.to_string())
    }

    #[test]
    fn a_parameter_of_an_own_namespace_becomes_a_path() {
        let own = [NamespaceKind::Network, NamespaceKind::Ipc];
        assert_eq!(
            check("net.ipv4.conf.eth0/1.forwarding", &own).unwrap(),
            "net/ipv4/conf/eth0.1/forwarding"
        );
        assert_eq!(
            check("net/ipv4/conf/eth0.1/forwarding", &own).unwrap(),
            "net/ipv4/conf/eth0.1/forwarding"
        );
        assert_eq!(check("kernel.shmmax", &own).unwrap(), "kernel/shmmax");
        assert_eq!(check("fs.mqueue.msg_max", &own).unwrap(), "fs/mqueue/msg_max");
    }

    #[test]
    fn a_parameter_of_the_host_is_refused_even_behind_dots() {
        let own = [NamespaceKind::Network];
        for name in ["kernel.core_pattern", "net/../kernel/core_pattern", "vm.swappiness", "net", "net//x"] {
            assert!(check(name, &own).unwrap_err().contains("separate kernel namespace"), "{name}");
        }
    }

    #[test]
    fn a_parameter_of_a_shared_namespace_is_refused() {
        let refused = check("net.ipv4.ip_forward", &[]).unwrap_err();
        assert_eq!(
            refused,
            "invalid configuration: sysctl `net.ipv4.ip_forward` needs a `network` namespace of its own"
        );
    }
}
