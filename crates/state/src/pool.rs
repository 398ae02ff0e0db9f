//! The connections of a store: a few that stay open, and a few more while many ask at once.
//!
//! There are never many. SQLite keeps the descriptors of connections that were closed for as long as any other is open, and every
//! connection has memory of its own; more of them than processors make nothing faster.

use std::cell::Cell;
use std::ops::{Deref, DerefMut};
use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::Connection;

use crate::transaction::Durability;
use crate::{Result, StateError, open};

/// How many idle connections are kept.
const IDLE: usize = 4;

/// How many are lent at once before those who come next have to wait.
const LENT: usize = 8;

thread_local! {
    /// How many connections this thread has.
    static HELD: Cell<usize> = const { Cell::new(0) };
}

#[derive(Debug)]
pub(crate) struct Pool {
    path: PathBuf,
    state: Mutex<State>,
    /// Told whenever a connection is back.
    returned: Condvar,
}

#[derive(Debug)]
struct State {
    idle: Vec<Pooled>,
    lent: usize,
}

/// A connection and what it was last set to.
#[derive(Debug)]
pub(crate) struct Pooled {
    pub(crate) connection: Connection,
    pub(crate) durability: Option<Durability>,
    /// How long it waits for others.
    patience: Duration,
}

/// A connection that is closed when this is dropped, which rolls back: only [`Lent::give_back`] keeps it.
#[derive(Debug)]
pub(crate) struct Lent<'a> {
    pooled: Pooled,
    // Dropped after the connection.
    place: Place<'a>,
}

/// Counts as a connection that is lent.
#[derive(Debug)]
struct Place<'a>(&'a Pool);

impl Pool {
    pub(crate) fn new(path: PathBuf, first: Connection) -> Self {
        let state = State { idle: vec![Pooled::new(first)], lent: 0 };
        Self { path, state: Mutex::new(state), returned: Condvar::new() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// A connection for whoever can wait for others to give theirs back. A thread that has one already does not wait: others may wait
    /// for that one.
    pub(crate) fn take(&self) -> Result<Lent<'_>> {
        let mut state = self.state();
        while state.lent >= LENT && HELD.get() == 0 {
            state = self.returned.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        self.lend(state)
    }

    /// The same for whoever is waited for.
    pub(crate) fn take_at_once(&self) -> Result<Lent<'_>> {
        self.lend(self.state())
    }

    fn lend(&self, mut state: MutexGuard<'_, State>) -> Result<Lent<'_>> {
        state.lent += 1;
        let idle = state.idle.pop();
        drop(state);
        HELD.set(HELD.get() + 1);
        let place = Place(self);
        let pooled = match idle {
            Some(pooled) => pooled,
            None => Pooled::new(open::connection(&self.path)?),
        };
        let mut lent = Lent { pooled, place };
        lent.wait_up_to(open::BUSY)?;
        Ok(lent)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pooled {
    fn new(connection: Connection) -> Self {
        Self { connection, durability: None, patience: open::BUSY }
    }
}

impl Lent<'_> {
    /// Sets how long it waits for other processes.
    pub(crate) fn wait_up_to(&mut self, patience: Duration) -> Result<()> {
        if self.patience != patience {
            let set = self.connection.busy_timeout(patience);
            set.map_err(|error| StateError::database("prepare to use", &self.place.0.path, error))?;
            self.patience = patience;
        }
        Ok(())
    }

    /// For a connection with which nothing is wrong.
    pub(crate) fn give_back(self) {
        let mut state = self.place.0.state();
        if state.idle.len() < IDLE {
            state.idle.push(self.pooled);
        }
        // The place takes it, too.
        drop(state);
    }
}

impl Deref for Lent<'_> {
    type Target = Pooled;

    fn deref(&self) -> &Pooled {
        &self.pooled
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut Pooled {
        &mut self.pooled
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        HELD.set(HELD.get() - 1);
        self.0.state().lent -= 1;
        self.0.returned.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    fn pool(root: &Path) -> Pool {
        let path = root.join("state.db");
        open::create_file(&path).unwrap();
        let first = open::checked(&path).unwrap();
        Pool::new(path, first)
    }

    #[test]
    fn however_many_ask_at_once_there_are_few_connections() {
        let root = tempfile::tempdir().unwrap();
        let pool = pool(root.path());
        let (now, most) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..3 * LENT {
                scope.spawn(|| {
                    let lent = pool.take().unwrap();
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    thread::sleep(Duration::from_millis(2));
                    now.fetch_sub(1, Ordering::SeqCst);
                    lent.give_back();
                });
            }
        });
        assert!(most.into_inner() <= LENT);
        assert_eq!(pool.state().lent, 0);
        assert!(pool.state().idle.len() <= IDLE);
    }

    #[test]
    fn who_has_a_connection_and_who_writes_never_wait_for_one() {
        let root = tempfile::tempdir().unwrap();
        let pool = pool(root.path());
        let all_have_one = Barrier::new(LENT);
        thread::scope(|scope| {
            for _ in 0..LENT {
                scope.spawn(|| {
                    let first = pool.take().unwrap();
                    all_have_one.wait();
                    pool.take().unwrap().give_back();
                    drop(first);
                });
            }
        });
        let _all: Vec<Lent<'_>> = (0..LENT).map(|_| pool.take_at_once().unwrap()).collect();
        thread::scope(|scope| drop(scope.spawn(|| pool.take_at_once().unwrap().give_back()).join()));
        assert_eq!(pool.state().lent, LENT);
    }
}
