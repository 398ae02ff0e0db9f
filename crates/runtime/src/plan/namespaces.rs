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
    /// A kind that comes twice, the kinds that are not built, and a new user namespace among the mounts of others.
    pub(crate) fn new(listed: &[Namespace]) -> Result<Self, RuntimeError> {
        let mut this = Self { new: ThreadNameSpaceType::empty(), joined: Vec::new() };
        for namespace in listed {
            if this.is_private(namespace.kind) {
                return Err(RuntimeError::invalid(format!("namespace `{}` is listed twice", namespace.kind)));
            }
            match (namespace.kind, namespace.path.as_str()) {
                (NamespaceKind::Time, _) => {
                    return Err(RuntimeError::unsupported("linux.namespaces: time"));
                }
                (NamespaceKind::User, path) if !path.is_empty() => {
                    return Err(RuntimeError::unsupported("linux.namespaces: user with a path"));
                }
                (kind, "") => this.new |= flag(kind),
                (kind, path) => this.joined.push((kind, path.to_owned())),
            }
        }
        if this.is_new(NamespaceKind::User) && this.shares_mounts() {
            return Err(RuntimeError::invalid("a new `user` namespace needs a new `mount` namespace"));
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

    /// Whether what the container mounts is there for others too, who would not survive that their root is taken away.
    pub(crate) fn shares_mounts(&self) -> bool {
        !self.is_new(NamespaceKind::Mount)
    }

    /// Whether it is not the host's (or at least not by default: a path can lead back there).
    pub(crate) fn is_private(&self, kind: NamespaceKind) -> bool {
        self.is_new(kind) || self.joined.iter().any(|(joined, _)| *joined == kind)
    }

    /// What the process joins itself; the mount namespace last, where paths may mean something else.
    pub(crate) fn joined_by_child(&self) -> impl Iterator<Item = (ThreadNameSpaceType, &str)> {
        let of = |mount: bool| {
            self.joined.iter().filter(move |(kind, _)| mount == (*kind == NamespaceKind::Mount))
        };
        let by_child = of(false).chain(of(true)).filter(|(kind, _)| !self.is_born_into(*kind));
        by_child.map(|(kind, path)| (flag(*kind), path.as_str()))
    }

    /// What its starter joins for as long as the birth takes: the pid namespace, which no process can join itself, and, for a process
    /// that is root of its own user namespace only, all that are not of that.
    pub(crate) fn joined_by_starter(
        &self,
    ) -> impl Iterator<Item = (NamespaceKind, ThreadNameSpaceType, &str)> {
        let by_starter = self.joined.iter().filter(|(kind, _)| self.is_born_into(*kind));
        by_starter.map(|(kind, path)| (*kind, flag(*kind), path.as_str()))
    }

    fn is_born_into(&self, kind: NamespaceKind) -> bool {
        kind == NamespaceKind::Pid || self.is_new(NamespaceKind::User)
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
        let by_starter: Vec<_> = namespaces.joined_by_starter().collect();
        assert_eq!(by_starter, [(NamespaceKind::Pid, ThreadNameSpaceType::PROCESS_ID, "/p")]);
        let by_child: Vec<_> = namespaces.joined_by_child().collect();
        assert_eq!(by_child, [(ThreadNameSpaceType::INTER_PROCESS_COMMUNICATION, "/i")]);
    }

    #[test]
    fn nobody_who_is_root_of_a_new_user_namespace_only_joins_what_is_not_of_it() {
        use NamespaceKind::{Ipc, Mount, User};
        let namespaces = listed(&[(Mount, ""), (User, ""), (Ipc, "/i")]).unwrap();
        assert_eq!(namespaces.joined_by_child().count(), 0);
        assert_eq!(namespaces.joined_by_starter().count(), 1);
        assert!(namespaces.born_into().contains(ThreadNameSpaceType::USER));
    }

    #[test]
    fn a_joined_mount_namespace_comes_last_and_none_is_shared() {
        use NamespaceKind::{Ipc, Mount, Pid, User};
        let joined = listed(&[(Mount, "/m"), (Ipc, "/i")]).unwrap();
        let paths: Vec<_> = joined.joined_by_child().map(|(_, path)| path).collect();
        assert_eq!(paths, ["/i", "/m"]);
        assert!(joined.shares_mounts() && listed(&[(Pid, "")]).unwrap().shares_mounts());
        assert!(matches!(listed(&[(User, ""), (Mount, "/m")]), Err(RuntimeError::Invalid { .. })));
    }

    #[test]
    fn a_namespace_listed_twice_is_refused() {
        let twice =
            listed(&[(NamespaceKind::Mount, ""), (NamespaceKind::Ipc, "/i"), (NamespaceKind::Ipc, "")]);
        assert!(matches!(twice, Err(RuntimeError::Invalid { .. })));
    }
}
