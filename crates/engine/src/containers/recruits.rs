//! Processes that will be monitors, or keepers of sessions, made ahead.

use std::sync::Arc;

use corten_monitor::client::{Origin, Recruit};

use super::Inner;
use crate::ahead::{Stock, after_a_rest};

/// One for whoever comes next, and one so that nobody waits who comes right after that.
pub(crate) const RECRUITS_AHEAD: Stock = Stock { kept: 2, limit: 2 };

impl Inner {
    /// Begins to start a process that a container's or a session's start will want.
    pub(crate) fn prepare_recruit(&self) {
        self.recruits_ahead.begin(self.making_of_a_recruit());
    }

    /// Has those replaced that were taken.
    pub(crate) fn replace_recruits(self: &Arc<Self>) {
        if self.recruits_ahead.falls_due() {
            after_a_rest(self, |inner| inner.recruits_ahead.fill(|| inner.making_of_a_recruit()));
        }
    }

    fn making_of_a_recruit(&self) -> impl FnOnce() -> Option<Recruit> + Send + 'static {
        let (program, cgroup) = (self.home.monitor_program().to_owned(), self.home.monitor_cgroup());
        move || Recruit::start(&program, &cgroup).ok()
    }

    /// Where the process of a monitor or a keeper comes from: one that was made ahead, if there is one.
    pub(crate) fn recruit(&self) -> Origin<'_> {
        let recruit = self.recruits_ahead.take(|recruit| recruit.is_waiting());
        Origin { program: self.home.monitor_program(), recruit }
    }
}
