//! Starts commands one after another and tells what each took: a process as small as can be, because whatever it had resident
//! counts into the peak of what it starts.
//!
//! It decides nothing: orders come line by line on standard input, and answers leave the same way.

use std::env;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;

use corten_bench::measure;
use corten_bench::order::{Order, Sample};

fn main() -> ExitCode {
    let without_unified = env::args().nth(1).is_some_and(|word| word == measure::WITHOUT_UNIFIED);
    match serve(without_unified) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("runner: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve(without_unified: bool) -> io::Result<()> {
    measure::prepare(without_unified)?;
    for line in io::stdin().lock().lines() {
        let order = Order::decode(&line?).ok_or(io::ErrorKind::InvalidData)?;
        let answer = measure::run(&order)
            .map_or_else(|error| Sample::encode_failure(&error.to_string()), |sample| sample.encode());
        writeln!(io::stdout(), "{answer}")?;
    }
    measure::finish()
}
