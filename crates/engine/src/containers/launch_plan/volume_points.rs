//! Which volumes a container is to have, and where: what `-v`, `--mount`, `--volumes-from` and its image say together. Pure.

use std::collections::{BTreeMap, BTreeSet};

use corten_spec::path::cleaned;

use super::volume_flag::{NamedVolume, VolumeFlag, absolute_target, binds, mount_target};
use crate::containers::config::{
    ContainerConfig, HostConfig, MountConfig, MountKind, VolumePoint, VolumeRequest,
};
use crate::error::EngineError;
use crate::volumes::VolumeCreation;

/// A container whose mounts another one gets.
#[derive(Debug)]
pub(crate) struct Donor<'a> {
    /// What it has.
    pub(crate) host: &'a HostConfig,
    /// Nothing of it is to be changed.
    pub(crate) read_only: bool,
}

/// What a container is to have.
#[derive(Debug, Default)]
pub(crate) struct Wanted {
    /// Volumes by their places, each with how it is made where it is missing. One without a name is the container's own.
    pub(crate) volumes: Vec<(VolumePoint, VolumeCreation)>,
    /// Mounts of the host's that others have.
    pub(crate) inherited: Vec<MountConfig>,
}

/// What stands at a place.
enum Place {
    Volume(VolumePoint, VolumeCreation),
    Inherited(MountConfig),
    /// Something that this container has of its own.
    Own,
}

