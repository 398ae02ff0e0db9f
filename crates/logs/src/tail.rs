//! Finding the last lines of a log from its end, in blocks: what lies before them is never read.
//!
//! Lines are counted, not parsed.

use std::io;
use std::os::unix::fs::FileExt;

use crate::files::LogFile;

const BLOCK: u64 = 64 * 1024;

/// Places `files` (the oldest first) so that reading gives the last `wanted` lines, dropping the files before them.
pub(crate) fn place(files: &mut Vec<LogFile>, wanted: u64) -> io::Result<()> {
    let mut missing = wanted;
    for index in (0..files.len()).rev() {
        let file = &mut files[index];
        let (offset, still_missing) = start(file, missing)?;
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
fn start(file: &LogFile, wanted: u64) -> io::Result<(u64, u64)> {
    let mut found = 0;
    let mut end = file.size;
    let mut block = Vec::new();
    while end > 0 {
        let begin = end.saturating_sub(BLOCK);
        block.resize((end - begin) as usize, 0);
        file.file.read_exact_at(&mut block, begin)?;
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
