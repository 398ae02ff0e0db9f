//! The program: global flags, the choice of the command, and how it all ends.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

use crate::command::{Command, Run};
use crate::commands::commands;
use crate::compat::{GLOBAL, GROUPS, is_unbuilt};
use crate::connect::connect;
use crate::daemon;
use crate::failure::{Failure, Outcome};
use crate::flags::{FlagError, Parsed, flag_usages, parse};
use crate::host::{Build, Host};
use crate::output::visible;
use crate::plugins;
use crate::session::Session;
use crate::surroundings::Surroundings;

/// Exit code for a wrong flag.
const WRONG_FLAG: u8 = 125;

/// The client of Docker's whose behaviour this program has.
const DOCKER: &str = "28.5.2";

/// Runs the command that the arguments name; the first of them is the program's own name.
#[must_use]
pub fn main(arguments: impl IntoIterator<Item = OsString>, host: Host) -> ExitCode {
    let outcome = run(arguments, host);
    let Err(failure) = outcome else { return ExitCode::SUCCESS };
    if !failure.message.is_empty() {
        // Where stderr is gone there is nobody to tell.
        drop(writeln!(io::stderr(), "{}", visible(&failure.message)));
    }
    ExitCode::from(failure.code)
}

fn run(arguments: impl IntoIterator<Item = OsString>, host: Host) -> Outcome {
    let mut words = Vec::new();
    for argument in arguments {
        words.push(argument.into_string().map_err(|argument| {
            Failure::new(format!("the argument `{}` is not UTF-8", argument.to_string_lossy()))
        })?);
    }
    let name = words.first().map(String::as_str).unwrap_or_default();
    // Called by Docker's name, messages carry Docker's name.
    let program =
        if Path::new(name).file_name().is_some_and(|name| name == "docker") { "docker" } else { "corten" };
    let words = words.get(1..).unwrap_or_default();
    let globals = match parse(GLOBAL, false, words) {
        Ok(globals) => globals,
        Err(FlagError::Help) => return print(&overview(program)),
        Err(FlagError::Message(why)) => {
            let usage = format!("{program} [OPTIONS] COMMAND [ARG...]");
            return Err(wrong_flag(&why, &usage, program));
        }
    };
    if globals.is_on("version") {
        return print(&version(program, host.build));
    }
    match find(&globals.arguments) {
        Found::Command(command, depth) => start(command, depth, globals, host, program),
        Found::Help(path) => print_help(&path, program),
        Found::Nothing => {
            let unknown = unknown(&globals.arguments, program);
            if program == "docker" {
                run_plugin(globals, host, name, words)?;
            }
            Err(unknown)
        }
    }
}

/// By Docker's name, it is Docker's client whose behaviour this is: scripts look for its version.
fn version(program: &str, build: Build) -> String {
    match program {
        "docker" => format!("Docker version {DOCKER}, build corten-{}\n", build.version),
        _ => format!("Corten version {}, build {}\n", build.version, build.commit),
    }
}

/// Goes on as the plugin that the first word names, and comes back where there is none.
fn run_plugin(globals: Parsed, host: Host, called: &str, words: &[String]) -> Outcome {
    let Some(command) = globals.arguments.first().cloned() else { return Ok(()) };
    let Host { environment, build, .. } = host;
    let program = "docker".to_owned();
    let around =
        Surroundings { called: format!("{program} {command}"), program, build, environment, globals };
    match plugins::find(&around, &command)? {
        Some(plugin) => plugin.become_it(&around, called, words),
        None => Ok(()),
    }
}

