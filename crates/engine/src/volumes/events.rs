//! What is told of volumes.

use std::collections::BTreeMap;

use corten_journal::NewEvent;
use corten_monitor::unmounted;
use corten_spec::time::Timestamp;

use super::LOCAL;
use crate::clock::now;
use crate::containers::{Container, Inner};
use crate::error::EngineError;

impl Inner {
    /// Appends an event about a volume.
    pub(crate) fn tell_of_volume(
        &self,
        name: &str,
        action: &str,
        mut attributes: BTreeMap<String, String>,
    ) -> Result<(), EngineError> {
        attributes.insert("driver".to_owned(), LOCAL.to_owned());
        self.append_of_volume(&NewEvent {
            at: now(),
            kind: "volume".to_owned(),
            action: action.to_owned(),
            actor: name.to_owned(),
            attributes,
        })
    }

    /// Tells that a container is about to have its volumes.
    pub(crate) fn tell_of_mounts(&self, container: &Container) -> Result<(), EngineError> {
        container.config.host.volume_points.iter().try_for_each(|point| {
            let attributes = [
                ("container", container.id.to_string()),
                ("destination", point.target.clone()),
                ("propagation", String::new()),
                ("read/write", (!point.read_only).to_string()),
            ];
            let attributes = attributes.map(|(name, value)| (name.to_owned(), value)).into();
            self.tell_of_volume(&point.name, "mount", attributes)
        })
    }

    /// Tells that a container has its volumes no more, where its monitor cannot.
    pub(crate) fn tell_of_unmounts(&self, container: &Container, at: Timestamp) -> Result<(), EngineError> {
        container
            .config
            .host
            .volume_points
            .iter()
            .try_for_each(|point| self.append_of_volume(&unmounted(&point.name, container.id.as_str(), at)))
    }

    /// A disk without room for that makes no failure of what is done.
    fn append_of_volume(&self, event: &NewEvent) -> Result<(), EngineError> {
        match self.headroom.draw_on(EngineError::is_full_disk, || self.events.append(event)) {
            Err(error) if error.is_full_disk() => Ok(()),
            told => told,
        }
    }
}
