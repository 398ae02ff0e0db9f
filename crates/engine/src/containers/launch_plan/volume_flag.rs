//! `--volume`, as Docker reads it: a bind of the host's, or a volume by its name. Pure.

use crate::containers::config::{HostConfig, MountConfig, MountKind};
use crate::error::EngineError;

/// One `-v` with a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum VolumeFlag {
    /// The source is a path.
    Bind(Bind),
    /// The source is a name.
    Named(NamedVolume),
}

/// A file or directory of the host's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bind {
    pub(crate) source: String,
    pub(crate) target: String,
    pub(crate) read_only: bool,
    /// Owners are shown by the ids of the container's user namespace.
    pub(crate) maps_ids: bool,
    pub(crate) propagation: String,
    pub(crate) recursive: bool,
}

/// A volume by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedVolume {
    pub(crate) name: String,
    pub(crate) target: String,
    pub(crate) read_only: bool,
    pub(crate) no_copy: bool,
    /// The options as typed.
    pub(crate) mode: String,
}

/// Options that exclude each other.
const KINDS: [&[&str]; 5] = [
    &["ro", "rw"],
    &["z", "Z"],
    &["private", "rprivate", "shared", "rshared", "slave", "rslave"],
    &["nocopy"],
    &["consistent", "cached", "delegated"],
];

/// Those that Docker does not have.
const OURS: [&str; 3] = ["idmap", "bind-nonrecursive", "rbind"];

/// The binds among the `-v` of a container.
pub(crate) fn binds(host: &HostConfig) -> impl Iterator<Item = Result<Bind, EngineError>> + '_ {
    host.binds.iter().filter_map(|text| match VolumeFlag::parse(text) {
        Ok(VolumeFlag::Bind(bind)) => Some(Ok(bind)),
        Ok(VolumeFlag::Named(_)) => None,
        Err(error) => Some(Err(error)),
    })
}

impl VolumeFlag {
    /// Reads `source:/target[:options]`.
    pub(crate) fn parse(text: &str) -> Result<Self, EngineError> {
        let malformed = || EngineError::Invalid(format!("invalid volume specification: '{text}'"));
        let parts: Vec<&str> = text.split(':').collect();
        let (source, target, mode) = match parts.as_slice() {
            // A path with a mode is none.
            [_, mode] if is_mode(mode) => return Err(malformed()),
            [source, target] => (*source, *target, ""),
            [source, target, mode] => (*source, *target, *mode),
            _ => return Err(malformed()),
        };
        if source.is_empty() || target.is_empty() {
            return Err(malformed());
        }
        if !is_mode(mode) {
            return Err(EngineError::Invalid(format!("invalid mode: {mode}")));
        }
        let kind = if source.starts_with('/') { "bind" } else { "volume" };
        let failed = |why: String| {
            EngineError::Invalid(format!(
                "invalid volume specification: '{text}': invalid mount config for type \"{kind}\": {why}"
            ))
        };
        let target = absolute_target(target).map_err(|error| failed(error.to_string()))?;
        let words: Vec<&str> = mode.split(',').filter(|word| !word.is_empty()).collect();
        if kind == "bind" && words.contains(&"nocopy") {
            return Err(failed("field VolumeOptions must not be specified".to_owned()));
        }
        if kind == "bind" {
            return Ok(Self::Bind(bind(source, target, &words)));
        }
        if words.iter().any(|word| KINDS[2].contains(word) || OURS.contains(word)) {
            return Err(failed("field BindOptions must not be specified".to_owned()));
        }
        Ok(Self::Named(NamedVolume {
            name: source.to_owned(),
            target,
            read_only: words.contains(&"ro"),
            no_copy: words.contains(&"nocopy"),
            mode: mode.to_owned(),
        }))
    }
}

fn bind(source: &str, target: String, words: &[&str]) -> Bind {
    let propagation = words.iter().find(|word| KINDS[2].contains(word));
    Bind {
        source: source.to_owned(),
        target,
        read_only: words.contains(&"ro"),
        maps_ids: words.contains(&"idmap"),
        propagation: propagation.map(ToString::to_string).unwrap_or_default(),
        recursive: !words.contains(&"bind-nonrecursive"),
    }
}

/// Whether these are options, at most one of each kind. `z` and `Z` relabel under SELinux alone, the consistency is one of other systems.
fn is_mode(text: &str) -> bool {
    let words: Vec<&str> = text.split(',').filter(|word| !word.is_empty()).collect();
    let known = |word: &&str| OURS.contains(word) || KINDS.iter().any(|kind| kind.contains(word));
    words.iter().all(known)
        && KINDS.iter().all(|kind| words.iter().filter(|word| kind.contains(word)).count() <= 1)
}

/// The place of a `--mount`.
pub(crate) fn mount_target(mount: &MountConfig) -> Result<String, EngineError> {
    let kind = match mount.kind {
        MountKind::Bind { .. } => "bind",
        MountKind::Volume(_) => "volume",
        MountKind::Tmpfs { .. } => "tmpfs",
    };
    absolute_target(&mount.target)
        .map_err(|why| EngineError::Invalid(format!("invalid mount config for type \"{kind}\": {why}")))
}

/// A path inside a container: absolute, and not its root.
pub(crate) fn absolute_target(target: &str) -> Result<String, EngineError> {
    if !target.starts_with('/') {
        return Err(EngineError::Invalid(format!(
            "invalid mount path: '{target}' mount path must be absolute"
        )));
    }
    if target.split('/').any(|part| part == "..") {
        return Err(EngineError::Invalid(format!("invalid mount path: '{target}' contains `..`")));
    }
    let parts: Vec<&str> = target.split('/').filter(|part| !part.is_empty() && *part != ".").collect();
    if parts.is_empty() {
        return Err(EngineError::Invalid("invalid specification: destination can't be '/'".to_owned()));
    }
    Ok(format!("/{}", parts.join("/")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_is_no_path_is_a_name() {
        let VolumeFlag::Named(volume) = VolumeFlag::parse("data:/var//data/:ro,nocopy,z").unwrap() else {
            panic!("a bind")
        };
        assert_eq!((volume.name.as_str(), volume.target.as_str()), ("data", "/var/data"));
        assert!(volume.read_only && volume.no_copy && volume.mode == "ro,nocopy,z");
        assert!(matches!(VolumeFlag::parse("/srv:/data:rslave"), Ok(VolumeFlag::Bind(_))));
    }

    #[test]
    fn mistakes_are_refused_with_dockers_texts() {
        for (text, why) in [
            ("/foo:ro", "invalid volume specification: '/foo:ro'"),
            ("a:b:c:d", "invalid volume specification: 'a:b:c:d'"),
            ("data:/x:ro,rw", "invalid mode: ro,rw"),
            ("data:/x:fast", "invalid mode: fast"),
            (
                "/a:/x:nocopy",
                "invalid volume specification: '/a:/x:nocopy': invalid mount config for type \"bind\": field VolumeOptions must not be \
                 specified",
            ),
            (
                "data:x",
                "invalid volume specification: 'data:x': invalid mount config for type \"volume\": invalid mount path: 'x' mount path must be \
                 absolute",
            ),
            (
                "data:/",
                "invalid volume specification: 'data:/': invalid mount config for type \"volume\": invalid specification: destination can't \
                 be '/'",
            ),
            (
                "data:/x:rshared",
                "invalid volume specification: 'data:/x:rshared': invalid mount config for type \"volume\": field BindOptions must not be \
                 specified",
            ),
        ] {
            assert_eq!(VolumeFlag::parse(text).unwrap_err().to_string(), why);
        }
    }
}
