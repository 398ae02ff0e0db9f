//! What a policy makes of what has happened: whether a container comes back, and when. Pure.
//!
//! Nobody has to remember that a container is about to come back: it follows from the policy and from how the last run ended, for
//! every process that looks.

use std::time::Duration;

use corten_spec::signal::Signal;
use corten_spec::time::Timestamp;

use super::policy::RestartPolicy;
use crate::containers::config::ContainerConfig;
use crate::containers::launch_plan::restarts_unhealthy;
use crate::containers::state::{RunState, Status};

/// The wait before a container comes back for the first time, as Docker's …
const FIRST_WAIT_MS: u64 = 100;
/// … which doubles each time, up to this.
const LONGEST_WAIT_MS: u64 = 60_000;

/// A run of this length makes the next wait the first.
const GOOD_RUN: Duration = Duration::from_secs(10);

/// How much later than it was due somebody else may find out that a container has not come back.
const GRACE: Duration = Duration::from_secs(2);

/// The wait after a run of `ran` that began after a wait of `before` milliseconds (0 = none).
pub(in crate::containers) fn next_wait_ms(before: u64, ran: Duration) -> u64 {
    match before {
        0 => FIRST_WAIT_MS,
        _ if ran >= GOOD_RUN => FIRST_WAIT_MS,
        before => before.saturating_mul(2).min(LONGEST_WAIT_MS),
    }
}

/// Whether anything ever brings a container back.
pub(in crate::containers) fn may_come_back(config: &ContainerConfig) -> bool {
    config.host.restart != RestartPolicy::No || restarts_unhealthy(config)
}

/// Whether a container comes back from the end that it came to, in the boot `boot`: what ended with the machine comes back when that is
/// up again, and not before. One that was ended for being unhealthy does whatever its policy, where that was asked for.
pub(in crate::containers) fn brings_back(config: &ContainerConfig, state: &RunState, boot: &str) -> bool {
    let ended =
        state.status == Status::Exited && state.init.as_ref().is_some_and(|init| init.boot_id == boot);
    let was_unhealthy = || restarts_unhealthy(config) && state.ended_unhealthy();
    ended
        && !state.stop_requested
        && !state.end_stays
        && (matches_end(config.host.restart, state) || was_unhealthy())
}

/// Whether a container that does not run is to run after a boot, or the start of a daemon.
pub(crate) fn runs_after_boot(policy: RestartPolicy, state: &RunState) -> bool {
    // One that has never run does not either: who asked for it in vain was told so.
    let was_started = state.started_at != Timestamp::ZERO;
    let over = matches!(state.status, Status::Exited | Status::Created);
    let manually = policy == RestartPolicy::UnlessStopped && state.stop_requested;
    over && was_started && !manually && matches_end(policy, state)
}

fn matches_end(policy: RestartPolicy, state: &RunState) -> bool {
    match policy {
        RestartPolicy::No => false,
        RestartPolicy::Always | RestartPolicy::UnlessStopped => true,
        RestartPolicy::OnFailure { max_retries } => {
            state.exit_code != 0 && (max_retries == 0 || state.restart_count < max_retries)
        }
    }
}

/// How long a container that comes back still waits; not at all by a clock that was set back, of which nobody knows how far.
pub(super) fn left(state: &RunState, now: Timestamp) -> Duration {
    passed(state, now).map_or(Duration::ZERO, |passed| wait(state).saturating_sub(passed))
}

/// Whether whoever was to bring a container back has had the time for it.
pub(super) fn is_overdue(state: &RunState, now: Timestamp) -> bool {
    passed(state, now).is_none_or(|passed| passed > wait(state) + GRACE)
}

fn wait(state: &RunState) -> Duration {
    Duration::from_millis(state.restart_wait_ms)
}

/// Since the end, or since the last try to bring it back; `None` before it.
fn passed(state: &RunState, now: Timestamp) -> Option<Duration> {
    let since = if state.tried_at == Timestamp::ZERO { state.finished_at } else { state.tried_at };
    (now >= since).then(|| now.since(since))
}

/// Whether somebody who sends this signal wants the container to end. The others are messages to its process (`HUP`: read your
/// configuration), after which its policy goes on to hold.
pub(in crate::containers) fn is_request_to_end(signal: i32, stop_signal: i32) -> bool {
    const ABRT: i32 = 6;
    let [int, quit, kill, term] = [Signal::INT, Signal::QUIT, Signal::KILL, Signal::TERM].map(Signal::number);
    [stop_signal, int, quit, ABRT, kill, term].contains(&signal)
}

#[cfg(test)]
mod tests {
    use corten_journal::Record;

    use super::*;
    use crate::containers::config::HostConfig;
    use RestartPolicy::{Always, No, OnFailure, UnlessStopped};

