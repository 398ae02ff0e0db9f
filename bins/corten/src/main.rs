//! The `corten` program: wiring only. Commands are `corten-cli`'s, everything that they ask for is the engine's.

mod daemon;
mod daemonless;
mod embedded;
mod engine;
mod runtime;

use std::env;
use std::process::ExitCode;

use corten_cli::{Build, Host};

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().collect();
    if let Some(words) = runtime::words(&arguments) {
        return runtime::execute(words);
    }
    let host = Host {
        engine: Box::new(daemonless::open),
        daemon: Box::new(daemon::run),
        environment: Box::new(|name| env::var_os(name)),
        build: Build {
            version: env!("CARGO_PKG_VERSION"),
            commit: option_env!("CORTEN_COMMIT").unwrap_or(""),
            time: option_env!("CORTEN_BUILD_TIME").unwrap_or(""),
        },
    };
    corten_cli::main(arguments, host)
}
