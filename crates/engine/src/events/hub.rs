//! One follower of the event file per engine, fanned out to everybody in this process who waits for something.
//!
//! It starts with the first subscriber: a command that waits for nothing takes no inotify instance (a user has 128).

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use corten_journal::{Event, EventLog, EventReader, NewEvent};
use tokio::sync::broadcast;

use crate::error::EngineError;
use crate::wake::{self, Wake};

/// How many events a subscriber may lag behind before it has to look at the state itself.
const BACKLOG: usize = 1024;

type Sender = broadcast::Sender<Arc<Event>>;

/// The events of one root.
#[derive(Debug)]
pub(crate) struct EventHub {
    root: PathBuf,
    log: EventLog,
    follower: Mutex<Weak<Sender>>,
}

/// Holds the follower alive.
#[derive(Debug)]
pub(crate) struct Subscription {
    receiver: broadcast::Receiver<Arc<Event>>,
    _follower: Arc<Sender>,
}

impl EventHub {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), log: EventLog::new(root), follower: Mutex::new(Weak::new()) }
    }

    /// Announces something that this engine did.
    pub(crate) fn append(&self, event: &NewEvent) -> Result<(), EngineError> {
        self.log.append(event)?;
        Ok(())
    }

    /// Everything that is appended after this call, whoever appends it.
    ///
    /// Must be called within the asynchronous runtime.
    pub(crate) fn subscribe(&self) -> Result<Subscription, EngineError> {
        let mut follower = self.follower.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = match follower.upgrade() {
            Some(sender) if sender.receiver_count() > 0 => sender,
            _ => {
                let sender = self.follow()?;
                *follower = Arc::downgrade(&sender);
                sender
            }
        };
        Ok(Subscription { receiver: sender.subscribe(), _follower: sender })
    }

    fn follow(&self) -> Result<Arc<Sender>, EngineError> {
        let reader = EventReader::at_end(&self.root)?;
        let wake = wake::readable(reader.as_fd(), "events")?;
        let sender = Arc::new(broadcast::Sender::new(BACKLOG));
        tokio::spawn(pump(reader, wake, Arc::downgrade(&sender)));
        Ok(sender)
    }
}

/// Forwards events until nobody listens any more, or the file cannot be read: subscribers then see the channel closed.
async fn pump(mut reader: EventReader, wake: Wake, sender: Weak<Sender>) {
    loop {
        if !wake.wait().await {
            return;
        }
        let Some(sender) = sender.upgrade() else { return };
        while let Ok(next) = reader.next() {
            let Some(event) = next else { break };
            // No receiver at this instant is not an error: the next look at `sender` ends the pump.
            let _ = sender.send(Arc::new(event));
        }
    }
}

impl Subscription {
    /// The next event; `None` when some were missed or the follower ended, and the caller must look at the state itself.
    pub(crate) async fn next(&mut self) -> Option<Arc<Event>> {
        self.receiver.recv().await.ok()
    }
}
