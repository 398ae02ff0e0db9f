//! Whether what is there is what may be there. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::observation::{Observation, Seen};
use super::world::{Container, World};

/// The world as it is, in the words of those that may be: each thing as the first of `worlds` that fits says of it.
///
/// # Errors
/// What does not fit, in words.
pub(super) fn agree(worlds: &[&World], observed: &Observation) -> Result<World, String> {
    Ok(World {
        containers: containers(worlds, observed)?,
        volumes: volumes(worlds, observed)?,
        images: images(worlds, observed)?,
    })
}

fn containers(worlds: &[&World], observed: &Observation) -> Result<BTreeMap<String, Container>, String> {
    let names: BTreeSet<&String> =
        worlds.iter().flat_map(|world| world.containers.keys()).chain(observed.containers.keys()).collect();
    let mut agreed = BTreeMap::new();
    for name in names {
        let seen = observed.containers.get(name);
        let mut candidates = worlds.iter().map(|world| world.containers.get(name));
        let fitting = candidates.clone().find(|candidate| fits(*candidate, seen)).ok_or_else(|| {
            let wanted: BTreeSet<String> = candidates.by_ref().map(described).collect();
            let seen = seen.map_or_else(|| "not there".to_owned(), |seen| format!("{seen:?}"));
            format!("container `{name}` is {seen}, and was to be {}", Vec::from_iter(wanted).join(", or "))
        })?;
        if let (Some(container), Some(seen)) = (fitting, seen) {
            // A code that nobody could foresee is one to be remembered.
            agreed.insert(name.clone(), Container { life: seen.life, ..container.clone() });
        }
    }
    let sizes = || worlds.iter().map(|world| world.containers.len());
    // A container that is renamed has two names in those worlds, and is there under one of them.
    if agreed.len() < sizes().min().unwrap_or_default() || agreed.len() > sizes().max().unwrap_or_default() {
        return Err(format!("there are {} containers: {:?}", agreed.len(), agreed.keys()));
    }
    Ok(agreed)
}

fn described(candidate: Option<&Container>) -> String {
    candidate.map_or_else(|| "not there".to_owned(), |container| format!("{container:?}"))
}

fn fits(candidate: Option<&Container>, seen: Option<&Seen>) -> bool {
    match (candidate, seen) {
        (None, None) => true,
        (Some(wanted), Some(seen)) => {
            wanted.life.includes(seen.life)
                && wanted.policy.name() == seen.policy
                && wanted.memory == seen.memory
                && (wanted.is_on_bridge && wanted.life.is_up()) == seen.address.is_some()
        }
        _ => false,
    }
}

fn volumes(worlds: &[&World], observed: &Observation) -> Result<BTreeMap<String, BTreeSet<String>>, String> {
    let mut agreed = BTreeMap::new();
    for world in worlds.iter().rev() {
        agreed.extend(world.volumes.iter().map(|(name, marks)| (name.clone(), marks.clone())));
    }
    same(
        "volume",
        &observed.volumes,
        |name| worlds.iter().map(|it| it.volumes.contains_key(name)).collect(),
        agreed.keys(),
    )?;
    agreed.retain(|name, _| observed.volumes.contains(name));
    Ok(agreed)
}

fn images(worlds: &[&World], observed: &Observation) -> Result<BTreeSet<String>, String> {
    let known: BTreeSet<String> = worlds.iter().flat_map(|world| world.images.iter().cloned()).collect();
    same(
        "image",
        &observed.images,
        |name| worlds.iter().map(|it| it.images.contains(name)).collect(),
        known.iter(),
    )?;
    Ok(observed.images.clone())
}

/// `wanted` tells of a name in which worlds it is.
fn same<'a>(
    kind: &str,
    observed: &'a BTreeSet<String>,
    wanted: impl Fn(&str) -> Vec<bool>,
    known: impl Iterator<Item = &'a String>,
) -> Result<(), String> {
    let names: BTreeSet<&String> = known.chain(observed).collect();
    match names.into_iter().find(|name| !wanted(name).contains(&observed.contains(*name))) {
        Some(wrong) if observed.contains(wrong) => Err(format!("there is a {kind} `{wrong}`")),
        Some(wrong) => Err(format!("{kind} `{wrong}` is not there")),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::world::{Life, Policy};
    use super::*;

    fn world(containers: &[(&str, Life)]) -> World {
        let container = |life| Container {
            life,
            policy: Policy::No,
            memory: 0,
            is_on_bridge: false,
            volume: None,
            port: None,
            is_probed: false,
            marks: BTreeSet::new(),
            starts: 0,
        };
        let containers = containers.iter().map(|(name, life)| ((*name).to_owned(), container(*life)));
        World { containers: containers.collect(), ..World::default() }
    }

    fn observed(containers: &[(&str, Life)]) -> Observation {
        let seen = |life| Seen { life, policy: "no".to_owned(), memory: 0, address: None };
        let containers = containers.iter().map(|(name, life)| ((*name).to_owned(), seen(*life)));
        Observation { containers: containers.collect(), ..Observation::default() }
    }

    #[test]
    fn each_thing_is_as_one_of_the_worlds_says() {
        let before = world(&[("a", Life::Running), ("b", Life::Created)]);
        let after = world(&[("a", Life::Exited(None)), ("b", Life::Created)]);
        let ended = observed(&[("a", Life::Exited(Some(9))), ("b", Life::Created)]);
        assert_eq!(agree(&[&before, &after], &ended).unwrap().containers["a"].life, Life::Exited(Some(9)));
        assert!(agree(&[&before], &ended).is_err());
        assert!(agree(&[&before, &after], &observed(&[("a", Life::Running)])).is_err());
    }

    #[test]
    fn what_is_renamed_is_there_under_one_of_its_names() {
        let (before, after) = (world(&[("old", Life::Created)]), world(&[("new", Life::Created)]));
        let both = [&before, &after];
        assert!(agree(&both, &observed(&[("old", Life::Created)])).is_ok());
        assert!(agree(&both, &observed(&[("new", Life::Created)])).is_ok());
        assert!(agree(&both, &observed(&[])).is_err());
        assert!(agree(&both, &observed(&[("old", Life::Created), ("new", Life::Created)])).is_err());
    }

    #[test]
    fn volumes_and_images_that_nobody_made_are_found() {
        let volume = Observation { volumes: BTreeSet::from(["v".to_owned()]), ..Observation::default() };
        let image = Observation { images: BTreeSet::from(["i".to_owned()]), ..Observation::default() };
        let empty = World::default();
        assert_eq!(agree(&[&empty], &volume).unwrap_err(), "there is a volume `v`");
        assert_eq!(agree(&[&empty], &image).unwrap_err(), "there is a image `i`");
        assert_eq!(agree(&[&empty], &Observation::default()), Ok(empty.clone()));
    }
}
