//! Writes the file index of a layer while its archive is read and unpacked.
//!
//! It keeps no more than a piece of the archive in memory. It does not compress and names no file.

use std::io::{self, Read, Write};

use crate::checksum::Checksum;
use crate::file_index::{MAGIC, Record};
use crate::{Archive, LayerTarError};

/// Bytes of the archive that are gathered for one record.
const PIECE: usize = 64 * 1024;

/// An index under construction.
pub(crate) struct Recording<'a> {
    into: &'a mut dyn Write,
    literal: Vec<u8>,
    path: Vec<u8>,
    content: Content,
    length: u64,
    /// The first failure: whoever reads the archive byte by byte is not asked each time.
    failure: Option<io::Error>,
}

/// Where the bytes of the archive go.
#[derive(Default)]
struct Content {
    is_file: bool,
    offset: u64,
    /// Of what is not recorded yet, which ends at `offset`.
    length: u64,
    checksum: Checksum,
}

impl<'a> Recording<'a> {
    pub(crate) fn begin(into: &'a mut dyn Write) -> Self {
        let failure = into.write_all(MAGIC).err();
        let literal = Vec::with_capacity(PIECE);
        Self { into, literal, path: Vec::new(), content: Content::default(), length: 0, failure }
    }

    /// Takes in bytes of the archive.
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        if self.content.is_file {
            let content = &mut self.content;
            content.checksum.update(bytes);
            content.offset += bytes.len() as u64;
            content.length += bytes.len() as u64;
            return;
        }
        self.literal.extend_from_slice(bytes);
        if self.literal.len() >= PIECE {
            self.flush_literal();
        }
    }

    /// What follows is content of a file, until [`Self::end_content`].
    pub(crate) fn begin_content(&mut self, path: &[u8], size: u64) {
        self.flush_literal();
        let shared = self.path.iter().zip(path).take_while(|(before, now)| before == now).count();
        let rest = &path[shared..];
        self.record(&Record::File { shared: shared as u64, rest: rest.len() as u64, size });
        self.write(rest);
        self.path.truncate(shared);
        self.path.extend_from_slice(rest);
        self.content = Content { is_file: true, ..Content::default() };
    }

    /// The content goes on so many bytes later.
    pub(crate) fn hole(&mut self, bytes: u64) {
        self.flush_content();
        self.content.offset += bytes;
    }

    pub(crate) fn end_content(&mut self) {
        self.flush_content();
        self.content.is_file = false;
    }

    /// Whether writing has failed; then it has to end.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        self.failure.take()
    }

    fn finish(mut self) -> io::Result<()> {
        self.end_content();
        self.flush_literal();
        self.record(&Record::End { length: self.length });
        self.failure.map_or(Ok(()), Err)
    }

    fn flush_literal(&mut self) {
        if !self.literal.is_empty() {
            let literal = std::mem::take(&mut self.literal);
            self.record(&Record::Literal(literal.len() as u64));
            self.write(&literal);
            self.literal = literal;
            self.literal.clear();
        }
    }

    fn flush_content(&mut self) {
        let Content { offset, length, .. } = self.content;
        if length > 0 {
            let checksum = std::mem::take(&mut self.content.checksum).finish();
            self.record(&Record::Content { offset: offset - length, length, checksum });
            self.content.length = 0;
        }
    }

    fn record(&mut self, record: &Record) {
        if self.failure.is_none() {
            self.failure = record.write(self.into).err();
        }
    }

    fn write(&mut self, bytes: &[u8]) {
        if self.failure.is_none() {
            self.failure = self.into.write_all(bytes).err();
        }
    }
}

impl<R: Read> Archive<'_, R> {
    /// The content of the current entry goes into a file of the layer.
    pub(crate) fn record_content(&mut self, path: &[u8], size: u64) {
        if let Some(recording) = &mut self.recording
            && size > 0
        {
            recording.begin_content(path, size);
        }
    }

    /// Completes the index, once the archive is read to its end.
    pub(crate) fn finish_recording(&mut self) -> Result<(), LayerTarError> {
        self.recording.take().map_or(Ok(()), Recording::finish).map_err(LayerTarError::Record)
    }
}
