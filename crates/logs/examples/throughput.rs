//! Prints how fast lines of 100 bytes go into a log and come out of it.
//!
//! A figure to look at, not a test: `cargo run --release -p corten-logs --example throughput [directory]`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Instant;

use corten_logs::{LogReader, LogWriter, Query, Rotation, Stream};
use corten_spec::time::Timestamp;

const LINES: usize = 2_000_000;
/// What a pipe gives at once.
const CHUNK: usize = 64 * 1024;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = std::env::args_os().nth(1).map_or_else(std::env::temp_dir, PathBuf::from);
    let path = directory.join(format!("throughput-{}.log", std::process::id()));
    let line: Vec<u8> = (0..99).map(|index| b'a' + index % 26).chain([b'\n']).collect();
    let input = line.repeat(LINES);

    let begun = Instant::now();
    let mut log = LogWriter::create(&path, Rotation { max_size: None, max_files: 1 });
    for (index, chunk) in input.chunks(CHUNK).enumerate() {
        log.write(Stream::Stdout, chunk, Timestamp::from_nanos(1_700_000_000_000_000_000 + index as i64))?;
    }
    report("written", input.len(), begun);

    let begun = Instant::now();
    let mut reader = LogReader::open(&path, Query::default())?;
    let mut read = 0;
    while let Some(entry) = reader.next()? {
        read += entry.bytes.len();
    }
    report("read", read, begun);
    assert_eq!(read, input.len());

    let begun = Instant::now();
    let mut reader = LogReader::open(&path, Query { tail: Some(10), ..Query::default() })?;
    while reader.next()?.is_some() {}
    println!("last 10 lines of {} MB: {:?}", std::fs::metadata(&path)?.len() / 1_000_000, begun.elapsed());
    Ok(std::fs::remove_file(&path)?)
}

fn report(what: &str, bytes: usize, begun: Instant) {
    let seconds = begun.elapsed().as_secs_f64();
    println!("{what}: {:.0} MB/s", bytes as f64 / 1e6 / seconds);
}
