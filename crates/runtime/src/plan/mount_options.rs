//! The words of a mount's options (mount(8), and the runtime's own of `config.md`).
//!
//! A word that is none of these belongs to the file system and is handed to it.

use corten_sys::mount_attributes::Propagation;
use rustix::mount::MountAttrFlags as Attribute;

/// What one word means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Word {
    /// Sets or clears an attribute, of this mount or (`r…`) of every mount below too.
    Attribute { attribute: Attribute, set: bool, recursive: bool },
    /// Chooses how access times are kept; the choices exclude each other.
    AccessTime { choice: Attribute, recursive: bool },
    /// Events between this mount and its peers.
    Propagation(Propagation, bool),
    /// It is a bind mount, of the tree where `true`.
    Bind(bool),
    /// A flag that every file system knows by this word.
    SuperBlock,
    /// Owners are shown by an id map, on the whole tree where `true`.
    MapIds(bool),
    /// A tmpfs begins with what is in its place.
    CopyUp,
    /// It says what is so anyway.
    Nothing,
    /// Known, and not done.
    Refused,
}

const ATTRIBUTES: [(&str, &str, Attribute); 6] = [
    ("ro", "rw", Attribute::MOUNT_ATTR_RDONLY),
    ("nosuid", "suid", Attribute::MOUNT_ATTR_NOSUID),
    ("nodev", "dev", Attribute::MOUNT_ATTR_NODEV),
    ("noexec", "exec", Attribute::MOUNT_ATTR_NOEXEC),
    ("nodiratime", "diratime", Attribute::MOUNT_ATTR_NODIRATIME),
    ("nosymfollow", "symfollow", Attribute::MOUNT_ATTR_NOSYMFOLLOW),
];

/// The words that undo a choice lead back to the kernel's default, relatime.
const ACCESS_TIMES: [(&str, Attribute); 6] = [
    ("noatime", Attribute::MOUNT_ATTR_NOATIME),
    ("atime", Attribute::MOUNT_ATTR_RELATIME),
    ("relatime", Attribute::MOUNT_ATTR_RELATIME),
    ("norelatime", Attribute::MOUNT_ATTR_STRICTATIME),
    ("strictatime", Attribute::MOUNT_ATTR_STRICTATIME),
    ("nostrictatime", Attribute::MOUNT_ATTR_RELATIME),
];

const OTHERS: [(&str, Word); 26] = [
    ("bind", Word::Bind(false)),
    ("rbind", Word::Bind(true)),
    ("private", Word::Propagation(Propagation::Private, false)),
    ("rprivate", Word::Propagation(Propagation::Private, true)),
    ("shared", Word::Propagation(Propagation::Shared, false)),
    ("rshared", Word::Propagation(Propagation::Shared, true)),
    ("slave", Word::Propagation(Propagation::Slave, false)),
    ("rslave", Word::Propagation(Propagation::Slave, true)),
    ("unbindable", Word::Propagation(Propagation::Unbindable, false)),
    ("runbindable", Word::Propagation(Propagation::Unbindable, true)),
    ("sync", Word::SuperBlock),
    ("async", Word::SuperBlock),
    ("dirsync", Word::SuperBlock),
    ("lazytime", Word::SuperBlock),
    ("nolazytime", Word::SuperBlock),
    ("mand", Word::SuperBlock),
    ("nomand", Word::SuperBlock),
    ("defaults", Word::Nothing),
    ("silent", Word::Nothing),
    ("loud", Word::Nothing),
    ("noiversion", Word::Nothing),
    ("iversion", Word::Refused),
    ("remount", Word::Refused),
    ("idmap", Word::MapIds(false)),
    ("ridmap", Word::MapIds(true)),
    ("tmpcopyup", Word::CopyUp),
];

/// What the word means, unless it is the file system's own.
pub(crate) fn read(word: &str) -> Option<Word> {
    if let Some((_, meaning)) = OTHERS.iter().find(|(known, _)| *known == word) {
        return Some(*meaning);
    }
    mount_word(word, false).or_else(|| mount_word(word.strip_prefix('r')?, true))
}

/// Every word that is understood and done, for `features`.
pub(crate) fn known() -> Vec<String> {
    let attributes = ATTRIBUTES.iter().flat_map(|(set, clear, _)| [*set, *clear]);
    let both = attributes.chain(ACCESS_TIMES.iter().map(|(word, _)| *word));
    let recursive: Vec<String> = both.clone().map(|word| format!("r{word}")).collect();
    let others = OTHERS.iter().filter(|(_, meaning)| *meaning != Word::Refused).map(|(word, _)| *word);
    let mut words: Vec<String> = both.chain(others).map(str::to_owned).chain(recursive).collect();
    words.sort();
    words
}

fn mount_word(word: &str, recursive: bool) -> Option<Word> {
    for (set, clear, attribute) in ATTRIBUTES {
        if word == set || word == clear {
            return Some(Word::Attribute { attribute, set: word == set, recursive });
        }
    }
    let (_, choice) = ACCESS_TIMES.iter().find(|(known, _)| *known == word)?;
    Some(Word::AccessTime { choice: *choice, recursive })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_r_of_rw_and_relatime_is_not_the_r_of_recursion() {
        let write = Word::Attribute { attribute: Attribute::MOUNT_ATTR_RDONLY, set: false, recursive: false };
        assert_eq!(read("rw"), Some(write));
        let recursive =
            Word::Attribute { attribute: Attribute::MOUNT_ATTR_RDONLY, set: false, recursive: true };
        assert_eq!(read("rrw"), Some(recursive));
        let relative = Word::AccessTime { choice: Attribute::MOUNT_ATTR_RELATIME, recursive: false };
        assert_eq!(read("relatime"), Some(relative));
    }

    #[test]
    fn a_word_of_the_file_system_is_not_ours() {
        assert_eq!(read("size=64m"), None);
        assert_eq!(read("redirect_dir=off"), None);
    }
}
