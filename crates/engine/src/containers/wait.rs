//! Waiting for a container to end or to be gone, whoever ends it.

use std::time::Duration;

use corten_spec::id::ContainerId;
use corten_spec::time::Timestamp;
use tokio::time::Instant;

use super::Containers;
use super::observe::open_init;
use super::record::Container;
use crate::error::EngineError;
use crate::events::{EventHub, Subscription};
use crate::task::blocking;
use crate::wake::{self, Wake};

/// How long others may take to tell before a waiter looks for itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// How long this process has to do itself what is waited for, before the kernel is asked to tell of what others do.
const OWN_DOING: Duration = Duration::from_millis(100);

/// How long after the end of an init its monitor's word is looked for first; twice as long after that, and so on …
const FIRST_LOOK: Duration = Duration::from_micros(250);

/// … up to this.
const LAST_LOOK: Duration = Duration::from_millis(20);

/// What is waited for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WaitCondition {
    /// Until it does not run; at once when it does not.
    #[default]
    NotRunning,
    /// Until it ends the next time.
    NextExit,
    /// Until it is removed.
    Removed,
}

/// What was waited for came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitResult {
    /// The container's exit code; 0 for one that never ran.
    pub exit_code: i32,
}

/// A wait that is registered: nothing that happens from now on is missed.
#[derive(Debug)]
pub struct Waiter {
    containers: Containers,
    id: ContainerId,
    condition: WaitCondition,
    exit_code: i32,
    /// The last exit before.
    ended_at: Timestamp,
    done: bool,
    events: Subscription,
    init: Lifeline,
}

/// What a waiter watches beside the events, since whoever was killed tells of nothing: a monitor of no end, a remover of no
/// removal.
#[derive(Debug)]
enum Lifeline {
    /// Nothing is under way.
    Absent,
    /// The container is about to come back: not every way of preventing that is told of.
    Waiting,
    /// The container's init lives.
    Alive(Wake),
    /// It was gone at that moment: if its monitor does not tell soon, nobody will.
    Gone(Instant),
}

impl Containers {
    /// Registers a wait.
    ///
    /// # Errors
    /// Not found.
    pub async fn wait(&self, reference: &str, condition: WaitCondition) -> Result<Waiter, EngineError> {
        let events = self.inner.events.subscribe()?;
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        let container = blocking(move || inner.find(&reference)).await?;
        let done = condition == WaitCondition::NotRunning && !container.is_up();
        let (exit_code, ended_at) = (container.state.exit_code, container.state.finished_at);
        let init = Lifeline::of(&container, condition)?;
        let (containers, id) = (self.clone(), container.id);
        Ok(Waiter { containers, id, condition, exit_code, ended_at, done, events, init })
    }
}

impl Waiter {
    /// The container.
    #[must_use]
    pub fn id(&self) -> &ContainerId {
        &self.id
    }

    /// Waits.
    ///
    /// # Errors
    /// When the event file or the database cannot be read; when the container was to be removed and cannot be.
    pub async fn finish(mut self) -> Result<WaitResult, EngineError> {
        let id = self.id.to_string();
        let (mut watching, watch_at) = (false, Instant::now() + OWN_DOING);
        while !self.done {
            let next = tokio::select! {
                biased;
                next = self.events.next() => {
                    if next.is_none() {
                        // What was missed is seen in the state.
                        self.events = self.containers.inner.events.subscribe()?;
                    }
                    next
                }
                () = self.init.silence(&self.containers.inner.events) => None,
                // Whoever starts or removes it may be another process.
                () = tokio::time::sleep_until(watch_at), if !watching && !self.init.is_alive() => {
                    self.events.watch();
                    watching = true;
                    continue;
                }
            };
            match next {
                Some(event) if event.kind == "container" && event.actor == id => {
                    let code = event.attributes.get("exitCode").and_then(|code| code.parse().ok());
                    self.take_in(&event.action, code);
                    match event.action.as_str() {
                        "start" => self.watch_run().await?,
                        "stop" if matches!(self.init, Lifeline::Waiting) => self.look_again().await?,
                        _ => {}
                    }
                }
                Some(_) => {}
                None => self.look_again().await?,
            }
        }
        Ok(WaitResult { exit_code: self.exit_code })
    }

    fn take_in(&mut self, action: &str, exit_code: Option<i32>) {
        match action {
            "die" => {
                self.exit_code = exit_code.unwrap_or(self.exit_code);
                self.done = self.condition != WaitCondition::Removed;
            }
            "destroy" => self.done = true,
            _ => {}
        }
    }

    /// A run has begun: its end is watched from now on. One that is over by now is told of by events that are still to be read.
    async fn watch_run(&mut self) -> Result<(), EngineError> {
        let (inner, id) = (self.containers.inner.clone(), self.id.clone());
        self.init = match blocking(move || inner.find_again(&id)).await {
            Ok(container) => Lifeline::of(&container, self.condition)?,
            Err(EngineError::NotFound(_)) => Lifeline::Gone(Instant::now()),
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// Some events were missed, or will not come: the state itself tells. An end that was missed counts as the next one.
    /// A removal that was promised and that nobody gets done is tried here.
    async fn look_again(&mut self) -> Result<(), EngineError> {
        let (inner, id) = (self.containers.inner.clone(), self.id.clone());
        let removal_is_awaited = self.condition == WaitCondition::Removed;
        let found = blocking(move || {
            if removal_is_awaited {
                inner.remove_in_place(&id)?;
            }
            inner.find_again(&id).inspect(|container| inner.nudge(container))
        });
        match found.await {
            Ok(container) => {
                self.init = Lifeline::of(&container, self.condition)?;
                self.exit_code = container.state.exit_code;
                // Where it is about to come back, this end is one that was waited for if it is a new one.
                let is_over = !container.is_up()
                    || container.is_restarting() && container.state.finished_at != self.ended_at;
                self.done = self.condition != WaitCondition::Removed && is_over;
                Ok(())
            }
            Err(EngineError::NotFound(_)) => {
                self.done = true;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}

impl Lifeline {
    fn of(container: &Container, condition: WaitCondition) -> Result<Self, EngineError> {
        if container.is_restarting() && condition != WaitCondition::Removed {
            return Ok(Self::Waiting);
        }
        let init = container.state.init.as_ref().filter(|_| container.state.is_running());
        match init.map(|init| open_init(init, container.id.as_str())).transpose()? {
            Some(Some(process)) => Ok(Self::Alive(wake::readable(process, "the end of a container")?)),
            // The next run has not begun, and may be long in coming.
            None if condition != WaitCondition::Removed => Ok(Self::Absent),
            _ => Ok(Self::Gone(Instant::now())),
        }
    }

    /// Returns when it is time to look at the state itself.
    /// Until then the follower is made to look for that word again and again.
    async fn silence(&mut self, events: &EventHub) {
        if let Self::Alive(end) = self {
            end.wait().await;
            *self = Self::Gone(Instant::now());
        }
        let seen = match self {
            Self::Gone(seen) => seen,
            Self::Waiting => return tokio::time::sleep(PATIENCE).await,
            _ => return std::future::pending().await,
        };
        let mut pause = FIRST_LOOK;
        while seen.elapsed() < PATIENCE {
            events.look();
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LAST_LOOK);
        }
    }

    fn is_alive(&self) -> bool {
        matches!(self, Self::Alive(_))
    }
}
