//! Whose files in a container are whose in an archive: archives have the ids that the container sees.

use std::os::fd::{AsFd, BorrowedFd};

use corten_layer_tar::{Owner, Owners};
use corten_spec::runtime::IdMapping;
use rustix::fs::{AtFlags, OFlags, StatxFlags, statx};

use super::reach::{RUN_FILES, open_in};
use crate::containers::launch_plan::binds;
use crate::containers::record::Container;
use crate::containers::user_namespace::IdRanges;

/// What a container sees in place of an id that its user namespace does not have: `/proc/sys/kernel/overflowuid`.
const NOBODY: u32 = 65_534;

/// The ids of a container's files.
#[derive(Debug, Clone, Default)]
pub(super) struct ContainerOwners {
    /// The user namespace; `None` = the host's.
    ids: Option<IdRanges>,
    /// The mounts whose files have the container's own ids: what a start would show by its user namespace, and nobody does now.
    plain: Vec<u64>,
}

impl ContainerOwners {
    pub(super) fn new(container: &Container, runs: bool, root: BorrowedFd<'_>) -> Self {
        let host = &container.config.host;
        let mut plain = Vec::new();
        if !runs && host.ids.is_some() {
            let mapped = binds(host).filter_map(Result::ok).filter(|bind| bind.maps_ids);
            let volumes = host.volume_points.iter().map(|point| point.target.clone());
            let targets = mapped
                .map(|bind| bind.target)
                .chain(volumes)
                .chain(RUN_FILES.map(|(_, target)| target.to_owned()));
            plain.extend(mount_of(root));
            // What is not there has no files that could be anybody's.
            plain.extend(
                targets
                    .filter_map(|target| open_in(root, target.as_bytes(), OFlags::PATH).ok())
                    .filter_map(mount_of),
            );
        }
        Self { ids: host.ids.clone(), plain }
    }

    fn ids_at(&self, object: BorrowedFd<'_>) -> Option<&IdRanges> {
        let ids = self.ids.as_ref()?;
        let is_plain =
            !self.plain.is_empty() && mount_of(object).is_some_and(|mount| self.plain.contains(&mount));
        (!is_plain).then_some(ids)
    }
}

impl Owners for ContainerOwners {
    fn in_archive(&self, object: BorrowedFd<'_>, owner: Owner) -> Owner {
        let Some(ids) = self.ids_at(object) else { return owner };
        let inside = |ranges: &[IdMapping], id| inside(ranges, id).unwrap_or(NOBODY);
        Owner { uid: inside(&ids.uids, owner.uid), gid: inside(&ids.gids, owner.gid) }
    }

    fn in_tree(&self, directory: BorrowedFd<'_>, owner: Owner) -> Option<Owner> {
        let Some(ids) = self.ids_at(directory) else { return Some(owner) };
        Some(Owner { uid: outside(&ids.uids, owner.uid)?, gid: outside(&ids.gids, owner.gid)? })
    }
}

/// The user and group outside that are root inside, or else the first that are anybody.
pub(super) fn outer_root(ids: &IdRanges) -> (u32, u32) {
    let of = |ranges: &[IdMapping]| {
        outside(ranges, 0).or_else(|| ranges.first().map(|range| range.host_id)).unwrap_or(NOBODY)
    };
    (of(&ids.uids), of(&ids.gids))
}

fn outside(ranges: &[IdMapping], id: u32) -> Option<u32> {
    let offset = |range: &IdMapping| id.checked_sub(range.container_id).filter(|offset| *offset < range.size);
    ranges.iter().find_map(|range| Some(range.host_id + offset(range)?))
}

fn inside(ranges: &[IdMapping], id: u32) -> Option<u32> {
    let offset = |range: &IdMapping| id.checked_sub(range.host_id).filter(|offset| *offset < range.size);
    ranges.iter().find_map(|range| Some(range.container_id + offset(range)?))
}

pub(super) fn mount_of(object: impl AsFd) -> Option<u64> {
    let about = statx(object, c"", AtFlags::EMPTY_PATH, StatxFlags::MNT_ID).ok()?;
    Some(about.stx_mnt_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_go_in_and_out_of_a_user_namespace() {
        let range = |container_id, host_id, size| IdMapping { container_id, host_id, size };
        let ranges = [range(0, 100_000, 1000), range(1000, 1000, 1)];
        assert_eq!(
            [0, 999, 1000, 1001].map(|id| outside(&ranges, id)),
            [Some(100_000), Some(100_999), Some(1000), None]
        );
        assert_eq!([100_000, 1000, 0].map(|id| inside(&ranges, id)), [Some(0), Some(1000), None]);
        let ids = IdRanges { uids: ranges.to_vec(), gids: vec![range(5, 7, 1)] };
        assert_eq!(outer_root(&ids), (100_000, 7));
    }
}
