//! Links (`--link`): containers on the default network that know others there by names of their own, in `/etc/hosts` and in their
//! environment.
//!
//! Every container there reaches every other anyway: a link opens nothing.

mod environment;
mod hosts;
mod parse;

use std::collections::HashMap;

use corten_error::{Classified as _, Kind};
use corten_spec::name::ContainerName;
use corten_state::{Durability, LinkRow};

use super::network::NetworkMode;
use super::{Container, Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

pub(super) use environment::environment;
pub(super) use hosts::host_names;

/// What a container with the host's network has no use for, in Docker's words.
const WITH_HOST: &str = "conflicting options: host type networking can't be used with links. This would result in undefined behavior";
/// Likewise for one with another container's.
const WITH_CONTAINER: &str = "conflicting options: container type network can't be used with links. This would result in undefined behavior";

/// A link that was asked for, with the container found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SettledLink {
    alias: String,
    linked_id: String,
}

impl SettledLink {
    /// The link as the database keeps it.
    pub(super) fn row(&self, container_id: &str) -> LinkRow {
        let Self { alias, linked_id } = self.clone();
        LinkRow { container_id: container_id.to_owned(), alias, linked_id }
    }
}

/// A container that another links to, and that can be reached.
#[derive(Debug)]
pub(super) struct Linked {
    /// `/web/db`: who links, and its name for the other.
    pub(super) full_name: String,
    pub(super) container: Container,
    pub(super) connection: corten_state::Connection,
}

impl Linked {
    /// The name that the one who links has for it.
    fn alias(&self) -> &str {
        self.full_name.rsplit('/').next().unwrap_or_default()
    }
}

impl Containers {
    /// The further names that links give to containers (`/web/db`), by the ids of those that are linked.
    ///
    /// # Errors
    /// The database.
    pub async fn link_names(&self) -> Result<HashMap<String, Vec<String>>, EngineError> {
        let inner = self.inner.clone();
        blocking(move || {
            let mut names: HashMap<String, Vec<String>> = HashMap::new();
            for (name, row) in inner.store.read(|tx| tx.named_links())? {
                names.entry(row.linked_id).or_default().push(format!("/{name}/{}", row.alias));
            }
            Ok(names)
        })
        .await
    }

    /// Removes the link that `web/db` names; both containers stay as they are.
    ///
    /// # Errors
    /// Not found; a name of a container that is no link's.
    pub async fn remove_link(&self, name: &str) -> Result<(), EngineError> {
        let (inner, name) = (self.inner.clone(), name.to_owned());
        blocking(move || inner.remove_link(&name)).await
    }
}

impl Inner {
    /// Finds the containers that a new one is to link to. An alias that is asked for twice is the first one's.
    ///
    /// # Errors
    /// Invalid for what is no link, names no container, or cannot be had on this network.
    pub(super) fn settle_links(
        &self,
        mode: &NetworkMode<'_>,
        asked: &[String],
    ) -> Result<Vec<SettledLink>, EngineError> {
        match mode {
            _ if asked.is_empty() => return Ok(Vec::new()),
            NetworkMode::Host => return Err(EngineError::Invalid(WITH_HOST.to_owned())),
            NetworkMode::Container(_) => return Err(EngineError::Invalid(WITH_CONTAINER.to_owned())),
            _ => {}
        }
        let mut settled: Vec<SettledLink> = Vec::new();
        for text in asked {
            let (name, alias) = parse::link(text)?;
            let linked_id = self.owner_of_network(name)?.id.to_string();
            if settled.iter().all(|other| other.alias != alias) {
                settled.push(SettledLink { alias: alias.to_owned(), linked_id });
            }
        }
        Ok(settled)
    }

    /// The container of this name, or the one whose network it shares.
    fn owner_of_network(&self, name: &str) -> Result<Container, EngineError> {
        let mut name = name.to_owned();
        loop {
            // Clients take "not found" to be said of the image, and pull it.
            let found = self.find(&name).map_err(|error| match error.kind() {
                Kind::NotFound => EngineError::Invalid(format!(
                    "could not get container for {name}: {}",
                    corten_error::chain(&error)
                )),
                _ => error,
            })?;
            name = match NetworkMode::of(&found.config.host)? {
                NetworkMode::Container(owner) => owner.to_owned(),
                NetworkMode::Host => return Err(EngineError::Invalid(WITH_HOST.to_owned())),
                _ => return Ok(found),
            };
        }
    }

    /// The containers that one on the default network links to, by alias.
    ///
    /// # Errors
    /// One of them does not run, or is not on that network.
    pub(super) fn linked(&self, container: &Container) -> Result<Vec<Linked>, EngineError> {
        if NetworkMode::of(&container.config.host)? != NetworkMode::Bridge {
            return Ok(Vec::new());
        }
        let rows = self.store.read(|tx| tx.links_of(container.id.as_str()))?;
        rows.into_iter().map(|row| self.linked_by(container, &row)).collect()
    }

    /// What the containers that one links to add to the environment of a further process in it.
    ///
    /// # Errors
    /// As [`linked`](Self::linked).
    pub(crate) fn linked_environment(&self, container: &Container) -> Result<Vec<String>, EngineError> {
        Ok(environment(&self.linked(container)?))
    }

    fn linked_by(&self, container: &Container, row: &LinkRow) -> Result<Linked, EngineError> {
        let full_name = format!("/{}/{}", container.name, row.alias);
        let gone =
            |name: &str| EngineError::CannotLink(format!("a non running container: /{name} AS {full_name}"));
        let found = self.find(&row.linked_id).map_err(|error| match error.kind() {
            Kind::NotFound => gone(&row.linked_id),
            _ => error,
        })?;
        if !found.state.is_running() {
            return Err(gone(&found.name));
        }
        let connection = self.store.read(|tx| tx.connection_of(&row.linked_id))?.ok_or_else(|| {
            EngineError::CannotLink(format!("/{}, as it does not belong to the default network", found.name))
        })?;
        Ok(Linked { full_name, container: found, connection })
    }

    /// The links of a container as Docker shows them, `/db:/web/db`; those whose container is gone are not shown.
    pub(super) fn shown_links(&self, container: &Container) -> Result<Vec<String>, EngineError> {
        let mut shown = Vec::new();
        for row in self.store.read(|tx| tx.links_of(container.id.as_str()))? {
            if let Some(linked) = self.store.read(|tx| tx.container(&row.linked_id))? {
                shown.push(format!("/{}:/{}/{}", linked.name, container.name, row.alias));
            }
        }
        Ok(shown)
    }

    fn remove_link(&self, name: &str) -> Result<(), EngineError> {
        let name = name.trim_start_matches('/');
        let Some((parent, alias)) = name.rsplit_once('/') else {
            self.find(name)?;
            return Err(EngineError::DefaultLinkName);
        };
        let removed = match parent.parse::<ContainerName>() {
            Ok(parent) => {
                self.store.write(Durability::Full, |tx| match tx.container_by_name(parent.as_ref())? {
                    Some(holder) => tx.remove_link(&holder.id, alias),
                    None => Ok(false),
                })?
            }
            Err(_) => false,
        };
        if removed { Ok(()) } else { Err(EngineError::NotFound(format!("No such container: {name}"))) }
    }
}
