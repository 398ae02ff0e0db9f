//! Events that an engine owed when it was killed: that a container was created, that one was removed.
//!
//! What happened stands in the database, and is the truth; the event file only tells of it. So what it lacks can be found and told
//! later, as long as the file reaches back that far.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::thread;
use std::time::Duration;

use corten_journal::{Event, EventReader, FileLock, NewEvent};
use corten_spec::id::ContainerId;
use corten_spec::time::Timestamp;

use crate::clock::now;
use crate::containers::{Container, Inner};
use crate::error::EngineError;

/// One event that is missing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owed {
    pub(super) id: ContainerId,
    pub(super) action: &'static str,
}

/// The containers that the event file has created and not destroyed, as far as it was read.
struct Told {
    reader: EventReader,
    /// By id: what every event of the container carries.
    alive: HashMap<String, BTreeMap<String, String>>,
    /// Of what happened before this, the file tells nothing.
    since: Option<Timestamp>,
}

impl Told {
    fn read(inner: &Inner) -> Result<Self, EngineError> {
        let reader = EventReader::from_start(inner.home.root())?;
        let mut told = Self { reader, alive: HashMap::new(), since: None };
        told.catch_up()?;
        Ok(told)
    }

    fn catch_up(&mut self) -> Result<(), EngineError> {
        while let Some(event) = self.reader.next()? {
            self.since = self.since.or(Some(event.at));
            if event.kind == "container" {
                self.take_in(event);
            }
        }
        Ok(())
    }

    fn take_in(&mut self, event: Event) {
        match event.action.as_str() {
            "create" => drop(self.alive.insert(event.actor, event.attributes)),
            "destroy" => drop(self.alive.remove(&event.actor)),
            "rename" => {
                if let Some(known) = self.alive.get_mut(&event.actor) {
                    known.extend(event.attributes.into_iter().filter(|(name, _)| name == "name"));
                }
            }
            _ => {}
        }
    }

    fn lacks(&self, owed: &Owed) -> bool {
        self.alive.contains_key(owed.id.as_str()) == (owed.action == DESTROY)
    }
}

/// How long an engine may take from the last step of a removal to its event.
const GRACE: Duration = Duration::from_secs(1);

const CREATE: &str = "create";
const DESTROY: &str = "destroy";

impl Inner {
    /// The events that are missing, and that nobody is about to append.
    pub(super) fn owed_events(&self) -> Result<Vec<Owed>, EngineError> {
        self.look_for_owed(&mut Told::read(self)?)
    }

    /// Appends what is missing. Returns how many events that were.
    pub(super) fn pay_events(&self) -> Result<u64, EngineError> {
        let mut told = Told::read(self)?;
        let mut paid = 0;
        for owed in self.look_for_owed(&mut told)? {
            paid += u64::from(self.pay(&owed, &mut told)?);
        }
        Ok(paid)
    }

    fn look_for_owed(&self, told: &mut Told) -> Result<Vec<Owed>, EngineError> {
        let rows = self.store.read(|tx| tx.containers())?;
        let reaches = |at: Timestamp| told.since.is_some_and(|since| since <= at);
        let untold = rows.iter().filter(|row| !told.alive.contains_key(&row.id) && reaches(row.created_at));
        let created = untold.map(|row| (row.id.as_str(), CREATE));
        let recorded: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let removed = told.alive.keys().filter(|id| !recorded.contains(id.as_str()));
        let all = created.chain(removed.map(|id| (id.as_str(), DESTROY)));
        let mut owed = Vec::new();
        for (id, action) in all {
            let Ok(id) = id.parse::<ContainerId>() else { continue };
            // Who makes a container holds its lock until that is told; a monitor holds it too.
            let held = FileLock::is_held(&self.home.rootfs_lock(&id))?;
            if !held || self.find_again(&id).is_ok_and(|container| container.state.is_running()) {
                owed.push(Owed { id, action });
            }
        }
        if owed.iter().any(|owed| owed.action == DESTROY) {
            // A removal is told of after the last file, the lock's, has gone: somebody may be between the two.
            thread::sleep(GRACE);
        }
        self.drop_told(owed, told)
    }

    /// Without what was told since the event file was read; also of containers that are gone again.
    fn drop_told(&self, owed: Vec<Owed>, told: &mut Told) -> Result<Vec<Owed>, EngineError> {
        if owed.is_empty() {
            return Ok(owed);
        }
        told.catch_up()?;
        let rows = self.store.read(|tx| tx.containers())?;
        let recorded: HashSet<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        let is_missing =
            |owed: &Owed| told.lacks(owed) && recorded.contains(owed.id.as_str()) == (owed.action == CREATE);
        Ok(owed.into_iter().filter(is_missing).collect())
    }

    /// Appends one event, unless somebody else did meanwhile.
    fn pay(&self, owed: &Owed, told: &mut Told) -> Result<bool, EngineError> {
        let row = self.store.read(|tx| tx.container(owed.id.as_str()))?;
        if row.is_some() != (owed.action == CREATE) {
            return Ok(false);
        }
        let (attributes, at) = match row.map(Container::from_row).transpose()? {
            Some(container) => (self.event_attributes(&container), container.created_at),
            None => (told.alive.get(owed.id.as_str()).cloned().unwrap_or_default(), now()),
        };
        let event = NewEvent {
            at,
            kind: "container".to_owned(),
            action: owed.action.to_owned(),
            actor: owed.id.to_string(),
            attributes,
        };
        self.events.append_while(&event, || {
            told.catch_up()?;
            Ok(told.lacks(owed))
        })
    }
}
