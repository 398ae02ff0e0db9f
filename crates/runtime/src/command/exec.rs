//! `exec`: one more process in a container that runs.
//!
//! It stays with the process unless told otherwise.

use std::fs;

use corten_spec::runtime::{Capabilities, Process, Status};

use super::console;
use super::container::Container;
use super::create::write_pid;
use super::error::CommandError;
use super::foreground::Foreground;
use super::options::{Flag, Parsed};
use super::seccomp_cache;
use super::settings::Settings;
use crate::launch::{ExecLaunch, UserSource};
use crate::{Outliving, Started, Target, spawn_exec};

pub(super) const FLAGS: &[Flag] = &[
    Flag::value("process", "p"),
    Flag::value("console-socket", ""),
    Flag::value("pid-file", ""),
    Flag::value("cwd", ""),
    Flag::value("env", "e"),
    Flag::value("user", "u"),
    Flag::value("additional-gids", "g"),
    Flag::value("cap", "c"),
    Flag::value("preserve-fds", ""),
    Flag::switch("tty", "t"),
    Flag::switch("detach", "d"),
    Flag::switch("no-new-privs", ""),
    Flag::switch("ignore-paused", ""),
    Flag::switch("no-subreaper", ""),
];

pub(super) fn exec(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    enter(settings, parsed).map_err(|error| CommandError::Exec(Box::new(error)))
}

fn enter(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let Some((id, words)) = parsed.arguments.split_first() else {
        return Err(CommandError::Usage("the container's id is missing".into()));
    };
    let detached = parsed.is_set("detach");
    let foreground = if detached { None } else { Some(Foreground::prepare()?) };
    let container = Container::open(&settings.root, id)?;
    check_status(&container, parsed)?;
    let process = process(&container, parsed, words)?;
    let (stdio, socket) = console::streams(&process, parsed, detached)?.into_parts();
    let started = begin(settings, &container, parsed, process, stdio)?;
    // Others may work on the container while this process runs.
    drop(container);
    write_pid(parsed, &started)?;
    let pty = console::hand_over(started.pty, socket.as_ref())?;
    foreground.map_or(Ok(0), |foreground| foreground.stay(&started.pidfd, pty))
}

fn begin(
    settings: &Settings,
    container: &Container,
    parsed: &Parsed,
    process: Process,
    stdio: crate::StdioSource,
) -> Result<Started, CommandError> {
    let pidfd = container.init().ok_or_else(not_running)?;
    let linux = container.record.spec.linux.as_ref();
    let seccomp = seccomp_cache::source(&settings.root, linux.and_then(|linux| linux.seccomp.as_ref()))?;
    let launch = ExecLaunch { id: container.record.id.clone(), process, user: UserSource::Spec, seccomp };
    let target = Target {
        pid: container.record.pid,
        pidfd: &pidfd,
        cgroup: &container.cgroup,
        shares_mounts: container.record.shares_mounts(),
    };
    let outliving = Outliving {
        gate: None,
        preserved_descriptors: parsed.number("preserve-fds")?.unwrap_or(0),
        session_keyring: true,
    };
    Ok(spawn_exec(&target, &launch, stdio, Some(outliving))?.wait()?)
}

fn check_status(container: &Container, parsed: &Parsed) -> Result<(), CommandError> {
    match container.status()? {
        Status::Paused if !parsed.is_set("ignore-paused") => Err(CommandError::State(
            "cannot exec in a paused container (use --ignore-paused to override)".into(),
        )),
        Status::Stopped => Err(CommandError::State("cannot exec in a stopped container".into())),
        _ => Ok(()),
    }
}

fn not_running() -> CommandError {
    CommandError::State("container not running".into())
}

/// The document of `--process`, or the container's own process with what the flags change.
fn process(container: &Container, parsed: &Parsed, words: &[String]) -> Result<Process, CommandError> {
    if let Some(path) = parsed.value("process") {
        let bytes = fs::read(path).map_err(CommandError::io(format!("read `{path}`")))?;
        return serde_json::from_slice(&bytes)
            .map_err(|cause| CommandError::Document { path: path.to_owned(), cause });
    }
    let mut process = container.record.spec.process.clone().unwrap_or_default();
    if words.is_empty() {
        return Err(CommandError::Usage("process args cannot be empty".into()));
    }
    process.args = words.to_vec();
    process.terminal = parsed.is_set("tty");
    process.env.extend(parsed.values("env").map(str::to_owned));
    process.no_new_privileges |= parsed.is_set("no-new-privs");
    if let Some(directory) = parsed.value("cwd") {
        directory.clone_into(&mut process.cwd);
    }
    set_user(&mut process, parsed)?;
    let added: Vec<String> = parsed.values("cap").map(str::to_owned).collect();
    if !added.is_empty() {
        add_capabilities(process.capabilities.get_or_insert_default(), &added);
    }
    Ok(process)
}

/// `uid[:gid]`, as runc: names are the engine's to look up.
fn set_user(process: &mut Process, parsed: &Parsed) -> Result<(), CommandError> {
    let number = |text: &str| {
        text.parse().map_err(|_| CommandError::Usage(format!("`{text}` is no user or group number")))
    };
    if let Some(user) = parsed.value("user") {
        let (uid, gid) = user.split_once(':').unwrap_or((user, ""));
        process.user.uid = number(uid)?;
        if !gid.is_empty() {
            process.user.gid = number(gid)?;
        }
    }
    for gid in parsed.values("additional-gids") {
        process.user.additional_gids.push(number(gid)?);
    }
    Ok(())
}

fn add_capabilities(sets: &mut Capabilities, added: &[String]) {
    for set in [&mut sets.bounding, &mut sets.effective, &mut sets.permitted] {
        set.extend(added.iter().filter(|name| !set.contains(name)).cloned().collect::<Vec<_>>());
    }
}
