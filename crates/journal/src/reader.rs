//! Reading a container's journal.
//!
//! It keeps no state: the caller remembers how far it has read, in the state database.

use std::fs::File;
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::writer::whole_length;
use crate::{JournalError, Record, Result, frame};

/// Reads journals.
#[derive(Debug)]
pub struct JournalReader;

impl JournalReader {
    /// The records from byte `offset` (0, or what an earlier call returned) to the end, and the offset to go on from.
    ///
    /// A record at the end that is not whole is left for later: it is being written, or its writer died. A journal that does
    /// not exist is empty. One shorter than `offset` lost its tail with the power, and so did one whose length has survived but not what
    /// stood there: file systems put the length on the disk by itself. What was read of it stays valid, and reading goes on
    /// from its end.
    ///
    /// # Errors
    /// [`JournalError::Damaged`] for a record that does not parse although others follow it.
    pub fn read_from(path: &Path, offset: u64) -> Result<(Vec<Record>, u64)> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), 0)),
            Err(error) => return Err(JournalError::file("open", path, error)),
        };
        let failed = |error| JournalError::file("read", path, error);
        let length = file.metadata().map_err(failed)?.len();
        if length < offset {
            return Ok((Vec::new(), length));
        }
        if !ends_a_record(&file, offset).map_err(failed)? {
            let end = whole_length(&file, length).map_err(failed)?;
            if end <= offset {
                return Ok((Vec::new(), end));
            }
        }
        file.seek(SeekFrom::Start(offset)).map_err(failed)?;
        let mut bytes = Vec::with_capacity((length - offset) as usize);
        file.take(length - offset).read_to_end(&mut bytes).map_err(failed)?;
        parse(path, offset, &bytes)
    }
}

/// Whether what is in front of `offset` ends there.
fn ends_a_record(file: &File, offset: u64) -> std::io::Result<bool> {
    let Some(last) = offset.checked_sub(1) else { return Ok(true) };
    let mut byte = [0];
    file.read_exact_at(&mut byte, last)?;
    Ok(byte == *b"\n")
}

/// Whether a line is a record.
pub(crate) fn is_record(line: &[u8]) -> bool {
    frame::decode(line).is_some_and(|text| serde_json::from_slice::<Record>(text).is_ok())
}

/// Takes whole records off the front of `bytes`, which begin at byte `offset` of the journal.
fn parse(path: &Path, mut offset: u64, mut bytes: &[u8]) -> Result<(Vec<Record>, u64)> {
    let mut records = Vec::new();
    while let Some(newline) = bytes.iter().position(|&byte| byte == b'\n') {
        let (line, rest) = (&bytes[..newline], &bytes[newline + 1..]);
        if line.is_empty() {
            // Mended here.
            (offset, bytes) = (offset + 1, rest);
            continue;
        }
        let damaged = |reason: String| JournalError::Damaged { path: path.to_owned(), offset, reason };
        match frame::decode(line) {
            Some(text) => records.push(
                serde_json::from_slice(text)
                    .map_err(|error| damaged(format!("not a record that this version knows ({error})")))?,
            ),
            None if rest.is_empty() => break,
            None => return Err(damaged("the checksum does not match".to_owned())),
        }
        offset += newline as u64 + 1;
        bytes = rest;
    }
    Ok((records, offset))
}
