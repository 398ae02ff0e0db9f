//! `create` and `run`: a bundle becomes a container.
//!
//! `run` is `create` without the gate, and stays unless told otherwise.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::os::fd::OwnedFd;
use std::time::SystemTime;

use corten_cgroups::Layout;
use corten_spec::runtime::{Process, Status};
use corten_spec::time::Timestamp;
use corten_sys::process;
use rustix::fs::{CWD, Mode, mkfifoat};

use super::bundle::{self, Bundle};
use super::console::{self, Streams};
use super::container::{self, Container};
use super::delete;
use super::device_rules;
use super::error::CommandError;
use super::foreground::Foreground;
use super::options::{Flag, Parsed};
use super::record::{self, Record, StateDirectory};
use super::scope::Scope;
use super::seccomp_cache;
use super::settings::Settings;
use super::start::run_poststart;
use super::{log, without_effect};
use crate::launch::{Launch, RootSource, SeccompSource, UserSource};
use crate::{Outliving, RuntimeError, Started, Starting, spawn_init};

pub(super) const FLAGS: &[Flag] = &[
    Flag::value("bundle", "b"),
    Flag::value("console-socket", ""),
    Flag::value("pid-file", ""),
    Flag::switch("no-pivot", ""),
    Flag::switch("no-new-keyring", ""),
    Flag::value("preserve-fds", ""),
];

pub(super) const RUN_FLAGS: &[Flag] = &[
    Flag::value("bundle", "b"),
    Flag::value("console-socket", ""),
    Flag::value("pid-file", ""),
    Flag::switch("no-pivot", ""),
    Flag::switch("no-new-keyring", ""),
    Flag::value("preserve-fds", ""),
    Flag::switch("detach", "d"),
    Flag::switch("keep", ""),
    Flag::switch("no-subreaper", ""),
];

/// How the cgroup begins that the configuration gives no path: one level, so that no empty parent stays behind.
const CGROUP_PREFIX: &str = "/corten-runtime-";

/// A container that runs, or waits at its gate.
struct Born {
    directory: StateDirectory,
    record: Record,
    /// With its terminal, unless that was handed over.
    started: Started,
}

/// Makes a container that waits for `start`.
pub(super) fn create(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    bear(settings, parsed, true, true).map(|_| 0)
}

/// Makes a container, starts it, and stays with it unless `--detach` says otherwise.
pub(super) fn run(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let detached = parsed.is_set("detach");
    let foreground = if detached { None } else { Some(Foreground::prepare()?) };
    let Born { directory, record, mut started } = bear(settings, parsed, detached, false)?;
    run_poststart(&container::state_of(&record, Status::Running), &record)?;
    let Some(foreground) = foreground else { return Ok(0) };
    // Others may look at it, signal it and run more in it.
    drop(directory);
    let status = foreground.stay(&started.pidfd, started.pty.take())?;
    if !parsed.is_set("keep")
        && let Some(container) = Container::reopen(&settings.root, record, started.cgroup)?
    {
        delete::destroy(container)?;
    }
    Ok(status)
}

fn bear(settings: &Settings, parsed: &Parsed, detached: bool, gated: bool) -> Result<Born, CommandError> {
    if parsed.is_set("no-pivot") {
        return Err(CommandError::Unsupported(
            "`--no-pivot` (a container's root is always pivoted to)".into(),
        ));
    }
    let id = parsed.container()?;
    let bundle = bundle::enter(parsed.value("bundle").unwrap_or("."))?;
    let streams =
        console::streams(bundle.spec.process.as_ref().unwrap_or(&Process::default()), parsed, detached)?;
    let seccomp = bundle.spec.linux.as_ref().and_then(|linux| linux.seccomp.as_ref());
    let seccomp = seccomp_cache::source(&settings.root, seccomp)?;
    let scope = scope(settings, id, &bundle)?;
    let mut record = record(id, &bundle, scope.as_ref());
    if record.shares_mounts() {
        let doing = format!("look at `{}`", record.rootfs.display());
        record.mount_before = Some(record::mount_of(&record.rootfs).map_err(CommandError::io(doing))?);
    }
    let launch = launch(settings, bundle, &record, seccomp);
    // Before anything is made that would have to be undone.
    launch.check()?;
    let directory = StateDirectory::create(&settings.root, id)?;
    let begun = scope.map_or(Ok(()), |scope| scope.enter()).and_then(|()| {
        let outliving = outliving(parsed, &directory, gated)?;
        begin(parsed, &launch, outliving, streams, |starting| note(&directory, &mut record, starting))
    });
    match begun {
        Ok(started) => Ok(Born { directory, record, started }),
        Err(error) => {
            // The first failure is the one to tell.
            let _ = record.unmount_root();
            let _ = directory.remove();
            Err(error)
        }
    }
}

