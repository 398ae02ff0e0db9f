//! A container's process before it runs its program: the monitor's own child from the start, or one that another runtime made.
//!
//! The own one is what everything is built for; the other costs a process more, and calls of a foreign program.

use std::os::fd::OwnedFd;

use corten_cgroups::{Cgroup, Layout};
use corten_runtime::{Started, Starting, spawn_init};

use crate::bundle;
use crate::failure::{Failure, doing};
use crate::foreign::{Attendant, Created, Hold};
use crate::network;
use crate::protocol::Start;
use crate::stdio::{self, Near};

/// The process; dropping it leaves nothing of it.
#[expect(clippy::large_enum_variant, reason = "there is one, for a millisecond")]
pub(crate) enum Newborn {
    /// It sets itself up; somebody has hooks to run then and later.
    Own(Starting, Option<Attendant>),
    /// It waits.
    Foreign(Created),
}

impl Newborn {
    /// Has the process made, and its near ends. What needs the right to start programs is done when this returns.
    pub(crate) fn make(
        start: &Start,
        hold: &Hold<'_>,
        starter: &OwnedFd,
        layout: &Layout,
    ) -> Result<(Self, Near), Failure> {
        let (far, near) = doing("make the container's streams", stdio::prepare(&start.streams))?;
        if let Some(foreign) = &start.foreign {
            let created = Created::make(start, foreign, hold, far, &near)?;
            return Ok((Self::Foreign(created), near));
        }
        if let Some(path) = &start.launch.bundle {
            let made = bundle::make(path).and_then(|()| bundle::configure(path, &start.launch.spec));
            doing("make the container's bundle", made)?;
        }
        let mut process = spawn_init(&start.launch, layout, far, None)
            .map_err(|error| Failure::new(corten_error::chain(&error)))?;
        if start.launch.awaits_network {
            network::await_engine(&mut process, starter)?;
        }
        process.await_hooks()?;
        let attendant = Attendant::for_hooks(start, process.pid(), hold)?;
        Ok((Self::Own(process, attendant), near))
    }

    /// Its number, as the host has it.
    pub(crate) fn pid(&self) -> u32 {
        match self {
            Self::Own(process, _) => process.pid(),
            Self::Foreign(created) => created.process().map_or(0, |process| process.pid),
        }
    }

    /// Its cgroup.
    pub(crate) fn cgroup(&self) -> Option<&Cgroup> {
        match self {
            Self::Own(process, _) => process.cgroup(),
            Self::Foreign(created) => created.process().map(|process| &process.cgroup),
        }
    }

    /// Waits until its program runs, and gives out the attendant that it has from then on, if any.
    pub(crate) fn run(self) -> Result<(Started, Option<Attendant>), Failure> {
        match self {
            Self::Own(process, None) => Ok((process.wait()?, None)),
            Self::Own(process, Some(attendant)) => {
                let started = process.wait()?;
                match attendant.start("") {
                    Ok(()) => Ok((started, Some(attendant))),
                    Err(failure) => {
                        started.destroy();
                        Err(failure)
                    }
                }
            }
            Self::Foreign(created) => created.start().map(|(started, attendant)| (started, Some(attendant))),
        }
    }
}
