//! What is mounted in a container at somebody's wish, in Docker's shape.

use corten_api_types::container::MountPoint;
use corten_engine::Volumes;
use corten_engine::containers::config::{HostConfig, MountConfig, MountKind, VolumePoint};

use super::response_config::default_word;

/// Everything that is mounted.
pub(super) fn mount_points(host: &HostConfig, volumes: &Volumes) -> Vec<MountPoint> {
    let binds = host.binds.iter().filter_map(|bind| bind_point(bind));
    let mounts = host.mounts.iter().chain(&host.inherited).filter_map(mount_point);
    let volumes = host.volume_points.iter().map(|point| volume_point(point, volumes));
    binds.chain(mounts).chain(volumes).collect()
}

fn volume_point(point: &VolumePoint, volumes: &Volumes) -> MountPoint {
    MountPoint {
        kind: "volume".to_owned(),
        name: point.name.clone(),
        source: volumes.mountpoint(&point.name).display().to_string(),
        destination: point.target.clone(),
        driver: "local".to_owned(),
        mode: point.mode.clone(),
        rw: !point.read_only,
        ..MountPoint::default()
    }
}

/// `-v` entries were checked when the container was created; one of a newer program is left out. A volume is told of elsewhere.
fn bind_point(bind: &str) -> Option<MountPoint> {
    if !bind.starts_with('/') {
        return None;
    }
    let mut parts = bind.split(':');
    let (source, destination, mode) = (parts.next()?, parts.next()?, parts.next().unwrap_or_default());
    let words: Vec<&str> = mode.split(',').collect();
    let propagation = words
        .iter()
        .find(|word| word.ends_with("shared") || word.ends_with("slave") || word.ends_with("private"));
    Some(MountPoint {
        kind: "bind".to_owned(),
        source: source.to_owned(),
        destination: destination.to_owned(),
        mode: mode.to_owned(),
        rw: !words.contains(&"ro"),
        propagation: propagation.map_or_else(|| "rprivate".to_owned(), ToString::to_string),
        ..MountPoint::default()
    })
}

fn mount_point(mount: &MountConfig) -> Option<MountPoint> {
    let base =
        MountPoint { destination: mount.target.clone(), rw: !mount.read_only, ..MountPoint::default() };
    Some(match &mount.kind {
        MountKind::Volume(_) => return None,
        MountKind::Bind { source, propagation, .. } => MountPoint {
            kind: "bind".to_owned(),
            source: source.clone(),
            propagation: default_word(propagation, "rprivate"),
            ..base
        },
        MountKind::Tmpfs { .. } => MountPoint { kind: "tmpfs".to_owned(), ..base },
    })
}
