//! What is done in a round, with images and what stands on them.

use std::collections::BTreeSet;
use std::path::Path;
use std::rc::Rc;

use super::goods::{Goods, Image};
use super::world::{Contained, Effects, World};
use crate::crash::random::Random;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Deed {
    /// Of the good with this number.
    Pull(usize),
    /// The same.
    Load(usize),
    Import {
        name: String,
    },
    Save {
        name: String,
    },
    Tag {
        from: String,
        to: String,
    },
    /// Of a name in the registry that takes pushes.
    Push {
        name: String,
    },
    Remove {
        name: String,
    },
    Prune,
    Run {
        image: String,
        container: String,
        mark: String,
    },
    Commit {
        container: String,
        name: String,
    },
    RemoveContainer {
        name: String,
    },
}

/// The repository that images are pushed to.
pub(super) const PUSHED: &str = "mirror/pushed";

/// Kinds of deeds, more often what brings something. The number is about how many calls one has that count, for the round to be struck
/// in the middle; the run reports what they really have.
pub(super) const KINDS: [(&str, u64); 19] = [
    ("pull", 260),
    ("pull", 260),
    ("pull", 260),
    ("load", 160),
    ("load", 160),
    ("import", 100),
    ("save", 40),
    ("tag", 30),
    ("tag", 30),
    ("push", 40),
    ("push", 40),
    ("rmi", 80),
    ("prune", 150),
    ("run", 120),
    ("run", 120),
    ("run", 120),
    ("commit", 80),
    ("commit", 80),
    ("rm", 60),
];

impl Deed {
    /// One of this kind that can be done to the world without touching what is `taken`; `number` makes new names new.
    pub(super) fn draw(
        kind: &str,
        random: &mut Random,
        scene: (&World, &Goods),
        number: u64,
        taken: &BTreeSet<String>,
    ) -> Option<Deed> {
        let (world, goods) = scene;
        let good = |random: &mut Random, is_pulled: bool| {
            let missing = goods
                .images
                .iter()
                .enumerate()
                .filter(|(_, good)| good.registry.is_some() == is_pulled && !taken.contains(&good.name));
            // What is there already is of less interest.
            let (there, missing): (Vec<_>, Vec<_>) =
                missing.partition(|(_, good)| world.images.contains_key(&good.name));
            random.pick(if missing.is_empty() { &there } else { &missing }).map(|(at, _)| *at)
        };
        let free = |names: &mut dyn Iterator<Item = &String>| -> Vec<String> {
            names.filter(|name| !taken.contains(*name)).cloned().collect()
        };
        let images = free(&mut world.images.keys());
        let containers = free(&mut world.containers.keys());
        Some(match kind {
            "pull" => Deed::Pull(good(random, true)?),
            "load" => Deed::Load(good(random, false)?),
            "import" => Deed::Import { name: format!("imported:{number}") },
            "save" => Deed::Save { name: random.pick(&images)?.clone() },
            "tag" => Deed::Tag {
                from: random.pick(&images)?.clone(),
                to: goods.sink.name(&format!("{PUSHED}:{number}")),
            },
            "push" => {
                let pushed = goods.sink.name(PUSHED);
                let names: Vec<_> = images.iter().filter(|name| name.starts_with(&pushed)).collect();
                Deed::Push { name: (*random.pick(&names)?).clone() }
            }
            "rmi" => Deed::Remove { name: random.pick(&free(&mut world.unused().iter()))?.clone() },
            "prune" => Deed::Prune,
            "run" => {
                let able: Vec<_> = images.iter().filter(|name| world.images[*name].runs).collect();
                let image = (*random.pick(&able)?).clone();
                Deed::Run { image, container: format!("box-{number}"), mark: format!("mark {number}") }
            }
            "commit" => {
                let container = random.pick(&containers)?.clone();
                Deed::Commit { container, name: format!("made:{number}") }
            }
            "rm" => Deed::RemoveContainer { name: random.pick(&containers)?.clone() },
            _ => return None,
        })
    }

    /// What nobody else may touch meanwhile.
    pub(super) fn touches(&self, goods: &Goods) -> BTreeSet<String> {
        let names = match self {
            Deed::Pull(at) | Deed::Load(at) => vec![goods.images[*at].name.clone()],
            Deed::Import { name } | Deed::Save { name } | Deed::Remove { name } => vec![name.clone()],
            Deed::RemoveContainer { name } | Deed::Push { name } => vec![name.clone()],
            Deed::Tag { from, to } => vec![from.clone(), to.clone()],
            Deed::Prune => Vec::new(),
            Deed::Run { image, container, .. } => vec![image.clone(), container.clone()],
            Deed::Commit { container, name } => vec![container.clone(), name.clone()],
        };
        names.into_iter().collect()
    }

    /// What is typed after `corten`; `output` is where an archive goes.
    pub(super) fn arguments(&self, goods: &Goods, output: &Path) -> Vec<String> {
        let good = |at: &usize| &goods.images[*at];
        let path = |path: &Path| path.display().to_string();
        let words: Vec<&str> = match self {
            Deed::Pull(at) => vec!["pull", &good(at).name],
            Deed::Load(at) => {
                return ["load".to_owned(), "--input".to_owned(), path(&good(at).archive)].into();
            }
            Deed::Import { name } => {
                return ["import".to_owned(), path(&goods.tree.0), name.clone()].into();
            }
            Deed::Save { name } => {
                return ["save".to_owned(), "--output".to_owned(), path(output), name.clone()].into();
            }
            Deed::Tag { from, to } => vec!["tag", from, to],
            Deed::Push { name } => vec!["push", name],
            Deed::Remove { name } => vec!["rmi", name],
            Deed::Prune => vec!["image", "prune", "--all", "--force"],
            Deed::Run { image, container, mark } => {
                let script = format!("printf %s '{mark}' > /{}", super::world::MARK);
                let words =
                    ["run", "--network", "none", "--name", container, image, "/bin/sh", "-c", &script];
                return words.map(str::to_owned).into();
            }
            Deed::Commit { container, name } => vec!["commit", container, name],
            Deed::RemoveContainer { name } => vec!["rm", name],
        };
        words.into_iter().map(str::to_owned).collect()
    }

    /// What it makes of the world when it is done.
    pub(super) fn effects(&self, world: &World, goods: &Goods) -> Effects {
        match self {
            Deed::Pull(at) | Deed::Load(at) => {
                let good = &goods.images[*at];
                Effects::image(&good.name, Some(good.image.clone()))
            }
            Deed::Import { name } => {
                let files = Rc::clone(&goods.tree.1);
                Effects::image(name, Some(Image { id: None, files, blobs: Rc::default(), runs: false }))
            }
            Deed::Save { .. } | Deed::Push { .. } => Effects::default(),
            Deed::Tag { from, to } => Effects::image(to, world.images.get(from).cloned()),
            Deed::Remove { name } => Effects::image(name, None),
            Deed::Prune => Effects {
                images: world.unused().into_iter().map(|name| (name, None)).collect(),
                ..Effects::default()
            },
            Deed::Run { image, container, mark } => {
                let image = world.images[image].clone();
                Effects::container(container, Some(Contained { image, mark: mark.clone() }))
            }
            Deed::Commit { container, name } => {
                let container = &world.containers[container];
                let image = Image { id: None, files: container.files(), blobs: Rc::default(), runs: true };
                Effects::image(name, Some(image))
            }
            Deed::RemoveContainer { name } => Effects::container(name, None),
        }
    }
}
