//! Reads an archive front to back: entries with all their extension headers applied, contents as a stream.
//!
//! It does not seek, does not decompress, and touches no file.

use std::io::{self, BufRead, BufReader, Read};

use crate::assemble::{Malformed, assemble};
use crate::entry::Entry;
use crate::error::LayerTarError;
use crate::extensions::Extensions;
use crate::header::{BLOCK, Header};
use crate::limits::Limits;

/// Large enough that most files come in one piece, small enough for the cache of the processor.
const BUFFER: usize = 256 * 1024;

/// An archive that is being read. As a [`Read`] it gives the content of the entry that came last.
pub struct Archive<R> {
    input: BufReader<R>,
    limits: Limits,
    position: u64,
    entries: u64,
    /// Content of the current entry that has not been read yet.
    body: u64,
    /// Bytes between that content and the next header.
    padding: u64,
    global: Extensions,
    ended: bool,
}

impl<R: Read> Archive<R> {
    /// Begins at the first byte of an uncompressed archive.
    pub fn new(reader: R, limits: &Limits) -> Self {
        Self {
            input: BufReader::with_capacity(BUFFER, reader),
            limits: limits.clone(),
            position: 0,
            entries: 0,
            body: 0,
            padding: 0,
            global: Extensions::default(),
            ended: false,
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
                    self.global = global.clone();
                    extensions = global;
                }
                b'L' => extensions.path = Some(self.long_name(size)?),
                b'K' => extensions.link = Some(self.long_name(size)?),
                flag => {
                    let entry = assemble(&header, flag, extensions).map_err(|error| self.located(error))?;
                    self.set_body(entry.size)?;
                    return Ok(Some(entry));
                }
            }
        }
    }

    /// The next piece of the current entry's content, empty at its end. Follow it with [`Self::consume`].
    ///
    /// # Errors
    /// [`LayerTarError::Read`] and [`LayerTarError::Truncated`].
    pub fn chunk(&mut self) -> Result<&[u8], LayerTarError> {
        if self.body == 0 {
            return Ok(&[]);
        }
        let position = self.position;
        let available = self.input.fill_buf().map_err(|source| LayerTarError::Read { position, source })?;
        if available.is_empty() {
            return Err(LayerTarError::Truncated { position });
        }
        let length = usize::try_from(self.body).unwrap_or(usize::MAX).min(available.len());
        Ok(&available[..length])
    }

    /// Marks bytes of the last [`Self::chunk`] as read.
    pub fn consume(&mut self, bytes: usize) {
        self.input.consume(bytes);
        self.body -= bytes as u64;
        self.position += bytes as u64;
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
            self.input.consume(length);
            self.position += length as u64;
            self.check_bytes(0)?;
        }
    }

    fn skip_body(&mut self) -> Result<(), LayerTarError> {
        self.body += self.padding;
        self.padding = 0;
        while self.body > 0 {
            let length = self.chunk()?.len();
            self.consume(length);
        }
        Ok(())
    }

    /// False at the end of the stream or behind two zero blocks.
    fn read_header(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, LayerTarError> {
        if self.ended || !self.read_block(block)? {
            return Ok(false);
        }
        self.entries += 1;
        if self.entries > self.limits.entries {
            return Err(LayerTarError::Limit { limit: self.limits.entries, what: "entries" });
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

    fn read_block(&mut self, block: &mut [u8; BLOCK]) -> Result<bool, LayerTarError> {
        let mut filled = 0;
        while filled < BLOCK {
            let position = self.position;
            match self.input.read(&mut block[filled..]) {
                Ok(0) if filled == 0 => return Ok(false),
                Ok(0) => return Err(self.truncated()),
                Ok(length) => {
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
            return Err(LayerTarError::Limit {
                limit: self.limits.extension,
                what: "bytes in an extension header",
            });
        }
        self.set_body(size)?;
        let mut content = Vec::new();
        loop {
            let chunk = self.chunk()?;
            if chunk.is_empty() {
                return Ok(content);
            }
            content.extend_from_slice(chunk);
            let length = chunk.len();
            self.consume(length);
        }
    }

    fn set_body(&mut self, size: u64) -> Result<(), LayerTarError> {
        self.check_bytes(size)?;
        self.body = size;
        self.padding = (BLOCK as u64 - size % BLOCK as u64) % BLOCK as u64;
        Ok(())
    }

    fn check_bytes(&self, more: u64) -> Result<(), LayerTarError> {
        let limit = self.limits.bytes;
        if self.position > limit || more > limit - self.position {
            return Err(LayerTarError::Limit { limit, what: "bytes" });
        }
        Ok(())
    }

    fn truncated(&self) -> LayerTarError {
        LayerTarError::Truncated { position: self.position }
    }

    fn bad(&self, problem: &'static str) -> LayerTarError {
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

impl<R: Read> Read for Archive<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let chunk = self.chunk().map_err(io::Error::other)?;
        let length = chunk.len().min(buffer.len());
        buffer[..length].copy_from_slice(&chunk[..length]);
        self.consume(length);
        Ok(length)
    }
}
