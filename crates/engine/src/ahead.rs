//! What is made ahead: while a container or a session is created, or some time after another was started, what the next start will
//! want is made.
//!
//! Nothing of it is on record: it is gone with this process, or with its descriptors.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::options::MakeAhead;

/// For how long what was just started has the machine to itself: making takes as much of it as a short container's whole life.
pub(crate) const REST: Duration = Duration::from_millis(50);

/// Things of one kind that are being made, or wait.
#[derive(Debug)]
pub(crate) struct Ahead<T> {
    /// Names the threads.
    name: &'static str,
    /// How many may wait.
    limit: usize,
    when: MakeAhead,
    /// Oldest first: that one is the most likely to be there already.
    making: Mutex<VecDeque<JoinHandle<Option<T>>>>,
    /// Whether somebody is about to fill it.
    due: AtomicBool,
}

impl<T: Send + 'static> Ahead<T> {
    /// None yet.
    pub(crate) fn new(name: &'static str, limit: usize, when: MakeAhead) -> Self {
        Self { name, limit, when, making: Mutex::default(), due: AtomicBool::new(false) }
    }

    /// Begins to make one for what is being created unless enough wait; it is no failure if it cannot be made.
    pub(crate) fn begin(&self, make: impl FnOnce() -> Option<T> + Send + 'static) {
        if self.when != MakeAhead::Never {
            self.make(make);
        }
    }

    /// Whether the caller, who has started something, is to call [`Ahead::fill`] after a [`REST`]: nobody else is about to.
    pub(crate) fn falls_due(&self) -> bool {
        self.when == MakeAhead::AfterStarts && !self.due.swap(true, Ordering::AcqRel)
    }

    /// Begins to make as many as may wait.
    pub(crate) fn fill<M: FnOnce() -> Option<T> + Send + 'static>(&self, make: impl Fn() -> M) {
        self.due.store(false, Ordering::Release);
        while self.make(make()) {}
    }

    /// Whether one is being made now.
    fn make(&self, make: impl FnOnce() -> Option<T> + Send + 'static) -> bool {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if making.len() >= self.limit {
            return false;
        }
        let thread = thread::Builder::new().name(self.name.to_owned()).spawn(make);
        let begun = thread.is_ok();
        making.extend(thread);
        begun
    }

    /// One of them, once it is made; what does not fit any more is dropped.
    pub(crate) fn take(&self, fits: impl Fn(&mut T) -> bool) -> Option<T> {
        loop {
            let next = self.making.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
            let mut made = next.join().ok().flatten();
            if made.as_mut().is_some_and(&fits) {
                return made;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_made_is_taken_once_and_what_does_not_fit_never() {
        let ahead = Ahead::new("test", 4, MakeAhead::WhileCreating);
        for number in 1..=3 {
            ahead.begin(move || Some(number));
        }
        ahead.begin(|| None);
        let odd = |number: &mut i32| *number % 2 == 1;
        assert_eq!([ahead.take(odd), ahead.take(odd), ahead.take(odd)], [Some(1), Some(3), None]);
    }

    #[test]
    fn no_more_are_made_than_may_wait() {
        let ahead = Ahead::new("test", 2, MakeAhead::WhileCreating);
        for number in 0..10 {
            ahead.begin(move || Some(number));
        }
        assert_eq!(std::iter::from_fn(|| ahead.take(|_| true)).count(), 2);
    }

    #[test]
    fn nothing_is_made_where_nothing_is_started() {
        let made = |when: MakeAhead| {
            let ahead = Ahead::new("test", 2, when);
            ahead.begin(|| Some("created"));
            if ahead.falls_due() {
                assert!(!ahead.falls_due(), "one caller is enough");
                ahead.fill(|| || Some("started"));
            }
            std::iter::from_fn(move || ahead.take(|_| true)).collect::<Vec<_>>()
        };
        assert_eq!(made(MakeAhead::Never), [""; 0]);
        assert_eq!(made(MakeAhead::WhileCreating), ["created"]);
        assert_eq!(made(MakeAhead::AfterStarts), ["created", "started"]);
    }
}
