//! How health is to be probed: checked, and planned with Docker's defaults. Pure.

use corten_monitor::health::{HealthPlan, OnFailure, Probe};
use corten_runtime::launch::{ExecLaunch, SeccompSource, UserSource};
use corten_spec::image::Healthcheck;
use corten_spec::runtime::Process;

use super::super::config::ContainerConfig;
use super::probe::Native;
use crate::error::EngineError;

/// Docker's defaults, in nanoseconds and failures (moby's `daemon/health.go`).
const INTERVAL: i64 = 30_000_000_000;
const TIMEOUT: i64 = 30_000_000_000;
const START_INTERVAL: i64 = 5_000_000_000;
const RETRIES: i64 = 3;

/// What a command line is given to where nobody chose another.
const SHELL: [&str; 2] = ["/bin/sh", "-c"];

/// Nanoseconds: the shortest time that means anything.
const SHORTEST: i64 = 1_000_000;

pub(super) fn validate(config: &ContainerConfig) -> Result<(), EngineError> {
    validate_action(config)?;
    if let Some(Test::Native(kind, words)) = test(config.health.as_ref()) {
        kind.read(words)?;
    }
    let Some(health) = &config.health else { return Ok(()) };
    if health.retries < 0 {
        return Err(EngineError::Invalid("Retries in Healthcheck cannot be negative".to_owned()));
    }
    let times = [
        ("Interval", health.interval),
        ("Timeout", health.timeout),
        ("StartPeriod", health.start_period),
        ("StartInterval", health.start_interval),
    ];
    match times.into_iter().find(|(_, time)| *time != 0 && *time < SHORTEST) {
        Some((name, _)) => {
            Err(EngineError::Invalid(format!("{name} in Healthcheck cannot be less than 1ms")))
        }
        None => Ok(()),
    }
}

/// Podman's words and refusals.
fn validate_action(config: &ContainerConfig) -> Result<(), EngineError> {
    match config.health_on_failure.as_str() {
        "" | "none" => Ok(()),
        action @ ("kill" | "restart" | "stop") if test(config.health.as_ref()).is_none() => Err(
            EngineError::Invalid(format!("cannot set on-failure action to {action} without a health check")),
        ),
        "kill" | "restart" | "stop" => Ok(()),
        action => Err(EngineError::Invalid(format!(
            "invalid on-failure action \"{action}\" for health check: supported actions are none, kill, restart, stop"
        ))),
    }
}

/// Whether a container comes back where its monitor has ended it for being unhealthy.
pub(in crate::containers) fn restarts_unhealthy(config: &ContainerConfig) -> bool {
    config.health_on_failure == "restart"
}

/// What a container with this check probes with; `None` where nothing is probed. Where the first word is
/// another, nothing is, as in Docker.
pub(in crate::containers) fn test(health: Option<&Healthcheck>) -> Option<Test<'_>> {
    let (kind, words) = health?.test.split_first()?;
    match kind.as_str() {
        "CMD" => Some(Test::Command(words)),
        "CMD-SHELL" => Some(Test::Shell(words)),
        word => Native::of(word).map(|kind| Test::Native(kind, words)),
    }
}

