//! A gibibyte through standard input, a container and standard output: the same bytes come out.
//!
//! The bytes repeat after a prime length, so that a block that is lost, doubled or swapped changes the checksum.

use std::io::{self, Read, Write};
use std::process::Stdio;
use std::thread;
use std::time::Instant;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::machine::Machine;
use crate::report::Report;
use crate::soak::engine::{Engine, run_payload};
use crate::workshop::Workshop;

const NAME: &str = "streams";
const BYTES: u64 = 1 << 30;
/// A prime, so that no power of two is a period.
const BLOCK: usize = 65_521;

pub(super) fn run(workshop: &Workshop, mut machine: Machine) -> Result<Report> {
    let engine = Engine::new(NAME, workshop)?;
    let start = Instant::now();
    let (sent, received) = pass_through(&engine)?;
    let seconds = start.elapsed().as_secs_f64();
    if sent != received {
        return Err(engine.found(format!("sent {sent}, received {received}")));
    }
    engine.finish()?;
    machine.finish();
    let rate = BYTES as f64 / 1e6 / seconds;
    Ok(Report {
        name: "soak-streams".to_owned(),
        machine,
        method: format!(
            "{BYTES} bytes through `run --interactive` of a program that copies its input, log included."
        ),
        data: json!({ "bytes": BYTES, "seconds": seconds, "sha256": sent }),
        sections: Vec::new(),
        skipped: Vec::new(),
        notes: vec![format!("Both checksums are {sent}."), format!("{seconds:.1} s, {rate:.0} MB/s.")],
    })
}

/// The checksums of what went in and of what came out.
fn pass_through(engine: &Engine) -> Result<(String, String)> {
    let failed = |error: io::Error| engine.found(format!("cannot talk to the container: {error}"));
    let mut command = engine.corten().command(&run_payload(&["--interactive", "--rm"], &["cat"]));
    command.stdin(Stdio::piped()).stderr(Stdio::inherit());
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(failed)?;
    let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
        return Err(failed(io::ErrorKind::BrokenPipe.into()));
    };
    let (sent, received) = thread::scope(|scope| {
        let sent = scope.spawn(move || send(input));
        // Nobody would empty the pipe while this thread waits for the other.
        let received = receive(output);
        (sent.join(), received)
    });
    let status = child.wait().map_err(failed)?;
    let sent = sent.unwrap_or_else(|_| Err(io::ErrorKind::Other.into())).map_err(failed)?;
    let received = received.map_err(failed)?;
    if status.success() {
        Ok((sent, received))
    } else {
        Err(engine.found(format!("the container ended: {status}")))
    }
}

fn send(mut input: impl Write) -> io::Result<String> {
    let mut block: Vec<u8> = (0..BLOCK).map(|index| (index * index % 251) as u8).collect();
    let mut hash = Sha256::new();
    let mut left = BYTES;
    while left > 0 {
        // Each block is its own: a lost one is missed.
        block[..8].copy_from_slice(&left.to_le_bytes());
        let part = &block[..BLOCK.min(usize::try_from(left).unwrap_or(BLOCK))];
        input.write_all(part)?;
        hash.update(part);
        left -= part.len() as u64;
    }
    Ok(hexadecimal(&hash.finalize()))
}

fn receive(mut output: impl Read) -> io::Result<String> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        match output.read(&mut buffer)? {
            0 => return Ok(hexadecimal(&hash.finalize())),
            length => hash.update(&buffer[..length]),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
