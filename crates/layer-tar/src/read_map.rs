//! Begins the content of an entry: finds the map of a sparse file wherever its format has it.
//!
//! It does not judge the map; [`crate::sparse`] does.

use std::io::Read;

use crate::Archive;
use crate::content::Chunk;
use crate::entry::Entry;
use crate::error::{LayerTarError, shown};
use crate::extensions::decimal;
use crate::header::{BLOCK, Header, SparseTable};
use crate::sparse::{BadMap, SparseMap};
use crate::sparse_records::RecordedMap;

/// How the content of an entry is stored.
#[derive(Debug)]
pub(crate) enum Storage {
    /// As it is.
    Dense,
    /// With a map in the header and in blocks behind it: GNU's old format.
    InHeader,
    /// With a map that PAX records have or tell of.
    Recorded(RecordedMap),
}

const DIGITS: usize = 20;

impl<R: Read> Archive<'_, R> {
    /// Makes the content the next thing to read, and the entry's size that of the file.
    pub(crate) fn begin(
        &mut self,
        entry: &mut Entry,
        storage: Storage,
        header: &Header<'_>,
    ) -> Result<(), LayerTarError> {
        let stored = entry.size;
        let (map, size) = match storage {
            Storage::Dense => return self.set_body(stored),
            Storage::InHeader => {
                let read = self.map_of_header(entry, header)?;
                self.set_body(stored)?;
                read
            }
            Storage::Recorded(RecordedMap::Here { size, fragments }) => {
                self.set_body(stored)?;
                let mut map = SparseMap::default();
                for (offset, length) in fragments {
                    map.push(offset, length, &self.limits).map_err(refused(entry))?;
                }
                (map, size)
            }
            Storage::Recorded(RecordedMap::InContent { size }) => {
                self.set_body(stored)?;
                (self.map_in_content(entry)?, size)
            }
        };
        self.layout = map.finish(size, self.stored).map_err(refused(entry))?;
        entry.size = size;
        self.count_holes(size - self.stored)
    }

    fn map_of_header(
        &mut self,
        entry: &Entry,
        header: &Header<'_>,
    ) -> Result<(SparseMap, u64), LayerTarError> {
        let size = header.sparse_size().map_err(|problem| self.bad(problem))?;
        let mut map = SparseMap::default();
        let mut is_extended = self.add_table(&mut map, &header.sparse_table(), entry)?;
        while is_extended {
            let mut block = [0; BLOCK];
            if !self.read_block(&mut block)? {
                return Err(self.truncated());
            }
            is_extended = self.add_table(&mut map, &SparseTable::of_block(&block), entry)?;
        }
        Ok((map, size))
    }

    /// Adds the fragments of a table; true when another one follows it.
    fn add_table(
        &self,
        map: &mut SparseMap,
        table: &SparseTable<'_>,
        entry: &Entry,
    ) -> Result<bool, LayerTarError> {
        let mut count = 0;
        for fragment in table.fragments() {
            let (offset, length) = fragment.map_err(|problem| self.bad(problem))?;
            map.push(offset, length, &self.limits).map_err(refused(entry))?;
            count += 1;
        }
        // Readers differ in whether more blocks are read then, so it could be two archives in one.
        if table.is_extended && count < table.room() {
            return Err(refused(entry)("the map ends before its last block".into()));
        }
        Ok(table.is_extended)
    }

    /// Version 1.0: the number of fragments, then offset and length of each, a line for each number, up to a full block.
    fn map_in_content(&mut self, entry: &Entry) -> Result<SparseMap, LayerTarError> {
        let before = self.stored;
        let mut map = SparseMap::default();
        for _ in 0..self.line(entry)? {
            let (offset, length) = (self.line(entry)?, self.line(entry)?);
            map.push(offset, length, &self.limits).map_err(refused(entry))?;
        }
        while !(before - self.stored).is_multiple_of(BLOCK as u64) {
            self.byte(entry)?;
        }
        Ok(map)
    }

    fn line(&mut self, entry: &Entry) -> Result<u64, LayerTarError> {
        const BAD: BadMap = BadMap::Invalid("a line of the map is no number");
        let mut line = Vec::with_capacity(DIGITS);
        loop {
            match self.byte(entry)? {
                b'\n' => break,
                _ if line.len() == DIGITS => return Err(refused(entry)(BAD)),
                digit => line.push(digit),
            }
        }
        decimal(&line).ok().flatten().ok_or_else(|| refused(entry)(BAD))
    }

    fn byte(&mut self, entry: &Entry) -> Result<u8, LayerTarError> {
        let Chunk::Data(&[byte, ..]) = self.chunk()? else {
            return Err(refused(entry)("the map is longer than what the archive has of the file".into()));
        };
        self.consume(1);
        Ok(byte)
    }
}

/// Says of which file the map is.
fn refused(entry: &Entry) -> impl Fn(BadMap) -> LayerTarError {
    move |bad| match bad {
        BadMap::Invalid(problem) => LayerTarError::Sparse { path: shown(&entry.path), problem },
        BadMap::Limit(limit) => LayerTarError::Limit(limit),
    }
}
