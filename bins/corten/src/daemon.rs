//! `corten daemon`: the engine for others, over sockets.

use corten_cli::DaemonOptions;
use corten_daemon::configuration::FileSettings;
use corten_daemon::{Configuration, Daemon};
use corten_engine::{MakeAhead, Settings as _};
use corten_error::chain;

use crate::engine;

/// The socket's name in the directory of this boot.
const SOCKET: &str = "corten.sock";

/// Runs it until it is told to stop; the error is one line for the user.
pub(crate) fn run(options: DaemonOptions) -> Result<(), String> {
    let DaemonOptions { engine, config_file, configuration: flags, validate } = options;
    let read = {
        let (config_file, flags) = (config_file.clone(), flags.clone());
        move || Configuration::read(config_file.as_deref(), &flags).map_err(|error| chain(&error))
    };
    let configuration = read()?;
    let settings = FileSettings { path: config_file, flags };
    // With wrong ones no container could be made: whoever starts the daemon can still do something about that.
    settings.container_defaults()?.check()?;
    if validate {
        println!("configuration OK");
        return Ok(());
    }
    if !rustix::process::geteuid().is_root() {
        return Err("the daemon needs root for now".to_owned());
    }
    let mut engine = engine::options(engine, &configuration.document, settings);
    engine.ahead = MakeAhead::AfterStarts;
    engine.warn = corten_daemon::warn;
    let default_socket = engine.run_root.join(SOCKET);
    let daemon = Daemon {
        configuration,
        default_socket,
        engine,
        reload: Box::new(read),
        write_log: |line| eprintln!("{line}"),
    };
    corten_daemon::run(daemon).map_err(|error| chain(&error))
}
