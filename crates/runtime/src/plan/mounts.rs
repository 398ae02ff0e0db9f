//! One mount of the configuration as the kernel's calls want it.
//!
//! Sources and targets are not looked at here.

use corten_spec::runtime::Mount;
use corten_sys::mount_attributes::{Change, Propagation};
use rustix::mount::MountAttrFlags;

use super::MountIds;
use super::mount_options::{self, Word};
use crate::error::RuntimeError;

/// The types under which a configuration asks for the container's view of its cgroup; either means the host's version.
const CGROUP_FILE_SYSTEMS: [&str; 2] = ["cgroup", "cgroup2"];

/// An option of ours: a path beneath the source of a bind mount, which may be full of somebody's links. The runtime specification has no word
/// for that.
pub const BENEATH: &str = "corten.beneath=";

/// What is mounted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum MountKind {
    /// A file or a directory of the host, with what is mounted below it where `recursive`; only what is `beneath` it at a path that no link
    /// leads out of, if there is one.
    Bind { source: String, beneath: Option<String>, recursive: bool },
    /// The container's cgroup.
    Cgroup,
    /// A file system of its own.
    FileSystem { name: String, source: String },
}

/// One mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MountPlan {
    /// Absolute, inside the container.
    pub(crate) destination: String,
    pub(crate) kind: MountKind,
    /// Attributes of this mount.
    pub(crate) own: Change,
    /// Attributes of this mount and all below it; only a recursive bind has some.
    pub(crate) tree: Change,
    /// Parameters of the file system: `size` and its value, or a flag.
    pub(crate) parameters: Vec<(String, Option<String>)>,
    /// Whether it begins with a copy of what is in its place; only a tmpfs does.
    pub(crate) copies_up: bool,
    /// How owners are shown, where not as they are; only a bind has some.
    pub(crate) ids: Option<MountIds>,
}

impl MountPlan {
    /// # Errors
    /// Words that contradict each other, id maps that are none, and the words that are known and not done. `has_ids` says whether the
    /// container has id maps of its own.
    pub(crate) fn new(mount: &Mount, has_ids: bool) -> Result<Self, RuntimeError> {
        let mut maps_ids = None;
        let mut plan = Self {
            destination: absolute(&mount.destination),
            kind: MountKind::Cgroup,
            own: Change::NONE,
            tree: Change { recursive: true, ..Change::NONE },
            parameters: Vec::new(),
            copies_up: false,
            ids: None,
        };
        let mut bind = (mount.kind == "bind").then_some(false);
        let mut beneath = None;
        for word in &mount.options {
            if let Some(path) = word.strip_prefix(BENEATH) {
                beneath = Some(path.to_owned());
                continue;
            }
            match mount_options::read(word) {
                Some(Word::Bind(recursive)) => bind = Some(recursive),
                Some(Word::MapIds(recursive)) => maps_ids = Some(recursive),
                Some(Word::Refused) => return Err(refused(mount, word)),
                Some(meaning) => plan.apply(meaning, word),
                None => plan.parameters.push(parameter(word)),
            }
        }
        plan.kind = match bind {
            Some(recursive) => MountKind::Bind { source: mount.source.clone(), beneath, recursive },
            None if beneath.is_some() => return Err(refused(mount, BENEATH)),
            None if CGROUP_FILE_SYSTEMS.contains(&mount.kind.as_str()) => MountKind::Cgroup,
            None => MountKind::FileSystem { name: file_system(mount)?, source: mount.source.clone() },
        };
        plan.ids = MountIds::plan(mount, maps_ids, has_ids)?;
        plan.checked(mount)
    }

    fn apply(&mut self, meaning: Word, word: &str) {
        match meaning {
            Word::Attribute { attribute, set, recursive } => {
                let change = self.change(recursive);
                change.set.set(attribute, set);
                change.clear.set(attribute, !set);
            }
            Word::AccessTime { choice, recursive } => {
                let change = self.change(recursive);
                change.set.remove(MountAttrFlags::MOUNT_ATTR__ATIME);
                change.set |= choice;
                change.clear |= MountAttrFlags::MOUNT_ATTR__ATIME;
            }
            Word::Propagation(propagation, recursive) => {
                self.change(recursive).propagation = Some(propagation);
            }
            Word::CopyUp => self.copies_up = true,
            Word::SuperBlock => self.parameters.push((word.to_owned(), None)),
            Word::Bind(_) | Word::MapIds(_) | Word::Nothing | Word::Refused => {}
        }
    }

