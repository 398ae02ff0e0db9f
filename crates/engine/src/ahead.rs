//! What is made ahead: while a container or a session is created, or some time after another was started, what the next start will
//! want is made.
//!
//! Nothing of it is on record: it is gone with this process, or with its descriptors.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::options::MakeAhead;

/// For how long what was just started has the machine to itself: making takes as much of it as a short container's whole life.
const REST: Duration = Duration::from_millis(50);

/// Does something with the engine then, if it is still there. For [`Ahead::fill`], within the asynchronous runtime.
pub(crate) fn after_a_rest<E: Send + Sync + 'static>(
    engine: &Arc<E>,
    fill: impl FnOnce(Arc<E>) + Send + 'static,
) {
    let engine = Arc::downgrade(engine);
    tokio::spawn(async move {
        tokio::time::sleep(REST).await;
        if let Some(engine) = engine.upgrade() {
            fill(engine);
        }
    });
}

/// How many of a kind there are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Stock {
    /// How many wait where nothing was created, after a start.
    pub(crate) kept: usize,
    /// How many wait at most, whatever was created and never started.
    pub(crate) limit: usize,
}

/// Things of one kind that are being made, or wait.
#[derive(Debug)]
pub(crate) struct Ahead<T> {
    /// Names the threads.
    name: &'static str,
    stock: Stock,
    when: MakeAhead,
    shelf: Mutex<Shelf<T>>,
    /// Whether somebody is about to fill it.
    due: AtomicBool,
}

#[derive(Debug)]
struct Shelf<T> {
    /// Oldest first: that one is the most likely to be there already.
    making: VecDeque<JoinHandle<Option<T>>>,
    /// How many were asked for and not taken yet.
    asked: usize,
}

impl<T: Send + 'static> Ahead<T> {
    /// None yet.
    pub(crate) fn new(name: &'static str, stock: Stock, when: MakeAhead) -> Self {
        let shelf = Mutex::new(Shelf { making: VecDeque::new(), asked: 0 });
        Self { name, stock, when, shelf, due: AtomicBool::new(false) }
    }

    /// Sees to it that there will be one for what is being created, and, where more than one is kept, one for who comes right after it; it
    /// is no failure if it cannot be made.
    pub(crate) fn begin(&self, make: impl FnOnce() -> Option<T> + Send + 'static) {
        if self.when == MakeAhead::Never {
            return;
        }
        let mut shelf = self.shelf();
        shelf.asked = (shelf.asked + 1).min(self.stock.limit);
        let enough = (shelf.asked + self.stock.kept.saturating_sub(1)).min(self.stock.limit);
        if shelf.making.len() < enough {
            self.make(&mut shelf, make);
        }
    }

    /// Whether the caller, who has started something, is to call [`Ahead::fill`] [after a rest](after_a_rest): nobody else is about to.
    pub(crate) fn falls_due(&self) -> bool {
        self.when == MakeAhead::AfterStarts && !self.due.swap(true, Ordering::AcqRel)
    }

    /// Begins to make as many as are kept.
    pub(crate) fn fill<M: FnOnce() -> Option<T> + Send + 'static>(&self, make: impl Fn() -> M) {
        self.due.store(false, Ordering::Release);
        let mut shelf = self.shelf();
        for _ in shelf.making.len()..self.stock.kept {
            self.make(&mut shelf, make());
        }
    }

    fn make(&self, shelf: &mut Shelf<T>, make: impl FnOnce() -> Option<T> + Send + 'static) {
        shelf.making.extend(thread::Builder::new().name(self.name.to_owned()).spawn(make));
    }

    /// One of them, once it is made; what does not fit any more is dropped.
    pub(crate) fn take(&self, fits: impl Fn(&T) -> bool) -> Option<T> {
        {
            let mut shelf = self.shelf();
            shelf.asked = shelf.asked.saturating_sub(1);
        }
        loop {
            let next = self.shelf().making.pop_front()?;
            let made = next.join().ok().flatten();
            if made.as_ref().is_some_and(&fits) {
                return made;
            }
        }
    }

    /// Drops all of them: what they were made for is gone.
    pub(crate) fn discard(&self) {
        let making = std::mem::take(&mut self.shelf().making);
        making.into_iter().for_each(|thread| drop(thread.join()));
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf<T>> {
        self.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE_KEPT: Stock = Stock { kept: 0, limit: 4 };

    fn all<T: Send + 'static>(ahead: &Ahead<T>) -> Vec<T> {
        std::iter::from_fn(|| ahead.take(|_| true)).collect()
    }

    #[test]
    fn what_was_made_is_taken_once_and_what_does_not_fit_never() {
        let ahead = Ahead::new("test", NONE_KEPT, MakeAhead::WhileCreating);
        for number in 1..=3 {
            ahead.begin(move || Some(number));
        }
        ahead.begin(|| None);
        let odd = |number: &i32| *number % 2 == 1;
        assert_eq!([ahead.take(odd), ahead.take(odd), ahead.take(odd)], [Some(1), Some(3), None]);
    }

    #[test]
    fn no_more_are_made_than_may_wait() {
        let ahead = Ahead::new("test", Stock { kept: 1, limit: 2 }, MakeAhead::WhileCreating);
        for number in 0..10 {
            ahead.begin(move || Some(number));
        }
        assert_eq!(all(&ahead), [0, 1]);
    }

    #[test]
    fn what_is_kept_is_for_who_creates_next() {
        let begun_after_filling = |kept| {
            let ahead = Ahead::new("test", Stock { kept, limit: 4 }, MakeAhead::AfterStarts);
            ahead.fill(|| || Some("kept"));
            ahead.begin(|| Some("first"));
            let first = ahead.take(|_| true);
            ahead.begin(|| Some("second"));
            (first, all(&ahead))
        };
        assert_eq!(begun_after_filling(0), (Some("first"), vec!["second"]));
        assert_eq!(begun_after_filling(1), (Some("kept"), vec!["second"]));
        assert_eq!(begun_after_filling(2), (Some("kept"), vec!["kept", "second"]));
    }

    #[test]
    fn what_is_discarded_is_made_anew() {
        let ahead = Ahead::new("test", Stock { kept: 1, limit: 2 }, MakeAhead::AfterStarts);
        ahead.fill(|| || Some("old"));
        ahead.discard();
        ahead.begin(|| Some("new"));
        assert_eq!(all(&ahead), ["new"]);
    }

    #[test]
    fn nothing_is_made_where_nothing_is_started() {
        let made = |when: MakeAhead| {
            let ahead = Ahead::new("test", Stock { kept: 2, limit: 2 }, when);
            ahead.begin(|| Some("created"));
            if ahead.falls_due() {
                assert!(!ahead.falls_due(), "one caller is enough");
                ahead.fill(|| || Some("started"));
            }
            all(&ahead)
        };
        assert_eq!(made(MakeAhead::Never), [""; 0]);
        assert_eq!(made(MakeAhead::WhileCreating), ["created"]);
        assert_eq!(made(MakeAhead::AfterStarts), ["created", "started"]);
    }
}
