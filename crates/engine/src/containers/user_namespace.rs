//! The ids of a container's user namespace: chosen when it is created, and kept with what it was asked to be. Pure.
//!
//! Nothing on disk has them: layers are shown with them while the container runs.

use corten_spec::runtime::{IdMap, IdMapping};
use corten_spec::user_namespace::{IdMaps, InvalidUserNamespace, UserNamespace};
use serde::{Deserialize, Serialize};

use super::config::HostConfig;
use crate::error::EngineError;

/// Where the ids of `auto` come from: the upper half, which neither accounts nor the ranges of /etc/subuid reach by default
/// (useradd(8): `SUB_UID_MAX`), up to the last id but one (-1 means "none").
const FIRST: u32 = 1 << 31;
const END: u32 = u32::MAX - 1;

/// What is kept of the choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdRanges {
    /// Users.
    pub uids: Vec<IdMapping>,
    /// Groups.
    pub gids: Vec<IdMapping>,
}

impl From<IdMaps> for IdRanges {
    fn from(maps: IdMaps) -> Self {
        Self { uids: maps.uids.ranges().to_vec(), gids: maps.gids.ranges().to_vec() }
    }
}

impl IdRanges {
    fn alike(range: IdMapping) -> Self {
        Self { uids: vec![range], gids: vec![range] }
    }

    /// Whether a group inside stands for one outside.
    pub(super) fn has_group(&self, group: u32) -> bool {
        IdMap::new(self.gids.clone()).is_ok_and(|map| map.outside(group).is_some())
    }
}

/// What is asked for, unless it cannot be had together with the rest: the kernel lets nobody but the owner of a namespace mount the file
/// systems that show it. That is said in Docker's words where it has some.
pub(super) fn mode(host: &HostConfig) -> Result<UserNamespace, EngineError> {
    let mode: UserNamespace = host
        .userns_mode
        .parse()
        .map_err(|error: InvalidUserNamespace| EngineError::Invalid(error.to_string()))?;
    if mode == UserNamespace::Host {
        return Ok(mode);
    }
    let is_shared = |mode: &str| mode == "host" || mode.starts_with("container:");
    let refused = |what: &str| {
        EngineError::Invalid(format!(
            "cannot share {what} when user namespaces are enabled (--userns {mode})"
        ))
    };
    if is_shared(&host.pid_mode) {
        return Err(refused(if host.pid_mode == "host" {
            "the host PID namespace"
        } else {
            "a PID namespace"
        }));
    }
    if is_shared(&host.ipc_mode) {
        return Err(refused(if host.ipc_mode == "host" {
            "the host IPC namespace"
        } else {
            "an IPC namespace"
        }));
    }
    if host.cgroupns_mode == "host" {
        return Err(refused("the host cgroup namespace"));
    }
    Ok(mode)
}

/// The ids of a mode that leaves no choice; `None` for `host` and for `auto`, whose ids are those that [`free`] finds.
pub(super) fn settled(mode: &UserNamespace) -> Option<IdRanges> {
    match mode {
        UserNamespace::Host | UserNamespace::Auto { .. } => None,
        UserNamespace::KeepId { .. } => {
            Some(IdRanges::alike(IdMapping { container_id: 0, host_id: 0, size: u32::MAX }))
        }
        UserNamespace::Map(maps) => Some(maps.clone().into()),
    }
}

/// The ids that begin with `first` outside.
pub(super) fn beginning_with(first: u32, size: u32) -> IdRanges {
    IdRanges::alike(IdMapping { container_id: 0, host_id: first, size })
}

/// The first of `size` ids that none of `taken` (in order) has. The search begins somewhere: two roots on one host, which do not know of
/// each other, should not begin at the same place.
pub(super) fn free(taken: &[(u32, u32)], size: u32, somewhere: u32) -> Option<u32> {
    let start = FIRST + somewhere % (END - FIRST) / size * size;
    first_gap(taken, size, start).or_else(|| first_gap(taken, size, FIRST))
}

fn first_gap(taken: &[(u32, u32)], size: u32, start: u32) -> Option<u32> {
    let mut candidate = start;
    for (first, count) in taken {
        if candidate.checked_add(size)? <= *first {
            break;
        }
        candidate = candidate.max(first.checked_add(*count)?);
    }
    (candidate.checked_add(size)? <= END).then_some(candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_given_to_one_container_only() {
        let mut taken: Vec<(u32, u32)> = Vec::new();
        for _ in 0..100 {
            let first = free(&taken, 65_536, 7).unwrap();
            assert!(taken.iter().all(|(other, size)| first >= other + size || first + 65_536 <= *other));
            taken.push((first, 65_536));
            taken.sort_unstable();
        }
        taken.remove(50);
        assert!(free(&taken, 65_536, 7).is_some());
    }

    #[test]
    fn a_search_that_begins_late_comes_round_and_ends() {
        let last = END - 65_536;
        assert_eq!(free(&[(last, 65_536)], 65_536, u32::MAX), Some(FIRST));
        assert_eq!(free(&[(FIRST, END - FIRST)], 1, 0), None);
        assert_eq!(free(&[], END - FIRST + 1, 0), None);
        assert_eq!(free(&[], 1, 0), Some(FIRST));
    }

    #[test]
    fn namespaces_of_others_are_refused_in_dockers_words() {
        let refused = |change: fn(&mut HostConfig)| {
            let mut host = HostConfig { userns_mode: "auto".to_owned(), ..HostConfig::default() };
            change(&mut host);
            mode(&host).unwrap_err().to_string()
        };
        let text = refused(|host| host.pid_mode = "host".to_owned());
        assert_eq!(
            text,
            "cannot share the host PID namespace when user namespaces are enabled (--userns auto)"
        );
        assert!(refused(|host| host.ipc_mode = "container:x".to_owned()).contains("an IPC namespace"));
        assert!(refused(|host| host.cgroupns_mode = "host".to_owned()).contains("cgroup"));
        assert!(mode(&HostConfig { pid_mode: "host".to_owned(), ..HostConfig::default() }).is_ok());
    }
}
