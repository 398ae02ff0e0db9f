//! The user namespace of a container, and the id maps of its mounts: which ids inside are which outside.
//!
//! It makes no namespace.

use corten_spec::runtime::{IdMap, IdMapping, Linux, Mount, NamespaceKind};

use super::Namespaces;
use crate::error::RuntimeError;

/// Both maps of a user namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UserNamespace {
    pub(crate) uids: IdMap,
    pub(crate) gids: IdMap,
}

/// How the owners of files on a bind mount are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountIds {
    /// By these maps, or, where there are none, by those of the container's user namespace.
    pub(crate) map: Option<UserNamespace>,
    /// Whether what is mounted below is shown that way too.
    pub(crate) recursive: bool,
}

impl UserNamespace {
    /// That of the container, if it has one of its own.
    ///
    /// # Errors
    /// Maps without a namespace or the other way round; maps that the kernel would not take, or that have no root.
    pub(super) fn plan(linux: &Linux, namespaces: &Namespaces) -> Result<Option<Self>, RuntimeError> {
        let is_mapped = !linux.uid_mappings.is_empty() || !linux.gid_mappings.is_empty();
        match (namespaces.is_new(NamespaceKind::User), is_mapped) {
            (false, false) => Ok(None),
            (false, true) => Err(RuntimeError::invalid(
                "`linux.uidMappings` and `linux.gidMappings` need a new `user` namespace",
            )),
            (true, _) => {
                let planned = Self::new("linux", &linux.uid_mappings, &linux.gid_mappings)?;
                planned.check_root()?;
                Ok(Some(planned))
            }
        }
    }

    fn new(field: &str, uids: &[IdMapping], gids: &[IdMapping]) -> Result<Self, RuntimeError> {
        Ok(Self {
            uids: map(&format!("{field}.uidMappings"), uids)?,
            gids: map(&format!("{field}.gidMappings"), gids)?,
        })
    }

    /// A container is set up by its own root.
    fn check_root(&self) -> Result<(), RuntimeError> {
        for (field, map) in [("linux.uidMappings", &self.uids), ("linux.gidMappings", &self.gids)] {
            if map.outside(0).is_none() {
                return Err(RuntimeError::invalid(format!("`{field}` does not map id 0")));
            }
        }
        Ok(())
    }

    /// What the root of the namespace is outside: user and group.
    pub(crate) fn root(&self) -> (u32, u32) {
        // Both are there: see `check_root`. -1 is nobody.
        (self.uids.outside(0).unwrap_or(u32::MAX), self.gids.outside(0).unwrap_or(u32::MAX))
    }
}

impl MountIds {
    /// `word` says whether an option asks for a map, and for a recursive one.
    ///
    /// # Errors
    /// Maps that the kernel would not take, and none at all where the container has none either.
    pub(super) fn plan(
        mount: &Mount,
        word: Option<bool>,
        has_own: bool,
    ) -> Result<Option<Self>, RuntimeError> {
        let recursive = word.unwrap_or(false);
        if !mount.uid_mappings.is_empty() || !mount.gid_mappings.is_empty() {
            let field = format!("mounts[{}]", mount.destination);
            let map = UserNamespace::new(&field, &mount.uid_mappings, &mount.gid_mappings)?;
            return Ok(Some(Self { map: Some(map), recursive }));
        }
        if word.is_some() && !has_own {
            return Err(RuntimeError::invalid(format!(
                "the mount at `{}` is to have the container's id map, and the container has none",
                mount.destination
            )));
        }
        Ok(word.map(|recursive| Self { map: None, recursive }))
    }
}

fn map(field: &str, ranges: &[IdMapping]) -> Result<IdMap, RuntimeError> {
    IdMap::new(ranges.to_vec()).map_err(|why| RuntimeError::invalid(format!("`{field}`: {why}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use corten_spec::runtime::Namespace;

    fn range(container_id: u32, host_id: u32, size: u32) -> IdMapping {
        IdMapping { container_id, host_id, size }
    }

    fn plan(kinds: &[NamespaceKind], uids: &[IdMapping]) -> Result<Option<UserNamespace>, RuntimeError> {
        let namespaces: Vec<_> = kinds.iter().map(|kind| Namespace::new(*kind)).collect();
        let linux = Linux {
            uid_mappings: uids.to_vec(),
            gid_mappings: uids.to_vec(),
            namespaces: namespaces.clone(),
            ..Linux::default()
        };
        UserNamespace::plan(&linux, &Namespaces::new(&namespaces)?)
    }

    #[test]
    fn maps_and_namespace_come_together_or_not_at_all() {
        use NamespaceKind::{Mount, User};
        assert_eq!(plan(&[Mount], &[]).unwrap(), None);
        assert!(matches!(plan(&[Mount], &[range(0, 1000, 1)]), Err(RuntimeError::Invalid { .. })));
        assert!(matches!(plan(&[Mount, User], &[]), Err(RuntimeError::Invalid { .. })));
        let planned = plan(&[Mount, User], &[range(0, 1000, 1)]).unwrap().unwrap();
        assert_eq!(planned.root(), (1000, 1000));
    }

    #[test]
    fn a_namespace_without_root_is_refused_by_field() {
        let error = plan(&[NamespaceKind::Mount, NamespaceKind::User], &[range(1, 1000, 5)]).unwrap_err();
        assert_eq!(error.to_string(), "invalid configuration: `linux.uidMappings` does not map id 0");
    }

    #[test]
    fn a_mount_takes_its_own_map_before_that_of_the_container() {
        let mut mount = Mount { destination: "/data".into(), ..Mount::default() };
        assert_eq!(MountIds::plan(&mount, None, true).unwrap(), None);
        let containers = MountIds { map: None, recursive: true };
        assert_eq!(MountIds::plan(&mount, Some(true), true).unwrap(), Some(containers));
        assert!(MountIds::plan(&mount, Some(true), false).is_err());
        mount.uid_mappings = vec![range(0, 5, 1)];
        mount.gid_mappings = vec![range(0, 6, 1)];
        let own = MountIds::plan(&mount, None, false).unwrap().unwrap();
        assert_eq!(own.map.unwrap().root(), (5, 6));
    }
}
