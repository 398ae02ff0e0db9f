//! `cargo xtask <command>`: everything that a contributor or CI runs.
//!
//! Wiring only; each command is a module.

mod bench;
mod ci;
mod command;
mod dist;
mod error;
mod fuzz;
mod metadata;
mod process;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use command::Command;
use error::Result;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match Command::parse(&arguments).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Ci => ci::run(),
        Command::Tidy => tidy::run(),
        Command::Test(arguments) => test::run(&arguments),
        Command::Bench(arguments) => bench::run("bench", &arguments),
        Command::Soak(arguments) => bench::run("soak", &arguments),
        Command::Fuzz(arguments) => fuzz::run(&arguments),
        Command::Dist => dist::run(),
        Command::Help => {
            print!("{}", command::HELP);
            Ok(())
        }
    }
}
