//! What is done in a round, what is typed for it, and what the world may be like afterwards. Pure.

use std::collections::BTreeSet;

use super::making::{Making, WORDS};
use super::world::{Life, Policy, World};

/// The image that containers are made of.
pub(super) const IMAGE: &str = "busybox:latest";

/// Where marks lie in a container, and in its volume.
pub(super) const OWN: &str = "/marks";
pub(super) const VOLUME: &str = "/data";

/// What a container ends with when it is asked to.
const END: i32 = 3;

/// As SIGKILL leaves it.
const KILLED: Life = Life::Exited(Some(137));

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    Create(Making),
    Run(Making),
    /// Until its end; it removes itself.
    RunOnce {
        name: String,
        is_on_bridge: bool,
    },
    Start(String),
    Stop(String),
    Kill(String),
    Restart(String),
    Pause(String),
    Unpause(String),
    Remove(String),
    Prune,
    Rename {
        from: String,
        to: String,
    },
    Limit {
        name: String,
        memory: u64,
    },
    Policy {
        name: String,
        policy: Policy,
    },
    Exec {
        name: String,
        mark: String,
        place: &'static str,
    },
    Copy {
        name: String,
        mark: String,
    },
    /// Its own process ends.
    End(String),
    Commit {
        name: String,
        image: String,
    },
    RemoveImage(String),
    MakeVolume(String),
    RemoveVolume(String),
    PruneVolumes,
    /// Of everything; of images only where some container keeps the one that they are made of.
    PruneSystem {
        images: bool,
    },
    Boot,
    /// A daemon starts, which does as a boot does, and ends.
    Serve,
    Settle,
}

/// What may be there afterwards: for each thing what one of these worlds says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcomes {
    /// When it is done.
    pub(super) after: World,
    /// When it is not, and neither nothing has been done.
    pub(super) between: Vec<World>,
}

