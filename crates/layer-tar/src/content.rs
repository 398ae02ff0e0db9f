//! How the content of an entry lies in an archive: one run of bytes, or for a sparse file runs with holes between them.
//!
//! It reads nothing; [`crate::sparse`] makes the layout of a sparse file from its map.

/// A piece of an entry's content.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Chunk<'a> {
    /// Bytes that the archive has.
    Data(&'a [u8]),
    /// So many zeros that the archive does not have, and a file system need not either.
    Hole(u64),
    /// The content is complete.
    End,
}

/// A hole, which may be of no length, and the bytes behind it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Region {
    pub(crate) hole: u64,
    pub(crate) data: u64,
}

/// What is left of an entry's content.
#[derive(Debug, Default)]
pub(crate) struct Layout {
    current: Region,
    following: std::vec::IntoIter<Region>,
}

impl Layout {
    /// Of a file that is all data.
    pub(crate) fn dense(data: u64) -> Self {
        Self { current: Region { hole: 0, data }, following: Vec::new().into_iter() }
    }

    /// Of a file with holes.
    pub(crate) fn sparse(regions: Vec<Region>) -> Self {
        Self { current: Region::default(), following: regions.into_iter() }
    }

    /// Where the content goes on; of no length at all at its end.
    pub(crate) fn next(&mut self) -> Region {
        while self.current == Region::default() {
            match self.following.next() {
                Some(region) => self.current = region,
                None => break,
            }
        }
        self.current
    }

    /// Takes off bytes of what [`Self::next`] gave, and says how many of them the archive has.
    pub(crate) fn consume(&mut self, bytes: u64) -> u64 {
        if self.current.hole > 0 {
            self.current.hole -= bytes;
            return 0;
        }
        self.current.data -= bytes;
        bytes
    }
}