    const BOOT: &str = "this";

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_nanos((1_000_000 + milliseconds) * 1_000_000)
    }

    fn with(policy: RestartPolicy, action: &str) -> ContainerConfig {
        let health_on_failure = action.to_owned();
        let host = HostConfig { restart: policy, ..HostConfig::default() };
        ContainerConfig { health_on_failure, host, ..ContainerConfig::default() }
    }

    fn comes_back(policy: RestartPolicy, state: &RunState, boot: &str) -> bool {
        brings_back(&with(policy, ""), state, boot)
    }

    fn started(milliseconds: i64, revived: bool) -> Record {
        let boot_id = BOOT.to_owned();
        Record::Started { pid: 7, start_time: 1, boot_id, at: at(milliseconds), revived }
    }

    fn exited(milliseconds: i64, exit_code: i32) -> Record {
        Record::Exited { exit_code, signal: None, oom_killed: false, at: at(milliseconds) }
    }

    fn stopped(milliseconds: i64, was_restarting: bool) -> Record {
        Record::StopRequested { at: at(milliseconds), was_restarting }
    }

    fn after(records: &[Record]) -> RunState {
        let mut state = RunState::default();
        records.iter().for_each(|record| state.fold(record));
        state
    }

    #[test]
    fn an_end_is_followed_by_what_the_policy_says_of_it() {
        let check = |policy, records: &[Record], expected| {
            assert_eq!(comes_back(policy, &after(records), BOOT), expected, "{policy:?} {records:?}");
        };
        let failed = [started(0, false), exited(5, 1)];
        let done = [started(0, false), exited(5, 0)];
        for policy in [Always, UnlessStopped, OnFailure { max_retries: 0 }, OnFailure { max_retries: 1 }] {
            check(policy, &failed, true);
        }
        check(No, &failed, false);
        check(Always, &done, true);
        check(UnlessStopped, &done, true);
        check(OnFailure { max_retries: 0 }, &done, false);
        check(Always, &failed[..1], false);
        let again = [started(0, false), exited(5, 1), started(200, true), exited(300, 1)];
        check(OnFailure { max_retries: 1 }, &again, false);
        check(OnFailure { max_retries: 2 }, &again, true);
        // A start by hand begins to count anew.
        let by_hand = [&again[..], &[started(400, false), exited(500, 1)]].concat();
        check(OnFailure { max_retries: 1 }, &by_hand, true);
    }

    #[test]
    fn a_stop_ends_it_whatever_the_policy_until_a_start() {
        for policy in [Always, UnlessStopped, OnFailure { max_retries: 0 }] {
            let before_the_end = [started(0, false), stopped(4, false), exited(5, 137)];
            let after_the_end = [started(0, false), exited(5, 1), stopped(6, true)];
            let started_again = [&before_the_end[..], &[started(7, false), exited(8, 1)]].concat();
            assert!(!comes_back(policy, &after(&before_the_end), BOOT));
            assert!(!comes_back(policy, &after(&after_the_end), BOOT));
            assert_eq!(after(&after_the_end).restart_count, 1, "Docker counts the one that it waited for");
            assert!(comes_back(policy, &after(&started_again), BOOT));
        }
    }

    #[test]
    fn one_that_cannot_be_brought_back_stays_and_so_does_one_whose_policy_is_newer_than_its_end() {
        let message = "no such file".to_owned();
        let failure =
            Record::StartFailed { exit_code: 127, message, at: at(200), revived: true, may_pass: false };
        let failed = after(&[started(0, false), exited(5, 3), failure]);
        assert!(!comes_back(Always, &failed, BOOT));
        assert_eq!((failed.exit_code, failed.restart_count, failed.status), (3, 1, Status::Exited));
        let settled = after(&[started(0, false), exited(5, 3), Record::EndStays { at: at(9) }]);
        assert!(!comes_back(Always, &settled, BOOT));
        assert!(runs_after_boot(Always, &failed) && runs_after_boot(Always, &settled));
    }

    #[test]
    fn one_that_may_start_later_is_tried_again_as_often_as_its_policy_says_and_later_each_time() {
        let failure = |at_ms, revived| {
            let message = "no space left on device".to_owned();
            Record::StartFailed { exit_code: 125, message, at: at(at_ms), revived, may_pass: true }
        };
        let ended = [started(0, false), exited(5, 3)];
        let twice = after(&[&ended[..], &[failure(200, true), failure(500, true)]].concat());
        assert!(comes_back(Always, &twice, BOOT));
        assert!(comes_back(OnFailure { max_retries: 3 }, &twice, BOOT));
        assert!(!comes_back(OnFailure { max_retries: 2 }, &twice, BOOT));
        assert_eq!((twice.exit_code, twice.restart_wait_ms), (3, 400));
        assert_eq!(left(&twice, at(600)), Duration::from_millis(300), "counted from the last try");
        assert!(!is_overdue(&twice, at(2_800)) && is_overdue(&twice, at(2_901)));
        let by_hand = after(&[&ended[..], &[failure(200, false)]].concat());
        assert!(!comes_back(Always, &by_hand, BOOT), "who asked has been told");
        let stopped = after(&[&ended[..], &[failure(200, true), stopped(300, true)]].concat());
        assert!(!comes_back(Always, &stopped, BOOT));
        let again = after(&[&ended[..], &[failure(200, true), started(500, true), exited(600, 3)]].concat());
        assert_eq!((again.restart_wait_ms, left(&again, at(600))), (400, Duration::from_millis(400)));
    }

    #[test]
    fn what_ended_in_another_boot_comes_back_with_a_boot_alone() {
        let state = after(&[started(0, false), exited(5, 255)]);
        assert!(!comes_back(Always, &state, "another"));
        for policy in [Always, UnlessStopped, OnFailure { max_retries: 2 }] {
            assert!(runs_after_boot(policy, &state), "{policy:?}");
        }
        assert!(!runs_after_boot(No, &state));
        let stopped = after(&[started(0, false), stopped(3, false), exited(5, 0)]);
        assert!(runs_after_boot(Always, &stopped));
        assert!(!runs_after_boot(UnlessStopped, &stopped));
        assert!(!runs_after_boot(OnFailure { max_retries: 0 }, &stopped));
        assert!(!runs_after_boot(Always, &RunState::default()), "never started");
        let message = "address already in use".to_owned();
        let failure =
            Record::StartFailed { exit_code: 128, message, at: at(5), revived: false, may_pass: true };
        assert!(!runs_after_boot(Always, &after(std::slice::from_ref(&failure))), "never ran");
        assert!(runs_after_boot(Always, &after(&[started(0, false), exited(5, 3), failure])), "ran before");
    }

    #[test]
    fn waits_double_up_to_a_minute_and_a_good_run_forgives() {
        let short = Duration::from_millis(1);
        let waits: Vec<u64> = std::iter::successors(Some(next_wait_ms(0, short)), |wait| {
            Some(next_wait_ms(*wait, short)).filter(|next| next != wait)
        })
        .collect();
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 51_200, 60_000]);
        assert_eq!(next_wait_ms(60_000, GOOD_RUN), 100);
        let second = after(&[started(0, false), exited(5, 1), started(200, true), exited(300, 1)]);
        assert_eq!(second.restart_wait_ms, 200);
        let by_hand = [started(0, false), exited(5, 1), started(200, false), exited(300, 1)];
        assert_eq!(after(&by_hand).restart_wait_ms, 100);
    }

    #[test]
    fn a_clock_that_is_set_makes_no_wait_longer() {
        let state = after(&[started(0, false), exited(1000, 1)]);
        let check = |now, rest, overdue| {
            assert_eq!(left(&state, at(now)), Duration::from_millis(rest), "{now}");
            assert_eq!(is_overdue(&state, at(now)), overdue, "{now}");
        };
        check(1000, 100, false);
        check(1040, 60, false);
        check(1100, 0, false);
        check(9999, 0, true);
        check(-3_600_000, 0, true);
    }

    #[test]
    fn messages_are_no_stops_unless_they_are_the_containers_own_way() {
        for signal in [2, 3, 6, 9, 15] {
            assert!(is_request_to_end(signal, 15), "{signal}");
        }
        for signal in [1, 10, 12, 18, 28, 37] {
            assert!(!is_request_to_end(signal, 15), "{signal}");
        }
        assert!(is_request_to_end(37, 37));
    }

    #[test]
    fn what_was_ended_for_being_unhealthy_comes_back_whatever_the_policy_where_that_was_asked_for() {
        let by = |by: &str| Record::Cause { signal: Some(15), by: by.to_owned(), oom: None };
        let unhealthy = after(&[started(0, false), by("health"), exited(5, 0)]);
        for policy in [No, OnFailure { max_retries: 0 }, UnlessStopped] {
            assert!(brings_back(&with(policy, "restart"), &unhealthy, BOOT), "{policy:?}");
        }
        assert!(!brings_back(&with(No, "stop"), &unhealthy, BOOT));
        let by_itself = after(&[started(0, false), exited(5, 0)]);
        let killed = after(&[started(0, false), by("kill"), exited(5, 137)]);
        let stopped = after(&[started(0, false), stopped(3, false), by("health"), exited(5, 0)]);
        for state in [by_itself, killed, stopped] {
            assert!(!brings_back(&with(No, "restart"), &state, BOOT), "{state:?}");
        }
        let again = after(&[started(0, false), by("health"), exited(5, 0), started(99, true)]);
        assert!(again.was_unhealthy && again.restart_count == 1);
        assert!(may_come_back(&with(No, "restart")) && !may_come_back(&with(No, "kill")));
    }
}
