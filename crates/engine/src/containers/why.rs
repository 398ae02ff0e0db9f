//! Why a container has ended, was started again, or is unhealthy: what is on record of it, in sentences.
//!
//! Nothing is guessed. What nobody could see (who sent a signal without the engine) is said to be unknown.

use corten_monitor::health::{Report, Status as HealthStatus};
use corten_spec::signal::Signal;
use corten_spec::time::Timestamp;

use super::record::Container;
use super::restart::RestartPolicy;
use super::state::{RunState, Status};
use super::{Containers, Inner};
use crate::error::EngineError;
use crate::task::blocking;

/// What can be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Why its last run ended.
    Died,
    /// Why there was another run.
    Restarted,
    /// Why its health is as it is.
    Unhealthy,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Why {
    /// The container.
    pub container: Container,
    /// Sentences: what happened, then what led to it.
    pub answer: Vec<String>,
    /// All that is known of its health, where that was asked for.
    pub health: Option<Report>,
}

impl std::str::FromStr for Question {
    type Err = EngineError;

    fn from_str(word: &str) -> Result<Self, EngineError> {
        match word {
            "died" => Ok(Self::Died),
            "restarted" => Ok(Self::Restarted),
            "unhealthy" => Ok(Self::Unhealthy),
            _ => Err(EngineError::Invalid(format!(
                "invalid question `{word}`: what can be asked is died, restarted or unhealthy"
            ))),
        }
    }
}

impl Containers {
    /// Answers a question about a container.
    ///
    /// # Errors
    /// Not found.
    pub async fn why(&self, reference: &str, question: Question) -> Result<Why, EngineError> {
        let (inner, reference) = (self.inner.clone(), reference.to_owned());
        blocking(move || inner.why(&reference, question)).await
    }
}

impl Inner {
    fn why(&self, reference: &str, question: Question) -> Result<Why, EngineError> {
        let container = self.find(reference)?;
        let health = match question {
            Question::Unhealthy => self.health_report(&container),
            Question::Died | Question::Restarted => None,
        };
        let mut answer = match question {
            Question::Died => died(&container.state),
            Question::Restarted => {
                restarted(&container.state, container.config.host.restart, container.is_restarting())
            }
            Question::Unhealthy => unhealthy(&container.state, health.as_ref()),
        };
        let is_tried_again = container.is_restarting() && !container.state.error.is_empty();
        if is_tried_again && question != Question::Unhealthy {
            answer.push("That is tried again, after a longer wait each time.".to_owned());
        }
        Ok(Why { container, answer, health })
    }
}

fn died(state: &RunState) -> Vec<String> {
    if !state.error.is_empty() {
        return vec![format!("It could not be started: {}", state.error)];
    }
    match state.status {
        Status::Created => vec!["It has never run.".to_owned()],
        Status::Running => vec!["It runs.".to_owned()],
        Status::Exited | Status::Removing => {
            let mut answer = vec![end(state)];
            answer.extend(causes(state));
            answer
        }
    }
}

fn end(state: &RunState) -> String {
    let at = state.finished_at.rfc3339_nano();
    match state.signal {
        Some(number) => format!("{} ended it at {at} (exit code {}).", name(number), state.exit_code),
        None => format!("It ended at {at} with exit code {}.", state.exit_code),
    }
}

/// What led to an end.
fn causes(state: &RunState) -> Vec<String> {
    let cause = state.cause.clone().unwrap_or_default();
    let mut causes = Vec::new();
    match cause.oom.as_deref() {
        Some("container") => causes.push(
            "The kernel killed at least one of its processes, for it had reached its own memory limit.".to_owned(),
        ),
        Some(_) => causes.push(
            "The kernel killed at least one of its processes, for the host was out of memory; it had not reached a limit of its own."
                .to_owned(),
        ),
        None if state.oom_killed => {
            causes.push("The kernel killed at least one of its processes for want of memory.".to_owned());
        }
        None => {}
    }
    match cause.signal {
        Some(number) => causes.push(sent(number, &cause.by)),
        None if state.signal.is_some() && causes.is_empty() => causes.push(
            "No engine has sent that signal: it came from a process in the container or on the host, which the kernel does not tell."
                .to_owned(),
        ),
        None if causes.is_empty() => causes.push("It ended by itself.".to_owned()),
        None => {}
    }
    causes
}

fn sent(number: i32, by: &str) -> String {
    let name = name(number);
    match by {
        "stop" => format!("An engine had sent it {name}, for somebody asked it to stop."),
        "patience" => {
            format!("An engine had sent it {name}, for it had not stopped in the time that it was given.")
        }
        "health" => format!("Its monitor had sent it {name}, for it was unhealthy (--health-on-failure)."),
        _ => format!("An engine had sent it {name}, for somebody asked for that."),
    }
}

/// A signal as people know it.
fn name(number: i32) -> String {
    Signal::from_number(number).name()
}

