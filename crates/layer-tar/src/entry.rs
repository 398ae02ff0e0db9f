//! One member of an archive, as all of its headers together describe it.
//!
//! It does not hold the content; [`crate::Archive`] streams that.

/// What an entry makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A regular file with [`Entry::size`] bytes of content.
    Regular,
    /// A further name of the file at [`Entry::link`], a path from the archive's root.
    HardLink,
    /// A symbolic link to [`Entry::link`].
    Symlink,
    /// A character device.
    Character {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A block device.
    Block {
        /// Major number.
        major: u32,
        /// Minor number.
        minor: u32,
    },
    /// A directory.
    Directory,
    /// A named pipe.
    Fifo,
}

/// A point in time since the Unix epoch; the nanoseconds always count forward.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// Whole seconds, negative before 1970.
    pub seconds: i64,
    /// 0 to 999,999,999.
    pub nanoseconds: u32,
}

impl Moment {
    /// Seconds with a fraction, as PAX records have times: `-1.25`.
    pub(crate) fn decimal(self) -> String {
        let (sign, seconds, nanoseconds) = match self.nanoseconds {
            nanoseconds if self.seconds >= 0 => ("", self.seconds.unsigned_abs(), nanoseconds),
            0 => ("-", self.seconds.unsigned_abs(), 0),
            // The nanoseconds count forward, the fraction backward.
            nanoseconds => ("-", self.seconds.unsigned_abs() - 1, 1_000_000_000 - nanoseconds),
        };
        let fraction = format!("{nanoseconds:09}");
        match fraction.trim_end_matches('0') {
            "" => format!("{sign}{seconds}"),
            fraction => format!("{sign}{seconds}.{fraction}"),
        }
    }
}

/// What an object has besides its name and content.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Metadata {
    /// Permission bits with setuid, setgid and sticky: the lower twelve.
    pub mode: u32,
    /// Owner.
    pub uid: u32,
    /// Group.
    pub gid: u32,
    /// Last modification.
    pub modified: Moment,
    /// Extended attributes: full name (`security.capability`) and value.
    pub xattrs: Vec<(Vec<u8>, Vec<u8>)>,
}

/// One member of an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The path as the archive has it: any bytes but NUL, possibly absolute or with `..`.
    pub path: Vec<u8>,
    /// The target of a link as the archive has it, else empty.
    pub link: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Mode, owner, time, attributes.
    pub metadata: Metadata,
    /// Bytes of content, holes included; 0 unless the kind is [`Kind::Regular`].
    pub size: u64,
}
