//! `update`: new limits for a container that runs.
//!
//! They come as a document; runc's flags for single limits are not built.

use std::fs;
use std::io::{self, Read};

use corten_spec::runtime::Resources;

use super::container::Container;
use super::error::CommandError;
use super::options::{Flag, Parsed};
use super::settings::Settings;

pub(super) const FLAGS: &[Flag] = &[Flag::value("resources", "r")];

pub(super) fn update(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let container = Container::open(&settings.root, parsed.container()?)?;
    let path = parsed.value("resources");
    let path = path.ok_or_else(|| CommandError::Usage("update needs `--resources`".into()))?;
    let bytes = if path == "-" { from_stdin() } else { fs::read(path) };
    let bytes = bytes.map_err(CommandError::io(format!("read `{path}`")))?;
    let mut wanted: Resources = serde_json::from_slice(&bytes)
        .map_err(|cause| CommandError::Document { path: path.to_owned(), cause })?;
    // They are fixed at creation. Some callers send all that the container was created with, these among them.
    let created = container.record.spec.linux.as_ref().and_then(|linux| linux.resources.as_ref());
    if created.is_some_and(|created| created.devices == wanted.devices) {
        wanted.devices.clear();
    }
    container.cgroup.update(&wanted).map_err(CommandError::cgroup("change the container's limits"))?;
    Ok(0)
}

fn from_stdin() -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io::stdin().read_to_end(&mut bytes).map(|_| bytes)
}
