//! Which connections are meant.

use std::net::IpAddr;

use super::entry::Entry;

/// Connections for which all that is given holds; without anything, every one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Filter {
    /// The protocol above IP, by its number: 6 is TCP, 17 UDP.
    pub protocol: Option<u8>,
    /// Who began them.
    pub original_source: Option<IpAddr>,
    /// Where they were sent at first: a host address of a published port.
    pub original_destination: Option<IpAddr>,
    /// To which port they were sent at first: a published one.
    pub original_port: Option<u16>,
    /// Who answers them: the container behind a published port.
    pub reply_source: Option<IpAddr>,
}

impl Filter {
    /// Those that somebody with this address answers.
    pub fn answered_by(address: IpAddr) -> Self {
        Self { reply_source: Some(address), ..Self::default() }
    }

    /// Those that somebody with this address began.
    pub fn begun_by(address: IpAddr) -> Self {
        Self { original_source: Some(address), ..Self::default() }
    }

    /// Those of a published port: all of them, or those to one address of the host.
    pub fn published(protocol: u8, address: Option<IpAddr>, port: u16) -> Self {
        Self {
            protocol: Some(protocol),
            original_destination: address,
            original_port: Some(port),
            ..Self::default()
        }
    }

    /// Whether it is meant.
    pub fn matches(&self, entry: &Entry) -> bool {
        let original = &entry.original;
        self.protocol.is_none_or(|it| it == original.protocol)
            && self.original_source.is_none_or(|it| it == original.source)
            && self.original_destination.is_none_or(|it| it == original.destination)
            && self.original_port.is_none_or(|it| Some(it) == original.destination_port)
            && self.reply_source.is_none_or(|it| it == entry.reply.source)
    }
}
