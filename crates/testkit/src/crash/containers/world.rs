//! What there is to be: containers, volumes and images, as plain values.

use std::collections::{BTreeMap, BTreeSet};

/// As many containers as there are at once.
const CROWD: usize = 6;

/// All of it, by name.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct World {
    pub(super) containers: BTreeMap<String, Container>,
    /// With the marks in them.
    pub(super) volumes: BTreeMap<String, BTreeSet<String>>,
    /// Beside the one that containers are made of.
    pub(super) images: BTreeSet<String>,
}

/// One container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Container {
    pub(super) life: Life,
    pub(super) policy: Policy,
    /// Bytes that it may use; 0 is any number.
    pub(super) memory: u64,
    pub(super) is_on_bridge: bool,
    pub(super) volume: Option<String>,
    /// The host's that it has while it is up.
    pub(super) port: Option<u16>,
    /// It becomes healthy while it runs.
    pub(super) is_probed: bool,
    /// Files that have been promised to be in it.
    pub(super) marks: BTreeSet<String>,
    /// How often its program has been seen to start, and must have written so.
    pub(super) starts: usize,
}

/// What it is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    Created,
    Running,
    Paused,
    /// With this code; any, where nobody can say.
    Exited(Option<i32>),
    /// Between the two; nothing stays so.
    Restarting,
}

/// What comes after its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    No,
    OnFailure,
    Always,
}

impl Policy {
    pub(super) const ALL: [Policy; 3] = [Policy::No, Policy::OnFailure, Policy::Always];

    pub(super) fn name(self) -> &'static str {
        match self {
            Policy::No => "no",
            Policy::OnFailure => "on-failure",
            Policy::Always => "always",
        }
    }
}

impl Life {
    /// Whether something observed is what was meant.
    pub(super) fn includes(self, observed: Life) -> bool {
        matches!((self, observed), (Life::Exited(None), Life::Exited(_))) || self == observed
    }

    /// Whether it has a process.
    pub(super) fn is_up(self) -> bool {
        matches!(self, Life::Running | Life::Paused)
    }
}

impl World {
    /// Whether there may be one more container.
    pub(super) fn has_room(&self) -> bool {
        self.containers.len() < CROWD
    }

    /// Names of containers that satisfy something.
    pub(super) fn containers_that(&self, is: impl Fn(&Container) -> bool) -> Vec<String> {
        self.containers.iter().filter(|(_, it)| is(it)).map(|(name, _)| name.clone()).collect()
    }

    /// Names of volumes that no container has.
    pub(super) fn unused_volumes(&self) -> Vec<String> {
        let is_used = |name: &String| self.containers.values().any(|it| it.volume.as_ref() == Some(name));
        self.volumes.keys().filter(|name| !is_used(name)).cloned().collect()
    }

    /// This with something done to one of its containers.
    pub(super) fn with(&self, name: &str, change: impl FnOnce(&mut Container)) -> World {
        let mut world = self.clone();
        if let Some(container) = world.containers.get_mut(name) {
            change(container);
        }
        world
    }

    /// Names of containers that a boot may start.
    pub(super) fn bootable(&self) -> Vec<String> {
        self.containers_that(|it| it.policy != Policy::No && matches!(it.life, Life::Exited(_)))
    }

    /// This with those running that a boot starts. For those that come back after failures it depends on why they ended: with all of them,
    /// and with none.
    pub(super) fn booted(&self) -> [World; 2] {
        [[Policy::Always, Policy::OnFailure], [Policy::Always; 2]].map(|policies| {
            let mut world = self.clone();
            let comes =
                |it: &&mut Container| policies.contains(&it.policy) && matches!(it.life, Life::Exited(_));
            for container in world.containers.values_mut().filter(comes) {
                container.life = Life::Running;
                container.starts += 1;
            }
            world
        })
    }

    /// This with one of its containers doing something else.
    pub(super) fn living(&self, name: &str, life: Life) -> World {
        self.with(name, |container| container.life = life)
    }
}
