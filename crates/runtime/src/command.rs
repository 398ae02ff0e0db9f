//! The OCI command line, as runc and crun have it: what containerd, Podman and dockerd call.
//!
//! A library: it takes the words and returns the exit status; the program that has them is elsewhere. It keeps the state of its
//! containers below `--root`, and does no work of the runtime itself.

mod bundle;
mod console;
mod container;
mod create;
mod delete;
mod device_rules;
mod error;
mod exec;
mod features;
mod foreground;
mod kill;
mod list;
mod log;
mod options;
mod pause;
mod ps;
mod record;
mod scope;
mod seccomp_cache;
mod settings;
mod spec;
mod start;
mod state;
mod update;
mod without_effect;

use std::ffi::OsString;

use error::CommandError;
use options::{Flag, Parsed};
use settings::Settings;

/// One command: its name, its flags, what it does.
struct Command {
    name: &'static str,
    summary: &'static str,
    flags: &'static [Flag],
    /// Whether it clones this process into a container, which then must not be able to write to our program.
    clones: bool,
    run: fn(&Settings, &Parsed) -> Result<i32, CommandError>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "create",
        summary: "make a container that waits to be started",
        flags: create::FLAGS,
        clones: true,
        run: create::create,
    },
    Command {
        name: "start",
        summary: "start a container that was created",
        flags: &[],
        clones: false,
        run: start::start,
    },
    Command {
        name: "run",
        summary: "create and start a container",
        flags: create::RUN_FLAGS,
        clones: true,
        run: create::run,
    },
    Command {
        name: "exec",
        summary: "run one more process in a container",
        flags: exec::FLAGS,
        clones: true,
        run: exec::exec,
    },
    Command {
        name: "state",
        summary: "print the state of a container",
        flags: &[],
        clones: false,
        run: state::state,
    },
    Command { name: "list", summary: "list containers", flags: list::FLAGS, clones: false, run: list::list },
    Command {
        name: "ps",
        summary: "list the processes of a container",
        flags: ps::FLAGS,
        clones: false,
        run: ps::ps,
    },
    Command {
        name: "kill",
        summary: "send a signal to a container",
        flags: kill::FLAGS,
        clones: false,
        run: kill::kill,
    },
    Command {
        name: "delete",
        summary: "remove a container that has ended",
        flags: delete::FLAGS,
        clones: false,
        run: delete::delete,
    },
    Command {
        name: "pause",
        summary: "suspend all processes of a container",
        flags: &[],
        clones: false,
        run: pause::pause,
    },
    Command { name: "resume", summary: "let them go on", flags: &[], clones: false, run: pause::resume },
    Command {
        name: "update",
        summary: "change the limits of a container",
        flags: update::FLAGS,
        clones: false,
        run: update::update,
    },
    Command {
        name: "spec",
        summary: "write a config.json to begin with",
        flags: spec::FLAGS,
        clones: false,
        run: spec::spec,
    },
    Command {
        name: "features",
        summary: "print what this runtime can do",
        flags: &[],
        clones: false,
        run: features::features,
    },
];

/// What stands in for commands of others that are not built.
const NOT_BUILT: [&str; 3] = ["checkpoint", "restore", "events"];

/// Runs one command line. `own` are the words that lead to this command line (the program's name first), `words` what follows.
#[must_use]
pub fn run(own: &[OsString], words: &[OsString]) -> i32 {
    let settings = match settings::read(words) {
        Ok(settings) => settings,
        Err(error) => return complain(&Settings::default(), &error),
    };
    if settings.wants_version {
        print!("{}", version());
        return 0;
    }
    match dispatch(&settings, own, words) {
        Ok(status) => status,
        Err(error) => complain(&settings, &error),
    }
}

fn dispatch(settings: &Settings, own: &[OsString], words: &[OsString]) -> Result<i32, CommandError> {
    let Some((name, rest)) = settings.rest.split_first() else {
        print!("{}", help());
        return Ok(0);
    };
    if NOT_BUILT.contains(&name.as_str()) {
        return Err(CommandError::Unsupported(format!("command `{name}`")));
    }
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        print!("{}", help());
        return Ok(0);
    }
    let command = COMMANDS.iter().find(|command| command.name == name);
    let command = command.ok_or_else(|| CommandError::Usage(format!("unknown command `{name}`")))?;
    let parsed = options::parse(command.flags, rest)?;
    if command.clones {
        let all: Vec<OsString> = own.iter().chain(words).cloned().collect();
        crate::own_program::protect(&all).map_err(CommandError::io("protect the own program"))?;
    }
    (command.run)(settings, &parsed)
}

fn complain(settings: &Settings, error: &CommandError) -> i32 {
    log::error(settings, error);
    error.exit_status()
}

fn version() -> String {
    let (own, spec) = (env!("CARGO_PKG_VERSION"), corten_spec::runtime::OCI_VERSION);
    format!("corten-runtime version {own}\nspec: {spec}\n")
}

fn help() -> String {
    let lines = COMMANDS.iter().map(|command| format!("  {:<10}{}\n", command.name, command.summary));
    format!(
        "usage: runtime [global flags] command [flags] [arguments]\n\ncommands:\n{}",
        lines.collect::<String>()
    )
}
