//! Which engine a command talks to.

use std::ffi::OsString;
use std::io;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

use corten_api_client::Client;

use crate::contexts::{self, DEFAULT, Store};
use crate::endpoint::Endpoint;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::host::{EngineOptions, OpenEngine};
use crate::surroundings::Surroundings;

/// Where the daemon of this host listens.
pub(crate) const DEFAULT_SOCKET: &str = "/run/corten/corten.sock";

/// Connects to the engine that flags, the environment or a context name, else to the daemon of this host, if directories are not named
/// and one is there; else opens the one in this process. `no_engine` is the exit code where nobody answers.
pub(crate) async fn connect(
    around: &Surroundings,
    open: OpenEngine,
    starts_what_it_creates: bool,
    no_engine: u8,
) -> Outcome<Client> {
    let coded = |failure: Failure| Failure { code: no_engine, ..failure };
    let Some(endpoint) = endpoint(around)? else {
        let engine = directories(&around.globals, &around.environment);
        let connector = open(EngineOptions { starts_what_it_creates, ..engine }).map_err(Failure::new);
        // It is part of this program, so that its version of the API is ours.
        return Ok(Client::new(connector.map_err(coded)?));
    };
    let mut client = Client::new(endpoint.connector().map_err(unfit)?);
    match client.negotiate().await {
        // That nobody is there is for the command to say, in its own frame.
        Err(error) if !error.is_unreachable() => Err(coded(error.into())),
        _ => Ok(client),
    }
}

/// Where the engine is; `None` for the one in this process.
fn endpoint(around: &Surroundings) -> Outcome<Option<Endpoint>> {
    let context = contexts::current(around);
    let found = if context == DEFAULT { default_endpoint(around) } else { named(around, &context).map(Some) };
    found.map_err(|failure| {
        unfit(Failure::new(format!("unable to resolve docker endpoint: {}", failure.message)))
    })
}

/// A mistake in what was named, and no engine that is missing.
fn unfit(mut failure: Failure) -> Failure {
    failure.message.insert_str(0, "Failed to initialize: ");
    failure
}

fn default_endpoint(around: &Surroundings) -> Outcome<Option<Endpoint>> {
    let endpoint = contexts::default_endpoint(around, DEFAULT_SOCKET)?;
    if contexts::named_host(around).is_some() || endpoint.tls.is_some() {
        return Ok(Some(endpoint));
    }
    let engine = directories(&around.globals, &around.environment);
    let names_directories = engine.root.is_some() || engine.run_root.is_some();
    Ok(Some(endpoint).filter(|_| !names_directories && is_there(DEFAULT_SOCKET)))
}

/// The engine that a command talks to although nobody has named it as Docker's programs would: `CORTEN_HOST`'s, or the daemon of this host. `None` where they
/// find it themselves, or there is none outside this process.
pub(crate) fn unnamed_host(around: &Surroundings) -> Outcome<Option<String>> {
    let names_engine = around.globals.is_given("host") || !around.globals.text("context").is_empty();
    if names_engine || around.filled("DOCKER_HOST").is_some() && around.filled("CORTEN_HOST").is_none() {
        return Ok(None);
    }
    match around.filled("CORTEN_HOST") {
        Some(host) => Ok(Some(host)),
        None if contexts::current(around) != DEFAULT => Ok(None),
        None => Ok(default_endpoint(around)?.map(|endpoint| endpoint.host)),
    }
}

fn named(around: &Surroundings, context: &str) -> Outcome<Endpoint> {
    let store = Store::new(&around.configuration());
    let docker = store.get(context)?.docker().map_err(Failure::new)?;
    let mut tls = store.tls(context)?.material();
    if docker.skip_tls_verify {
        tls.get_or_insert_default().skip_verification = true;
    }
    let host = if docker.host.is_empty() { format!("unix://{DEFAULT_SOCKET}") } else { docker.host };
    Ok(Endpoint { host, tls })
}

/// Directories of an engine in this process.
pub(crate) fn directories(globals: &Parsed, environment: &dyn Fn(&str) -> Option<OsString>) -> EngineOptions {
    EngineOptions {
        root: directory(globals.text("root"), environment("CORTEN_ROOT")),
        run_root: directory(globals.text("run-root"), environment("CORTEN_RUN_ROOT")),
        starts_what_it_creates: false,
    }
}

/// Whether the daemon of this host is there: one that does not let us in is there, too.
fn is_there(path: &str) -> bool {
    match UnixStream::connect(path) {
        Ok(_) => true,
        Err(error) => error.kind() == io::ErrorKind::PermissionDenied,
    }
}

fn directory(flag: &str, variable: Option<OsString>) -> Option<PathBuf> {
    let flag = Some(OsString::from(flag));
    [flag, variable].into_iter().flatten().find(|path| !path.is_empty()).map(PathBuf::from)
}
