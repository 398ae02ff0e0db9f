//! Options that take rights away from a container, or give single ones: what they do inside, and how they are refused.

use std::fs;

use crate::setup;

#[test]
fn a_read_only_root_holds_for_the_engines_files_and_for_further_processes() {
    let Some(corten) = setup::busybox() else { return };
    let script = "for path in /x /etc/hosts /etc/hostname /etc/resolv.conf /sys/x /run/x /dev/shm/x /dev/x; do \
                  touch $path 2>/dev/null && echo $path; done; true";
    let writable = |options: &[&str]| {
        let command = ["busybox", "sh", "-c", script];
        let outcome =
            corten.run(&[&["run", "--rm", "--read-only", "--tmpfs", "/run"], options, &command].concat());
        outcome.success().stdout()
    };
    assert_eq!(writable(&[]), "/run/x\n/dev/shm/x\n/dev/x\n");
    assert_eq!(writable(&["--privileged"]), "/run/x\n/dev/shm/x\n/dev/x\n");
    let id = corten.run(&["run", "--detach", "--read-only", "busybox", "sleep", "1000"]).success().line();
    for options in [&["exec"][..], &["exec", "--privileged"]] {
        let outcome = corten.run(&[options, &[&id, "touch", "/x"]].concat()).exited(1);
        assert!(outcome.stderr().contains("Read-only file system"), "{}", outcome.stderr());
    }
    corten.run(&["rm", "--force", &id]).success();
}

#[test]
fn a_seccomp_profile_of_ones_own_holds_even_with_all_privileges() {
    let Some(corten) = setup::busybox() else { return };
    let profile = corten.root().scratch().join("profile.json");
    let rule =
        r#"{"names": ["mkdir", "mkdirat", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 5}"#;
    fs::write(&profile, format!(r#"{{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{rule}]}}"#)).unwrap();
    let option = format!("seccomp={}", profile.display());
    let run =
        |options: &[&str]| corten.run(&[&["run", "--rm"], options, &["busybox", "mkdir", "/made"]].concat());
    for options in [&["--security-opt", &option][..], &["--privileged", "--security-opt", &option]] {
        let outcome = run(options).exited(1);
        assert!(outcome.stderr().contains("I/O error") || outcome.stderr().contains("Input/output error"));
    }
    run(&["--privileged"]).success();
}

#[test]
fn seccomp_profiles_that_cannot_be_honoured_are_refused_with_the_reason() {
    let Some(corten) = setup::busybox() else { return };
    let profile = corten.root().scratch().join("profile.json");
    let option = format!("seccomp={}", profile.display());
    let refused = |text: &str| {
        fs::write(&profile, text).unwrap();
        let outcome = corten.run(&["run", "--rm", "--security-opt", &option, "busybox", "true"]).exited(125);
        outcome.stderr().lines().next().unwrap_or_default().to_owned()
    };
    let daemon = "corten: Error response from daemon: ";
    let notify = r#"{"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [{"names": ["mkdir"], "action": "SCMP_ACT_NOTIFY"}]}"#;
    assert_eq!(
        refused(notify),
        format!("{daemon}seccomp profile asks for `SCMP_ACT_NOTIFY`: listeners are not supported")
    );
    let unknown = refused(r#"{"defaultAction": "SCMP_ACT_HOPE"}"#);
    assert!(unknown.contains("unknown action `SCMP_ACT_HOPE`"), "{unknown}");
    let broken = refused(r#"{"defaultAction":"#);
    assert!(broken.starts_with("corten: compacting json for seccomp profile ("), "{broken}");
}

#[test]
fn no_new_privileges_is_read_as_docker_does() {
    let Some(corten) = setup::busybox() else { return };
    let told = |option: &str| {
        let command = ["busybox", "grep", "NoNewPrivs", "/proc/self/status"];
        corten.run(&[&["run", "--rm", "--security-opt", option][..], &command].concat()).success().line()
    };
    for option in
        ["no-new-privileges", "no-new-privileges=true", "no-new-privileges:true", "no-new-privileges=1"]
    {
        assert_eq!(told(option), "NoNewPrivs:\t1", "{option}");
    }
    assert_eq!(told("no-new-privileges=false"), "NoNewPrivs:\t0");
}

#[test]
fn a_device_rule_opens_its_device_and_no_other() {
    let Some(corten) = setup::busybox() else { return };
    // No driver has these: the error says whether the open came as far as looking for one.
    let script = "mknod /one c 10 254; mknod /other c 10 253; for device in /one /other; do cat $device 2>&1; done; true";
    let opened = |options: &[&str]| {
        let outcome = corten.run(&[&["run", "--rm"], options, &["busybox", "sh", "-c", script]].concat());
        outcome.success().stdout().lines().map(|line| line.contains("not permitted")).collect::<Vec<_>>()
    };
    assert_eq!(opened(&[]), [true, true]);
    assert_eq!(opened(&["--device-cgroup-rule", "c 10:254 r"]), [false, true]);
    assert_eq!(opened(&["--device-cgroup-rule", "c 10:* rwm"]), [false, false]);
    let refused =
        corten.run(&["run", "--rm", "--device-cgroup-rule", "c 10:254", "busybox", "true"]).exited(125);
    let text = r#"invalid argument "c 10:254" for "--device-cgroup-rule" flag: invalid device cgroup format 'c 10:254'"#;
    assert_eq!(refused.stderr().lines().next(), Some(text));
}

#[test]
fn what_does_not_exist_is_refused_by_name() {
    let Some(corten) = setup::busybox() else { return };
    let refused = |options: &[&str], text: &str| {
        let outcome = corten.run(&[&["run", "--rm"], options, &["busybox", "true"]].concat()).exited(125);
        assert_eq!(outcome.stderr().lines().next(), Some(text));
    };
    let daemon = "corten: Error response from daemon: ";
    refused(&["--cap-add", "hope"], &format!(r#"{daemon}invalid CapAdd: unknown capability: "CAP_HOPE""#));
    refused(&["--cgroupns", "hope"], "corten: --cgroupns: invalid CGROUP mode");
    refused(&["--pid", "hope"], "corten: --pid: invalid PID mode");
    refused(&["--uts", "container:x"], "corten: --uts: invalid UTS mode");
    refused(&["--ipc", "hope"], &format!("{daemon}invalid IPC mode: hope"));
    refused(&["--ipc", "container:hope"], &format!("{daemon}No such container: hope"));
    refused(&["--security-opt", "hope=1"], &format!(r#"{daemon}invalid --security-opt 2: "hope=1""#));
    refused(&["--security-opt", "hope"], r#"corten: Invalid --security-opt: "hope""#);
}
