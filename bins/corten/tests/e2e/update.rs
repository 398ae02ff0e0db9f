//! `update`: limits change while a container runs, and what is refused changes nothing.

use corten_testkit::Corten;

use crate::setup;

/// Prints a limit as the container's own cgroup has it, by its name on v1 (with the controller) and on v2.
fn limit(corten: &Corten, container: &str, legacy: &str, unified: &str) -> String {
    let script = format!("cat /sys/fs/cgroup/{legacy} 2>/dev/null || cat /sys/fs/cgroup/{unified}");
    corten.run(&["exec", container, "sh", "-c", &script]).success().line()
}

fn memory_and_pids(corten: &Corten, container: &str) -> (String, String) {
    let memory = limit(corten, container, "memory/memory.limit_in_bytes", "memory.max");
    (memory, limit(corten, container, "pids/pids.max", "pids.max"))
}

fn shown(corten: &Corten, container: &str) -> String {
    let format = "{{.HostConfig.Memory}} {{.HostConfig.MemorySwap}} {{.HostConfig.PidsLimit}} {{.HostConfig.NanoCpus}}";
    corten.run(&["inspect", "--format", format, container]).success().line()
}

fn sleeper(corten: &Corten, name: &str, flags: &[&str]) {
    let arguments = [&["run", "-d", "--name", name], flags, &["busybox", "sleep", "1000"]].concat();
    corten.run(&arguments).success();
}

#[test]
fn limits_of_a_running_container_change_at_once_and_stay() {
    let Some(corten) = setup::busybox() else { return };
    sleeper(&corten, "box", &["-m", "64m", "--pids-limit", "50"]);
    let more = ["update", "-m", "96m", "--memory-swap", "-1", "--pids-limit", "60", "--cpus", "0.5", "box"];
    assert_eq!(corten.run(&more).success().stdout(), "box\n");
    assert_eq!(memory_and_pids(&corten, "box"), ("100663296".to_owned(), "60".to_owned()));
    assert_eq!(limit(&corten, "box", "cpu/cpu.cfs_quota_us", "cpu.max").split(' ').next(), Some("50000"));
    assert_eq!(shown(&corten, "box"), "100663296 -1 60 500000000");
    corten.run(&["update", "--pids-limit", "-1", "box"]).success();
    corten.run(&["restart", "-t", "0", "box"]).success();
    assert_eq!(memory_and_pids(&corten, "box"), ("100663296".to_owned(), "max".to_owned()));
}

#[test]
fn a_stopped_and_a_paused_container_can_be_updated_too() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["create", "--name", "new", "-m", "64m", "busybox", "sleep", "1000"]).success();
    sleeper(&corten, "cold", &["-m", "64m"]);
    corten.run(&["pause", "cold"]).success();
    let update = ["update", "-m", "48m", "--memory-swap", "48m", "--pids-limit", "9", "new", "cold"];
    assert_eq!(corten.run(&update).success().stdout(), "new\ncold\n");
    corten.run(&["unpause", "cold"]).success();
    corten.run(&["start", "new"]).success();
    for name in ["new", "cold"] {
        assert_eq!(memory_and_pids(&corten, name), ("50331648".to_owned(), "9".to_owned()));
        assert_eq!(shown(&corten, name), "50331648 50331648 9 0");
    }
}

#[test]
fn what_the_kernel_refuses_changes_nothing_at_all() {
    let Some(corten) = setup::busybox() else { return };
    sleeper(&corten, "box", &["-m", "64m", "--pids-limit", "50"]);
    let before = (memory_and_pids(&corten, "box"), shown(&corten, "box"));
    // v2 has no such time, and on v1 the cgroup above has none to give.
    let update =
        ["update", "-m", "96m", "--memory-swap", "96m", "--pids-limit", "60", "--cpu-rt-runtime", "5000"];
    let refused = corten.run(&[update.as_slice(), &["box"]].concat()).exited(1);
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "box"]).success().line();
    let text = format!("Error response from daemon: Cannot update container {id}: ");
    assert!(refused.stderr().starts_with(&text), "{}", refused.stderr());
    assert_eq!((memory_and_pids(&corten, "box"), shown(&corten, "box")), before);
}

#[test]
fn mistakes_are_told_in_dockers_words_and_the_others_are_updated() {
    let Some(corten) = setup::busybox() else { return };
    sleeper(&corten, "box", &[]);
    let complaint = |arguments: &[&str]| {
        let outcome = corten.run(&[&["update"], arguments].concat()).exited(1);
        (outcome.stdout(), outcome.stderr())
    };
    let daemon = |text: &str| (String::new(), format!("Error response from daemon: {text}\n"));
    let id = corten.run(&["inspect", "--format", "{{.Id}}", "box"]).success().line();
    assert_eq!(complaint(&["box"]).1, "you must provide one or more flags when using this command\n");
    assert_eq!(complaint(&["-m", "1m", "box"]), daemon("Minimum memory limit allowed is 6MB"));
    assert_eq!(
        complaint(&["-m", "64m", "box"]),
        daemon(&format!(
            "Cannot update container {id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time"
        ))
    );
    let expected = ("box\n".to_owned(), daemon("No such container: gone").1);
    assert_eq!(complaint(&["--cpus", "0.5", "gone", "box"]), expected);
    assert_eq!(
        complaint(&["--cpu-quota", "5000", "box"]),
        daemon(&format!(
            "Cannot update container {id}: Conflicting options: CPU Quota cannot be updated as NanoCPUs has already been set"
        ))
    );
}

#[test]
fn updates_at_the_same_time_leave_the_record_and_the_kernel_alike() {
    let Some(corten) = setup::busybox() else { return };
    sleeper(&corten, "box", &[]);
    let limits = ["31", "32", "33", "34", "35", "36"];
    let mut clients: Vec<_> = limits
        .iter()
        .map(|limit| corten.spawn(&mut corten.command(&["update", "--pids-limit", limit, "box"])))
        .collect();
    for client in &mut clients {
        assert!(client.wait().unwrap().success());
    }
    let recorded = corten.run(&["inspect", "--format", "{{.HostConfig.PidsLimit}}", "box"]).success().line();
    assert_eq!(limit(&corten, "box", "pids/pids.max", "pids.max"), recorded);
    assert!(limits.contains(&recorded.as_str()));
}
