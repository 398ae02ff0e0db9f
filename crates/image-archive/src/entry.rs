//! What a layer is made of: files, directories, links.
//!
//! Owners are always root and times always the epoch; a test that needs others writes its own archive.

/// One member of a layer. Paths are relative to the root, without a leading slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A regular file.
    File {
        /// Where it lies.
        path: String,
        /// Permission bits, 0o755 say.
        mode: u32,
        /// All of its bytes.
        content: Vec<u8>,
    },
    /// A directory.
    Directory {
        /// Where it lies.
        path: String,
        /// Permission bits.
        mode: u32,
    },
    /// A symbolic link.
    Symlink {
        /// Where it lies.
        path: String,
        /// What it says.
        target: String,
    },
    /// A second name of a file that stands earlier in this layer or in one below.
    HardLink {
        /// Where it lies.
        path: String,
        /// The path of the file, relative to the root.
        target: String,
    },
}

impl Entry {
    /// A program that everyone may run.
    pub fn program(path: &str, content: impl Into<Vec<u8>>) -> Entry {
        Entry::File { path: path.to_owned(), mode: 0o755, content: content.into() }
    }

    /// A file that everyone may read.
    pub fn file(path: &str, content: impl Into<Vec<u8>>) -> Entry {
        Entry::File { path: path.to_owned(), mode: 0o644, content: content.into() }
    }

    /// A directory that everyone may enter.
    pub fn directory(path: &str) -> Entry {
        Entry::Directory { path: path.to_owned(), mode: 0o755 }
    }

    /// A symbolic link at `path` that says `target`.
    pub fn symlink(path: &str, target: &str) -> Entry {
        Entry::Symlink { path: path.to_owned(), target: target.to_owned() }
    }

    /// A hard link at `path` to the file `target`.
    pub fn hard_link(path: &str, target: &str) -> Entry {
        Entry::HardLink { path: path.to_owned(), target: target.to_owned() }
    }
}
