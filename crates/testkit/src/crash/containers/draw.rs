//! Which deed comes next.

use super::deed::{Deed, Making, OWN, VOLUME};
use super::world::{Life, Policy, World};
use crate::crash::random::Random;

/// As many containers as there are at once.
const CROWD: usize = 6;

/// Limits to draw from, in bytes.
const LIMITS: [u64; 3] = [64 << 20, 96 << 20, 128 << 20];

/// Kinds of deeds, more often what brings something; and about how many calls one has that change something, for the round to be struck
/// in the middle.
pub(super) const KINDS: [(&str, u64); 31] = [
    ("create", 60),
    ("run -d", 260),
    ("run -d", 260),
    ("run -d", 260),
    ("run --rm", 280),
    ("start", 200),
    ("start", 200),
    ("start", 200),
    ("stop", 40),
    ("kill", 40),
    ("restart", 240),
    ("restart", 240),
    ("pause", 30),
    ("unpause", 30),
    ("unpause", 30),
    ("rm -f", 120),
    ("rm -f", 120),
    ("container prune", 120),
    ("rename", 40),
    ("update --memory", 60),
    ("update --restart", 40),
    ("exec", 60),
    ("exec", 60),
    ("cp", 60),
    ("end", 60),
    ("end", 60),
    ("commit", 100),
    ("rmi", 60),
    ("volume create", 40),
    ("volume rm", 40),
    ("volume prune", 60),
];

/// Those that hardly ever have anything to do.
pub(super) const IDLE_KINDS: [(&str, u64); 2] = [("boot", 30), ("system settle", 30)];

impl Deed {
    /// One of this kind that can be done to the world; `number` makes new names new.
    pub(super) fn draw(kind: &str, random: &mut Random, world: &World, number: u64) -> Option<Deed> {
        let with = |random: &mut Random, is: &dyn Fn(Life) -> bool| {
            random.pick(&world.containers_that(|it| is(it.life))).cloned()
        };
        let running = |life| life == Life::Running;
        let new = format!("box-{number}");
        let has_room = world.containers.len() < CROWD;
        Some(match kind {
            "create" if has_room => Deed::Create(making(random, world, new)),
            "run -d" if has_room => Deed::Run(making(random, world, new)),
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
            "boot" => Deed::Boot,
            "system settle" => Deed::Settle,
            _ => return None,
        })
    }
}

fn making(random: &mut Random, world: &World, name: String) -> Making {
    let volumes: Vec<String> = world.volumes.keys().cloned().collect();
    let volume = match random.below(3) {
        0 => None,
        1 => Some(format!("of-{name}")),
        _ => random.pick(&volumes).cloned(),
    };
    let policy = Policy::ALL[random.below(3) as usize];
    Making { name, policy, is_on_bridge: random.below(2) == 0, volume }
}
