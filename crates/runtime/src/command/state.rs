//! `state`: one container as runc prints it, which is what the specification says and a little more.
//!
//! `list` prints the same of all.

use std::path::PathBuf;

use corten_spec::runtime::State;
use serde::Serialize;

use super::container::Container;
use super::error::CommandError;
use super::options::Parsed;
use super::settings::Settings;

/// The specification's state with runc's additions.
#[derive(Debug, Serialize)]
pub(super) struct Shown {
    #[serde(flatten)]
    pub(super) state: State,
    rootfs: PathBuf,
    /// RFC 3339.
    pub(super) created: String,
    owner: &'static str,
}

pub(super) fn state(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    let container = Container::open(&settings.root, parsed.container()?)?;
    let text = serde_json::to_string_pretty(&shown(&container)?).map_err(std::io::Error::from);
    println!("{}", text.map_err(CommandError::io("write the state"))?);
    Ok(0)
}

pub(super) fn shown(container: &Container) -> Result<Shown, CommandError> {
    Ok(Shown {
        state: container.state()?,
        rootfs: container.record.rootfs.clone(),
        created: container.record.created.clone(),
        // Only root runs containers here, and runc prints nothing else for root's.
        owner: "",
    })
}
