//! Sandboxes that are made ahead.

use std::sync::Arc;

use corten_network::sandbox::{self, Prepared};
use corten_spec::user_namespace::UserNamespace;

use super::connect::cable;
use super::mode::NetworkMode;
use super::segment::ReadySegment;
use crate::ahead::{Stock, after_a_rest};
use crate::containers::config::HostConfig;
use crate::containers::{Container, Inner, user_namespace};
use crate::error::EngineError;
use crate::random;

/// One for whoever comes next; of the containers that are created and never started, each leaves its own to the next.
pub(crate) const SANDBOXES_AHEAD: Stock = Stock { kept: 1, limit: 4 };

/// Whether a container with this configuration takes one.
fn wants_spare(host: &HostConfig) -> bool {
    let on_bridge = matches!(NetworkMode::of(host), Ok(NetworkMode::Bridge));
    let has_users_of_its_own = !matches!(user_namespace::mode(host), Ok(UserNamespace::Host));
    on_bridge && !has_users_of_its_own
}

/// A sandbox that belongs to nobody yet.
#[derive(Debug)]
pub(crate) struct Spare {
    /// The id of the endpoint that it will be, which names its cable.
    pub(super) endpoint_id: String,
    /// The namespace, with the cable.
    pub(super) prepared: Prepared,
}

impl Spare {
    /// Whether it leads to the segment's bridge as that is now.
    pub(super) fn fits(&self, ready: &ReadySegment) -> bool {
        let cable = self.prepared.cable();
        (cable.bridge, cable.mtu) == (ready.bridge.index, ready.bridge.mtu)
    }
}

impl Inner {
    /// Begins to make the sandbox that a container with this configuration will want.
    pub(in crate::containers) fn prepare_sandbox(self: &Arc<Self>, host: &HostConfig) {
        if wants_spare(host) {
            self.sandboxes_ahead.begin(self.making_of_a_spare());
        }
    }

    /// Has the one replaced that this container, which was started, may have taken.
    pub(in crate::containers) fn replace_sandbox(self: &Arc<Self>, container: &Container) {
        if wants_spare(&container.config.host) && self.sandboxes_ahead.falls_due() {
            after_a_rest(self, |inner| inner.sandboxes_ahead.fill(|| inner.making_of_a_spare()));
        }
    }

    fn making_of_a_spare(self: &Arc<Self>) -> impl FnOnce() -> Option<Spare> + Send + 'static {
        let inner = Arc::clone(self);
        move || inner.make_spare().ok().flatten()
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
