//! What a container sees and may do by default: its own system, Docker's capabilities, a system call filter.

use corten_testkit::Corten;

use crate::setup;

fn shell(corten: &Corten, script: &str) -> String {
    corten.run(&["run", "--rm", "busybox", "sh", "-c", script]).success().stdout()
}

#[test]
fn a_container_is_process_1_of_its_own_machine() {
    let Some(corten) = setup::busybox() else { return };
    assert_eq!(shell(&corten, "echo $$"), "1\n");
    let named = corten.run(&["run", "--rm", "--hostname", "sheep", "busybox", "hostname"]).success();
    assert_eq!(named.line(), "sheep");
    assert_eq!(shell(&corten, "hostname").trim().len(), 12, "the short id is the host name");
}

#[test]
fn nothing_of_the_host_is_mounted() {
    let Some(corten) = setup::busybox() else { return };
    let mounts = shell(&corten, "cat /proc/self/mountinfo");
    let scratch = corten.root().scratch().display().to_string();
    for line in mounts.lines() {
        let point = line.split(' ').nth(4).unwrap();
        assert!(!point.starts_with(&scratch), "{line}");
        assert!(!point.contains("old"), "the old root is gone: {line}");
    }
    assert_eq!(
        shell(&corten, "ls /").split_whitespace().collect::<Vec<_>>(),
        ["bin", "dev", "etc", "proc", "root", "sys", "tmp"]
    );
}

#[test]
fn capabilities_and_seccomp_are_dockers() {
    let Some(corten) = setup::busybox() else { return };
    let status = shell(&corten, "cat /proc/self/status");
    let value = |name: &str| {
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split('\t').nth(1).unwrap().trim().to_owned()
    };
    // The 14 of Docker's default list, as capabilities(7) numbers them.
    for set in ["CapPrm:", "CapEff:", "CapBnd:"] {
        assert_eq!(value(set), "00000000a80425fb", "{set}");
    }
    assert_eq!(value("CapAmb:"), "0000000000000000");
    assert_eq!(value("Seccomp:"), "2", "2 is filter mode");
}

#[test]
fn the_kernels_levers_are_out_of_reach() {
    let Some(corten) = setup::busybox() else { return };
    let script = "echo x > /proc/sys/kernel/hostname || echo x > /proc/sysrq-trigger || mkdir /sys/x || \
                  mount -t tmpfs x /tmp || head -c 1 /proc/kcore | grep -q . || echo held";
    assert_eq!(shell(&corten, script).trim(), "held");
}

#[test]
fn a_user_of_the_image_is_looked_up_there() {
    let Some(corten) = setup::busybox() else { return };
    let id = |user: &str| corten.run(&["run", "--rm", "--user", user, "busybox", "id"]).success().line();
    assert_eq!(id("nobody"), "uid=65534(nobody) gid=65534(nogroup) groups=65534(nogroup)");
    assert_eq!(id("daemon"), "uid=1(daemon) gid=1(daemon) groups=1(daemon),29(audio)");
    assert_eq!(id("1234:5678"), "uid=1234 gid=5678 groups=5678");
}

#[test]
fn without_a_network_there_is_only_loopback() {
    let Some(corten) = setup::busybox() else { return };
    let outcome =
        corten.run(&["run", "--rm", "--network", "none", "busybox", "ls", "/sys/class/net"]).success();
    assert_eq!(outcome.line(), "lo");
}

#[test]
fn inspect_tells_which_paths_are_hidden() {
    let Some(corten) = setup::busybox() else { return };
    let paths = |options: &[&str]| {
        let id = corten.run(&[&["create"], options, &["busybox"]].concat()).success().line();
        let format = "{{json .HostConfig.MaskedPaths}} {{json .HostConfig.ReadonlyPaths}}";
        corten.run(&["inspect", "--format", format, &id]).success().line()
    };
    let usual = paths(&[]);
    assert!(usual.contains(r#""/proc/kcore","#) && usual.contains(r#"["/proc/bus","/proc/fs","#), "{usual}");
    assert_eq!(paths(&["--privileged"]), "null null");
    assert_eq!(paths(&["--security-opt", "systempaths=unconfined"]), "[] []");
}
