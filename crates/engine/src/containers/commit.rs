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
use super::merge::merge_image_configs;
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
    /// How it is to be run; what is left out is the container's. `None` = as the container.
    pub config: Option<ImageContainerConfig>,
    /// Instructions of a Dockerfile that change that.
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
        let config = image_config(&container.config, request)?;
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
}

/// What was asked for, changed as was asked for; what that leaves empty is the container's.
fn image_config(
    container: &ContainerConfig,
    request: &CommitRequest,
) -> Result<ImageContainerConfig, EngineError> {
    let before = of_container(container);
    let mut config = request.config.clone().unwrap_or_else(|| before.clone());
    apply_changes(&mut config, &request.changes).map_err(ImagesError::from)?;
    merge_image_configs(&mut config, before);
    Ok(config)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Option<Vec<String>> {
        Some(words.iter().map(|&word| word.to_owned()).collect())
    }

    fn container() -> ContainerConfig {
        ContainerConfig {
            cmd: words(&["sleep", "9"]),
            env: vec!["A=1".to_owned(), "B=2".to_owned()],
            labels: [("kept".to_owned(), "yes".to_owned())].into(),
            user: "nobody".to_owned(),
            ..ContainerConfig::default()
        }
    }

    #[test]
    fn a_configuration_is_filled_up_from_the_container() {
        let asked = ImageContainerConfig {
            env: vec!["B=3".to_owned()],
            working_dir: "/srv".to_owned(),
            ..ImageContainerConfig::default()
        };
        let changes = vec!["LABEL new=1".to_owned()];
        let request = CommitRequest { config: Some(asked), changes, ..CommitRequest::default() };
        let made = image_config(&container(), &request).unwrap();
        assert_eq!(made.cmd, words(&["sleep", "9"]));
        assert_eq!(made.env, ["B=3", "A=1"]);
        assert_eq!((made.user.as_str(), made.working_dir.as_str()), ("nobody", "/srv"));
        assert_eq!(made.labels.len(), 2);
    }

    #[test]
    fn an_entrypoint_leaves_out_the_containers_command() {
        let asked = ImageContainerConfig { entrypoint: words(&["true"]), ..ImageContainerConfig::default() };
        let request = CommitRequest { config: Some(asked), ..CommitRequest::default() };
        let made = image_config(&container(), &request).unwrap();
        assert_eq!((made.entrypoint, made.cmd), (words(&["true"]), None));
    }
}
