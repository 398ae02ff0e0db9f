//! When the next probe is due. Pure: whoever asks knows the time.

use std::time::Duration;

use super::plan::HealthPlan;
use crate::moment::Moment;

/// The clock of one container's probes.
#[derive(Debug)]
pub(super) struct Schedule {
    interval: Duration,
    start_interval: Duration,
    /// The end of the start period.
    started_by: Moment,
    /// Whether nothing has shown yet that the container is up.
    starting: bool,
    next: Option<Moment>,
}

impl Schedule {
    /// Of a container that began to run just now.
    pub(super) fn begin(plan: &HealthPlan, now: Moment) -> Self {
        let mut schedule = Self {
            interval: Duration::from_nanos(plan.interval),
            start_interval: Duration::from_nanos(plan.start_interval),
            started_by: now.plus(Duration::from_nanos(plan.start_period)),
            starting: true,
            next: None,
        };
        schedule.wait(now);
        schedule
    }

    /// When the next probe is due; `None` while one runs, and while there are to be none.
    pub(super) fn next(&self) -> Option<Moment> {
        self.next
    }

    /// A probe has begun.
    pub(super) fn probing(&mut self) {
        self.next = None;
    }

    /// A probe is over.
    pub(super) fn probed(&mut self, healthy: bool, now: Moment) {
        self.starting &= !healthy;
        self.wait(now);
    }

    /// No more probes until [`Schedule::resume`]. From then on, the container is not taken for one that is about to be up.
    pub(super) fn suspend(&mut self) {
        self.starting = false;
        self.next = None;
    }

    /// Probes again, as from a beginning.
    pub(super) fn resume(&mut self, now: Moment) {
        self.wait(now);
    }

    fn wait(&mut self, now: Moment) {
        let pause = if self.starting && now < self.started_by { self.start_interval } else { self.interval };
        self.next = Some(now.plus(pause));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::plan::{OnFailure, Probe};
    use corten_runtime::launch::{ExecLaunch, SeccompSource, UserSource};

    fn plan(interval: u64, start_period: u64, start_interval: u64) -> HealthPlan {
        let probe = Probe::Command(Box::new(ExecLaunch {
            id: String::new(),
            process: Default::default(),
            user: UserSource::Spec,
            seccomp: SeccompSource::Unconfined,
        }));
        let on_failure = OnFailure::None;
        HealthPlan { probe, interval, timeout: 1, start_period, start_interval, retries: 3, on_failure }
    }

    fn at(nanoseconds: u64) -> Option<Moment> {
        Some(Moment::at(nanoseconds))
    }

    #[test]
    fn the_first_probe_comes_after_an_interval() {
        assert_eq!(Schedule::begin(&plan(30, 0, 5), Moment::at(100)).next(), at(130));
    }

    #[test]
    fn a_container_that_starts_is_probed_more_often_until_a_probe_succeeds() {
        let mut schedule = Schedule::begin(&plan(30, 20, 5), Moment::at(100));
        assert_eq!(schedule.next(), at(105));
        schedule.probing();
        assert_eq!(schedule.next(), None);
        schedule.probed(false, Moment::at(106));
        assert_eq!(schedule.next(), at(111));
        schedule.probed(true, Moment::at(112));
        assert_eq!(schedule.next(), at(142));
        schedule.probed(false, Moment::at(113));
        assert_eq!(schedule.next(), at(143));
    }

    #[test]
    fn the_start_period_ends_by_the_clock() {
        let mut schedule = Schedule::begin(&plan(30, 20, 5), Moment::at(100));
        schedule.probed(false, Moment::at(120));
        assert_eq!(schedule.next(), at(150));
    }

    #[test]
    fn after_a_suspension_an_interval_passes() {
        let mut schedule = Schedule::begin(&plan(30, 1000, 5), Moment::at(100));
        schedule.suspend();
        assert_eq!(schedule.next(), None);
        schedule.resume(Moment::at(200));
        assert_eq!(schedule.next(), at(230));
    }
}
