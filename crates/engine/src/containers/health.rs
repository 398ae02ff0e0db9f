//! The health of containers: what is planned for a start, and what is known of it.
//!
//! Nothing is probed here: a container's prober does, and its monitor writes down what it finds.

use corten_monitor::health::{HealthPlan, OnFailure, Report, Status, read, read_status};
use corten_monitor::protocol::Request;
use corten_runtime::launch::SeccompSource;

use super::Inner;
use super::launch_plan::{health_test, plan_health};
use super::prepare::exec_process;
use super::record::Container;
use super::stop::{StopRequest, stop_of};
use crate::error::EngineError;
use crate::start_failure;
use corten_spec::time::Timestamp;

impl Inner {
    /// How a container is probed while it runs; `None` = not at all. `linked` is what its links tell it.
    pub(super) fn health_plan(
        &self,
        container: &Container,
        seccomp: &SeccompSource,
        linked: &[String],
    ) -> Result<Option<HealthPlan>, EngineError> {
        if !container.is_probed() {
            return Ok(None);
        }
        let process = exec_process(container, linked, false)?;
        let (signal, grace_ms) = stop_of(container, &StopRequest::default())?;
        Ok(plan_health(&container.config, process, seccomp.clone(), &OnFailure::Stop { signal, grace_ms }))
    }

    /// Its health in a word. Docker takes one that is not probed just now for unhealthy.
    pub(super) fn health_status(&self, container: &Container) -> Option<Status> {
        if !container.was_probed() {
            return None;
        }
        let known = || read_status(&self.home.run_directory(&container.id)).unwrap_or(Status::Unhealthy);
        Some(if container.is_being_probed() { known() } else { Status::Unhealthy })
    }

    /// All that is known of it, as [`Inner::health_status`] has it.
    pub(super) fn health_report(&self, container: &Container) -> Option<Report> {
        if !container.was_probed() {
            return None;
        }
        let unknown =
            Report { status: Status::Unhealthy, since: Timestamp::ZERO, failing_streak: 0, log: Vec::new() };
        let mut report = read(&self.home.run_directory(&container.id)).unwrap_or(unknown);
        if !container.is_being_probed() {
            report.status = Status::Unhealthy;
        }
        for result in report.log.iter_mut().filter(|result| result.not_started) {
            result.output = start_failure::of_session(&result.output);
        }
        Some(report)
    }

    /// Has a container that is frozen, or no more, not probed, or probed again. What fails costs a probe: its container does not answer.
    pub(super) fn suspend_probes(&self, container: &Container, suspended: bool) {
        if container.is_probed() {
            drop(self.send(container, "pause", Request::SuspendProbes(suspended)));
        }
    }
}

impl Container {
    fn is_probed(&self) -> bool {
        health_test(self.config.health.as_ref()).is_some()
    }

    fn was_probed(&self) -> bool {
        self.is_probed() && self.state.started_at != Timestamp::ZERO
    }

    fn is_being_probed(&self) -> bool {
        self.state.is_running() && !self.state.paused
    }

    /// Its health as filters ask for it.
    #[must_use]
    pub fn health_word(&self) -> &'static str {
        self.health.map_or("none", Status::word)
    }
}
