//! Where a cgroup lies below the root of every hierarchy.
//!
//! Touches no file system.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::CgroupsError;

/// An absolute path within a hierarchy, such as `/corten-1a2b/<id>`; never the root itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CgroupPath(String);

/// The longest name that a directory may have (`NAME_MAX`).
const LONGEST_NAME: usize = 255;

impl CgroupPath {
    /// Takes a path whose components are plain names. A missing `/` in front is added.
    ///
    /// # Errors
    /// [`CgroupsError::Path`] for the root, empty components, `.`, `..`, control characters and names that are too long: the path is
    /// given by whoever asks for a container and is joined to a mount point.
    pub fn new(path: &str) -> Result<CgroupPath, CgroupsError> {
        let relative = path.strip_prefix('/').unwrap_or(path);
        let plain = |name: &str| {
            !name.is_empty()
                && name != "."
                && name != ".."
                && name.len() <= LONGEST_NAME
                && !name.chars().any(char::is_control)
        };
        if !relative.split('/').all(plain) {
            return Err(CgroupsError::Path { path: path.to_owned() });
        }
        Ok(CgroupPath(format!("/{relative}")))
    }

    /// The directory in a hierarchy mounted at `mount`.
    pub(crate) fn below(&self, mount: &Path) -> PathBuf {
        mount.join(&self.0[1..])
    }

    /// The cgroup that this one lies in, unless that is the root.
    pub fn parent(&self) -> Option<CgroupPath> {
        let (parent, _) = self.0.rsplit_once('/')?;
        (!parent.is_empty()).then(|| CgroupPath(parent.to_owned()))
    }

    /// Its last component.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// The outermost cgroup of a systemd unit that holds processes, on the way to this one; nothing if no component is named like
    /// one. Slices only hold other units.
    pub(crate) fn unit(&self) -> Option<CgroupPath> {
        let mut end = 0;
        for name in self.0[1..].split('/') {
            end += 1 + name.len();
            if [".scope", ".service"].iter().any(|suffix| name.len() > suffix.len() && name.ends_with(suffix))
            {
                return Some(CgroupPath(self.0[..end].to_owned()));
            }
        }
        None
    }

    /// The path with a `/` in front.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CgroupPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_taken() {
        for (given, taken) in
            [("/corten/1a", "/corten/1a"), ("docker", "/docker"), ("/a.b/c_d-e", "/a.b/c_d-e")]
        {
            assert_eq!(CgroupPath::new(given).unwrap().as_str(), taken);
        }
        let path = CgroupPath::new("/a/b").unwrap();
        assert_eq!(path.below(Path::new("/sys/fs/cgroup/cpu")), Path::new("/sys/fs/cgroup/cpu/a/b"));
        assert_eq!(path.parent().unwrap().as_str(), "/a");
        assert_eq!(path.parent().unwrap().parent(), None);
    }

    #[test]
    fn a_unit_is_the_outermost_component_named_like_one() {
        let unit = |path| CgroupPath::new(path).unwrap().unit().map(|unit| unit.to_string());
        assert_eq!(unit("/system.slice/a.scope/b/c").as_deref(), Some("/system.slice/a.scope"));
        assert_eq!(unit("/a.slice/b.service/init.scope").as_deref(), Some("/a.slice/b.service"));
        assert_eq!(unit("/a.scope").as_deref(), Some("/a.scope"));
        assert_eq!(unit("/a.slice/.scope/scope"), None);
        assert_eq!(CgroupPath::new("/a.slice/b.scope").unwrap().name(), "b.scope");
    }

    #[test]
    fn what_could_lead_elsewhere_is_refused() {
        let long = "x".repeat(256);
        for path in ["", "/", "//a", "/a//b", "/a/", "/../a", "/a/..", "/./a", "..", "/a\n", "/a\0b", &long] {
            assert!(matches!(CgroupPath::new(path), Err(CgroupsError::Path { .. })), "{path:?}");
        }
    }
}
