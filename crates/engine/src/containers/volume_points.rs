//! The volumes of a container: settled and made when it is created, found when it is started.

use corten_state::{Durability, Writer};

use super::Inner;
use super::config::{ContainerConfig, VolumePoint};
use super::launch_plan::{Donor, VolumeSource, VolumeSources, Wanted, wanted};
use super::record::Container;
use crate::error::EngineError;
use crate::volumes::{Backing, NewVolume, VolumeCreation, no_such};

/// Options behind the name in `--volumes-from`; the last two relabel under SELinux alone.
const MODES: [&str; 4] = ["ro", "rw", "z", "Z"];

/// The volumes of a container to be.
#[derive(Debug, Default)]
pub(super) struct Settled {
    /// How each that has a name is made, should it be gone when it is needed.
    named: Vec<VolumeCreation>,
    /// Its own, which are recorded with it.
    own: Vec<NewVolume>,
}

impl Inner {
    /// Settles which volumes a container is to have, and makes those that are missing.
    pub(super) fn settle_volume_points(&self, config: &mut ContainerConfig) -> Result<Settled, EngineError> {
        let donors = self.donors(&config.host.volumes_from)?;
        let donors: Vec<Donor<'_>> = donors
            .iter()
            .map(|(donor, read_only)| Donor { host: &donor.config.host, read_only: *read_only })
            .collect();
        let Wanted { volumes, inherited } = wanted(config, &donors)?;
        config.host.inherited = inherited;
        let mut settled = Settled::default();
        for (mut point, creation) in volumes {
            let made = self.settle_volume_point(&mut point, creation, &mut settled, durability(config));
            if let Err(error) = made {
                settled.discard();
                return Err(error);
            }
            config.host.volume_points.push(point);
        }
        Ok(settled)
    }

    fn settle_volume_point(
        &self,
        point: &mut VolumePoint,
        creation: VolumeCreation,
        settled: &mut Settled,
        durability: Durability,
    ) -> Result<(), EngineError> {
        if creation.name.is_empty() {
            let new = self.new_anonymous_volume(creation)?;
            point.name.clone_from(&new.row.name);
            settled.own.push(new);
        } else {
            self.create_volume(creation.clone(), durability)?;
            settled.named.push(creation);
        }
        Ok(())
    }

    /// Makes those again that somebody has removed before the container had them.
    pub(super) fn renew_volumes(
        &self,
        settled: &Settled,
        config: &ContainerConfig,
    ) -> Result<(), EngineError> {
        let mut named = settled.named.iter().cloned();
        named.try_for_each(|creation| self.create_volume(creation, durability(config)).map(drop))
    }

    fn donors(&self, references: &[String]) -> Result<Vec<(Container, bool)>, EngineError> {
        let donor = |text: &String| {
            let (name, mode) = text.split_once(':').unwrap_or((text, ""));
            let words: Vec<&str> = mode.split(',').filter(|word| !word.is_empty()).collect();
            if words.iter().any(|word| !MODES.contains(word)) {
                return Err(EngineError::Invalid(format!("invalid mode: {mode}")));
            }
            let found = self.find(name).map_err(|error| EngineError::Invalid(corten_error::chain(&error)))?;
            Ok((found, words.contains(&"ro")))
        };
        references.iter().map(donor).collect()
    }

    /// Where the volumes of a container are on the host; one in memory is mounted if it is not yet.
    pub(super) fn volume_sources(&self, container: &Container) -> Result<VolumeSources, EngineError> {
        let points = &container.config.host.volume_points;
        points.iter().map(|point| Ok((point.target.clone(), self.volume_source(point)?))).collect()
    }

    fn volume_source(&self, point: &VolumePoint) -> Result<VolumeSource, EngineError> {
        let source = |path, recursive, read_only, shows_ids| VolumeSource {
            path,
            beneath: point.subpath.clone(),
            recursive,
            read_only: point.read_only || read_only,
            shows_ids,
        };
        Ok(match self.backing_of(&point.name)? {
            Backing::Directory => source(self.home.volume_data(&point.name), true, false, true),
            // The host's files have the host's ids, as with `-v`.
            Backing::Bind { device, recursive, read_only } => {
                source(device.into(), recursive, read_only, false)
            }
            Backing::Tmpfs { options } => {
                source(self.mount_volume(&point.name, &options)?, true, false, true)
            }
        })
    }
}

/// A container that is removed when it ends is not worth waiting for the disk, and neither are its volumes.
fn durability(config: &ContainerConfig) -> Durability {
    if config.host.auto_remove { Durability::Normal } else { Durability::Full }
}

impl Settled {
    /// Records a container's own volumes and gives it all that it is to have, in the transaction that records it.
    ///
    /// # Errors
    /// Not found where somebody has removed one meanwhile.
    pub(super) fn hold(&self, tx: &Writer<'_>, container: &Container) -> Result<(), EngineError> {
        for new in &self.own {
            tx.insert_volume(&new.row)?;
        }
        for point in &container.config.host.volume_points {
            if !tx.hold_volume(container.id.as_str(), &point.name, point.copies)? {
                return Err(no_such(&point.name));
            }
        }
        Ok(())
    }

    /// Lets go of what is on record now; the names of the container's own volumes.
    pub(super) fn into_own(self) -> Vec<String> {
        self.own.into_iter().map(|new| new.row.name).collect()
    }

    /// Takes away what no record speaks of. What resists is found by `system settle`.
    pub(super) fn discard(self) {
        for new in self.own {
            let _ = new.held.remove();
        }
    }
}