    fn change(&mut self, recursive: bool) -> &mut Change {
        if recursive { &mut self.tree } else { &mut self.own }
    }

    fn checked(self, mount: &Mount) -> Result<Self, RuntimeError> {
        if let (MountKind::Bind { .. }, Some((name, _))) = (&self.kind, self.parameters.first()) {
            return Err(refused(mount, name));
        }
        if self.ids.is_some() && !matches!(self.kind, MountKind::Bind { .. }) {
            return Err(refused(mount, "idmap"));
        }
        if self.copies_up && !self.is_tmpfs() {
            return Err(refused(mount, "tmpcopyup"));
        }
        Ok(self)
    }

    pub(crate) fn is_tmpfs(&self) -> bool {
        matches!(&self.kind, MountKind::FileSystem { name, .. } if name == "tmpfs")
    }

    /// Whether the configuration has this parameter of the file system.
    pub(crate) fn has_parameter(&self, name: &str) -> bool {
        self.parameters.iter().any(|(key, _)| key == name)
    }

    /// Whether events come in from the host's mounts: such a mount must not be made private on the way.
    pub(crate) fn propagation(&self) -> Option<Propagation> {
        self.tree.propagation.or(self.own.propagation)
    }
}

fn refused(mount: &Mount, word: &str) -> RuntimeError {
    RuntimeError::Unsupported {
        feature: word.to_owned(),
        detail: format!(" as an option of the mount at `{}`", mount.destination),
    }
}

fn file_system(mount: &Mount) -> Result<String, RuntimeError> {
    if mount.kind.is_empty() || mount.kind == "none" {
        let reason = format!("the mount at `{}` has neither a type nor a bind option", mount.destination);
        return Err(RuntimeError::invalid(reason));
    }
    Ok(mount.kind.clone())
}

/// Relative destinations are read from the root, as the specification before 1.0 had it and every runtime still does.
fn absolute(destination: &str) -> String {
    format!("/{}", destination.trim_start_matches('/'))
}

fn parameter(word: &str) -> (String, Option<String>) {
    match word.split_once('=') {
        Some((key, value)) => (key.to_owned(), Some(value.to_owned())),
        None => (word.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(kind: &str, options: &[&str]) -> Result<MountPlan, RuntimeError> {
        let mount = Mount {
            destination: "data".into(),
            kind: kind.into(),
            source: "/srv".into(),
            options: options.iter().map(|word| (*word).to_owned()).collect(),
            ..Mount::default()
        };
        MountPlan::new(&mount, false)
    }

    #[test]
    fn a_tmpfs_keeps_its_own_words_and_gives_up_those_of_the_mount() {
        let plan = plan("tmpfs", &["nosuid", "strictatime", "mode=755", "size=65536k", "lazytime"]).unwrap();
        assert_eq!(plan.destination, "/data");
        assert_eq!(plan.own.set, MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_STRICTATIME);
        let parameters: Vec<_> =
            plan.parameters.iter().map(|(key, value)| (key.as_str(), value.as_deref())).collect();
        assert_eq!(parameters, [("mode", Some("755")), ("size", Some("65536k")), ("lazytime", None)]);
    }

    #[test]
    fn a_bind_option_wins_over_the_type_and_the_last_word_wins() {
        let plan = plan("none", &["rbind", "ro", "rw", "rro", "rprivate"]).unwrap();
        assert_eq!(plan.kind, MountKind::Bind { source: "/srv".into(), beneath: None, recursive: true });
        assert_eq!(plan.own.clear, MountAttrFlags::MOUNT_ATTR_RDONLY);
        assert_eq!(plan.tree.set, MountAttrFlags::MOUNT_ATTR_RDONLY);
        assert_eq!(plan.propagation(), Some(Propagation::Private));
    }

    #[test]
    fn what_cannot_be_done_is_refused_by_word_and_place() {
        let refused = plan("bind", &["size=1m"]).unwrap_err();
        assert_eq!(refused.to_string(), "`size` is not supported as an option of the mount at `data`");
        assert!(matches!(plan("", &["ro"]), Err(RuntimeError::Invalid { .. })));
        assert!(matches!(plan("ramfs", &["tmpcopyup"]), Err(RuntimeError::Unsupported { .. })));
        assert!(plan("tmpfs", &["tmpcopyup"]).unwrap().copies_up);
        assert!(matches!(plan("bind", &["idmap"]), Err(RuntimeError::Invalid { .. })));
    }
}