/// The content of the file `mark`.
pub(super) fn content(mark: &str) -> String {
    format!("{mark}\n").repeat(40)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

impl Deed {
    /// What is typed after `corten`; `file` is one that is copied.
    pub(super) fn arguments(&self, file: &str) -> Vec<String> {
        match self {
            Deed::Create(making) => making.arguments(&["create"]),
            Deed::Run(making) => making.arguments(&["run", "--detach"]),
            Deed::RunOnce { name, is_on_bridge } => {
                let network = if *is_on_bridge { "bridge" } else { "none" };
                words(&["run", "--rm", "--name", name, "--network", network, IMAGE, "true"])
            }
            Deed::Start(name) => words(&["start", name]),
            Deed::Stop(name) => words(&["stop", name]),
            Deed::Kill(name) => words(&["kill", name]),
            Deed::Restart(name) => words(&["restart", name]),
            Deed::Pause(name) => words(&["pause", name]),
            Deed::Unpause(name) => words(&["unpause", name]),
            Deed::Remove(name) => words(&["rm", "--force", name]),
            Deed::Prune => words(&["container", "prune", "--force"]),
            Deed::Rename { from, to } => words(&["rename", from, to]),
            Deed::Limit { name, memory } => {
                let memory = memory.to_string();
                words(&["update", "--memory", &memory, "--memory-swap", &memory, name])
            }
            Deed::Policy { name, policy } => words(&["update", "--restart", policy.name(), name]),
            Deed::Exec { name, mark, place } => {
                // `content`, as a shell writes it.
                let script =
                    format!("i=0; while [ $i -lt 40 ]; do echo {mark}; i=$((i+1)); done > {place}/{mark}");
                words(&["exec", name, "sh", "-c", &script])
            }
            Deed::Copy { name, mark } => words(&["cp", file, &format!("{name}:{OWN}/{mark}")]),
            Deed::End(name) => {
                // The session is to be answered for before its container ends.
                let script = format!("usleep 100000; echo {END} > {WORDS}");
                words(&["exec", "--detach", name, "sh", "-c", &script])
            }
            Deed::Commit { name, image } => words(&["commit", name, image]),
            Deed::RemoveImage(name) => words(&["rmi", name]),
            Deed::MakeVolume(name) => words(&["volume", "create", name]),
            Deed::RemoveVolume(name) => words(&["volume", "rm", name]),
            Deed::PruneVolumes => words(&["volume", "prune", "--all", "--force"]),
            Deed::PruneSystem { images } => {
                let all = if *images { "--all=true" } else { "--all=false" };
                words(&["system", "prune", "--force", "--volumes", all])
            }
            Deed::Boot => words(&["boot", "--timeout", "3s"]),
            Deed::Serve => words(&["daemon"]),
            Deed::Settle => words(&["system", "settle"]),
        }
    }

    /// The container that it is about.
    pub(super) fn subject(&self) -> Option<&str> {
        match self {
            Deed::Create(making) | Deed::Run(making) => Some(&making.name),
            Deed::RunOnce { name, .. }
            | Deed::Start(name)
            | Deed::Stop(name)
            | Deed::Kill(name)
            | Deed::Restart(name)
            | Deed::Pause(name)
            | Deed::Unpause(name)
            | Deed::Remove(name)
            | Deed::End(name)
            | Deed::Rename { to: name, .. }
            | Deed::Limit { name, .. }
            | Deed::Policy { name, .. }
            | Deed::Exec { name, .. }
            | Deed::Copy { name, .. }
            | Deed::Commit { name, .. } => Some(name),
            Deed::Prune
            | Deed::RemoveImage(_)
            | Deed::MakeVolume(_)
            | Deed::RemoveVolume(_)
            | Deed::PruneVolumes
            | Deed::PruneSystem { .. }
            | Deed::Boot
            | Deed::Serve
            | Deed::Settle => None,
        }
    }

    /// Whether a container starts or ends by it.
    pub(super) fn moves_container(&self) -> bool {
        matches!(
            self,
            Deed::Run(_)
                | Deed::RunOnce { .. }
                | Deed::Start(_)
                | Deed::Stop(_)
                | Deed::Kill(_)
                | Deed::Restart(_)
                | Deed::End(_)
        )
    }

    /// Whether it starts what a boot starts.
    pub(super) fn boots(&self) -> bool {
        matches!(self, Deed::Boot | Deed::Serve)
    }

    /// Whether nobody can say, where it is cut short, how often its container has started.
    pub(super) fn starts_container(&self) -> bool {
        self.moves_container() && !matches!(self, Deed::Stop(_) | Deed::Kill(_))
    }

    /// What it makes of a world.
    pub(super) fn outcomes(&self, world: &World) -> Outcomes {
        let certain = |after| Outcomes { after, between: Vec::new() };
        let up = |name: &str| {
            world.with(name, |container| {
                container.life = Life::Running;
                container.starts += 1;
            })
        };
        let ended = |name: &str| world.living(name, Life::Exited(None));
        match self {
            Deed::Create(making) => certain(made(world, making, Life::Created)),
            Deed::Run(making) => {
                let lives = [Life::Created, Life::Exited(None)];
                let between = lives.map(|life| made(world, making, life)).into();
                Outcomes { after: made(world, making, Life::Running), between }
            }
            Deed::RunOnce { name, is_on_bridge } => {
                let policy = Policy::No;
                let name = name.clone();
                let (is_on_bridge, is_probed) = (*is_on_bridge, false);
                let making = Making { name, policy, is_on_bridge, volume: None, port: None, is_probed };
                let lives = [Life::Created, Life::Running, Life::Exited(None)];
                let between = lives.map(|life| made(world, &making, life)).into();
                Outcomes { after: world.clone(), between }
            }
            Deed::Start(name) | Deed::Restart(name) => {
                Outcomes { after: up(name), between: vec![ended(name)] }
            }
            Deed::Stop(name) | Deed::Kill(name) => certain(world.living(name, KILLED)),
            Deed::Pause(name) => certain(world.living(name, Life::Paused)),
            Deed::Unpause(name) => certain(world.living(name, Life::Running)),
            Deed::Remove(name) => Outcomes {
                after: without(world, &BTreeSet::from([name.clone()])),
                between: vec![ended(name)],
            },
            Deed::Prune => certain(pruned(world)),
            Deed::PruneSystem { images } => {
                let mut after = pruned(world);
                // Volumes are all named, and stay.
                after.images.retain(|_| !images);
                certain(after)
            }
            Deed::Rename { from, to } => {
                let mut after = world.clone();
                let container = after.containers.remove(from);
                after.containers.extend(container.map(|container| (to.clone(), container)));
                certain(after)
            }
            Deed::Limit { name, memory } => certain(world.with(name, |it| it.memory = *memory)),
            Deed::Policy { name, policy } => certain(world.with(name, |it| it.policy = *policy)),
            Deed::Exec { name, mark, place } => certain(marked(world, name, mark, place)),
            Deed::Copy { name, mark } => certain(marked(world, name, mark, OWN)),
            Deed::End(name) => {
                let comes_back = world.containers.get(name).is_some_and(|it| it.policy != Policy::No);
                let over = world.living(name, Life::Exited(Some(END)));
                certain(if comes_back { up(name) } else { over })
            }
            Deed::Commit { image, .. } => {
                let mut after = world.clone();
                after.images.insert(image.clone());
                certain(after)
            }
            Deed::RemoveImage(name) => {
                let mut after = world.clone();
                after.images.remove(name);
                certain(after)
            }
            Deed::MakeVolume(name) => {
                let mut after = world.clone();
                after.volumes.entry(name.clone()).or_default();
                certain(after)
            }
            Deed::RemoveVolume(name) => certain(without_volumes(world, std::slice::from_ref(name))),
            Deed::PruneVolumes => certain(without_volumes(world, &world.unused_volumes())),
            Deed::Boot | Deed::Serve => {
                let [after, _] = world.booted();
                certain(after)
            }
            Deed::Settle => certain(world.clone()),
        }
    }
}

fn made(world: &World, making: &Making, life: Life) -> World {
    let mut world = world.clone();
    world.containers.insert(making.name.clone(), making.container(life));
    if let Some(volume) = &making.volume {
        world.volumes.entry(volume.clone()).or_default();
    }
    world
}

fn pruned(world: &World) -> World {
    let idle = world.containers_that(|it| !it.life.is_up());
    without(world, &idle.into_iter().collect())
}

fn without(world: &World, names: &BTreeSet<String>) -> World {
    let mut world = world.clone();
    world.containers.retain(|name, _| !names.contains(name));
    world
}

fn without_volumes(world: &World, names: &[String]) -> World {
    let mut world = world.clone();
    world.volumes.retain(|name, _| !names.contains(name));
    world
}

fn marked(world: &World, name: &str, mark: &str, place: &str) -> World {
    let mut world = world.clone();
    let Some(container) = world.containers.get_mut(name) else { return world };
    let marks = match &container.volume {
        Some(volume) if place == VOLUME => world.volumes.entry(volume.clone()).or_default(),
        _ => &mut container.marks,
    };
    marks.insert(mark.to_owned());
    world
}
