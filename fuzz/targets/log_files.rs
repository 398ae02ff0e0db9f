//! A container's log: a file of lines that may be entries, and one that may be compressed, read whole, from the end and from a moment.
#![no_main]

use std::fs;
use std::path::Path;

use corten_logs::{LogReader, LogWriter, Query, Rotation, Stream};
use corten_spec::time::Timestamp;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|parts: (&[u8], &[u8], &[u8])| {
    let (current, packed, output) = parts;
    let root = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let path = root.path().join("log");
    fs::write(&path, [current, b"\n"].concat()).expect("a file");
    fs::write(path.with_file_name("log.1.gz"), packed).expect("a file");
    for tail in [None, Some(0), Some(1), Some(3)] {
        for since in [None, Some(Timestamp::from_nanos(1_700_000_000_000_000_000))] {
            let _ = read(&path, Query { tail, since, ..Query::default() });
        }
    }

    fs::remove_file(path.with_file_name("log.1.gz")).expect("the file");
    let mut writer = LogWriter::create(&path, Rotation { max_size: None, max_files: 1 });
    let before = read(&path, Query::default()).expect("a file of lines");
    let at = Timestamp::from_nanos(1_700_000_000_000_000_001);
    writer.write(Stream::Stdout, output, at).expect("room");
    writer.flush_partial().expect("room");
    let after = read(&path, Query::default()).expect("the same");
    let said = String::from_utf8_lossy(output).len();
    assert!(after >= before, "what is written joins nothing that was there");
    assert!(after - before <= 3 * output.len() && (said == 0 || after > before), "all of it is there");
});

/// How many bytes the entries hold.
fn read(path: &Path, query: Query) -> Option<usize> {
    let mut reader = LogReader::open(path, query).ok()?;
    let mut bytes = 0;
    while let Some(entry) = reader.next().ok()? {
        bytes += entry.bytes.len();
    }
    Some(bytes)
}