/// Starts the process, and tells those who asked about it. Should one of them not be told, nothing is left.
fn begin(
    parsed: &Parsed,
    launch: &Launch,
    outliving: Outliving,
    streams: Streams,
    note: impl FnOnce(&Starting) -> Result<(), CommandError>,
) -> Result<Started, CommandError> {
    let (stdio, socket) = streams.into_parts();
    let unknown = |cause| RuntimeError::OpenCgroup { path: launch.cgroup_path.clone(), cause };
    let layout = Layout::detect().map_err(unknown)?;
    let starting = spawn_init(launch, &layout, stdio, Some(outliving))?;
    // While the process sets itself up.
    note(&starting)?;
    let mut started = starting.wait()?;
    let told =
        write_pid(parsed, &started).and_then(|()| console::hand_over(started.pty.take(), socket.as_ref()));
    match told {
        Ok(pty) => Ok(Started { pty, ..started }),
        Err(error) => {
            started.destroy();
            Err(error)
        }
    }
}

fn launch(settings: &Settings, mut bundle: Bundle, record: &Record, seccomp: SeccompSource) -> Launch {
    // The record keeps what was asked for.
    for warning in without_effect::take_out(&mut bundle.spec) {
        log::warning(settings, &warning);
    }
    bundle.spec.linux.iter_mut().for_each(device_rules::complete);
    Launch {
        id: record.id.clone(),
        spec: bundle.spec,
        root: RootSource::Directory(bundle.rootfs),
        user: UserSource::Spec,
        cgroup_path: record.cgroup_path.clone(),
        seccomp,
        init: false,
        // Its callers name files, and see to them.
        joined: Vec::new(),
        awaits_network: false,
        bundle: Some(record.bundle.clone()),
    }
}

/// Where systemd is to make the container's cgroup.
fn scope(settings: &Settings, id: &str, bundle: &Bundle) -> Result<Option<Scope>, CommandError> {
    settings.systemd_cgroup.then(|| Scope::new(bundle.cgroups_path(), id)).transpose()
}

fn record(id: &str, bundle: &Bundle, scope: Option<&Scope>) -> Record {
    let cgroup_path = match (scope, bundle.cgroups_path()) {
        (Some(scope), _) => scope.cgroup_path(),
        (None, "") => format!("{CGROUP_PREFIX}{id}"),
        (None, given) => format!("/{}", given.trim_start_matches('/')),
    };
    Record {
        id: id.to_owned(),
        bundle: bundle.path.clone(),
        rootfs: bundle.rootfs.clone(),
        spec: bundle.spec.clone(),
        cgroup_path,
        pid: 0,
        start_time: 0,
        created: Timestamp::from_system_time(SystemTime::now()).rfc3339_nano().to_string(),
        mount_before: None,
    }
}

fn note(directory: &StateDirectory, record: &mut Record, starting: &Starting) -> Result<(), CommandError> {
    record.pid = starting.pid();
    // One that has failed already tells so itself.
    record.start_time = process::start_time(record.pid).unwrap_or_default();
    directory.write(record)
}

fn outliving(parsed: &Parsed, directory: &StateDirectory, gated: bool) -> Result<Outliving, CommandError> {
    Ok(Outliving {
        gate: gated.then(|| make_gate(directory)).transpose()?,
        preserved_descriptors: parsed.number("preserve-fds")?.unwrap_or(0),
        session_keyring: !parsed.is_set("no-new-keyring"),
    })
}

/// Open for both directions: neither side has to wait for the other to open it, and nobody in the container needs its path.
fn make_gate(directory: &StateDirectory) -> Result<OwnedFd, CommandError> {
    let path = directory.gate();
    let doing = || format!("make `{}`", path.display());
    mkfifoat(CWD, &path, Mode::from_raw_mode(0o600)).map_err(CommandError::io(doing()))?;
    let opened = File::options().read(true).write(true).open(&path).map_err(CommandError::io(doing()))?;
    Ok(opened.into())
}

/// By renaming: whoever waits for the file finds a whole number in it.
pub(super) fn write_pid(parsed: &Parsed, started: &Started) -> Result<(), CommandError> {
    let Some(path) = parsed.value("pid-file").filter(|path| !path.is_empty()) else { return Ok(()) };
    replace(path, &started.pid.to_string()).map_err(CommandError::io(format!("write pid file `{path}`")))
}

/// The name beside it can be foreseen, and the directory may be one that others write to: a link there would lead anywhere.
fn replace(path: &str, text: &str) -> io::Result<()> {
    let beside = format!("{path}.{}", std::process::id());
    match fs::remove_file(&beside) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed?,
    }
    File::options().write(true).create_new(true).open(&beside)?.write_all(text.as_bytes())?;
    fs::rename(&beside, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pid_file_is_not_written_through_a_link_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let (victim, path) = (directory.path().join("victim"), directory.path().join("pid"));
        fs::write(&victim, "kept").unwrap();
        let path = path.to_str().unwrap();
        std::os::unix::fs::symlink(&victim, format!("{path}.{}", std::process::id())).unwrap();
        replace(path, "7").unwrap();
        assert_eq!(fs::read_to_string(path).unwrap(), "7");
        assert_eq!(fs::read_to_string(victim).unwrap(), "kept");
    }
}
