//! The words of `--userns`: which user namespace a container gets.
//!
//! Podman's words, as far as they mean something to an engine that is root: `host`, `auto`, `keep-id`, and `map` for a map of one's own
//! (podman-run(1)). Which ids `auto` gets is the engine's to choose.

use std::fmt;
use std::str::FromStr;

use crate::runtime::{IdMap, IdMapping};

/// How many ids `auto` gives where nothing else is said: as many as every file of an image can have (16 bits of them).
pub const AUTO_SIZE: u32 = 65_536;

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum UserNamespace {
    /// That of the engine.
    #[default]
    Host,
    /// One of its own, with ids that no other container has.
    Auto {
        /// How many.
        size: u32,
    },
    /// One of its own in which every id means what it means outside.
    KeepId {
        /// Whose process it is, where nothing else is said: user and group.
        user: (u32, u32),
    },
    /// One of its own with these ids.
    Map(IdMaps),
}

/// Users and groups of a user namespace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdMaps {
    /// Users.
    pub uids: IdMap,
    /// Groups.
    pub gids: IdMap,
}

/// Words that mean no user namespace.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid USER mode: {text}: {reason}")]
pub struct InvalidUserNamespace {
    text: String,
    reason: String,
}

impl FromStr for UserNamespace {
    type Err = InvalidUserNamespace;

    /// Reads `host` (or nothing), `auto[:size=N]`, `keep-id[:uid=N][,gid=N]`, and `map:uid=INSIDE:OUTSIDE:SIZE[,gid=…]`, where `uid`
    /// and `gid` may come several times, and groups without a map have that of the users.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (mode, options) = text.split_once(':').unwrap_or((text, ""));
        let read = match mode {
            "" | "host" if !text.contains(':') => Ok(Self::Host),
            "auto" => auto(options),
            "keep-id" => keep_id(options),
            "map" => map(options),
            _ => Err("the modes are host, auto, keep-id and map".to_owned()),
        };
        read.map_err(|reason| InvalidUserNamespace { text: text.to_owned(), reason })
    }
}

fn auto(options: &str) -> Result<UserNamespace, String> {
    let mut size = AUTO_SIZE;
    for (key, value) in pairs(options) {
        match key {
            "size" => size = number(key, value)?,
            _ => return Err(unknown("auto", key, "size")),
        }
    }
    if size == 0 { Err("size is 0".to_owned()) } else { Ok(UserNamespace::Auto { size }) }
}

fn keep_id(options: &str) -> Result<UserNamespace, String> {
    let mut user = (0, 0);
    for (key, value) in pairs(options) {
        match key {
            "uid" => user.0 = number(key, value)?,
            "gid" => user.1 = number(key, value)?,
            _ => return Err(unknown("keep-id", key, "uid and gid")),
        }
    }
    Ok(UserNamespace::KeepId { user })
}

fn map(options: &str) -> Result<UserNamespace, String> {
    let (mut uids, mut gids) = (Vec::new(), Vec::new());
    for (key, value) in pairs(options) {
        match key {
            "uid" => uids.push(range(value)?),
            "gid" => gids.push(range(value)?),
            _ => return Err(unknown("map", key, "uid and gid")),
        }
    }
    if gids.is_empty() {
        gids.clone_from(&uids);
    }
    let checked = |name: &str, ranges| {
        let map = IdMap::new(ranges).map_err(|why| format!("the map of {name}: {why}"))?;
        if map.outside(0).is_none() {
            return Err(format!("the map of {name} has no id 0, which sets the container up"));
        }
        Ok(map)
    };
    Ok(UserNamespace::Map(IdMaps { uids: checked("users", uids)?, gids: checked("groups", gids)? }))
}

/// `key=value` words between commas.
fn pairs(options: &str) -> impl Iterator<Item = (&str, &str)> {
    let words = options.split(',').filter(|word| !word.is_empty());
    words.map(|word| word.split_once('=').unwrap_or((word, "")))
}

fn unknown(mode: &str, key: &str, known: &str) -> String {
    format!("{mode} has no option {key:?}, only {known}")
}

fn number(key: &str, value: &str) -> Result<u32, String> {
    value.parse().map_err(|_| format!("{key} is no number: {value:?}"))
}

fn range(text: &str) -> Result<IdMapping, String> {
    let wrong = || format!("{text:?} is not INSIDE:OUTSIDE:SIZE");
    let numbers: Vec<u32> = text.split(':').map(str::parse).collect::<Result<_, _>>().map_err(|_| wrong())?;
    match numbers[..] {
        [container_id, host_id, size] => Ok(IdMapping { container_id, host_id, size }),
        _ => Err(wrong()),
    }
}

impl fmt::Display for UserNamespace {
    /// The mode alone, as messages name it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Host => "host",
            Self::Auto { .. } => "auto",
            Self::KeepId { .. } => "keep-id",
            Self::Map(_) => "map",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        text.parse::<UserNamespace>().unwrap_err().to_string()
    }

    #[test]
    fn every_mode_is_read_with_its_options() {
        for host in ["", "host"] {
            assert_eq!(host.parse(), Ok(UserNamespace::Host));
        }
        assert_eq!("auto".parse(), Ok(UserNamespace::Auto { size: 65_536 }));
        assert_eq!("auto:size=5000".parse(), Ok(UserNamespace::Auto { size: 5000 }));
        assert_eq!("keep-id".parse(), Ok(UserNamespace::KeepId { user: (0, 0) }));
        assert_eq!("keep-id:uid=200,gid=210".parse(), Ok(UserNamespace::KeepId { user: (200, 210) }));
    }

    #[test]
    fn groups_have_the_map_of_the_users_unless_they_have_one() {
        let maps = |text: &str| match text.parse() {
            Ok(UserNamespace::Map(maps)) => (maps.uids.to_string(), maps.gids.to_string()),
            other => panic!("{other:?}"),
        };
        let both = maps("map:uid=0:100000:1000,uid=1000:5:1");
        assert_eq!(both, ("0 100000 1000\n1000 5 1\n".to_owned(), "0 100000 1000\n1000 5 1\n".to_owned()));
        assert_eq!(maps("map:uid=0:1:2,gid=0:3:4").1, "0 3 4\n");
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, reason) in [
            ("nonsense", "the modes are host, auto, keep-id and map"),
            ("host:", "the modes are host, auto, keep-id and map"),
            ("auto:size=x", "size is no number: \"x\""),
            ("auto:size=0", "size is 0"),
            ("auto:uidmapping=0:1:2", "auto has no option \"uidmapping\", only size"),
            ("map", "the map of users: it has no range"),
            ("map:uid=0:1", "\"0:1\" is not INSIDE:OUTSIDE:SIZE"),
            ("map:uid=1:1:1", "the map of users has no id 0, which sets the container up"),
            ("map:uid=0:5:2,gid=0:5:0", "the map of groups: `0:5:0` is no range of ids"),
        ] {
            assert_eq!(refused(text), format!("invalid USER mode: {text}: {reason}"));
        }
    }
}
