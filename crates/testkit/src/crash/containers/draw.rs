//! Which deed comes next.

use super::deed::{Deed, OWN, VOLUME};
use super::making::Making;
use super::world::{Life, Policy, World};
use crate::crash::random::Random;

/// Limits to draw from, in bytes.
const LIMITS: [u64; 3] = [64 << 20, 96 << 20, 128 << 20];

/// Ports that are published, a new one in each round: below those that the kernel takes for connections.
const FIRST_PORT: u16 = 10_000;
const PORTS: u16 = 20_000;

/// Kinds of deeds, more often what brings something.
pub(super) const KINDS: [&str; 36] = [
    "create",
    "run -d",
    "run -d",
    "run -d",
    "run --rm",
    "start",
    "start",
    "start",
    "stop",
    "kill",
    "restart",
    "restart",
    "pause",
    "unpause",
    "unpause",
    "rm -f",
    "rm -f",
    "container prune",
    "rename",
    "update --memory",
    "update --restart",
    "exec",
    "exec",
    "cp",
    "end",
    "end",
    "commit",
    "rmi",
    "volume create",
    "volume rm",
    "volume prune",
    "system prune",
    "boot",
    "daemon",
    "daemon",
    "system settle",
];

impl Deed {
    /// One of this kind that can be done to the world; `number` makes new names new.
    pub(super) fn draw(kind: &str, random: &mut Random, world: &World, number: u64) -> Option<Deed> {
        let with = |random: &mut Random, is: &dyn Fn(Life) -> bool| {
            random.pick(&world.containers_that(|it| is(it.life))).cloned()
        };
        let running = |life| life == Life::Running;
        let new = format!("box-{number}");
        let has_room = world.has_room();
        Some(match kind {
            "create" if has_room => Deed::Create(making(random, world, new, number)),
            "run -d" if has_room => Deed::Run(making(random, world, new, number)),
            "run --rm" => Deed::RunOnce { name: new, is_on_bridge: random.below(2) == 0 },
            "start" => Deed::Start(with(random, &|life| !life.is_up())?),
            "stop" => Deed::Stop(with(random, &running)?),
            "kill" => Deed::Kill(with(random, &running)?),
            "restart" => Deed::Restart(with(random, &|life| life != Life::Paused)?),
            "pause" => Deed::Pause(with(random, &running)?),
            "unpause" => Deed::Unpause(with(random, &|life| life == Life::Paused)?),
            "rm -f" => Deed::Remove(with(random, &|_| true)?),
            "container prune" => Deed::Prune,
            "rename" => Deed::Rename { from: with(random, &|_| true)?, to: new },
            "update --memory" => {
                let memory = *random.pick(&LIMITS)?;
                Deed::Limit { name: with(random, &|life| life != Life::Paused)?, memory }
            }
            "update --restart" => {
                Deed::Policy { name: with(random, &|_| true)?, policy: *random.pick(&Policy::ALL)? }
            }
            "exec" => {
                let name = with(random, &running)?;
                let has_volume = world.containers.get(&name).is_some_and(|it| it.volume.is_some());
                let place = if has_volume && random.below(2) == 0 { VOLUME } else { OWN };
                Deed::Exec { name, mark: format!("mark-{number}"), place }
            }
            "cp" => {
                // Its directory is made by its first start.
                let started = world.containers_that(|it| it.starts > 0 && it.life != Life::Paused);
                Deed::Copy { name: random.pick(&started)?.clone(), mark: format!("mark-{number}") }
            }
            "end" => Deed::End(with(random, &running)?),
            "commit" => Deed::Commit {
                name: with(random, &|life| life != Life::Paused)?,
                image: format!("made:{number}"),
            },
            "rmi" => {
                Deed::RemoveImage(random.pick(&world.images.iter().cloned().collect::<Vec<_>>())?.clone())
            }
            "volume create" => Deed::MakeVolume(format!("volume-{number}")),
            "volume rm" => Deed::RemoveVolume(random.pick(&world.unused_volumes())?.clone()),
            "volume prune" => Deed::PruneVolumes,
            "system prune" => {
                let keeps_image = world.containers.values().any(|it| it.life.is_up());
                Deed::PruneSystem { images: keeps_image && random.below(2) == 0 }
            }
            "boot" => Deed::Boot,
            "daemon" => Deed::Serve,
            "system settle" => Deed::Settle,
            _ => return None,
        })
    }
}

fn making(random: &mut Random, world: &World, name: String, number: u64) -> Making {
    let volumes: Vec<String> = world.volumes.keys().cloned().collect();
    let volume = match random.below(3) {
        0 => None,
        1 => Some(format!("of-{name}")),
        _ => random.pick(&volumes).cloned(),
    };
    let policy = Policy::ALL[random.below(3) as usize];
    let is_on_bridge = random.below(2) == 0;
    let is_published = is_on_bridge && random.below(2) == 0;
    let port = is_published.then(|| FIRST_PORT + (number % u64::from(PORTS)) as u16);
    let is_probed = random.below(3) == 0;
    Making { name, policy, is_on_bridge, volume, port, is_probed }
}
