//! Reads an archive front to back: entries with all their extension headers applied, contents as a stream.
//!
//! It does not seek, does not decompress, and touches no file.

use std::io::{self, BufRead, BufReader, Read};

use crate::assemble::{Malformed, assemble};
use crate::content::{Chunk, Layout};
use crate::entry::Entry;
use crate::error::{LayerTarError, LimitOf};
use crate::extensions::Extensions;
use crate::header::{BLOCK, Header};
use crate::limits::Limits;
use crate::recording::Recording;

/// Large enough that most files come in one piece, small enough for the cache of the processor.
const BUFFER: usize = 256 * 1024;

/// An archive that is being read. As a [`Read`] it gives the content of the entry that came last, zeros for holes.
pub struct Archive<'a, R> {
    input: BufReader<R>,
    pub(crate) limits: Limits,
    position: u64,
    entries: u64,
    /// Bytes in holes of all entries so far.
    holes: u64,
    /// What the archive has of the current entry's content and has not been read yet.
    pub(crate) stored: u64,
    /// How that lies in the file.
    pub(crate) layout: Layout,
    /// Bytes between that content and the next header.
    padding: u64,
    global: Extensions,
    ended: bool,
    /// Learns what is read.
    pub(crate) recording: Option<Recording<'a>>,
}

