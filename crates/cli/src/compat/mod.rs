//! Every flag of every command, and how it compares with Docker's: the one place where compatibility is stated.
//!
//! `docker-cli.tsv` holds the facts about Docker's commands; the test below compares the tables with them.

pub(crate) mod check;
mod container;
mod context;
mod create;
mod daemon;
mod image;
mod network;
mod registry;
mod system;
mod unbuilt;
mod volume;

pub(crate) use container::{
    ATTACH, COMMIT, CONTAINER_INSPECT, CONTAINER_PRUNE, CP, EXEC, EXPORT, KILL, LOGS, PS, RESTART, RM, START,
    STATS, STOP, UPDATE, WHY,
};
pub(crate) use context::{CONTEXT_CREATE, CONTEXT_INSPECT, CONTEXT_LS, CONTEXT_RM, CONTEXT_UPDATE};
pub(crate) use create::{CREATE, RUN};
pub(crate) use daemon::DAEMON;
pub(crate) use image::{HISTORY, IMAGE_INSPECT, IMAGE_PRUNE, IMAGES, IMPORT, LOAD, PULL, PUSH, RMI, SAVE};
pub(crate) use network::{NETWORK_INSPECT, NETWORK_LS, NETWORK_PRUNE, NETWORK_RM};
pub(crate) use registry::{LOGIN, MANIFEST_INSPECT, SEARCH};
pub(crate) use system::{BOOT, CHECK, DF, EVENTS, GLOBAL, INFO, INSPECT, INSTALL, SYSTEM_PRUNE, VERSION};
pub(crate) use unbuilt::{GROUPS, is_unbuilt};
pub(crate) use volume::{VOLUME_CREATE, VOLUME_INSPECT, VOLUME_LS, VOLUME_PRUNE, VOLUME_RM};

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::commands::commands;
    use crate::flags::{Flag, Support};

    const FACTS: &str = include_str!("docker-cli.tsv");

    /// Name, short form and kind of a flag.
    type Fact = (&'static str, Option<char>, &'static str);

    /// Docker's flags by command.
    fn facts() -> BTreeMap<Vec<&'static str>, Vec<Fact>> {
        let command = |line: &'static str| {
            let (path, flags) = line.split_once('\t').unwrap();
            let flags = flags.split(',').filter(|flag| !flag.is_empty()).map(|flag| {
                let (names, kind) = flag.rsplit_once(':').unwrap();
                let (long, short) = names.split_once('|').unwrap_or((names, ""));
                (long.trim_start_matches("--"), short.chars().nth(1), kind)
            });
            (path.split(' ').skip(1).collect(), flags.collect())
        };
        FACTS.lines().map(command).collect()
    }

    fn declared<'a>(flags: &'a [Flag], name: &str) -> Option<&'a Flag> {
        flags.iter().find(|flag| flag.name == name)
    }

    #[test]
    fn every_docker_flag_of_a_built_command_is_declared_as_docker_has_it() {
        let facts = facts();
        let mut missing = Vec::new();
        for command in commands() {
            for path in command.paths {
                for (name, short, kind) in facts.get(*path).into_iter().flatten() {
                    match declared(command.flags, name) {
                        Some(flag) if flag.short == *short && flag.kind.name() == *kind => {}
                        // `--help` is everywhere, without a declaration.
                        None if *name == "help" => {}
                        other => missing.push(format!("{path:?} --{name} {short:?} {kind}: {other:?}")),
                    }
                }
            }
        }
        assert!(missing.is_empty(), "{missing:#?}");
    }

    #[test]
    fn a_flag_that_docker_does_not_have_is_marked_as_our_own() {
        let facts = facts();
        for command in commands() {
            let Some(docker) = facts.get(command.paths[0]) else { continue };
            for flag in command.flags {
                let known = docker.iter().any(|(name, ..)| *name == flag.name);
                let hidden = flag.alias_of.is_some()
                    || matches!(flag.support, Support::Refused { .. } | Support::NoOp { .. });
                assert!(
                    known || hidden || flag.support == Support::Own,
                    "{:?} --{}",
                    command.paths[0],
                    flag.name
                );
            }
        }
    }

    #[test]
    fn every_command_of_docker_is_built_or_known_to_be_unbuilt() {
        for path in facts().keys().filter(|path| !path.is_empty()) {
            let built = commands().any(|command| command.paths.contains(&path.as_slice()));
            let group = GROUPS.iter().any(|(name, _)| path.as_slice() == [*name]);
            assert!(built || group || is_unbuilt(path), "{path:?}");
        }
    }

    #[test]
    fn no_command_declares_a_name_or_short_form_twice() {
        for command in commands() {
            for (index, flag) in command.flags.iter().enumerate() {
                for other in &command.flags[index + 1..] {
                    assert_ne!(flag.name, other.name, "{:?}", command.paths[0]);
                    assert!(
                        flag.short.is_none() || flag.short != other.short,
                        "{:?} {}",
                        command.paths[0],
                        flag.name
                    );
                }
            }
        }
    }

    #[test]
    fn aliases_name_a_flag_of_the_same_command() {
        for command in commands() {
            for flag in command.flags {
                let Some(name) = flag.alias_of else { continue };
                assert!(
                    declared(command.flags, name).is_some_and(|target| target.kind == flag.kind),
                    "--{}",
                    flag.name
                );
            }
        }
    }
}
