//! Taking damage out of a journal or an event file, so that what it says besides can be read again.
//!
//! Nothing is lost by it: the damaged file stays beside the mended one, under a name of its own.

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use corten_sys::ofd_lock::{self, Mode};

use crate::events::file::{EventFile, Paths, write_header};
use crate::lock::is_at;
use crate::reader::is_record;
use crate::{JournalError, Result};

/// Blanks every damaged record of the journal at `path`, in place: whoever has it open goes on appending to it, and what was read
/// of it stays read. Returns the copy that was made first; `None` where there was no damage.
///
/// # Errors
/// What the kernel says; nothing was changed then, or the copy is there.
pub fn mend_journal(path: &Path) -> Result<Option<PathBuf>> {
    let bytes = fs::read(path).map_err(|error| JournalError::file("read", path, error))?;
    let damaged = damaged_lines(&bytes);
    if damaged.is_empty() {
        return Ok(None);
    }
    let aside = free_name(path);
    fs::write(&aside, &bytes).map_err(|error| JournalError::file("write", &aside, error))?;
    let failed = |error| JournalError::file("write", path, error);
    let file = File::options().write(true).open(path).map_err(failed)?;
    for (offset, length) in damaged {
        file.write_all_at(&vec![b'\n'; length], offset).map_err(failed)?;
    }
    Ok(Some(aside))
}

/// Where damaged lines begin, and how long they are. A last one without an end is being written.
fn damaged_lines(bytes: &[u8]) -> Vec<(u64, usize)> {
    let mut damaged = Vec::new();
    let mut offset = 0;
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if let Some(text) = line.strip_suffix(b"\n")
            && !text.is_empty()
            && !is_record(text)
        {
            damaged.push((offset, text.len()));
        }
        offset += line.len() as u64;
    }
    damaged
}

/// Puts an event file aside whose beginning cannot be read, and begins a new one behind it, so that positions go on growing. Returns
/// where the damaged ones are.
///
/// # Errors
/// What the kernel says.
pub fn mend_events(root: &Path) -> Result<Vec<PathBuf>> {
    let Paths { current, previous } = Paths::of(root);
    let mut aside = Vec::new();
    if is_damaged(EventFile::previous(&previous))? {
        let name = free_name(&previous);
        fs::rename(&previous, &name).map_err(|error| JournalError::file("rename", &previous, error))?;
        aside.push(name);
    }
    if is_damaged(EventFile::current(&current, None))? {
        aside.extend(replace(&current, &previous)?);
    }
    Ok(aside)
}

/// Replaces a damaged current file while nobody can append to it; `None` if somebody else did.
fn replace(current: &Path, previous: &Path) -> Result<Option<PathBuf>> {
    let failed = |error| JournalError::file("open", current, error);
    let file = File::options().read(true).write(true).open(current).map_err(failed)?;
    ofd_lock::lock(file.as_fd(), Mode::Exclusive)
        .map_err(|error| JournalError::file("lock", current, error))?;
    if !is_at(file.as_fd(), current)? {
        return Ok(None);
    }
    let before = EventFile::previous(previous)?.map_or(Ok(0), |events| events.end(previous))?;
    let length = file.metadata().map_err(|error| JournalError::file("stat", current, error))?.len();
    let (aside, successor) = (free_name(current), free_name(&current.with_extension("new")));
    let new = File::create(&successor).map_err(|error| JournalError::file("create", &successor, error))?;
    write_header(&new, before + length, &successor)?;
    // A second name first: `events` is never missing.
    fs::hard_link(current, &aside).map_err(|error| JournalError::file("link", &aside, error))?;
    fs::rename(&successor, current).map_err(|error| JournalError::file("rename", &successor, error))?;
    Ok(Some(aside))
}

fn is_damaged<T>(opened: Result<T>) -> Result<bool> {
    match opened {
        Ok(_) => Ok(false),
        Err(JournalError::Damaged { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// A name beside `path` that nobody has: `path.damaged`, `path.damaged-2` …
fn free_name(path: &Path) -> PathBuf {
    let name = |number: u32| match number {
        1 => path.with_added_extension("damaged"),
        number => path.with_added_extension(format!("damaged-{number}")),
    };
    (1..).map(name).find(|name| !name.exists()).unwrap_or_else(|| name(u32::MAX))
}

#[cfg(test)]
mod tests {
    use corten_spec::time::Timestamp;

    use super::*;
    use crate::{EventLog, EventReader, JournalReader, JournalWriter, NewEvent, Record};

    fn out_of_memory(second: i64) -> Record {
        Record::OutOfMemory { at: Timestamp::from_nanos(second) }
    }

    #[test]
    fn a_mended_journal_has_every_whole_record_and_its_writer_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("journal");
        let mut writer = JournalWriter::open(&path).unwrap();
        writer.append(&out_of_memory(1)).unwrap();
        let mut rotten = fs::read(&path).unwrap();
        let whole = rotten.len() as u64;
        rotten.extend_from_slice(b"no record\nnor this\n");
        fs::write(&path, &rotten).unwrap();
        writer.append(&out_of_memory(2)).unwrap();
        assert!(matches!(JournalReader::read_from(&path, 0), Err(JournalError::Damaged { .. })));

        let aside = mend_journal(&path).unwrap().unwrap();
        assert!(fs::read(&aside).unwrap().starts_with(&rotten));
        writer.append(&out_of_memory(3)).unwrap();
        let (records, _) = JournalReader::read_from(&path, 0).unwrap();
        assert_eq!(records, [1, 2, 3].map(out_of_memory));
        assert_eq!(JournalReader::read_from(&path, whole).unwrap().0, [2, 3].map(out_of_memory));
        assert_eq!(mend_journal(&path).unwrap(), None);
    }

    #[test]
    fn a_new_event_file_begins_behind_the_damaged_one() {
        let root = tempfile::tempdir().unwrap();
        let event = |action: &str| NewEvent {
            at: Timestamp::from_nanos(1),
            kind: "container".to_owned(),
            action: action.to_owned(),
            actor: "id".to_owned(),
            attributes: std::collections::BTreeMap::new(),
        };
        let log = EventLog::new(root.path());
        let before = log.append(&event("create")).unwrap();
        let current = root.path().join("events");
        let mut bytes = fs::read(&current).unwrap();
        bytes[0] = b'?';
        fs::write(&current, &bytes).unwrap();
        assert!(log.append(&event("start")).is_err());

        let aside = mend_events(root.path()).unwrap();
        assert_eq!(aside, [root.path().join("events.damaged")]);
        assert_eq!(fs::read(&aside[0]).unwrap(), bytes);
        assert!(log.append(&event("die")).unwrap() > before);
        let mut reader = EventReader::from_start(root.path()).unwrap();
        assert_eq!(reader.next().unwrap().unwrap().action, "die");
        assert!(mend_events(root.path()).unwrap().is_empty());
    }
}