impl<R: Read> Archive<'_, R> {
    /// Begins at the first byte of an uncompressed archive.
    pub fn new(reader: R, limits: &Limits) -> Self {
        Self {
            input: BufReader::with_capacity(BUFFER, reader),
            limits: limits.clone(),
            position: 0,
            entries: 0,
            holes: 0,
            stored: 0,
            layout: Layout::default(),
            padding: 0,
            global: Extensions::default(),
            ended: false,
            recording: None,
        }
    }

    /// How many headers have been read, extension headers included.
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Skips what is left of the current entry and reads the headers of the next; `None` at the end.
    ///
    /// # Errors
    /// [`LayerTarError::Read`], [`LayerTarError::Truncated`], [`LayerTarError::Header`], [`LayerTarError::Limit`], [`LayerTarError::Unsupported`].
    pub fn next_entry(&mut self) -> Result<Option<Entry>, LayerTarError> {
        let mut extensions = self.global.clone();
        let mut extended = false;
        loop {
            self.skip_body()?;
            self.check_recording()?;
            let mut block = [0; BLOCK];
            if !self.read_header(&mut block)? {
                return if extended { Err(self.truncated()) } else { Ok(None) };
            }
            let header = Header::parse(&block).map_err(|problem| self.bad(problem))?;
            // Two zero blocks end an archive; `read_header` has seen both.
            let Some(header) = header else { return Ok(None) };
            extended = true;
            let size = header.size().map_err(|problem| self.bad(problem))?;
            match header.type_flag() {
                b'x' => self.records(size, &mut extensions)?,
                b'g' => {
                    let mut global = std::mem::take(&mut self.global);
                    self.records(size, &mut global)?;
                    if global.sparse.is_some() {
                        return Err(self.bad("a global header describes a sparse file"));
                    }
                    self.global = global.clone();
                    extensions = global;
                }
                b'L' => extensions.path = Some(self.long_name(size)?),
                b'K' => extensions.link = Some(self.long_name(size)?),
                flag => {
                    let (mut entry, storage) =
                        assemble(&header, flag, extensions).map_err(|error| self.located(error))?;
                    self.begin(&mut entry, storage, &header)?;
                    return Ok(Some(entry));
                }
            }
        }
    }

    /// The next piece of the current entry's content. Follow it with [`Self::consume`].
    ///
    /// # Errors
    /// [`LayerTarError::Read`] and [`LayerTarError::Truncated`].
    pub fn chunk(&mut self) -> Result<Chunk<'_>, LayerTarError> {
        let region = self.layout.next();
        if region.hole > 0 {
            return Ok(Chunk::Hole(region.hole));
        }
        if region.data == 0 {
            return Ok(Chunk::End);
        }
        Ok(Chunk::Data(self.available(region.data)?))
    }

    /// Marks bytes of the last [`Self::chunk`] as read.
    pub fn consume(&mut self, bytes: u64) {
        let stored = self.layout.consume(bytes);
        if let (0, Some(recording)) = (stored, &mut self.recording) {
            recording.hole(bytes);
        }
        self.take(stored);
    }

    /// Reads to the end of the stream, past the end of the archive, and gives the length of all of it: a digest over
    /// the stream covers what stands behind the archive, too.
    ///
    /// # Errors
    /// [`LayerTarError::Read`] and [`LayerTarError::Limit`].
    pub fn finish(&mut self) -> Result<u64, LayerTarError> {
        loop {
            let position = self.position;
            let length =
                self.input.fill_buf().map_err(|source| LayerTarError::Read { position, source })?.len();
            if length == 0 {
                return Ok(self.position);
            }
            self.advance(length);
            self.check_bytes(0)?;
        }
    }

    fn skip_body(&mut self) -> Result<(), LayerTarError> {
        self.layout = Layout::default();
        if let Some(recording) = &mut self.recording {
            recording.end_content();
        }
        self.stored += std::mem::take(&mut self.padding);
        while self.stored > 0 {
            let length = self.available(self.stored)?.len() as u64;
            self.take(length);
        }
        Ok(())
    }

    /// What can be had at once of the next bytes, at least one of them.
    fn available(&mut self, wanted: u64) -> Result<&[u8], LayerTarError> {
        let position = self.position;
        let available = self.input.fill_buf().map_err(|source| LayerTarError::Read { position, source })?;
        if available.is_empty() {
            return Err(LayerTarError::Truncated { position });
        }
        let length = usize::try_from(wanted).unwrap_or(usize::MAX).min(available.len());
        Ok(&available[..length])
    }

    /// Counts bytes of the content as read, of which the buffer has so many.
    fn take(&mut self, bytes: u64) {
        self.advance(usize::try_from(bytes).unwrap_or(usize::MAX));
        self.stored -= bytes;
    }

    /// Passes over bytes that the buffer has.
    fn advance(&mut self, bytes: usize) {
        if let Some(recording) = &mut self.recording {
            recording.bytes(&self.input.buffer()[..bytes]);
        }
        self.input.consume(bytes);
        self.position += bytes as u64;
    }

    fn check_recording(&mut self) -> Result<(), LayerTarError> {
        match self.recording.as_mut().and_then(Recording::failure) {
            Some(failure) => Err(LayerTarError::Record(failure)),
            None => Ok(()),
        }
    }

    /// False at the end of the stream or behind two zero blocks.
    fn read_header(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, LayerTarError> {
        if self.ended || !self.read_block(block)? {
            return Ok(false);
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(limit("entries", self.entries, self.limits.entries));
        }
        if block.iter().all(|&byte| byte == 0) {
            self.ended = true;
            self.entries -= 1;
            // A single zero block at the end of the stream is accepted, one in the middle is damage.
            if self.read_block(block)? && block.iter().any(|&byte| byte != 0) {
                return Err(self.bad("a block of zeros stands alone"));
            }
            return Ok(false);
        }
        Ok(true)
    }

    pub(crate) fn read_block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, LayerTarError> {
        let mut filled = 0;
        while filled < BLOCK {
            let position = self.position;
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(self.truncated()),
                Ok(length) => {
                    if let Some(recording) = &mut self.recording {
                        recording.bytes(&block[filled..filled + length]);
                    }
                    filled += length;
                    self.position += length as u64;
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(source) => return Err(LayerTarError::Read { position, source }),
            }
        }
        self.check_bytes(0)?;
        Ok(true)
    }

    fn records(&mut self, size: u64, into: &mut Extensions) -> Result<(), LayerTarError> {
        let records = self.extension(size)?;
        into.apply(&records).map_err(|problem| self.bad(problem))
    }

    /// GNU's long names end with a NUL that belongs to the content.
    fn long_name(&mut self, size: u64) -> Result<Vec<u8>, LayerTarError> {
        let mut name = self.extension(size)?;
        let end = name.iter().position(|&byte| byte == 0).unwrap_or(name.len());
        name.truncate(end);
        Ok(name)
    }

    fn extension(&mut self, size: u64) -> Result<Vec<u8>, LayerTarError> {
        if size > self.limits.extension {
            return Err(limit("bytes in an extension header", size, self.limits.extension));
        }
        self.set_body(size)?;
        let mut content = Vec::new();
        while let Chunk::Data(chunk) = self.chunk()? {
            content.extend_from_slice(chunk);
            let length = chunk.len() as u64;
            self.consume(length);
        }
        Ok(content)
    }

    /// Makes content of so many bytes the next thing to read.
    pub(crate) fn set_body(&mut self, size: u64) -> Result<(), LayerTarError> {
        self.check_bytes(size)?;
        self.stored = size;
        self.layout = Layout::dense(size);
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        Ok(())
    }

    fn check_bytes(&self, more: u64) -> Result<(), LayerTarError> {
        let bytes = self.position.saturating_add(more);
        if bytes > self.limits.bytes {
            return Err(limit("bytes in the archive", bytes, self.limits.bytes));
        }
        Ok(())
    }

    pub(crate) fn count_holes(&mut self, more: u64) -> Result<(), LayerTarError> {
        self.holes = self.holes.saturating_add(more);
        if self.holes > self.limits.holes {
            return Err(limit("bytes in holes of sparse files", self.holes, self.limits.holes));
        }
        Ok(())
    }

    pub(crate) fn truncated(&self) -> LayerTarError {
        LayerTarError::Truncated { position: self.position }
    }

    pub(crate) fn bad(&self, problem: &'static str) -> LayerTarError {
        LayerTarError::Header { position: self.position, problem }
    }

    /// Gives a header error its place.
    fn located(&self, error: Malformed) -> LayerTarError {
        match error {
            Malformed::Field(problem) => self.bad(problem),
            Malformed::Unsupported { path, what } => LayerTarError::Unsupported { path, what },
        }
    }
}

fn limit(what: &'static str, value: u64, limit: u64) -> LayerTarError {
    LayerTarError::Limit(LimitOf { what, value, limit })
}

impl<R: Read> Read for Archive<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = match self.chunk().map_err(io::Error::other)? {
            Chunk::Data(chunk) => {
                let length = chunk.len().min(buffer.len());
                buffer[..length].copy_from_slice(&chunk[..length]);
                length
            }
            Chunk::Hole(hole) => {
                let length = usize::try_from(hole).unwrap_or(usize::MAX).min(buffer.len());
                buffer[..length].fill(0);
                length
            }
            Chunk::End => 0,
        };
        self.consume(length as u64);
        Ok(length)
    }
}