/// A kind of probe with its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::containers) enum Test<'a> {
    /// A program and its arguments.
    Command(&'a [String]),
    /// What a shell is given.
    Shell(&'a [String]),
    /// What a probe needs that starts no program.
    Native(Native, &'a [String]),
}

/// Plans the probes of a container. `process` is one more process in it, without arguments.
pub(in crate::containers) fn plan(
    config: &ContainerConfig,
    process: Process,
    seccomp: SeccompSource,
    stop: &OnFailure,
) -> Option<HealthPlan> {
    let health = config.health.as_ref()?;
    let command = |args: Vec<String>| {
        let user =
            UserSource::Image { user: config.user.clone(), additional_groups: config.host.group_add.clone() };
        let process = Process { args, terminal: false, ..process };
        Probe::Command(Box::new(ExecLaunch { id: String::new(), process, user, seccomp }))
    };
    let probe = match test(Some(health))? {
        Test::Command(words) => command(words.to_vec()),
        Test::Shell(words) => {
            let usual = || SHELL.map(str::to_owned).to_vec();
            let shell = if config.shell.is_empty() { usual() } else { config.shell.clone() };
            command([&shell, words].concat())
        }
        // The words have been read when the container was made.
        Test::Native(kind, words) => kind.read(words).ok()?,
    };
    let or = |value: i64, default: i64| if value == 0 { default } else { value }.unsigned_abs();
    Some(HealthPlan {
        probe,
        interval: or(health.interval, INTERVAL),
        timeout: or(health.timeout, TIMEOUT),
        start_period: health.start_period.unsigned_abs(),
        start_interval: or(health.start_interval, START_INTERVAL),
        retries: or(health.retries, RETRIES),
        on_failure: match config.health_on_failure.as_str() {
            "kill" => OnFailure::Kill,
            // Whoever sees the end brings it back, as with a restart policy.
            "stop" | "restart" => stop.clone(),
            _ => OnFailure::None,
        },
    })
}

#[cfg(test)]
mod tests {
    use corten_monitor::health::{OnFailure, Probe};
    use corten_runtime::launch::SeccompSource;
    use corten_spec::image::Healthcheck;
    use corten_spec::runtime::Process;

    use super::{plan, validate};
    use crate::containers::config::ContainerConfig;

    fn planned(words: &[&str], interval: i64) -> Option<(Vec<String>, u64, u64, u64)> {
        let test = words.iter().map(|word| (*word).to_owned()).collect();
        let health = Some(Healthcheck { test, interval, ..Healthcheck::default() });
        let config = ContainerConfig { health, ..ContainerConfig::default() };
        let plan = plan(&config, Process::default(), SeccompSource::Unconfined, &OnFailure::None)?;
        let Probe::Command(launch) = plan.probe else { panic!("{:?}", plan.probe) };
        Some((launch.process.args, plan.interval, plan.timeout, plan.retries))
    }

    #[test]
    fn a_command_line_goes_to_a_shell_and_what_is_not_said_is_dockers_default() {
        let seconds = 1_000_000_000;
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        assert_eq!(
            planned(&["CMD-SHELL", "a b"], 0),
            Some((words(&["/bin/sh", "-c", "a b"]), 30 * seconds, 30 * seconds, 3))
        );
        assert_eq!(planned(&["CMD", "a", "b"], 7), Some((words(&["a", "b"]), 7, 30 * seconds, 3)));
        for nothing in [&["NONE"][..], &[], &["SING", "a"]] {
            assert_eq!(planned(nothing, 0), None);
        }
    }

    #[test]
    fn a_command_line_goes_to_the_shell_that_was_asked_for() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let health = Some(Healthcheck { test: words(&["CMD-SHELL", "a b"]), ..Healthcheck::default() });
        let config =
            ContainerConfig { health, shell: words(&["/bin/ash", "-e"]), ..ContainerConfig::default() };
        let planned = plan(&config, Process::default(), SeccompSource::Unconfined, &OnFailure::None);
        let Probe::Command(launch) = planned.unwrap().probe else { panic!("no command") };
        assert_eq!(launch.process.args, words(&["/bin/ash", "-e", "a b"]));
    }

    #[test]
    fn a_check_that_cannot_be_made_is_refused_and_one_that_can_is_planned() {
        let with = |words: &[&str]| {
            let test = words.iter().map(|word| (*word).to_owned()).collect();
            let health = Some(Healthcheck { test, ..Healthcheck::default() });
            ContainerConfig { health, ..ContainerConfig::default() }
        };
        let refused = validate(&with(&["TCP", "db:1"])).unwrap_err().to_string();
        assert!(refused.starts_with("invalid TCP health check: `db:1` has to name an address"), "{refused}");
        let config = with(&["FILE", "/ready"]);
        assert!(validate(&config).is_ok());
        let planned = plan(&config, Process::default(), SeccompSource::Unconfined, &OnFailure::None);
        assert!(matches!(planned.unwrap().probe, Probe::File { path } if path == "/ready"));
    }

    #[test]
    fn times_that_are_too_short_are_refused() {
        let with = |health| ContainerConfig { health: Some(health), ..ContainerConfig::default() };
        let health = Healthcheck { timeout: 5, ..Healthcheck::default() };
        let refused = validate(&with(health)).unwrap_err().to_string();
        assert_eq!(refused, "Timeout in Healthcheck cannot be less than 1ms");
        assert!(validate(&with(Healthcheck::default())).is_ok());
    }

    #[test]
    fn an_action_needs_a_check_and_has_to_be_one() {
        let refused = |action: &str, words: &[&str]| {
            let test = words.iter().map(|word| (*word).to_owned()).collect();
            let config = ContainerConfig {
                health: Some(Healthcheck { test, ..Healthcheck::default() }),
                health_on_failure: action.to_owned(),
                ..ContainerConfig::default()
            };
            validate(&config).err().map(|error| error.to_string())
        };
        for action in ["", "none", "kill", "restart", "stop"] {
            assert_eq!(refused(action, &["CMD", "true"]), None, "{action}");
        }
        assert_eq!(refused("none", &["NONE"]), None);
        let without = "cannot set on-failure action to kill without a health check";
        assert_eq!(refused("kill", &["NONE"]).as_deref(), Some(without));
        assert!(refused("sing", &["CMD", "true"]).unwrap().starts_with("invalid on-failure action \"sing\""));
    }
}
