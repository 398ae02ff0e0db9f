//! Processes that will be monitors, or keepers of sessions, made ahead.

use corten_monitor::client::{Origin, Recruit};

use super::Inner;

/// How many may wait.
pub(crate) const RECRUITS_AHEAD: usize = 1;

impl Inner {
    /// Begins to start a process that a container's or a session's start will want.
    pub(crate) fn prepare_recruit(&self) {
        self.recruits_ahead.begin(self.making_of_a_recruit());
    }

    /// Begins to start one in place of another that has just been taken.
    pub(crate) fn replace_recruit(&self) {
        self.recruits_ahead.replace(self.making_of_a_recruit());
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
