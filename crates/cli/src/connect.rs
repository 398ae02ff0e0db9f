//! Which engine a command talks to.

use std::ffi::OsString;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;

use corten_api_client::{Client, Connector, UnixSocket};

use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::host::{EngineOptions, OpenEngine};

/// Where the daemon of this host listens.
const DEFAULT_SOCKET: &str = "/run/corten/corten.sock";

/// Connects to the engine that `--host`, `CORTEN_HOST` or `DOCKER_HOST` names, else to the daemon of this host, if directories are
/// not named and one is there; else opens the one in this process.
pub(crate) async fn connect(
    globals: &Parsed,
    environment: &dyn Fn(&str) -> Option<OsString>,
    open: OpenEngine,
    starts_what_it_creates: bool,
) -> Outcome<Client> {
    let host = named_host(globals, environment);
    let engine = EngineOptions { starts_what_it_creates, ..directories(globals, environment) };
    let names_directories = engine.root.is_some() || engine.run_root.is_some();
    let Some(host) = host.or_else(|| if names_directories { None } else { default_host(DEFAULT_SOCKET) })
    else {
        let connector = open(engine).map_err(Failure::new)?;
        // It is part of this program, so that its version of the API is ours.
        return Ok(Client::new(connector));
    };
    let mut client = Client::new(socket(&host)?);
    match client.negotiate().await {
        // That nobody is there is for the command to say, in its own frame.
        Err(error) if !error.is_unreachable() => Err(error.into()),
        _ => Ok(client),
    }
}

fn named_host(globals: &Parsed, environment: &dyn Fn(&str) -> Option<OsString>) -> Option<String> {
    let variable = |name: &str| environment(name)?.into_string().ok();
    let candidates =
        [Some(globals.text("host").to_owned()), variable("CORTEN_HOST"), variable("DOCKER_HOST")];
    candidates.into_iter().flatten().find(|host| !host.is_empty())
}

/// Directories of an engine in this process.
pub(crate) fn directories(globals: &Parsed, environment: &dyn Fn(&str) -> Option<OsString>) -> EngineOptions {
    EngineOptions {
        root: directory(globals.text("root"), environment("CORTEN_ROOT")),
        run_root: directory(globals.text("run-root"), environment("CORTEN_RUN_ROOT")),
        starts_what_it_creates: false,
    }
}

/// The daemon of this host, if one is there: one that does not let us in is there, too.
fn default_host(path: &str) -> Option<String> {
    let is_there = match UnixStream::connect(path) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    };
    is_there.then(|| format!("unix://{path}"))
}

fn socket(host: &str) -> Outcome<Arc<dyn Connector>> {
    match host.split_once("://") {
        Some(("unix", path)) if !path.is_empty() => Ok(Arc::new(UnixSocket::new(path))),
        Some((scheme @ ("tcp" | "ssh" | "http" | "https"), _)) => Err(Failure::new(format!(
            "cannot connect to `{host}`: {scheme} is not built yet, only unix://PATH"
        ))),
        _ => Err(Failure::new(format!("unable to parse docker host `{host}`"))),
    }
}

fn directory(flag: &str, variable: Option<OsString>) -> Option<PathBuf> {
    let flag = Some(OsString::from(flag));
    [flag, variable].into_iter().flatten().find(|path| !path.is_empty()).map(PathBuf::from)
}
