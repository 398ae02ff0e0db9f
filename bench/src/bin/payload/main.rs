//! What runs inside the containers of a measurement: one static program with a few words.
//!
//! It needs nothing of its image but itself.

mod load;
mod serve;

use std::env;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use corten_sys::signal::SignalFd;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::Signal;

const USAGE: &str = "\
usage: payload true | sleep | cat | print TEXT | end TEXT CODE | lines BYTES [later COUNT] | read PATH | status | serve PORT
       payload load ADDRESS:PORT stream|exchange|connect CONNECTIONS MILLISECONDS";

/// Of one line, its end included.
const LINE: usize = 100;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words.as_slice() {
        ["end", text, code] => match writeln!(io::stdout(), "{text}").map(|()| code.parse::<u8>()) {
            Ok(Ok(code)) => return code.into(),
            Ok(Err(error)) => Err(io::Error::other(error)),
            Err(error) => Err(error),
        },
        ["true"] => Ok(()),
        ["sleep"] => sleep(),
        ["cat"] => io::copy(&mut io::stdin().lock(), &mut io::stdout().lock()).map(drop),
        ["print", text] => writeln!(io::stdout(), "{text}"),
        ["lines", bytes] => bytes.parse().map_err(io::Error::other).and_then(lines),
        ["lines", bytes, "later", count] => lines_later(bytes, count),
        ["read", path] => fs::read(path).map(drop),
        ["status"] => fs::read("/proc/self/status").and_then(|text| io::stdout().write_all(&text)),
        ["serve", port] => port.parse().map_err(io::Error::other).and_then(serve::serve),
        ["load", address, kind, connections, milliseconds] => {
            load::run(address, kind, connections, milliseconds)
        }
        _ => Err(io::Error::other(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("payload: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Until it is told to end. As process 1 it would not be ended by a signal that it does not ask for.
fn sleep() -> io::Result<()> {
    let signals = SignalFd::new(&[Signal::TERM.as_raw(), Signal::INT.as_raw()])?;
    poll(&mut [PollFd::new(&signals, PollFlags::IN)], None)?;
    Ok(())
}

/// Lines, and after a pause some more: between the two is a moment that one can ask for.
fn lines_later(bytes: &str, count: &str) -> io::Result<()> {
    let number = |text: &str| text.parse::<usize>().map_err(io::Error::other);
    lines(number(bytes)?)?;
    thread::sleep(Duration::from_secs(3));
    lines(number(count)? * LINE)
}

/// Lines of a hundred bytes that begin with their number.
fn lines(bytes: usize) -> io::Result<()> {
    let mut output = BufWriter::with_capacity(64 * 1024, io::stdout().lock());
    // Only the number is written anew: making lines must not be what is measured.
    let mut line = [b'.'; LINE];
    line[LINE - 1] = b'\n';
    for number in 0..bytes / LINE {
        write!(&mut line[..12], "{number:012}")?;
        output.write_all(&line)?;
    }
    output.flush()
}
