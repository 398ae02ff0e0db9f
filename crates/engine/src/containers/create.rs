//! Creating a container: intent in the database, an empty writable directory on disk, nothing running.

use std::collections::BTreeMap;

use corten_images::Image;
use corten_journal::{FileLock, NewEvent};
use corten_snapshots::ContainerFiles;
use corten_spec::id::ContainerId;
use corten_spec::name::{self, ContainerName};
use corten_spec::platform::{Platform, choose};
use corten_spec::user_namespace::UserNamespace;
use corten_state::{Durability, IdRange, StateError};

use super::config::ContainerConfig;
use super::links::SettledLink;
use super::merge::merge_image_defaults;
use super::network::NetworkMode;
use super::prepare::require_bind_sources;
use super::record::Container;
use super::restart::may_come_back;
use super::state::RunState;
use super::volume_points::Settled;
use super::{Containers, Inner, launch_plan, user_namespace};
use crate::clock::now;
use crate::error::EngineError;
use crate::host::boot_id;
use crate::random;
use crate::task::blocking;

/// How often what somebody else has changed meanwhile is tried again: a name that was made up, a volume.
const TRIES: u32 = 64;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct CreateRequest {
    /// Its name; `None` = one is made up.
    pub name: Option<String>,
    /// What its image is to be for; `None` = this machine, or what there is.
    pub platform: Option<Platform>,
    /// Containers that it links to, `name:alias`.
    pub links: Vec<String>,
    /// What it is asked to be, without the image's defaults.
    pub config: ContainerConfig,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Created {
    /// The new container.
    pub id: ContainerId,
    /// What the user should know: a limit that this kernel cannot set, say.
    pub warnings: Vec<String>,
}

impl Containers {
    /// Creates a container.
    ///
    /// # Errors
    /// `No such image`, a name in use, a configuration that contradicts itself or asks for what does not exist here, a full disk.
    pub async fn create(&self, request: CreateRequest) -> Result<Created, EngineError> {
        let inner = self.inner.clone();
        inner.prepare_sandbox(&request.config.host);
        inner.prepare_recruit();
        blocking(move || inner.create(request)).await
    }
}

/// Docker's warning for an image that only another machine can be expected to run.
fn unasked_platform(image: &Image, asked: Option<&Platform>) -> Option<String> {
    let (host, platform) = (Platform::host(), &image.config.platform);
    let fits = platform.architecture.is_empty() || choose(&host, std::slice::from_ref(platform)).is_some();
    (asked.is_none() && !fits).then(|| {
        format!(
            "The requested image's platform ({platform}) does not match the detected host platform ({host}) and no specific \
             platform was requested"
        )
    })
}

impl Inner {
    fn create(&self, request: CreateRequest) -> Result<Created, EngineError> {
        let image = self.image_or_embedded(&request.config.image, request.platform.as_ref())?;
        let mut config = request.config;
        launch_plan::fill_in(&mut config.host.resources);
        let mut warnings: Vec<String> =
            unasked_platform(&image, request.platform.as_ref()).into_iter().collect();
        warnings.extend(launch_plan::adapt(&mut config.host.resources, &|limit| self.cgroups.has(limit)));
        let is_anybody = config.user.is_empty();
        super::network::validate_request(&config)?;
        self.settle_network_mode(&mut config)?;
        let links = self.settle_links(&NetworkMode::of(&config.host)?, &request.links)?;
        merge_image_defaults(&mut config, &image);
        launch_plan::validate_confinement(&config.host, crate::host::security_modules)?;
        launch_plan::validate(&config)?;
        if config.host.auto_remove && may_come_back(&config) {
            let text = "can't create 'AutoRemove' container with restart policy";
            return Err(EngineError::Invalid(text.to_owned()));
        }
        super::foreign::validate(&config.host)?;
        let defaults = self.budget.settings.container_defaults().map_err(EngineError::Invalid)?;
        super::log_plan::settle(&mut config.host.log, &defaults)?;
        let (cpus, nodes) = (crate::host::online_cpus(), crate::host::online_memory_nodes());
        launch_plan::validate_cpuset(&config.host.resources, &cpus, &nodes)?;
        super::storage_limit::settle(&mut config.host.storage_options, defaults.size)?;
        require_bind_sources(&config.host)?;
        let userns = user_namespace::mode(&config.host)?;
        let created_in = config.host.auto_remove.then(boot_id).transpose()?.map(str::to_owned);
        let mut container = Container {
            id: ContainerId::from_bytes(random::bytes()?),
            name: String::new(),
            image_id: image.id.to_string(),
            created_at: now(),
            config,
            state: RunState { created_in, ..RunState::default() },
            journal_offset: 0,
            health: None,
        };
        container.config.host.ids = user_namespace::settled(&userns);
        if let (UserNamespace::KeepId { user: (uid, gid) }, true) = (&userns, is_anybody) {
            container.config.user = format!("{uid}:{gid}");
        }
        let free_ids = match userns {
            UserNamespace::Auto { size } => Some(size),
            _ => None,
        };
        let holds = Holds { layers: &image.layer_ids, free_ids, links, volumes: Settled::default() };
        self.bring_about(&mut container, request.name, holds)?;
        warnings.extend(self.network_warnings(&container)?);
        Ok(Created { id: container.id, warnings })
    }

    /// The image, loaded first if it is one that this program brings along.
    fn image_or_embedded(&self, reference: &str, platform: Option<&Platform>) -> Result<Image, EngineError> {
        if self.embedded.load_missing(&self.images, reference)? {
            self.events.append(&NewEvent {
                at: now(),
                kind: "image".to_owned(),
                action: "load".to_owned(),
                actor: reference.to_owned(),
                attributes: BTreeMap::from([("name".to_owned(), reference.to_owned())]),
            })?;
        }
        Ok(self.images.resolve(reference, platform)?)
    }

    /// The name that was asked for, if it can be had: before anything is made for the container.
    fn take_name(&self, wanted: Option<String>) -> Result<Option<ContainerName>, EngineError> {
        let Some(wanted) = wanted else { return Ok(None) };
        let name: ContainerName =
            wanted.parse().map_err(|error: name::InvalidName| EngineError::Invalid(error.to_string()))?;
        match self.store.read(|tx| tx.container_by_name(name.as_ref()))? {
            Some(holder) => {
                Err(StateError::NameInUse { name: name.to_string(), holder_id: holder.id }.into())
            }
            None => Ok(Some(name)),
        }
    }

    fn insert(
        &self,
        container: &mut Container,
        wanted: Option<&ContainerName>,
        holds: &Holds<'_>,
    ) -> Result<(), EngineError> {
        let seed = u64::from_le_bytes(random::bytes()?);
        for retry in 0..TRIES {
            container.name = wanted.map_or_else(|| name::random(seed, retry), ToString::to_string);
            match self.insert_row(container, holds) {
                Err(EngineError::State(StateError::NameInUse { .. })) if wanted.is_none() => {}
                // Somebody has removed a volume since it was made or found.
                Err(EngineError::NotFound(_)) => self.renew_volumes(&holds.volumes, &container.config)?,
                other => return other,
            }
        }
        Err(EngineError::Conflict(format!(
            "no free name was found in {TRIES} tries, or its volumes are removed again and again: give one with --name"
        )))
    }

    /// The layers are held with the row: an image may be removed by force, what a container stands on may not.
    fn insert_row(&self, container: &mut Container, holds: &Holds<'_>) -> Result<(), EngineError> {
        // A container that is removed when it ends is not worth waiting for the disk.
        let durability =
            if container.config.host.auto_remove { Durability::Normal } else { Durability::Full };
        let somewhere = u32::from_le_bytes(random::bytes()?);
        self.store.write(durability, |tx| {
            let range = holds.free_ids.map(|size| free_ids(&tx.id_ranges()?, size, somewhere)).transpose()?;
            if let Some((first, size)) = range {
                container.config.host.ids = Some(user_namespace::beginning_with(first, size));
            }
            let row = container.to_row()?;
            tx.insert_container(&row)?;
            tx.hold_layers(&row.id, holds.layers)?;
            holds.links.iter().try_for_each(|link| tx.insert_link(&link.row(&row.id)))?;
            holds.volumes.hold(tx, container)?;
            range.map_or(Ok(()), |range| Ok(tx.hold_id_range(&row.id, range)?))
        })
    }

    /// Files, row and event, in this order and under the lock: whoever finds the row finds the rest, and what has no row and no
    /// lock was left by a crash. After an error nothing is left.
    fn bring_about(
        &self,
        container: &mut Container,
        name: Option<String>,
        mut holds: Holds<'_>,
    ) -> Result<(), EngineError> {
        let name = self.take_name(name)?;
        holds.volumes = self.settle_volume_points(&mut container.config)?;
        let locked = self
            .lock_new_files(&container.id)
            .and_then(|lock| self.limit_storage(container).map(|()| lock))
            .and_then(|lock| self.insert(container, name.as_ref(), &holds).map(|()| lock));
        let lock = match locked {
            Ok(lock) => lock,
            Err(error) => {
                holds.volumes.discard();
                let _ = ContainerFiles::remove(self.home.root(), &container.id);
                return Err(error);
            }
        };
        let own = holds.volumes.into_own();
        let made = self.finish_creation(container, &own);
        made.map(|()| drop(lock)).inspect_err(|_| {
            // The first failure is the one to report; what stays is found by `system settle`.
            let _ = self.store.write(Durability::Normal, |tx| {
                tx.remove_container(container.id.as_str())?;
                own.iter().try_for_each(|volume| tx.begin_volume_removal(volume).map(drop))
            });
            let _ = ContainerFiles::remove(self.home.root(), &container.id);
            let _ = self.remove_volumes(&own);
        })
    }

    /// What a container that is on record lacks.
    fn finish_creation(&self, container: &Container, own: &[String]) -> Result<(), EngineError> {
        own.iter().try_for_each(|volume| self.tell_of_volume(volume, "create", BTreeMap::new()))?;
        if !container.config.host.volume_points.is_empty() {
            self.fill_volumes(container)?;
        }
        self.announce(container, "create", BTreeMap::new())
    }

    /// Makes the writable directory, and takes its lock.
    fn lock_new_files(&self, id: &ContainerId) -> Result<FileLock, EngineError> {
        loop {
            ContainerFiles::prepare(self.home.root(), id)?;
            match FileLock::try_exclusive(&self.home.rootfs_lock(id)) {
                Ok(Some(lock)) => return Ok(lock),
                // Taken for a leftover and swept before it had its lock.
                Ok(None) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Appends an event about a container.
    pub(crate) fn announce(
        &self,
        container: &Container,
        action: &str,
        extra: BTreeMap<String, String>,
    ) -> Result<(), EngineError> {
        self.events.append(&self.event(container, action, extra))
    }

    /// An event of this moment about a container.
    pub(super) fn event(
        &self,
        container: &Container,
        action: &str,
        extra: BTreeMap<String, String>,
    ) -> NewEvent {
        let mut attributes = self.event_attributes(container);
        attributes.extend(extra);
        NewEvent {
            at: now(),
            kind: "container".to_owned(),
            action: action.to_owned(),
            actor: container.id.to_string(),
            attributes,
        }
    }

    /// Tells of something that is done: a disk without room for that makes no failure of it.
    pub(crate) fn tell(
        &self,
        container: &Container,
        action: &str,
        extra: BTreeMap<String, String>,
    ) -> Result<(), EngineError> {
        let event = self.event(container, action, extra);
        match self.headroom.draw_on(EngineError::is_full_disk, || self.events.append(&event)) {
            Err(error) if error.is_full_disk() => Ok(()),
            told => told,
        }
    }

    /// What every event of a container carries: its labels, its image and its name.
    pub(crate) fn event_attributes(&self, container: &Container) -> BTreeMap<String, String> {
        let mut attributes = container.config.labels.clone();
        attributes.insert("image".to_owned(), container.config.image.clone());
        attributes.insert("name".to_owned(), container.name.clone());
        attributes
    }
}

/// What a container has for as long as it is there.
struct Holds<'a> {
    /// Of its image.
    layers: &'a [String],
    /// How many ids that no other container has; they are chosen with the row.
    free_ids: Option<u32>,
    /// Containers that it links to.
    links: Vec<SettledLink>,
    /// Volumes.
    volumes: Settled,
}

/// Ids that no container on record has.
fn free_ids(taken: &[IdRange], size: u32, somewhere: u32) -> Result<IdRange, EngineError> {
    let first = user_namespace::free(taken, size, somewhere);
    first.map(|first| (first, size)).ok_or_else(|| {
        EngineError::Conflict(format!("there are no {size} free ids for a user namespace of its own"))
    })
}
