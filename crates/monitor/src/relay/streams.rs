//! The published TCP ports of a container, and the connections that pass through them.

use rustix::event::epoll::EventFlags;

use super::joint::{End, Joint, Progress, Scratch};
use super::port::Port;
use super::watch::{Source, Watch};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Streams {
    ports: Vec<Port>,
    /// By place; places of those that are over are had again.
    joints: Vec<Option<Passing>>,
    free: Vec<usize>,
    /// Places of those that have something to do.
    busy: Vec<usize>,
}

#[derive(Debug)]
struct Passing {
    joint: Joint,
    port: usize,
    is_busy: bool,
}

impl Streams {
    /// Adds a port and watches it.
    pub(super) fn add(&mut self, port: Port, watch: &Watch) -> rustix::io::Result<()> {
        watch.edge(&port, Source::Port(self.ports.len()))?;
        self.ports.push(port);
        Ok(())
    }

    /// Whether there is something to do without anything happening.
    pub(super) fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    /// Accepts what there is at a port.
    pub(super) fn accept(&mut self, port: usize, watch: &Watch) {
        while let Some(joint) = self.ports.get_mut(port).and_then(Port::accept) {
            let place = self.free.pop().unwrap_or_else(|| {
                self.joints.push(None);
                self.joints.len() - 1
            });
            let watched = watch
                .edge(&joint.client, Source::Client(place))
                .and_then(|()| watch.edge(&joint.inside, Source::Inside(place)));
            self.joints[place] = Some(Passing { joint, port, is_busy: true });
            self.busy.push(place);
            if watched.is_err() {
                self.end(place);
            }
        }
    }

    /// Something has happened at an end of a joint; one that is over by now may have been meant.
    pub(super) fn note(&mut self, place: usize, end: End, flags: EventFlags) {
        let Some(Some(passing)) = self.joints.get_mut(place) else { return };
        passing.joint.note(end, flags);
        if !passing.is_busy {
            passing.is_busy = true;
            self.busy.push(place);
        }
    }

    /// Gives everybody who has something to do a turn.
    pub(super) fn advance(&mut self, watch: &Watch, scratch: &mut Scratch) {
        let before = self.free.len();
        for place in std::mem::take(&mut self.busy) {
            let Some(Some(passing)) = self.joints.get_mut(place) else { continue };
            match passing.joint.advance(scratch) {
                Progress::Waits => passing.is_busy = false,
                Progress::More => self.busy.push(place),
                Progress::Over => self.end(place),
            }
        }
        if self.free.len() > before {
            // What they had, others may wait for.
            for port in 0..self.ports.len() {
                if self.ports[port].is_held_back {
                    self.accept(port, watch);
                }
            }
        }
    }

    fn end(&mut self, place: usize) {
        if let Some(passing) = self.joints[place].take() {
            self.ports[passing.port].release();
            self.free.push(place);
        }
    }
}
