//! The exec sessions of a container.
//!
//! It starts none itself and announces nothing.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::moment::Moment;
use crate::poll::PollSet;
use crate::reexecution::{Incoming, Outgoing, ResumeError};
use crate::session::{SavedSession, Session};

/// How many exit codes are remembered; the event file has them all.
const REMEMBERED: usize = 64;

/// How many sessions there may be; a status has to fit a packet with all their ids.
const LIMIT: usize = 256;

/// Sessions by key, and how the last ones ended.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    list: Vec<Session>,
    ended: VecDeque<(String, i32)>,
    next_key: u32,
}

/// Sessions as they cross a re-execution.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct SavedSessions {
    list: Vec<SavedSession>,
    ended: VecDeque<(String, i32)>,
    next_key: u32,
}

impl Sessions {
    /// The key of the next session.
    pub(crate) fn next_key(&mut self) -> u32 {
        self.next_key += 1;
        self.next_key
    }

    /// Whether another may be added.
    pub(crate) fn has_room(&self) -> bool {
        self.list.len() < LIMIT
    }

    pub(crate) fn add(&mut self, session: Session) {
        self.list.push(session);
    }

    pub(crate) fn get_mut(&mut self, key: u32) -> Option<&mut Session> {
        self.list.iter_mut().find(|session| session.key == key)
    }

    /// The session with this id that is not over.
    pub(crate) fn by_id(&self, id: &str) -> Option<&Session> {
        self.list.iter().find(|session| session.id == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.list.iter()
    }

    /// Remembers how a session ended.
    pub(crate) fn remember(&mut self, id: String, exit_code: i32) {
        if self.ended.len() == REMEMBERED {
            self.ended.pop_front();
        }
        self.ended.push_back((id, exit_code));
    }

    /// How the last sessions ended, oldest first.
    pub(crate) fn ended(&self) -> impl Iterator<Item = &(String, i32)> {
        self.ended.iter()
    }

    /// Forgets those of which nothing is left to do.
    pub(crate) fn sweep(&mut self) {
        self.list.retain(|session| !session.is_over());
    }

    pub(crate) fn register<'a>(&'a self, set: &mut PollSet<'a>) {
        for session in &self.list {
            session.register(set);
        }
    }

    /// The earliest moment at which a client's patience ends.
    pub(crate) fn deadline(&self) -> Option<Moment> {
        self.list.iter().filter_map(|session| session.streams()?.deadline()).min()
    }

    /// Cuts every client whose patience has ended.
    pub(crate) fn expire(&mut self, now: Moment, buffer: &mut [u8]) {
        for streams in self.list.iter_mut().filter_map(Session::streams_mut) {
            streams.expire(now, buffer);
        }
    }

    /// As they cross a re-execution.
    pub(crate) fn save<'a>(&'a self, outgoing: &mut Outgoing<'a>) -> SavedSessions {
        SavedSessions {
            list: self.list.iter().filter_map(|session| session.save(outgoing)).collect(),
            ended: self.ended.clone(),
            next_key: self.next_key,
        }
    }

    /// The sessions again.
    ///
    /// # Errors
    /// Where a descriptor is missing.
    pub(crate) fn restore(saved: SavedSessions, incoming: &mut Incoming) -> Result<Self, ResumeError> {
        let list =
            saved.list.into_iter().map(|session| session.restore(incoming)).collect::<Result<_, _>>()?;
        Ok(Self { list, ended: saved.ended, next_key: saved.next_key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_exit_codes_are_remembered() {
        let mut sessions = Sessions::default();
        for number in 0..REMEMBERED as i32 + 3 {
            sessions.remember(number.to_string(), number);
        }
        assert_eq!(sessions.ended().count(), REMEMBERED);
        assert_eq!(sessions.ended().next(), Some(&("3".to_owned(), 3)));
    }
}
