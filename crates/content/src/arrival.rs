//! How much of a file has arrived, and reading it while more does.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::FileExt as _;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

/// What a writer has told of a file.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default, Clone, Copy)]
struct State {
    received: u64,
    end: Option<End>,
}

#[derive(Debug, Clone, Copy)]
enum End {
    Complete,
    Failed,
}

impl Arrival {
    /// The first `received` bytes are there.
    pub(crate) fn advance(&self, received: u64) {
        self.change(|state| state.received = received);
    }

    /// There will be no more, and what came is what was announced.
    pub(crate) fn complete(&self) {
        self.change(|state| state.end = Some(End::Complete));
    }

    /// There will be no more of it; one that is complete stays so.
    pub(crate) fn fail(&self) {
        self.change(|state| state.end = state.end.or(Some(End::Failed)));
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until there is something beyond `at`, or no more to wait for; how much there is.
    fn beyond(&self, at: u64) -> io::Result<u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let waiting = |state: &mut State| state.received <= at && state.end.is_none();
        let state = self.changed.wait_while(state, waiting).unwrap_or_else(PoisonError::into_inner);
        match state.end {
            Some(End::Failed) if state.received <= at => {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the rest did not arrive"))
            }
            _ => Ok(state.received - at),
        }
    }
}

/// Reads a blob while it arrives: at the end of what there is it waits for more.
#[derive(Debug, Clone)]
pub struct ArrivalReader {
    arrival: Arc<Arrival>,
    file: Arc<File>,
    at: u64,
}

impl ArrivalReader {
    pub(crate) fn new(arrival: Arc<Arrival>, file: Arc<File>) -> Self {
        Self { arrival, file, at: 0 }
    }
}

impl Read for ArrivalReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let there = self.arrival.beyond(self.at)?;
        let length = buffer.len().min(usize::try_from(there).unwrap_or(usize::MAX));
        let read = self.file.read_at(&mut buffer[..length], self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}
