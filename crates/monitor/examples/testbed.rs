//! What the kernel-facing tests run: the monitor's program, an engine to be killed, and the commands inside of their containers.
//!
//! It is one static binary, so that a container's root file system is this file alone.

use std::io::{self, BufRead, Write};
use std::path::Path;
use std::process::exit;
use std::time::{Duration, Instant};

use corten_journal::FileLock;
use corten_monitor::protocol::Start;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let outcome = match &words[..] {
        ["monitor", ..] => exit(corten_monitor::run()),
        ["engine", program, start, lock] => engine(program, start, lock),
        ["cat"] => io::copy(&mut io::stdin(), &mut io::stdout()).map(drop),
        ["pour", lines] => pour(lines.parse().expect("a number of lines")),
        ["hold"] => hold(),
        ["hog"] => hog(),
        ["exit", code] => exit(code.parse().expect("an exit code")),
        ["say", text, "and", rest @ ..] => say(text, rest),
        ["sizes"] => sizes(),
        ["touch", path] => std::fs::write(path, b""),
        other => panic!("unknown command {other:?}"),
    };
    if let Err(error) = outcome {
        eprintln!("{error}");
        exit(1);
    }
}

/// Starts a container, says its init's pid, and stays.
fn engine(program: &str, start: &str, lock: &str) -> io::Result<()> {
    let start: Start = serde_json::from_slice(&std::fs::read(start)?)?;
    let lock = FileLock::exclusive(Path::new(lock), deadline()).expect("the lock");
    let mut connection = corten_monitor::client::launch(
        Path::new(program).into(),
        &start,
        corten_monitor::client::Holdings { lock, network: None },
        Vec::new(),
    )
    .expect("a monitor");
    let reply = connection.reply(deadline()).expect("a reply");
    println!("{}", serde_json::to_string(&reply)?);
    hold()
}

/// Says a text, waits for a line, says the rest.
fn say(text: &str, rest: &[&str]) -> io::Result<()> {
    let mut output = io::stdout();
    output.write_all(text.as_bytes())?;
    output.flush()?;
    io::stdin().read_line(&mut String::new())?;
    output.write_all(rest.concat().as_bytes())?;
    output.flush()
}

fn deadline() -> Instant {
    Instant::now() + Duration::from_secs(20)
}

/// Numbered lines of 128 bytes.
fn pour(lines: u64) -> io::Result<()> {
    let mut out = io::BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    for number in 0..lines {
        writeln!(out, "{number:0127}")?;
    }
    out.flush()
}

/// Takes memory until it is killed for it.
fn hog() -> ! {
    let mut taken = Vec::new();
    loop {
        taken.push(vec![1u8; 1 << 20]);
        std::hint::black_box(&taken);
    }
}

/// Stays until it is killed.
fn hold() -> ! {
    loop {
        std::thread::park();
    }
}

/// For each line of input, the size of the terminal.
fn sizes() -> io::Result<()> {
    for line in io::stdin().lock().lines() {
        line?;
        let size = rustix::termios::tcgetwinsize(io::stdin())?;
        println!("{}x{}", size.ws_row, size.ws_col);
    }
    Ok(())
}
