//! Files of a log that were compressed once nothing was written to them any more: `log.1.gz`, `log.2.gz` …
//!
//! Two processes share the work. One compresses beside the log ([`pack_next`]) and may be ended at any moment; the writer alone changes
//! names ([`publish`]), so that no rotation comes between. In front of the content stands, as Docker has it, when its last entry was
//! written: who looks for something newer need not unpack it.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use corten_spec::time::Timestamp;
use flate2::read::GzDecoder;
use flate2::{Compression, GzBuilder};
use serde::{Deserialize, Serialize};

use crate::files::{self, LogFile, Original};
use crate::rotation;
use crate::{LogError, Result, seek};

/// How much is read at once.
const BLOCK: usize = 64 * 1024;

/// What has been compressed, and waits for its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Packed(Original);

/// What stands in the header of a compressed file, in its extra field.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Label {
    /// When the last entry was written.
    last_time: String,
    /// Which file this was.
    original: Option<Original>,
}

/// A compressed file that is being read.
#[derive(Debug)]
pub(crate) struct Unpacking {
    /// When its last entry was written, if its header says so.
    pub(crate) last: Option<Timestamp>,
    /// What it was made of.
    pub(crate) original: Option<Original>,
    decoder: GzDecoder<File>,
    /// How much of its content was read.
    position: u64,
}

impl Unpacking {
    /// Reads the header.
    pub(crate) fn new(file: File) -> Unpacking {
        let decoder = GzDecoder::new(file);
        let label: Option<Label> = decoder
            .header()
            .and_then(|header| header.extra())
            .and_then(|extra| serde_json::from_slice(extra).ok());
        let label = label.unwrap_or_default();
        let last = corten_spec::time::parse_rfc3339(&label.last_time).ok();
        Unpacking { last, original: label.original, decoder, position: 0 }
    }

    /// Begins again.
    pub(crate) fn rewind(&mut self) -> io::Result<()> {
        let mut file = self.decoder.get_ref().try_clone()?;
        file.rewind()?;
        *self = Unpacking::new(file);
        Ok(())
    }

    /// Reads what comes at `offset`, which never is before what was read already; 0 bytes are the end.
    pub(crate) fn read_from(&mut self, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut skipped = vec![0; if self.position < offset { BLOCK } else { 0 }];
        while self.position < offset {
            let wanted = skipped.len().min(usize::try_from(offset - self.position).unwrap_or(BLOCK));
            match self.decoder.read(&mut skipped[..wanted])? {
                0 => return Ok(0),
                count => self.position += count as u64,
            }
        }
        let count = self.decoder.read(buffer)?;
        self.position += count as u64;
        Ok(count)
    }
}

/// Where a file is compressed to.
fn unnamed(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".packing");
    PathBuf::from(name)
}

/// Compresses the oldest file of the log that is not written to any more and not compressed yet; `None` if there is none, or if
/// `goes_on` says to stop.
///
/// # Errors
/// A full disk and the like; the log is as it was.
pub fn pack_next(path: &Path, goes_on: &mut dyn FnMut() -> bool) -> Result<Option<Packed>> {
    let Some(mut source) = oldest_plain(path).map_err(|error| LogError::new("open", path, error))? else {
        return Ok(None);
    };
    let failed = |error| LogError::new("compress", path, error);
    let Some(original) = source.as_original().map_err(failed)? else { return Ok(None) };
    let target = unnamed(path);
    match compress(&mut source, original, &target, goes_on) {
        Ok(true) => Ok(Some(Packed(original))),
        stopped => {
            // What stays is overwritten by the next attempt.
            let _ = std::fs::remove_file(&target);
            stopped.map(|_| None).map_err(failed)
        }
    }
}

fn oldest_plain(path: &Path) -> io::Result<Option<LogFile>> {
    let numbers = files::numbers(path)?;
    for number in numbers.into_iter().rev().filter(|number| *number > 0) {
        match File::open(rotation::name(path, number)) {
            Ok(file) => return LogFile::plain(file).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(None)
}

/// False where it was told to stop.
fn compress(
    source: &mut LogFile,
    original: Original,
    target: &Path,
    goes_on: &mut dyn FnMut() -> bool,
) -> io::Result<bool> {
    let last_time = seek::last_time(source)?.map(Timestamp::rfc3339_nano).unwrap_or_default();
    let label = serde_json::to_vec(&Label { last_time, original: Some(original) })?;
    let file = File::options().write(true).create(true).truncate(true).mode(0o640).open(target)?;
    let mut encoder = GzBuilder::new().extra(label).write(file, Compression::fast());
    let mut block = vec![0; BLOCK];
    loop {
        if !goes_on() {
            return Ok(false);
        }
        match source.read(&mut block)? {
            0 => break,
            count => encoder.write_all(&block[..count])?,
        }
    }
    // Only what is on the disk replaces what it was made of.
    encoder.finish()?.sync_data()?;
    Ok(true)
}

/// Gives what was compressed the place of what it was made of; false where that is gone meanwhile.
///
/// # Errors
/// What rename(2) and unlink(2) say.
pub fn publish(path: &Path, packed: Packed) -> Result<bool> {
    let failed = |error| LogError::new("replace", path, error);
    let target = unnamed(path);
    for number in files::numbers(path).map_err(failed)?.into_iter().filter(|number| *number > 0) {
        let original = rotation::name(path, number);
        if Original::named(&original).map_err(failed)? == Some(packed.0) {
            // In this order: at each moment one of the two is there. Who sees both takes the original.
            std::fs::rename(&target, rotation::packed_name(path, number)).map_err(failed)?;
            std::fs::remove_file(&original).map_err(failed)?;
            return Ok(true);
        }
    }
    discard(path)?;
    Ok(false)
}

/// Removes what was being compressed: whoever did is gone.
///
/// # Errors
/// What unlink(2) says, other than that there was nothing.
pub fn discard(path: &Path) -> Result<()> {
    match std::fs::remove_file(unnamed(path)) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(LogError::new("remove", path, error)),
        _ => Ok(()),
    }
}