/// Settles what is at which place: what the container asks for itself wins over what it has from others, and both over its image.
///
/// # Errors
/// Two things at one place; what does not make sense, in Docker's words.
pub(crate) fn wanted(config: &ContainerConfig, donors: &[Donor<'_>]) -> Result<Wanted, EngineError> {
    let mut places = BTreeMap::new();
    for donor in donors {
        inherit(donor, &mut places)?;
    }
    let host = &config.host;
    let mut own: BTreeSet<String> = host.tmpfs.keys().cloned().collect();
    let mut place = |target: &str, place: Place| match own.insert(target.to_owned()) {
        true => {
            places.insert(target.to_owned(), place);
            Ok(())
        }
        false => Err(EngineError::Invalid(format!("Duplicate mount point: {target}"))),
    };
    for text in &host.binds {
        match VolumeFlag::parse(text)? {
            VolumeFlag::Bind(bind) => place(&bind.target, Place::Own)?,
            VolumeFlag::Named(volume) => {
                let target = volume.target.clone();
                place(&target, named(volume, &host.volume_driver))?;
            }
        }
    }
    for mount in &host.mounts {
        let target = mount_target(mount)?;
        let entry = match &mount.kind {
            MountKind::Volume(request) => requested(request, &target, mount.read_only)?,
            _ => Place::Own,
        };
        place(&target, entry)?;
    }
    for target in &config.volumes {
        let target = absolute_target(&cleaned(target))?;
        // What is in memory takes the place of a volume.
        if !host.tmpfs.contains_key(&target) {
            places.entry(target.clone()).or_insert_with(|| anonymous(target, &host.volume_driver));
        }
    }
    Ok(sorted_out(places))
}

fn sorted_out(places: BTreeMap<String, Place>) -> Wanted {
    let mut wanted = Wanted::default();
    for place in places.into_values() {
        match place {
            Place::Volume(point, creation) => wanted.volumes.push((point, creation)),
            Place::Inherited(mount) => wanted.inherited.push(mount),
            Place::Own => {}
        }
    }
    wanted
}

fn inherit(donor: &Donor<'_>, places: &mut BTreeMap<String, Place>) -> Result<(), EngineError> {
    for point in &donor.host.volume_points {
        let read_only = point.read_only || donor.read_only;
        let point = VolumePoint { read_only, copies: false, mode: String::new(), ..point.clone() };
        let creation = VolumeCreation { name: point.name.clone(), ..VolumeCreation::default() };
        places.insert(point.target.clone(), Place::Volume(point, creation));
    }
    for bind in binds(donor.host) {
        let bind = bind?;
        let kind = MountKind::Bind {
            source: bind.source,
            propagation: bind.propagation,
            non_recursive: !bind.recursive,
            create_source: true,
            maps_ids: bind.maps_ids,
            shallow_read_only: donor.host.shallow_read_only_binds,
        };
        let read_only = bind.read_only || donor.read_only;
        let mount = MountConfig { kind, target: bind.target.clone(), read_only };
        places.insert(bind.target, Place::Inherited(mount));
    }
    for mount in donor.host.inherited.iter().chain(&donor.host.mounts) {
        if !matches!(mount.kind, MountKind::Volume(_)) {
            let read_only = mount.read_only || donor.read_only;
            let target = mount_target(mount)?;
            let mount = MountConfig { read_only, ..mount.clone() };
            places.insert(target, Place::Inherited(mount));
        }
    }
    Ok(())
}

fn named(volume: NamedVolume, driver: &str) -> Place {
    let creation =
        VolumeCreation { name: volume.name.clone(), driver: driver.to_owned(), ..VolumeCreation::default() };
    let point = VolumePoint {
        name: volume.name,
        target: volume.target,
        read_only: volume.read_only,
        mode: mode(volume.mode),
        copies: !volume.no_copy,
        subpath: String::new(),
        is_named: true,
    };
    Place::Volume(point, creation)
}

fn requested(request: &VolumeRequest, target: &str, read_only: bool) -> Result<Place, EngineError> {
    let refused =
        |why: &str| Err(EngineError::Invalid(format!("invalid mount config for type \"volume\": {why}")));
    if request.name.is_empty() && read_only {
        return refused("must not set ReadOnly mode when using anonymous volumes");
    }
    if request.name.is_empty() && !request.subpath.is_empty() {
        return refused("must not set Subpath when using anonymous volumes");
    }
    if !request.subpath.is_empty() && !is_local(&request.subpath) {
        return refused("subpath must be a relative path within the volume");
    }
    let creation = VolumeCreation {
        name: request.name.clone(),
        driver: request.driver.clone(),
        labels: Some(request.labels.clone()).filter(|labels| !labels.is_empty()),
        options: Some(request.options.clone()).filter(|options| !options.is_empty()),
    };
    let point = VolumePoint {
        name: request.name.clone(),
        target: target.to_owned(),
        read_only,
        mode: mode(String::new()),
        // Docker fills no part of a volume.
        copies: !request.no_copy && request.subpath.is_empty(),
        subpath: request.subpath.clone(),
        is_named: !request.name.is_empty(),
    };
    Ok(Place::Volume(point, creation))
}

/// Relative, and never above where it begins (Go's `filepath.IsLocal`).
fn is_local(path: &str) -> bool {
    let mut depth = 0_i32;
    let stays = path.split('/').all(|part| {
        depth += match part {
            "" | "." => 0,
            ".." => -1,
            _ => 1,
        };
        depth >= 0
    });
    !path.starts_with('/') && stays
}

fn anonymous(target: String, driver: &str) -> Place {
    let creation = VolumeCreation { driver: driver.to_owned(), ..VolumeCreation::default() };
    Place::Volume(VolumePoint { target, copies: true, ..VolumePoint::default() }, creation)
}

/// What Docker shows for a volume whose options nobody gave.
fn mode(typed: String) -> String {
    if typed.is_empty() { "z".to_owned() } else { typed }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(change: impl FnOnce(&mut ContainerConfig)) -> ContainerConfig {
        let mut config = ContainerConfig::default();
        change(&mut config);
        config
    }

    fn shown(wanted: &Wanted) -> Vec<String> {
        let volumes = wanted.volumes.iter().map(|(point, _)| {
            let access = if point.read_only { "ro" } else { "rw" };
            format!("{}={} {access} copies={}", point.target, point.name, point.copies)
        });
        volumes.chain(wanted.inherited.iter().map(|mount| format!("{} inherited", mount.target))).collect()
    }

    #[test]
    fn what_is_asked_for_wins_over_the_image() {
        let config = config(|config| {
            config.volumes = vec!["/data".to_owned(), "/own/".to_owned(), "/bound".to_owned()];
            config.host.binds = vec!["mine:/data:ro".to_owned(), "/srv:/bound".to_owned()];
        });
        let wanted = wanted(&config, &[]).unwrap();
        assert_eq!(shown(&wanted), ["/data=mine ro copies=true", "/own= rw copies=true"]);
        assert!(wanted.volumes[0].0.is_named && !wanted.volumes[1].0.is_named);
    }

    #[test]
    fn another_containers_mounts_come_without_their_content() {
        let donor = config(|config| {
            config.host.volume_points = vec![VolumePoint {
                name: "theirs".to_owned(),
                target: "/data".to_owned(),
                copies: true,
                is_named: true,
                ..VolumePoint::default()
            }];
            config.host.binds = vec!["/srv:/bound".to_owned()];
        });
        let config = config(|config| {
            config.volumes = vec!["/data".to_owned()];
            config.host.binds = vec!["mine:/bound".to_owned()];
        });
        let wanted = wanted(&config, &[Donor { host: &donor.host, read_only: true }]).unwrap();
        assert_eq!(shown(&wanted), ["/bound=mine rw copies=true", "/data=theirs ro copies=false"]);
    }

    #[test]
    fn what_an_image_declares_is_inside() {
        let config =
            config(|config| config.volumes = ["data", "/a/../b", "/../../../c/"].map(str::to_owned).into());
        let wanted = wanted(&config, &[]).unwrap();
        assert_eq!(shown(&wanted), ["/b= rw copies=true", "/c= rw copies=true", "/data= rw copies=true"]);
    }

    #[test]
    fn one_place_takes_one_thing() {
        let config = config(|config| {
            config.host.binds = vec!["one:/data".to_owned(), "two:/data/".to_owned()];
        });
        assert_eq!(wanted(&config, &[]).unwrap_err().to_string(), "Duplicate mount point: /data");
    }

    #[test]
    fn parts_of_volumes_stay_within_them() {
        for (path, expected) in
            [("a/../b", true), ("a", true), ("..", false), ("a/../..", false), ("/a", false)]
        {
            assert_eq!(is_local(path), expected, "{path}");
        }
    }
}
