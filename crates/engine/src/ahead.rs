//! What is made ahead: while a container or a session is created, or after another was started, what the next start will want is made
//! on another processor.
//!
//! Nothing of it is on record: it is gone with this process, or with its descriptors.

use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use crate::options::MakeAhead;

/// Things of one kind that are being made, or wait.
#[derive(Debug)]
pub(crate) struct Ahead<T> {
    /// Names the threads.
    name: &'static str,
    /// How many may wait.
    limit: usize,
    when: MakeAhead,
    making: Mutex<Vec<JoinHandle<Option<T>>>>,
}

impl<T: Send + 'static> Ahead<T> {
    /// None yet.
    pub(crate) fn new(name: &'static str, limit: usize, when: MakeAhead) -> Self {
        Self { name, limit, when, making: Mutex::default() }
    }

    /// Begins to make one for what is being created; it is no failure if it cannot be made.
    pub(crate) fn begin(&self, make: impl FnOnce() -> Option<T> + Send + 'static) {
        if self.when != MakeAhead::Never {
            self.make(make);
        }
    }

    /// Begins to make one after a start; as [`Ahead::begin`].
    pub(crate) fn replace(&self, make: impl FnOnce() -> Option<T> + Send + 'static) {
        if self.when == MakeAhead::AfterStarts {
            self.make(make);
        }
    }

    fn make(&self, make: impl FnOnce() -> Option<T> + Send + 'static) {
        let mut making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if making.len() < self.limit {
            making.extend(thread::Builder::new().name(self.name.to_owned()).spawn(make));
        }
    }

    /// One of them, once it is made; what does not fit any more is dropped.
    pub(crate) fn take(&self, fits: impl Fn(&mut T) -> bool) -> Option<T> {
        loop {
            let next = self.making.lock().unwrap_or_else(PoisonError::into_inner).pop()?;
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
        assert_eq!([ahead.take(odd), ahead.take(odd), ahead.take(odd)], [Some(3), Some(1), None]);
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
            ahead.replace(|| Some("started"));
            std::iter::from_fn(move || ahead.take(|_| true)).collect::<Vec<_>>()
        };
        assert_eq!(made(MakeAhead::Never), [""; 0]);
        assert_eq!(made(MakeAhead::WhileCreating), ["created"]);
        assert_eq!(made(MakeAhead::AfterStarts), ["started", "created"]);
    }
}
