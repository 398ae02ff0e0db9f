//! Which namespaces are made, which are joined, which stay the host's.
//!
//! It opens none of them.

use corten_spec::runtime::{Namespace, NamespaceKind};
use rustix::thread::ThreadNameSpaceType;

use crate::error::RuntimeError;

/// The namespaces of one container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Namespaces {
    new: ThreadNameSpaceType,
    joined: Vec<(NamespaceKind, String)>,
}

impl Namespaces {
    /// # Errors
    /// A kind that comes twice, the kinds that are not built, and a container without a mount namespace of its own.
    pub(crate) fn new(listed: &[Namespace]) -> Result<Self, RuntimeError> {
        let mut this = Self { new: ThreadNameSpaceType::empty(), joined: Vec::new() };
        for namespace in listed {
            if this.is_private(namespace.kind) {
                return Err(RuntimeError::invalid(format!("namespace `{}` is listed twice", namespace.kind)));
            }
            match (namespace.kind, namespace.path.as_str()) {
                (NamespaceKind::User | NamespaceKind::Time, _) => {
                    return Err(RuntimeError::unsupported(format!("linux.namespaces: {}", namespace.kind)));
                }
                (NamespaceKind::Mount, path) if !path.is_empty() => {
                    return Err(RuntimeError::unsupported("linux.namespaces: mount with a path"));
                }
                (kind, "") => this.new |= flag(kind),
                (kind, path) => this.joined.push((kind, path.to_owned())),
            }
        }
        if !this.is_new(NamespaceKind::Mount) {
            return Err(RuntimeError::invalid("a container needs a `mount` namespace of its own"));
        }
        Ok(this)
    }

    /// What clone3 makes. Not the cgroup namespace: its root is the cgroup that one is in when it is made, and on v1 the process
    /// joins its cgroups itself. Not the network namespace: the starter would wait for it, who has other things to do.
    pub(crate) fn born_into(&self) -> ThreadNameSpaceType {
        self.new - ThreadNameSpaceType::CONTROL_GROUP - ThreadNameSpaceType::NETWORK
    }

    pub(crate) fn is_new(&self, kind: NamespaceKind) -> bool {
        self.new.intersects(flag(kind))
    }

    /// The path of a namespace that is joined.
    pub(crate) fn joined(&self, kind: NamespaceKind) -> Option<&str> {
        self.joined.iter().find(|(joined, _)| *joined == kind).map(|(_, path)| path.as_str())
    }

    /// Whether it is not the host's (or at least not by default: a path can lead back there).
    pub(crate) fn is_private(&self, kind: NamespaceKind) -> bool {
        self.is_new(kind) || self.joined(kind).is_some()
    }

    /// What the process joins itself: all but the pid namespace, which it is born into.
    pub(crate) fn joined_by_child(&self) -> impl Iterator<Item = (ThreadNameSpaceType, &str)> {
        let by_child = self.joined.iter().filter(|(kind, _)| *kind != NamespaceKind::Pid);
        by_child.map(|(kind, path)| (flag(*kind), path.as_str()))
    }
}

fn flag(kind: NamespaceKind) -> ThreadNameSpaceType {
    match kind {
        NamespaceKind::Pid => ThreadNameSpaceType::PROCESS_ID,
        NamespaceKind::Network => ThreadNameSpaceType::NETWORK,
        NamespaceKind::Mount => ThreadNameSpaceType::MOUNT,
        NamespaceKind::Ipc => ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION,
        NamespaceKind::Uts => ThreadNameSpaceType::HOST_NAME_AND_NIS_DOMAIN_NAME,
        NamespaceKind::User => ThreadNameSpaceType::USER,
        NamespaceKind::Cgroup => ThreadNameSpaceType::CONTROL_GROUP,
        NamespaceKind::Time => ThreadNameSpaceType::TIME,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(kinds: &[(NamespaceKind, &str)]) -> Result<Namespaces, RuntimeError> {
        let listed: Vec<_> =
            kinds.iter().map(|(kind, path)| Namespace { kind: *kind, path: (*path).to_owned() }).collect();
        Namespaces::new(&listed)
    }

    #[test]
    fn the_cgroup_and_the_network_namespace_are_not_made_at_birth() {
        use NamespaceKind::{Cgroup, Mount, Network};
        let namespaces = listed(&[(Mount, ""), (Cgroup, ""), (Network, "")]).unwrap();
        assert_eq!(namespaces.born_into(), ThreadNameSpaceType::MOUNT);
        assert!(namespaces.is_new(Cgroup) && namespaces.is_new(Network));
    }

    #[test]
    fn a_joined_pid_namespace_is_left_to_the_starter() {
        let namespaces =
            listed(&[(NamespaceKind::Mount, ""), (NamespaceKind::Pid, "/p"), (NamespaceKind::Ipc, "/i")])
                .unwrap();
        assert_eq!(namespaces.joined(NamespaceKind::Pid), Some("/p"));
        let by_child: Vec<_> = namespaces.joined_by_child().collect();
        assert_eq!(by_child, [(ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION, "/i")]);
    }

    #[test]
    fn a_container_without_mount_namespace_is_refused() {
        assert!(matches!(listed(&[(NamespaceKind::Pid, "")]), Err(RuntimeError::Invalid { .. })));
    }

    #[test]
    fn a_namespace_listed_twice_is_refused() {
        let twice =
            listed(&[(NamespaceKind::Mount, ""), (NamespaceKind::Ipc, "/i"), (NamespaceKind::Ipc, "")]);
        assert!(matches!(twice, Err(RuntimeError::Invalid { .. })));
    }
}
