//! Having running containers looked after by this version, where an older one started them.
//!
//! A monitor becomes the new program in place: its container, clients and sessions notice nothing (`corten_monitor`'s succession). One
//! that cannot goes on as it was.

use std::fs::{self, File};
use std::io;
use std::os::fd::AsFd as _;
use std::os::unix::fs::MetadataExt as _;

use corten_monitor::protocol::{Reply, Request};

use super::System;
use crate::containers::{Container, Inner, answer_deadline, asking, unexpected};
use crate::error::EngineError;
use crate::task::blocking;

/// What errors call it.
const OPERATION: &str = "upgrade the monitor";

/// What became of the monitors of running containers.
#[derive(Debug, Default)]
pub struct Upgraded {
    /// The names of the containers whose monitors are of this version now.
    pub upgraded: Vec<String>,
    /// The names of those whose monitors are of another version still, each with the reason.
    pub failed: Vec<(String, EngineError)>,
}

impl System {
    /// Has every monitor of another version become this one's.
    ///
    /// # Errors
    /// When the containers cannot be listed, or this version's program cannot be read.
    pub async fn upgrade(&self) -> Result<Upgraded, EngineError> {
        let inner = self.containers.inner.clone();
        blocking(move || inner.upgrade()).await
    }
}

impl Inner {
    fn upgrade(&self) -> Result<Upgraded, EngineError> {
        let path = self.home.monitor_program();
        let program =
            File::open(path).map_err(|source| EngineError::ReadFile { path: path.to_owned(), source })?;
        let mut outcome = Upgraded::default();
        for container in self.everything()?.into_iter().filter(|container| container.state.is_running()) {
            match self.upgrade_monitor(&container, &program) {
                Ok(false) => {}
                Ok(true) => outcome.upgraded.push(container.name),
                // Its container ended meanwhile: there is nothing to look after.
                Err(_) if !self.runs_still(&container) => {}
                Err(error) => outcome.failed.push((container.name, error)),
            }
        }
        Ok(outcome)
    }

    /// Whether there was something to do.
    fn upgrade_monitor(&self, container: &Container, program: &File) -> Result<bool, EngineError> {
        let mut connection = self.connect(container, OPERATION)?;
        let monitor = connection
            .monitor()
            .map_err(|source| EngineError::System { operation: OPERATION.to_owned(), source })?;
        if executes(monitor, program).unwrap_or(false) {
            return Ok(false);
        }
        let asked = connection.request(Request::Reexecute, &[program.as_fd()], answer_deadline());
        match asked.map_err(|source| asking(container, OPERATION, source))? {
            Reply::Done => Ok(true),
            other => Err(unexpected(container, &other)),
        }
    }

    fn runs_still(&self, container: &Container) -> bool {
        self.find_again(&container.id).is_ok_and(|found| found.state.is_running())
    }
}

/// Whether a process executes that very file.
fn executes(pid: u32, program: &File) -> io::Result<bool> {
    let (found, wanted) = (fs::metadata(format!("/proc/{pid}/exe"))?, program.metadata()?);
    Ok((found.dev(), found.ino()) == (wanted.dev(), wanted.ino()))
}
