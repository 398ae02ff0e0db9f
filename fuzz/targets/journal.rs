//! A container's journal and the event file, of lines with and without a right checksum.
#![no_main]

use std::fs;

use corten_journal::{EventReader, JournalReader};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let root = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let framed: Vec<u8> = bytes.split(|&byte| byte == b'\n').flat_map(frame).collect();

    let journal = root.path().join("journal");
    fs::write(&journal, &framed).expect("a file");
    if let Ok((_, offset)) = JournalReader::read_from(&journal, 0) {
        assert!(offset <= framed.len() as u64);
        let (again, end) = JournalReader::read_from(&journal, offset).expect("what was read before");
        assert!(again.is_empty() && end == offset, "nothing is read twice");
    }

    fs::write(root.path().join("events"), &framed).expect("a file");
    if let Ok(mut events) = EventReader::from_start(root.path()) {
        let mut last = None;
        while let Ok(Some(event)) = events.next() {
            assert!(last < Some(event.sequence), "events have an order");
            last = Some(event.sequence);
        }
    }
});

/// A line as its writer frames it; one that begins with `!` stays as it is.
fn frame(line: &[u8]) -> Vec<u8> {
    match line.strip_prefix(b"!") {
        Some(raw) => [raw, b"\n"].concat(),
        None => [format!("{:08x} ", crc32fast::hash(line)).as_bytes(), line, b"\n"].concat(),
    }
}
