//! Rights that nobody asked for.

use crate::setup;

/// The sets of capabilities(7) and the groups of a process, as proc_pid_status(5) shows them.
const LOOK: [&str; 3] = ["grep", "-E", "^(CapInh|CapAmb|Groups|NoNewPrivs)"];

/// CVE-2022-24769, CVE-2022-29162, CVE-2022-27649 to 27652: inheritable capabilities let programs with file capabilities have more than
/// their user; CVE-2016-8867: ambient ones let every program.
#[test]
fn no_process_inherits_capabilities() {
    let Some(corten) = setup::busybox() else { return };
    let options: [&[&str]; 2] = [&["--user", "1000"], &["--cap-add", "ALL"]];
    for option in options {
        let look = [LOOK.as_slice(), &["/proc/self/status"]].concat();
        corten
            .run(&[&["run", "--detach", "--name", "box"], option, &["busybox", "sleep", "1000"]].concat())
            .success();
        let shown = [
            corten.run(&[&["run", "--rm"], option, &["busybox"], look.as_slice()].concat()),
            corten.run(&[&["exec", "box"], look.as_slice()].concat()),
            corten.run(&[&["exec", "--privileged", "box"], look.as_slice()].concat()),
            corten.run(&[&["exec", "--user", "2000", "box"], look.as_slice()].concat()),
        ];
        for outcome in shown {
            let text = outcome.success().stdout();
            for set in ["CapInh", "CapAmb"] {
                assert!(text.contains(&format!("{set}:\t0000000000000000\n")), "{option:?} {text}");
            }
        }
        corten.run(&["rm", "--force", "box"]).success();
    }
}

/// CVE-2022-36109, CVE-2022-2989, CVE-2022-2990, CVE-2022-2995, CVE-2023-25173: a group that is there to keep somebody out.
#[test]
fn the_primary_group_is_among_the_supplementary_ones_and_no_other() {
    let Some(corten) = setup::busybox() else { return };
    let groups = |arguments: &[&str]| {
        let text =
            corten.run(&[arguments, LOOK.as_slice(), &["/proc/self/status"]].concat()).success().stdout();
        text.lines().find_map(|line| line.strip_prefix("Groups:\t")).expect("a line").trim().to_owned()
    };
    corten
        .run(&["run", "--detach", "--name", "box", "--user", "1000:2000", "busybox", "sleep", "1000"])
        .success();
    assert_eq!(groups(&["exec", "box"]), "2000");
    assert_eq!(groups(&["exec", "--user", "daemon", "box"]), "1 29");
    assert_eq!(groups(&["exec", "--user", "0", "box"]), "0");
    assert_eq!(groups(&["run", "--rm", "--user", "1000:2000", "busybox"]), "2000");
    assert_eq!(
        groups(&["run", "--rm", "--user", "1000:2000", "--group-add", "3000", "busybox"]),
        "2000 3000"
    );
    assert_eq!(groups(&["run", "--rm", "--user", "1000", "busybox"]), "0");
    assert_eq!(groups(&["run", "--rm", "busybox"]), "0");
}

/// CVE-2022-0492, CVE-2022-0185: a user namespace of one's own is the way to every right over it, and from there into the kernel.
#[test]
fn a_container_does_not_give_itself_rights_by_new_namespaces() {
    let Some(corten) = setup::busybox() else { return };
    let script = "unshare -U true && echo new; unshare -m true && echo new; mount -t tmpfs x /tmp && echo mounted; \
                  mount -o remount,rw /sys && echo mounted; mount -o bind /tmp /proc/sys && echo mounted; \
                  umount /proc/kcore && echo unhidden; umount /proc/sys && echo unhidden; true";
    for user in ["0", "1000"] {
        let ran = corten.run(&["run", "--rm", "--user", user, "busybox", "sh", "-c", script]).success();
        assert_eq!(ran.stdout(), "", "{user}");
        assert!(
            ran.stderr().contains("unshare: unshare(0x10000000): Operation not permitted"),
            "{}",
            ran.stderr()
        );
    }
}

/// CVE-2023-25809, CVE-2022-0492: what a container writes to its cgroup decides about its limits.
#[test]
fn a_container_does_not_write_to_its_cgroup() {
    let Some(corten) = setup::busybox() else { return };
    let script = "for file in $(find /sys/fs/cgroup -name cgroup.procs -o -name notify_on_release -o -name memory.max \
                  -o -name freezer.state -o -name cgroup.freeze -o -name devices.allow); do echo $file; (echo 1 >$file) 2>&1; done; true";
    for options in [&[][..], &["--cap-add", "ALL"]] {
        let arguments = [&["run", "--rm"], options, &["busybox", "sh", "-c", script]].concat();
        let told = corten.run(&arguments).success().stdout();
        let (tried, held) =
            (told.lines().filter(|line| line.starts_with('/')).count(), told.matches("Read-only").count());
        assert!(tried > 0 && tried == held, "{told}");
    }
}
