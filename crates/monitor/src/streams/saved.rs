//! The streams of a process as they cross a re-execution of the monitor.
//!
//! Descriptors travel beside this; see [`crate::reexecution`].

use std::os::fd::AsFd;

use serde::{Deserialize, Serialize};

use crate::reexecution::{Incoming, Outgoing, ResumeError};
use crate::streams::Source;
use crate::streams::attached::SavedClient;
use crate::streams::input::Input;
use crate::streams::multiplexer::{Multiplexer, Output};

/// A multiplexer as it crosses a re-execution.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedStreams {
    terminal: bool,
    stdin_once: bool,
    first: Option<u32>,
    input: Option<u32>,
    undelivered: Vec<u8>,
    closing: bool,
    outputs: Vec<(Source, u32)>,
    clients: Vec<SavedClient>,
    next_key: u32,
    ended: bool,
}

impl Multiplexer {
    /// As it crosses a re-execution.
    pub(crate) fn save<'a>(&'a self, outgoing: &mut Outgoing<'a>) -> SavedStreams {
        let (input, undelivered, closing) = self.input.parts();
        SavedStreams {
            terminal: self.terminal,
            stdin_once: self.stdin_once,
            first: self.first,
            input: input.map(|descriptor| outgoing.put(descriptor)),
            undelivered: undelivered.to_vec(),
            closing,
            outputs: self
                .outputs
                .iter()
                .map(|output| (output.source, outgoing.put(output.descriptor.as_fd())))
                .collect(),
            clients: self
                .clients
                .iter()
                .map(|client| client.save(outgoing.put(client.descriptor())))
                .collect(),
            next_key: self.next_key,
            ended: self.ended,
        }
    }

    /// The multiplexer again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(saved: SavedStreams, incoming: &mut Incoming) -> Result<Self, ResumeError> {
        let input = saved.input.map(|slot| incoming.take(slot)).transpose()?;
        let mut outputs = Vec::new();
        for (source, slot) in saved.outputs {
            outputs.push(Output { source, descriptor: incoming.take(slot)? });
        }
        let mut clients = Vec::new();
        for client in saved.clients {
            let stream = incoming.take(client.slot())?;
            clients.push(client.restore(stream));
        }
        Ok(Self {
            terminal: saved.terminal,
            stdin_once: saved.stdin_once,
            first: saved.first,
            input: Input::new(input, &saved.undelivered, saved.closing),
            outputs,
            clients,
            next_key: saved.next_key,
            ended: saved.ended,
            held_back: false,
        })
    }
}