fn restarted(state: &RunState, policy: RestartPolicy, waits: bool) -> Vec<String> {
    let again = state.is_running() && state.finished_at != Timestamp::ZERO;
    if !again {
        let mut answer = match waits {
            true => vec!["It waits to be started again.".to_owned()],
            false => vec!["It has not been started again since its last run.".to_owned()],
        };
        answer.extend(before(state, policy));
        answer.extend(died(state));
        return answer;
    }
    vec![
        format!(
            "It was started at {}, after its run before had ended at {}.",
            state.started_at.rfc3339_nano(),
            state.finished_at.rfc3339_nano()
        ),
        match state.restart_count {
            0 => "Somebody asked an engine to start it.".to_owned(),
            count if state.was_unhealthy => format!(
                "It was unhealthy: its monitor ended it and it was brought back (--health-on-failure restart), {count} times in a row by now."
            ),
            count => format!(
                "Its restart policy `{}` has brought it back, {count} times in a row by now.",
                policy.name()
            ),
        },
    ]
}

/// Who had started the runs before the one that has ended.
fn before(state: &RunState, policy: RestartPolicy) -> Option<String> {
    let who = match policy {
        RestartPolicy::No => "For it was unhealthy, it".to_owned(),
        _ => format!("Under its restart policy `{}`, it", policy.name()),
    };
    (state.restart_count > 0)
        .then(|| format!("{who} was brought back, or tried to be, {} times in a row.", state.restart_count))
}

fn unhealthy(state: &RunState, health: Option<&Report>) -> Vec<String> {
    let Some(report) = health else {
        return vec!["Nothing probes its health, or it has never run.".to_owned()];
    };
    if !state.is_running() {
        return vec!["It does not run, and counts as unhealthy for that.".to_owned()];
    }
    if state.paused {
        return vec!["It is paused: it is not probed, and counts as unhealthy for that.".to_owned()];
    }
    let mut answer = match report.status {
        HealthStatus::Starting => vec!["It is starting: no probe has told yet.".to_owned()],
        HealthStatus::Healthy => vec![format!("It is healthy since {}.", report.since.rfc3339_nano())],
        HealthStatus::Unhealthy => vec![format!(
            "It is unhealthy since {}: {} probes in a row have failed.",
            report.since.rfc3339_nano(),
            report.failing_streak
        )],
    };
    if let Some(last) = report.log.iter().rev().find(|result| result.exit_code != 0) {
        answer.push(format!(
            "The last probe that failed began at {} and came to {}: {}",
            last.start.rfc3339_nano(),
            last.exit_code,
            last.output.trim_end()
        ));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::containers::state::Cause;

    fn exited(exit_code: i32, signal: Option<i32>, cause: Option<Cause>) -> RunState {
        let oom_killed = cause.as_ref().is_some_and(|cause| cause.oom.is_some());
        RunState { status: Status::Exited, exit_code, signal, cause, oom_killed, ..RunState::default() }
    }

    fn cause(signal: Option<i32>, by: &str, oom: Option<&str>) -> Option<Cause> {
        Some(Cause { signal, by: by.to_owned(), oom: oom.map(str::to_owned) })
    }

    #[test]
    fn who_started_it_again_is_told() {
        let second = |restart_count| RunState {
            status: Status::Running,
            finished_at: corten_spec::time::parse_unix("1").unwrap(),
            restart_count,
            ..RunState::default()
        };
        let told = |state: &RunState| restarted(state, RestartPolicy::Always, false).join(" ");
        assert!(told(&second(0)).ends_with("Somebody asked an engine to start it."));
        assert!(
            told(&second(3))
                .ends_with("Its restart policy `always` has brought it back, 3 times in a row by now.")
        );
        let unhealthy = RunState { was_unhealthy: true, ..second(1) };
        assert!(told(&unhealthy).contains("It was unhealthy: its monitor ended it"));
        assert!(told(&exited(1, None, None)).starts_with("It has not been started again"));
        let loops = RunState { restart_count: 4, ..exited(1, None, None) };
        let told = restarted(&loops, RestartPolicy::Always, true).join(" ");
        let expected = "It waits to be started again. Under its restart policy `always`, it was brought back, or tried to be, 4 times in a row. ";
        assert!(told.starts_with(expected) && told.contains("It ended by itself"), "{told}");
    }

    #[test]
    fn what_is_known_of_an_end_is_told_and_no_more() {
        let told = |state: &RunState| died(state).join(" ");
        assert!(told(&exited(3, None, None)).ends_with("with exit code 3. It ended by itself."));
        let unknown = told(&exited(137, Some(9), None));
        assert!(
            unknown.starts_with("SIGKILL ended it at") && unknown.contains("No engine has sent that signal")
        );
        let stopped = told(&exited(137, Some(9), cause(Some(9), "patience", None)));
        assert!(stopped.contains("it had not stopped in the time"), "{stopped}");
        let limit = told(&exited(137, Some(9), cause(None, "", Some("container"))));
        assert!(limit.contains("its own memory limit") && !limit.contains("No engine"), "{limit}");
        let host = told(&exited(137, Some(9), cause(None, "", Some("host"))));
        assert!(host.contains("the host was out of memory"), "{host}");
    }
}
