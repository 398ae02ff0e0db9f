//! Limits hold, and what ran into one is told.

use crate::setup;

#[test]
fn a_memory_hog_is_killed_and_that_is_told() {
    let Some(corten) = setup::busybox() else { return };
    let hog = "exec dd if=/dev/zero of=/dev/null bs=200M count=1";
    let limits = ["--memory", "16m", "--memory-swap", "16m"];
    let arguments = [&["run", "--name", "hog"], limits.as_slice(), &["busybox", "sh", "-c", hog]].concat();
    corten.run(&arguments).exited(137);
    let state = "{{.State.OOMKilled}} {{.State.ExitCode}}";
    assert_eq!(corten.run(&["inspect", "--format", state, "hog"]).success().line(), "true 137");
}

#[test]
fn a_fork_bomb_stops_at_the_limit() {
    let Some(corten) = setup::busybox() else { return };
    let bomb =
        "i=0; while [ $i -lt 100 ]; do sleep 1000 & i=$((i+1)); done 2>/dev/null; ls -d /proc/[0-9]* | wc -l";
    // The shell itself fails when it cannot fork; how many processes there were, it can no longer count then.
    corten
        .run(&["run", "--detach", "--name", "bomb", "--pids-limit", "20", "busybox", "sh", "-c", bomb])
        .success();
    assert_ne!(corten.run(&["wait", "bomb"]).success().line(), "0");
}

#[test]
fn limits_reach_the_kernel() {
    let Some(corten) = setup::busybox() else { return };
    let limits = ["--ulimit", "nofile=123:456", "--shm-size", "3m", "--oom-score-adj", "77"];
    let script = "ulimit -n; ulimit -Hn; df -k /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2; cat /proc/self/oom_score_adj";
    let arguments = [&["run", "--rm"], limits.as_slice(), &["busybox", "sh", "-c", script]].concat();
    assert_eq!(corten.run(&arguments).success().stdout(), "123\n456\n3072\n77\n");
}
