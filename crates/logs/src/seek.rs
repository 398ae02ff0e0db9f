//! Finding where in a log a moment is, by the times of a few of its lines: what lies before that is never read.
//!
//! Lines stand in the order of their times, nearly: the parts of a long line carry the time of its first. So the search ends some way
//! before the moment, and the reader still compares every line. After a clock was set back, lines from before that may be passed over.

use std::io;
use std::os::unix::fs::FileExt;

use corten_spec::time::Timestamp;

use crate::decode::{self, Clock};
use crate::files::LogFile;
use crate::scan;

/// How much is read to find one line, at first.
const BLOCK: u64 = 4 * 1024;

/// A line takes at most this: 16 KiB, each byte escaped by six, and what stands beside it.
const LONGEST_LINE: u64 = 256 * 1024;

/// How far before a moment reading begins: as much is read faster than a search goes on.
const MARGIN: u64 = 512 * 1024;

/// Drops files (the oldest first) that have nothing as new as `since`, and places the first of the others near it.
pub(crate) fn skip_older(files: &mut Vec<LogFile>, since: Timestamp) -> io::Result<()> {
    let mut older = 0;
    // The newest stays whatever it holds: followers go on there.
    while older + 1 < files.len() && last_time(&files[older])?.is_some_and(|last| last < since) {
        older += 1;
    }
    files.drain(..older);
    if let Some(first) = files.first_mut() {
        first.offset = first.offset.max(near(first, since)?);
    }
    Ok(())
}

/// The beginning of a line some way before the first one as new as `since`.
fn near(file: &LogFile, since: Timestamp) -> io::Result<u64> {
    if file.as_packed().is_some() {
        return Ok(file.offset);
    }
    let (mut older, mut newer) = (file.offset, file.size);
    while newer.saturating_sub(older) > MARGIN {
        let middle = older + (newer - older) / 2;
        match line_after(file, middle)? {
            Some((_, at)) if at < since => older = middle,
            _ => newer = middle,
        }
    }
    let begin = older.saturating_sub(MARGIN);
    if begin <= file.offset {
        return Ok(file.offset);
    }
    Ok(line_after(file, begin)?.map_or(file.offset, |(offset, _)| offset))
}

/// When the last entry of a file was written.
pub(crate) fn last_time(file: &LogFile) -> io::Result<Option<Timestamp>> {
    if let Some(packed) = file.as_packed() {
        return Ok(packed.last);
    }
    let mut length = BLOCK;
    loop {
        let begin = file.size.saturating_sub(length);
        let block = read(file, begin, file.size)?;
        // What stands before the first newline may be the end of a line.
        let lines = block.rsplit(|&byte| byte == b'\n').filter_map(time_of);
        if let Some(at) = lines.take(1).next() {
            return Ok(Some(at));
        }
        if begin == 0 || length >= LONGEST_LINE {
            return Ok(None);
        }
        length = LONGEST_LINE;
    }
}

/// Where the first entry begins that follows a newline at or after `offset`, and its time.
fn line_after(file: &LogFile, offset: u64) -> io::Result<Option<(u64, Timestamp)>> {
    let mut length = BLOCK;
    loop {
        let end = (offset + length).min(file.size);
        let block = read(file, offset, end)?;
        let mut position = scan::newline(&block).map_or(block.len(), |newline| newline + 1);
        while let Some(newline) = scan::newline(&block[position..]) {
            if let Some(at) = time_of(&block[position..position + newline]) {
                return Ok(Some((offset + position as u64, at)));
            }
            position += newline + 1;
        }
        if end == file.size || length > 2 * LONGEST_LINE {
            return Ok(None);
        }
        length *= 8;
    }
}

fn time_of(line: &[u8]) -> Option<Timestamp> {
    decode::entry(line, &mut Clock::default(), &mut Vec::new()).map(|facts| facts.at)
}

fn read(file: &LogFile, begin: u64, end: u64) -> io::Result<Vec<u8>> {
    let Some(plain) = file.as_plain() else { return Ok(Vec::new()) };
    let mut block = vec![0; end.saturating_sub(begin) as usize];
    let mut filled = 0;
    while filled < block.len() {
        // Somebody may have emptied the file meanwhile.
        match plain.read_at(&mut block[filled..], begin + filled as u64)? {
            0 => break,
            count => filled += count,
        }
    }
    block.truncate(filled);
    Ok(block)
}
