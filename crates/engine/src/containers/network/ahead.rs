//! Sandboxes that are made ahead: while a container is created, the namespace that its start will want is made on another processor.
//!
//! Nothing of them is on record: they are gone with this process, or with their descriptor.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use corten_network::sandbox::{self, Prepared};
use corten_spec::user_namespace::UserNamespace;

use super::connect::cable;
use super::mode::NetworkMode;
use super::segment::ReadySegment;
use crate::containers::config::HostConfig;
use crate::containers::{Inner, user_namespace};
use crate::error::EngineError;
use crate::random;

/// How many may wait for their container. One that is created and never started leaves its own to the next.
const SPARE: usize = 4;

/// A sandbox that belongs to nobody yet.
#[derive(Debug)]
pub(super) struct Spare {
    /// The id of the endpoint that it will be, which names its cable.
    pub(super) endpoint_id: String,
    /// The namespace, with the cable.
    pub(super) prepared: Prepared,
}

/// Those that are being made, or wait.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    /// Whether any are to be made: not by a command that creates and does not start.
    is_wanted: bool,
    making: Mutex<Vec<JoinHandle<Option<Spare>>>>,
}

impl Spares {
    /// None yet.
    pub(crate) fn new(is_wanted: bool) -> Self {
        Self { is_wanted, making: Mutex::default() }
    }

    /// One of them, once it is made; what does not lead to the segment's bridge as it is now is dropped.
    pub(super) fn take(&self, ready: &ReadySegment) -> Option<Spare> {
        loop {
            let next = self.making.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
            let made = next.join().ok().flatten();
            let fits = |spare: &Spare| {
                let cable = spare.prepared.cable();
                (cable.bridge, cable.mtu) == (ready.bridge.index, ready.bridge.mtu)
            };
            if let Some(spare) = made.filter(fits) {
                return Some(spare);
            }
        }
    }
}

impl Inner {
    /// Begins to make the sandbox that a container with this configuration will want; it is no failure if it cannot be made.
    pub(in crate::containers) fn prepare_sandbox(self: &Arc<Self>, host: &HostConfig) {
        let on_bridge = matches!(NetworkMode::of(host), Ok(NetworkMode::Bridge));
        let has_users_of_its_own = !matches!(user_namespace::mode(host), Ok(UserNamespace::Host));
        if !self.spares.is_wanted || !on_bridge || has_users_of_its_own {
            return;
        }
        let mut making = self.spares.making.lock().unwrap_or_else(PoisonError::into_inner);
        if making.len() < SPARE {
            let inner = Arc::clone(self);
            let thread = thread::Builder::new().name("sandbox".to_owned());
            making.extend(thread.spawn(move || inner.make_spare().ok().flatten()));
        }
    }

    /// `None` where there is no bridge yet: a container that may fail to be created is no reason to make one.
    fn make_spare(&self) -> Result<Option<Spare>, EngineError> {
        let mut host = corten_network::open_host()?;
        let Some(ready) = self.ready_default_segment(&mut host)? else { return Ok(None) };
        let endpoint_id = random::hex_id()?;
        let prepared = sandbox::prepare(&mut host, cable(&ready.bridge, &endpoint_id)?)?;
        Ok(Some(Spare { endpoint_id, prepared }))
    }
}
