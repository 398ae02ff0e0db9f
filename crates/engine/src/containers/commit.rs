//! An image of a container: what it has written as one more layer on those that it stands on.
//!
//! A container that runs is frozen while its files are read, unless that is not wanted; one that does not run is kept from being
//! started or removed meanwhile.

use std::time::Duration;

use corten_images::{ImagesError, Loaded, NewLayer, Recipe, apply_changes};
use corten_snapshots::ContainerFiles;
use corten_spec::image::ContainerConfig as ImageContainerConfig;
use corten_spec::platform::Platform;

use super::config::ContainerConfig;
use super::record::Container;
use super::{Containers, Inner, Reservation};
use crate::clock::now;
use crate::error::EngineError;
use crate::images::{ImageService, new_name};
use crate::task::blocking;

/// How long somebody else may take to start, end or remove the container.
const PATIENCE: Duration = Duration::from_secs(10);

/// The files that the engine mounts into every container: it has made something there to mount on, where the image had nothing.
const MOUNT_POINTS: [&str; 3] = ["etc/hostname", "etc/hosts", "etc/resolv.conf"];

/// What the image is to be.
#[derive(Debug, Clone, Default)]
pub struct CommitRequest {
    /// Of which container.
    pub container: String,
    /// Its name; empty = none.
    pub name: String,
    /// Who made it.
    pub author: String,
    /// A remark.
    pub comment: String,
    /// Instructions of a Dockerfile that change how it is run.
    pub changes: Vec<String>,
    /// Freezes a container that runs.
    pub pause: bool,
}

impl Containers {
    /// Makes an image of a container; its id.
    ///
    /// # Errors
    /// Not found; an instruction or a name that is none; a conflict while it is being removed; a full disk. Nothing is left then.
    pub async fn commit(&self, request: CommitRequest) -> Result<String, EngineError> {
        let (inner, images) = (self.inner.clone(), ImageService::new(self.clone()));
        blocking(move || {
            let (container, made) = inner.commit(&request)?;
            let name = made.references.first();
            if let Some(name) = name {
                images.announce("tag", made.id.as_str(), Some(name))?;
            }
            let attributes = [
                ("comment".to_owned(), request.comment),
                ("imageID".to_owned(), made.id.to_string()),
                ("imageRef".to_owned(), name.cloned().unwrap_or_default()),
            ];
            inner.tell(&container, "commit", attributes.into())?;
            inner.keep_to_budget();
            Ok(made.id.to_string())
        })
        .await
    }
}

impl Inner {
    fn commit(&self, request: &CommitRequest) -> Result<(Container, Loaded), EngineError> {
        let container = self.find(&request.container)?;
        self.refuse_removed(&container, "commit")?;
        let name = new_name(&request.name)?;
        let config = self.image_config(&container, &request.changes)?;
        let layer = self.layer_of(&container, request.pause)?;
        let recipe = Recipe {
            parent: Some(container.image_id.clone()),
            platform: Platform::host(),
            config,
            author: request.author.clone(),
            comment: request.comment.clone(),
            created_by: container.config.cmd.clone().unwrap_or_default().join(" "),
            created: now(),
            name,
        };
        let made = self.images.make(layer, recipe)?;
        Ok((container, made))
    }

    fn layer_of(&self, container: &Container, pause: bool) -> Result<NewLayer, EngineError> {
        let upper = ContainerFiles::of(self.home.root(), &container.id).upper();
        let pack = || Ok(self.images.pack_layer(&upper, &MOUNT_POINTS)?);
        if let Reservation::Granted(_lock, _) = self.reserve(&container.id, PATIENCE)? {
            return pack();
        }
        let layer =
            if pause && !container.state.paused { self.while_frozen(container, pack) } else { pack() };
        let now = self.find_again(&container.id)?;
        // Of one that is being removed some is gone already.
        self.refuse_removed(&now, "commit")?;
        match layer {
            // It has ended before it was frozen.
            Err(EngineError::Conflict(_)) if !now.state.is_running() => self.layer_of(&now, pause),
            layer => layer,
        }
    }

    /// The container's own configuration with the changes; what they leave empty is the container's.
    fn image_config(
        &self,
        container: &Container,
        changes: &[String],
    ) -> Result<ImageContainerConfig, EngineError> {
        let before = of_container(&container.config);
        let mut config = before.clone();
        apply_changes(&mut config, changes).map_err(ImagesError::from)?;
        if config.entrypoint.as_ref().is_none_or(Vec::is_empty) {
            if config.cmd.as_ref().is_none_or(Vec::is_empty) {
                config.cmd = before.cmd;
            }
            config.entrypoint = config.entrypoint.or(before.entrypoint);
        }
        if config.user.is_empty() {
            config.user = before.user;
        }
        config.healthcheck = before.healthcheck;
        Ok(config)
    }
}

fn of_container(config: &ContainerConfig) -> ImageContainerConfig {
    ImageContainerConfig {
        user: config.user.clone(),
        exposed_ports: config.exposed_ports.iter().cloned().collect(),
        env: config.env.clone(),
        entrypoint: config.entrypoint.clone(),
        cmd: config.cmd.clone(),
        volumes: config.volumes.iter().cloned().collect(),
        working_dir: config.working_dir.clone(),
        labels: config.labels.clone(),
        stop_signal: Some(config.stop_signal.clone()).filter(|signal| !signal.is_empty()),
        stop_timeout: config.stop_timeout,
        healthcheck: config.health.clone(),
        ..ImageContainerConfig::default()
    }
}
