//! The commands alone, without an engine in the process: for trying them against an engine behind a socket.

use std::process::ExitCode;

use corten_cli::{Build, Host};

fn main() -> ExitCode {
    let host = Host {
        engine: Box::new(|_| Err("this program has no engine of its own: name one with --host".to_owned())),
        daemon: Box::new(|_| Err("this example is no daemon".to_owned())),
        environment: Box::new(|name| std::env::var_os(name)),
        build: Build { version: env!("CARGO_PKG_VERSION"), commit: "", time: "" },
    };
    corten_cli::main(std::env::args_os(), host)
}
