//! Finding the last lines of a log from its end, in blocks: what lies before them is never read, unless it is
//! compressed.
//!
//! Lines are counted, not parsed.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use crate::files::LogFile;

const BLOCK: u64 = 64 * 1024;

/// Places `files` (the oldest first) so that reading gives the last `wanted` lines, dropping the files before them.
pub(crate) fn place(files: &mut Vec<LogFile>, wanted: u64) -> io::Result<()> {
    let mut missing = wanted;
    for index in (0..files.len()).rev() {
        let file = &mut files[index];
        let (offset, still_missing) = match file.as_plain() {
            Some(plain) => start(plain, file.size, missing)?,
            None => start_of_packed(file, missing)?,
        };
        file.offset = offset;
        missing = still_missing;
        if offset > 0 || missing == 0 {
            files.drain(..index);
            break;
        }
    }
    Ok(())
}

/// Where the last `wanted` lines of a file begin, and how many it is short of that. A line without its newline is none.
fn start(file: &File, size: u64, wanted: u64) -> io::Result<(u64, u64)> {
    let mut found = 0;
    let mut end = size;
    let mut block = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(BLOCK);
        block.resize((end - begin) as usize, 0);
        file.read_exact_at(&mut block, begin)?;
        let newlines = block.iter().filter(|&&byte| byte == b'\n').count() as u64;
        if found + newlines > wanted {
            // The line before the wanted ones ends in here.
            let before = block.iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n');
            let (index, _) = before.clone().nth((wanted - found) as usize).unwrap_or((0, &0));
            return Ok((begin + index as u64 + 1, 0));
        }
        found += newlines;
        end = begin;
    }
    Ok((0, wanted - found))
}

/// The same of a compressed file, which has to be read from its beginning: once to count, once to find the place.
fn start_of_packed(file: &mut LogFile, wanted: u64) -> io::Result<(u64, u64)> {
    let total = pass_lines(file, u64::MAX)?.0;
    file.rewind()?;
    let Some(before) = total.checked_sub(wanted) else { return Ok((0, wanted - total)) };
    let (_, offset) = pass_lines(file, before)?;
    file.rewind()?;
    Ok((offset, 0))
}

/// Reads so many lines, or all; how many there were, and where the next begins.
fn pass_lines(file: &mut LogFile, wanted: u64) -> io::Result<(u64, u64)> {
    let (mut passed, mut offset) = (0, 0);
    let mut block = vec![0; BLOCK as usize];
    while passed < wanted {
        let begin = file.offset;
        let count = file.read(&mut block)?;
        if count == 0 {
            break;
        }
        for (index, _) in block[..count].iter().enumerate().filter(|(_, byte)| **byte == b'\n') {
            if passed < wanted {
                passed += 1;
                offset = begin + index as u64 + 1;
            }
        }
    }
    Ok((passed, offset))
}