enum Found {
    Command(&'static Command, usize),
    Help(Vec<String>),
    Nothing,
}

/// The command at the beginning of the words, the longest path first.
fn find(words: &[String]) -> Found {
    for depth in [2, 1] {
        let Some(path) = words.get(..depth) else { continue };
        let command = commands().find(|command| command.paths.iter().any(|known| *known == path));
        if let Some(command) = command {
            return Found::Command(command, depth);
        }
    }
    let is_group = |word: &String| GROUPS.iter().any(|(name, _)| name == word);
    match words {
        [] => Found::Help(Vec::new()),
        [help, path @ ..] if help == "help" => Found::Help(path.to_vec()),
        [group] if is_group(group) => Found::Help(vec![group.clone()]),
        [group, help, ..] if is_group(group) && (help == "--help" || help == "-h") => {
            Found::Help(vec![group.clone()])
        }
        _ => Found::Nothing,
    }
}

fn print_help(path: &[String], program: &str) -> Outcome {
    match (path, find(path)) {
        ([], _) => print(&overview(program)),
        (_, Found::Command(command, depth)) => {
            let called = format!("{program} {}", path[..depth].join(" "));
            print(&command.help(&called, program))
        }
        ([group], _) if GROUPS.iter().any(|(name, _)| name == group) => print(&group_help(group, program)),
        _ => Err(Failure::new(format!("unknown help topic: {}", path.join(" ")))),
    }
}

fn unknown(words: &[String], program: &str) -> Failure {
    let path: Vec<&str> = words.iter().map(String::as_str).collect();
    if is_unbuilt(&path) {
        let depth = if GROUPS.iter().any(|(name, _)| path.first() == Some(name)) { 2 } else { 1 };
        let name = path[..depth.min(path.len())].join(" ");
        return Failure::new(format!("{program}: '{program} {name}' is not built yet"));
    }
    match path.as_slice() {
        [group, word, ..] if GROUPS.iter().any(|(name, _)| name == group) => Failure::new(format!(
            "{program}: unknown command: {program} {group} {word}\n\nUsage:  {program} {group}\n\nRun '{program} {group} --help' for more information"
        )),
        _ => Failure::new(format!(
            "{program}: unknown command: {program} {}\n\nRun '{program} --help' for more information",
            path.first().unwrap_or(&"")
        )),
    }
}

/// Reads the command's own flags and runs it.
fn start(command: &'static Command, depth: usize, globals: Parsed, host: Host, program: &str) -> Outcome {
    let called = format!("{program} {}", globals.arguments[..depth].join(" "));
    let parsed = match parse(command.flags, command.interspersed, &globals.arguments[depth..]) {
        Ok(parsed) => parsed,
        Err(FlagError::Help) => return print(&command.help(&called, program)),
        Err(FlagError::Message(why)) => return Err(wrong_flag(&why, &command.usage_line(&called), &called)),
    };
    command.check_arity(parsed.arguments.len(), &called, program).map_err(Failure::new)?;
    let Host { engine, daemon: run_daemon, environment, build } = host;
    let around = Surroundings { program: program.to_owned(), called, build, environment, globals };
    around.check()?;
    let run = match command.run {
        Run::Client(run) => run,
        Run::Local(run) => return run(&around, &parsed),
        Run::Daemon => return daemon::run(&around, &parsed, run_daemon),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("cannot start the runtime: {error}")))?;
    let outcome = runtime.block_on(async {
        let client = connect(&around, engine, command.starts_what_it_creates(), command.no_engine()).await?;
        run(Session { client, around }, parsed).await
    });
    // A read of stdin may still be under way on another thread; it is not waited for.
    runtime.shutdown_background();
    outcome
}

fn wrong_flag(why: &str, usage: &str, called: &str) -> Failure {
    let text = format!("{why}\n\nUsage:  {usage}\n\nRun '{called} --help' for more information");
    Failure::with_code(WRONG_FLAG, text)
}

fn print(text: &str) -> Outcome {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    Ok(stdout.flush()?)
}

/// Help without a command.
fn overview(program: &str) -> String {
    let mut text =
        format!("Usage:  {program} [OPTIONS] COMMAND\n\nRun and look after containers\n\nGroups:\n");
    for (name, about) in GROUPS {
        text.push_str(&format!("  {name:<11} {about}\n"));
    }
    text.push_str("\nCommands:\n");
    for command in commands() {
        for path in command.paths.iter().filter(|path| path.len() == 1) {
            text.push_str(&format!("  {:<11} {}\n", path[0], command.about));
        }
    }
    text.push_str(&format!("\nGlobal Options:\n{}", flag_usages(GLOBAL)));
    text.push_str(&format!("\nRun '{program} COMMAND --help' for more information on a command.\n"));
    text
}

fn group_help(group: &str, program: &str) -> String {
    let about = GROUPS.iter().find(|(name, _)| *name == group).map_or("", |(_, about)| about);
    let mut text = format!("Usage:  {program} {group} COMMAND\n\n{about}\n\nCommands:\n");
    for command in commands().filter(|command| !command.about.is_empty()) {
        if let Some(path) = command.paths.iter().find(|path| path.len() == 2 && path[0] == group) {
            text.push_str(&format!("  {:<11} {}\n", path[1], command.about));
        }
    }
    text.push_str(&format!("\nRun '{program} {group} COMMAND --help' for more information on a command.\n"));
    text
}
