//! What results make of a container's health, by Docker's rules (moby's `handleProbeResult`). Pure.

use std::time::Duration;

use corten_spec::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::plan::{HealthPlan, OnFailure};
use super::report::{ProbeResult, Report, Status};

/// How many results are kept (moby's `maxLogEntries`).
const KEPT: usize = 5;

/// What the monitor keeps of a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Rules {
    pub(super) retries: u64,
    pub(super) start_period: Duration,
    pub(crate) on_failure: OnFailure,
}

impl Rules {
    pub(super) fn of(plan: &HealthPlan) -> Self {
        Self {
            retries: plan.retries,
            start_period: Duration::from_nanos(plan.start_period),
            on_failure: plan.on_failure.clone(),
        }
    }
}

impl Report {
    /// Of a container that begins to run; the results of its last run stay for a while.
    pub(super) fn begin(last: Option<Self>, at: Timestamp) -> Self {
        let log = last.map(|last| last.log).unwrap_or_default();
        Self { status: Status::Starting, since: at, failing_streak: 0, log }
    }

    /// Takes in the result of a probe that began so long after the start of the container. The new status, where it is one.
    pub(super) fn take(
        &mut self,
        result: ProbeResult,
        since_start: Duration,
        rules: &Rules,
    ) -> Option<Status> {
        let healthy = result.exit_code == 0;
        let at = result.end;
        self.keep(result);
        if healthy {
            self.failing_streak = 0;
            return self.become_it(Status::Healthy, at);
        }
        if self.status == Status::Starting && since_start < rules.start_period {
            return None;
        }
        self.failing_streak += 1;
        if self.failing_streak >= rules.retries { self.become_it(Status::Unhealthy, at) } else { None }
    }

    /// Nobody probes any more, for a while or for good. The new status, where it is one.
    pub(super) fn leave_unprobed(&mut self, at: Timestamp) -> Option<Status> {
        self.become_it(Status::Unhealthy, at)
    }

    pub(super) fn keep(&mut self, result: ProbeResult) {
        if self.log.len() >= KEPT {
            self.log.drain(..=self.log.len() - KEPT);
        }
        self.log.push(result);
    }

    fn become_it(&mut self, status: Status, at: Timestamp) -> Option<Status> {
        if self.status == status {
            return None;
        }
        (self.status, self.since) = (status, at);
        Some(status)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: Rules =
        Rules { retries: 2, start_period: Duration::from_secs(10), on_failure: OnFailure::None };

    fn result(exit_code: i32) -> ProbeResult {
        let at = Timestamp::from_nanos(1);
        ProbeResult { start: at, end: at, exit_code, output: String::new(), not_started: false }
    }

    /// What a container becomes by results (seconds after the start, exit code): the streak, and every change.
    fn becomes(results: &[(u64, i32)]) -> (u64, Vec<Status>) {
        let mut report = Report::begin(None, Timestamp::ZERO);
        let changes = results
            .iter()
            .filter_map(|(second, code)| report.take(result(*code), Duration::from_secs(*second), &RULES));
        let changes = changes.collect();
        (report.failing_streak, changes)
    }

    #[test]
    fn a_success_makes_it_healthy_and_failures_in_a_row_unhealthy() {
        assert_eq!(becomes(&[(20, 0), (21, 0)]), (0, vec![Status::Healthy]));
        assert_eq!(becomes(&[(20, 1)]), (1, vec![]));
        assert_eq!(becomes(&[(20, 1), (21, -1), (22, 7)]), (3, vec![Status::Unhealthy]));
        assert_eq!(becomes(&[(20, 1), (21, 0), (22, 1)]), (1, vec![Status::Healthy]));
        let changes = vec![Status::Unhealthy, Status::Healthy];
        assert_eq!(becomes(&[(20, 1), (21, 1), (22, 0)]), (0, changes));
    }

    #[test]
    fn failures_of_a_container_that_starts_do_not_count() {
        assert_eq!(becomes(&[(1, 1), (5, 1), (9, 1)]), (0, vec![]));
        assert_eq!(becomes(&[(9, 1), (10, 1), (11, 1)]), (2, vec![Status::Unhealthy]));
    }

    #[test]
    fn failures_after_a_success_count_in_the_start_period_too() {
        let changes = vec![Status::Healthy, Status::Unhealthy];
        assert_eq!(becomes(&[(1, 0), (2, 1), (3, 1)]), (2, changes));
    }

    #[test]
    fn the_last_five_results_are_kept_across_a_restart() {
        let mut report = Report::begin(None, Timestamp::ZERO);
        for code in 0..9 {
            report.take(result(code), Duration::ZERO, &RULES);
        }
        let codes: Vec<i32> = report.log.iter().map(|result| result.exit_code).collect();
        assert_eq!(codes, [4, 5, 6, 7, 8]);
        let next = Report::begin(Some(report), Timestamp::from_nanos(5));
        assert_eq!((next.status, next.failing_streak, next.log.len()), (Status::Starting, 0, 5));
    }
}
