//! Which context counts, and what the one is that no file describes.

use crate::docker_config;
use crate::endpoint::{Endpoint, asked_for_tls, is_tls_asked_for, normalise};
use crate::failure::{Failure, Outcome};
use crate::surroundings::Surroundings;

use super::DEFAULT;

/// Where an engine listens that is asked for with TLS and without an address.
const TLS_HOST: &str = "tcp://localhost:2376";

/// The context that counts: the flag's, the default one where an engine is named otherwise, then the environment's and the file's.
/// Whether there is such a context is not looked at.
pub(crate) fn current(around: &Surroundings) -> String {
    if let Some(named) = Some(around.globals.text("context")).filter(|name| !name.is_empty()) {
        return named.to_owned();
    }
    if around.globals.is_given("host") || named_host(around).is_some() || names_directories(around) {
        return DEFAULT.to_owned();
    }
    let chosen = around.filled("DOCKER_CONTEXT").or_else(|| docker_config::current_context(around));
    chosen.unwrap_or_else(|| DEFAULT.to_owned())
}

/// Whether the engine in this process is asked for, by naming its directories.
fn names_directories(around: &Surroundings) -> bool {
    ["root", "run-root"].iter().any(|flag| around.globals.is_given(flag))
        || ["CORTEN_ROOT", "CORTEN_RUN_ROOT"].iter().any(|name| around.filled(name).is_some())
}

/// The engine that flag or environment name, and what says so.
pub(crate) fn named_host(around: &Surroundings) -> Option<(&'static str, String)> {
    let flag = || around.globals.list("host").last().filter(|host| !host.is_empty()).cloned();
    flag().map(|host| ("--host", host)).or_else(|| {
        ["CORTEN_HOST", "DOCKER_HOST"].into_iter().find_map(|name| Some((name, around.filled(name)?)))
    })
}

/// What the default context stands for: what is named, else `socket`, which is this host's.
///
/// # Errors
/// An address that is none, several of them, or files that cannot be read, in Docker's words.
pub(crate) fn default_endpoint(around: &Surroundings, socket: &str) -> Outcome<Endpoint> {
    if around.globals.list("host").len() > 1 {
        return Err(Failure::new("Specify only one -H"));
    }
    let host = match named_host(around) {
        Some((_, host)) => normalise(&host, socket)?,
        None if is_tls_asked_for(around) => TLS_HOST.to_owned(),
        None => format!("unix://{socket}"),
    };
    Ok(Endpoint { host, tls: asked_for_tls(around)? })
}
