//! A container as the database keeps it, in the engine's types.

use corten_monitor::health::Status as HealthStatus;
use corten_spec::id::ContainerId;
use corten_spec::time::Timestamp;
use corten_state::ContainerRow;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::config::ContainerConfig;
use super::restart::{brings_back, may_come_back};
use super::state::{RunState, Status};
use crate::error::EngineError;
use crate::host::boot_id;

/// One container.
#[derive(Debug, Clone, PartialEq)]
pub struct Container {
    /// Its id.
    pub id: ContainerId,
    /// Its name, without the leading slash.
    pub name: String,
    /// The image's id (`sha256:…`).
    pub image_id: String,
    /// When it was created.
    pub created_at: Timestamp,
    /// What it is asked to be.
    pub config: ContainerConfig,
    /// What became of it.
    pub state: RunState,
    /// Up to where the journal is folded into `state`.
    pub journal_offset: u64,
    /// How its health was found when it was last looked at; `None` where nothing probes it, or never has.
    pub health: Option<HealthStatus>,
}

impl Container {
    /// Reads a row.
    ///
    /// # Errors
    /// [`EngineError::DamagedRecord`] when a document in it does not parse.
    pub fn from_row(row: ContainerRow) -> Result<Self, EngineError> {
        let ContainerRow { id, name, image_id, image_name: _, created_at, config, state, journal_offset } =
            row;
        let config = parse(&id, &config)?;
        let state = parse(&id, &state)?;
        let id: ContainerId = id
            .parse()
            .map_err(|_| EngineError::Invalid(format!("container id `{id}` in the database is damaged")))?;
        Ok(Self {
            id,
            name,
            image_id: image_id.unwrap_or_default(),
            created_at,
            config,
            state,
            journal_offset,
            health: None,
        })
    }

    /// What a row says beside its documents, for one whose documents do not parse: all that its removal needs.
    ///
    /// # Errors
    /// When its id is damaged too.
    pub(super) fn stripped(row: ContainerRow) -> Result<Self, EngineError> {
        let encode = |source| EngineError::DamagedRecord { id: row.id.clone(), source };
        let config = serde_json::to_string(&ContainerConfig::default()).map_err(encode)?;
        let state = serde_json::to_string(&RunState::default()).map_err(encode)?;
        Self::from_row(ContainerRow { config, state, ..row })
    }

    /// Writes a row.
    ///
    /// # Errors
    /// When a document cannot be written as JSON.
    pub fn to_row(&self) -> Result<ContainerRow, EngineError> {
        Ok(ContainerRow {
            id: self.id.to_string(),
            name: self.name.clone(),
            image_id: (!self.image_id.is_empty()).then(|| self.image_id.clone()),
            image_name: self.config.image.clone(),
            created_at: self.created_at,
            config: self.document(&self.config)?,
            state: self.document(&self.state)?,
            journal_offset: self.journal_offset,
        })
    }

    /// The state as the database keeps it.
    ///
    /// # Errors
    /// When it cannot be written as JSON.
    pub fn state_document(&self) -> Result<String, EngineError> {
        self.document(&self.state)
    }

    fn document<T: Serialize>(&self, value: &T) -> Result<String, EngineError> {
        serde_json::to_string(value)
            .map_err(|source| EngineError::DamagedRecord { id: self.id.to_string(), source })
    }

    /// Whether it is about to come back by its restart policy, or from being unhealthy. There is no process of it then, but for Docker's clients it runs.
    #[must_use]
    pub fn is_restarting(&self) -> bool {
        let ours = |boot| brings_back(&self.config, &self.state, boot);
        may_come_back(&self.config) && boot_id().is_ok_and(ours)
    }

    /// Whether it runs in the eyes of Docker's clients.
    #[must_use]
    pub fn is_up(&self) -> bool {
        self.state.is_running() || self.is_restarting()
    }

    /// How often its restart policy has brought it back, or is about to.
    #[must_use]
    pub fn restart_count(&self) -> u64 {
        self.state.restart_count + u64::from(self.is_restarting())
    }

    /// Docker's one word for its state.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self.state.status {
            Status::Created => "created",
            Status::Running if self.state.paused => "paused",
            Status::Running => "running",
            Status::Exited if self.is_restarting() => "restarting",
            Status::Exited => "exited",
            Status::Removing => "removing",
        }
    }

    /// The host name inside.
    #[must_use]
    pub fn hostname(&self) -> String {
        if self.config.hostname.is_empty() {
            self.id.short().to_string()
        } else {
            self.config.hostname.clone()
        }
    }
}

fn parse<T: DeserializeOwned>(id: &str, text: &str) -> Result<T, EngineError> {
    serde_json::from_str(text).map_err(|source| EngineError::DamagedRecord { id: id.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_identifies_a_container_survives_its_documents() {
        let row = ContainerRow {
            id: "7".repeat(64),
            name: "box".to_owned(),
            image_id: None,
            image_name: "busybox".to_owned(),
            created_at: Timestamp::from_nanos(1),
            config: "rot".to_owned(),
            state: "rot".to_owned(),
            journal_offset: 9,
        };
        assert!(matches!(Container::from_row(row.clone()), Err(EngineError::DamagedRecord { .. })));
        let stripped = Container::stripped(row).unwrap();
        assert_eq!((stripped.name.as_str(), stripped.journal_offset), ("box", 9));
        assert!(!stripped.state.is_running());
    }
}
