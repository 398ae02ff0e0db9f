//! What a log needs that a confined monitor cannot make: it is made beforehand.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd};

use serde::{Deserialize, Serialize};

use super::{file, journal};
use crate::compressor::Compressor;
use crate::protocol::{JsonFile, LogPlan, Paths};
use crate::reexecution::{Incoming, Outgoing, ResumeError};

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Means {
    pub(super) compressor: Option<Compressor>,
    pub(super) socket: Option<OwnedFd>,
}

/// The same on its way to another program.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct SavedMeans {
    compressor: Option<(u32, u32)>,
    socket: Option<u32>,
}

impl Means {
    /// Makes what the plan needs.
    ///
    /// # Errors
    /// What socket(2), socketpair(2) and clone3(2) say.
    pub(crate) fn make(plan: &LogPlan, paths: &Paths) -> io::Result<Self> {
        match plan {
            LogPlan::JsonFile(JsonFile { compress: true, .. }) => {
                Ok(Self { compressor: Some(Compressor::start(&file::path(paths))?), socket: None })
            }
            LogPlan::Journald(_) => Ok(Self { compressor: None, socket: Some(journal::socket()?) }),
            LogPlan::None | LogPlan::JsonFile(_) => Ok(Self::default()),
        }
    }
}

impl SavedMeans {
    pub(super) fn of_file<'a>(compressor: Option<&'a Compressor>, outgoing: &mut Outgoing<'a>) -> Self {
        let compressor = compressor.map(|compressor| {
            let (socket, process) = compressor.descriptors();
            (outgoing.put(socket), outgoing.put(process))
        });
        Self { compressor, socket: None }
    }

    pub(super) fn of_journal<'a>(socket: BorrowedFd<'a>, outgoing: &mut Outgoing<'a>) -> Self {
        Self { compressor: None, socket: Some(outgoing.put(socket)) }
    }

    /// What the log needs, again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(self, incoming: &mut Incoming) -> Result<Means, ResumeError> {
        let compressor = match self.compressor {
            Some((socket, process)) => {
                Some(Compressor::restore(incoming.take(socket)?, incoming.take(process)?))
            }
            None => None,
        };
        Ok(Means { compressor, socket: self.socket.map(|slot| incoming.take(slot)).transpose()? })
    }
}
