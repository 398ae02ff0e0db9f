//! What a relay waits for: one epoll set, told once of each descriptor, so that a wait costs as much with ten thousand ports as with one.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};

use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};

/// How many events are taken at a time.
const AT_ONCE: usize = 128;

/// Which descriptor it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// The container's end.
    Container,
    /// A port for streams, by its place.
    Port(usize),
    /// A port for datagrams or one of its clients, by the port's place.
    Datagrams(usize),
    /// The client's end of a joint, by its place.
    Client(usize),
    /// The container's end of a joint, by its place.
    Inside(usize),
}

impl Source {
    fn encode(self) -> u64 {
        let (kind, place) = match self {
            Source::Container => (0, 0),
            Source::Port(place) => (1, place),
            Source::Datagrams(place) => (2, place),
            Source::Client(place) => (3, place),
            Source::Inside(place) => (4, place),
        };
        // Places count descriptors, of which there are far fewer.
        kind << 32 | place as u64
    }

    fn decode(number: u64) -> Source {
        let place = (number & u64::from(u32::MAX)) as usize;
        match number >> 32 {
            0 => Source::Container,
            1 => Source::Port(place),
            2 => Source::Datagrams(place),
            3 => Source::Client(place),
            _ => Source::Inside(place),
        }
    }
}

/// See the module.
#[derive(Debug)]
pub(super) struct Watch(OwnedFd);

impl Watch {
    pub(super) fn new() -> rustix::io::Result<Self> {
        epoll::create(CreateFlags::CLOEXEC).map(Self)
    }

    /// Told again and again for as long as there is something to read.
    pub(super) fn level(&self, source: impl AsFd, name: Source) -> rustix::io::Result<()> {
        epoll::add(&self.0, source, EventData::new_u64(name.encode()), EventFlags::IN)
    }

    /// Told once of everything that happens: who hears of it has to go on until nothing is left.
    pub(super) fn edge(&self, source: impl AsFd, name: Source) -> rustix::io::Result<()> {
        let flags = EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET;
        epoll::add(&self.0, source, EventData::new_u64(name.encode()), flags)
    }

    /// What has happened; nothing after the timeout, or where the wait was interrupted.
    pub(super) fn wait(&self, timeout: Option<&Timespec>) -> Vec<(Source, EventFlags)> {
        let mut events = [MaybeUninit::<Event>::uninit(); AT_ONCE];
        // Short of an interruption it cannot fail.
        let Ok((events, _)) = epoll::wait(&self.0, &mut events[..], timeout) else { return Vec::new() };
        events.iter().map(|event| (Source::decode({ event.data }.u64()), { event.flags })).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_survives_its_number() {
        for source in [
            Source::Container,
            Source::Port(0),
            Source::Datagrams(9999),
            Source::Client(7),
            Source::Inside(usize::from(u16::MAX)),
        ] {
            assert_eq!(Source::decode(source.encode()), source);
        }
    }
}
