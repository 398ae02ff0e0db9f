//! One follower of the event file per engine, fanned out to everybody in this process who waits for something.
//!
//! It looks when this process has a reason to: after its own events, after what a monitor told it. Only for what other processes may
//! do at any moment is the kernel asked to watch the file: letting go of an inotify instance costs a process 10 to 50 ms at its end.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use corten_journal::{Event, EventLog, EventReader, NewEvent};
use tokio::sync::broadcast;

use super::bell::Bell;
use crate::error::EngineError;
use crate::wake::{self, Changes};

/// How many events a subscriber may lag behind before it has to look at the state itself.
const BACKLOG: usize = 1024;

/// The events of one root.
#[derive(Debug)]
pub(crate) struct EventHub {
    root: PathBuf,
    log: EventLog,
    follower: Mutex<Weak<Follower>>,
}

/// What subscribers share with the task that reads the file; it ends with the last of them.
#[derive(Debug)]
struct Follower {
    /// `None` is the last thing that is sent, when the file cannot be read.
    sender: broadcast::Sender<Option<Arc<Event>>>,
    bell: Arc<Bell>,
    ended: AtomicBool,
}

/// Holds the follower alive.
#[derive(Debug)]
pub(crate) struct Subscription {
    receiver: broadcast::Receiver<Option<Arc<Event>>>,
    follower: Arc<Follower>,
}

impl EventHub {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), log: EventLog::new(root), follower: Mutex::new(Weak::new()) }
    }

    /// Announces something that this engine did.
    pub(crate) fn append(&self, event: &NewEvent) -> Result<(), EngineError> {
        self.log.append(event)?;
        self.look();
        Ok(())
    }

    /// Announces something that this engine did, unless what would have to come after it has happened.
    pub(crate) fn append_while(
        &self,
        event: &NewEvent,
        holds: impl FnOnce() -> Result<bool, EngineError>,
    ) -> Result<bool, EngineError> {
        let appended = self.log.append_while(event, holds)?;
        self.look();
        Ok(appended)
    }

    /// Has the follower look, if there is one: another process has just written, or may have.
    pub(crate) fn look(&self) {
        if let Some(follower) = self.lock().upgrade() {
            follower.bell.ring();
        }
    }

    /// Everything that is appended after this call, whoever appends it.
    ///
    /// Must be called within the asynchronous runtime.
    pub(crate) fn subscribe(&self) -> Result<Subscription, EngineError> {
        let mut current = self.lock();
        let follower = match current.upgrade().filter(|follower| !follower.ended.load(Ordering::Acquire)) {
            Some(follower) => follower,
            None => {
                let follower = self.follow()?;
                *current = Arc::downgrade(&follower);
                follower
            }
        };
        // What others wrote before this moment is not news to the new subscriber, and is read before anything else.
        follower.bell.ring();
        Ok(Subscription { receiver: follower.sender.subscribe(), follower })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Weak<Follower>> {
        self.follower.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn follow(&self) -> Result<Arc<Follower>, EngineError> {
        let reader = EventReader::at_end(&self.root)?;
        let sender = broadcast::Sender::new(BACKLOG);
        let follower = Arc::new(Follower { sender, bell: Arc::default(), ended: AtomicBool::new(false) });
        tokio::spawn(pump(reader, follower.bell.clone(), Arc::downgrade(&follower)));
        Ok(follower)
    }
}

/// Forwards events until nobody listens any more, or the file cannot be read: subscribers then have to look at the state themselves.
async fn pump(mut reader: EventReader, bell: Arc<Bell>, follower: Weak<Follower>) {
    let mut watch: Option<Changes> = None;
    loop {
        let Some(listeners) = follower.upgrade() else { return };
        if look(&mut reader, &mut watch, &listeners).is_err() {
            listeners.ended.store(true, Ordering::Release);
            let _ = listeners.sender.send(None);
            return;
        }
        drop(listeners);
        tokio::select! {
            () = bell.wait() => {}
            alive = written(watch.as_ref()) => if !alive { return },
        }
    }
}

fn look(
    reader: &mut EventReader,
    watch: &mut Option<Changes>,
    listeners: &Follower,
) -> Result<(), EngineError> {
    if watch.is_none() && listeners.bell.is_watch_asked_for() {
        *watch = Some(watch_file(reader)?);
    }
    while let Some(event) = reader.next()? {
        // No receiver at this instant is not an error: the next look at the follower ends the pump.
        let _ = listeners.sender.send(Some(Arc::new(event)));
    }
    Ok(())
}

fn watch_file(reader: &mut EventReader) -> Result<Changes, EngineError> {
    wake::changes(reader.watch()?, "events")
}

/// Until the kernel tells of a change; for ever where it was not asked.
async fn written(watch: Option<&Changes>) -> bool {
    match watch {
        Some(watch) => watch.wait().await,
        None => std::future::pending().await,
    }
}

impl Subscription {
    /// The next event; `None` when some were missed or the follower ended, and the caller must look at the state itself.
    pub(crate) async fn next(&mut self) -> Option<Arc<Event>> {
        self.receiver.recv().await.ok().flatten()
    }

    /// Asks to be told of what other processes do as soon as they do it.
    pub(crate) fn watch(&self) {
        self.follower.bell.ask_for_watch();
    }
}

impl Drop for Follower {
    /// The task that reads must wake up to see that nobody is left.
    fn drop(&mut self) {
        self.bell.ring();
    }
}
