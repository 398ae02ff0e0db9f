//! `--userns`: containers whose root is nobody on the host.

use std::fs;
use std::os::unix::fs::MetadataExt;

use corten_testkit::Corten;

use crate::setup;

fn words<'a>(mode: &'a str, script: &'a str) -> [&'a str; 8] {
    ["run", "--rm", "--userns", mode, "busybox", "sh", "-c", script]
}

/// What the container prints, in one line.
fn shell(corten: &Corten, mode: &str, script: &str) -> String {
    let text = corten.run(&words(mode, script)).success().stdout();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn two_containers_have_ids_that_no_other_has() {
    let Some(corten) = setup::busybox() else { return };
    let map = |name: &str| {
        let run = ["run", "-d", "--name", name, "--userns", "auto", "busybox", "sleep", "1000"];
        corten.run(&run).success();
        let text = corten.run(&["exec", name, "cat", "/proc/self/uid_map"]).success().stdout();
        let numbers: Vec<u64> = text.split_whitespace().map(|word| word.parse().unwrap()).collect();
        let [0, first, size] = numbers[..] else { panic!("{text}") };
        first..first + size
    };
    let (one, other) = (map("one"), map("other"));
    assert_eq!(one.end - one.start, 65_536);
    assert!(one.start >= 1 << 31, "{one:?}");
    assert!(one.end <= other.start || other.end <= one.start, "{one:?} {other:?}");
    let pid = corten.run(&["inspect", "-f", "{{.State.Pid}}", "one"]).success().line();
    let outside = u64::from(fs::metadata(format!("/proc/{pid}")).unwrap().uid());
    assert_eq!(outside, one.start, "root inside is that id outside");
    corten.run(&["rm", "-f", "one", "other"]).success();
}

#[test]
fn the_image_and_the_engines_files_belong_to_the_containers_root() {
    let Some(corten) = setup::busybox() else { return };
    let owners = "stat -c %u:%g /bin/busybox /etc/passwd /etc/hosts /etc/resolv.conf /dev/null /dev /dev/pts/ptmx / /tmp";
    let told = shell(&corten, "auto", owners);
    assert_eq!(told, ["0:0"; 9].join(" "));
    let write = "echo x > /etc/hosts && echo x > /new && mkdir -p /var/x && chown 1000:1000 /new && stat -c %u:%g /new";
    assert_eq!(shell(&corten, "auto", write), "1000:1000");
    let user = "id -u; touch /tmp/x && stat -c %u /tmp/x; echo told > /dev/stderr; echo also > /dev/stdout";
    let run = ["run", "--rm", "-u", "1000", "--userns", "auto", "busybox", "sh", "-c", user];
    let ran = corten.run(&run).success();
    assert_eq!((ran.stdout().as_str(), ran.stderr().as_str()), ("1000\n1000\nalso\n", "told\n"));
}

#[test]
fn what_it_changes_survives_its_ids() {
    let Some(corten) = setup::busybox() else { return };
    let change = "echo kept > /kept && chown 7:8 /kept && rm -f /etc/group";
    corten.run(&["run", "--name", "one", "--userns", "auto", "busybox", "sh", "-c", change]).success();
    let id = corten.run(&["inspect", "-f", "{{.Id}}", "one"]).success().line();
    let upper = corten.root().state().join("containers").join(id).join("upper");
    let kept = fs::metadata(upper.join("kept")).unwrap();
    assert_eq!((kept.uid(), kept.gid()), (7, 8), "on disk ids are those of the container");
    corten.run(&["start", "-a", "one"]).success();
    corten.run(&["rm", "one"]).success();
}

#[test]
fn a_bind_mount_belongs_to_nobody_unless_its_ids_are_mapped() {
    let Some(corten) = setup::busybox() else { return };
    let directory = corten.root().scratch().join("shared");
    fs::create_dir(&directory).unwrap();
    let volume = |options: &str| format!("{}:/data{options}", directory.display());
    let run = |options: &str, script: &str| {
        let volume = volume(options);
        corten.run(&["run", "--rm", "--userns", "auto", "-v", &volume, "busybox", "sh", "-c", script])
    };
    assert_eq!(run("", "stat -c %u /data").success().line(), "65534");
    run("", "touch /data/x").exited(1);
    run(":idmap", "touch /data/mapped").success();
    assert_eq!(fs::metadata(directory.join("mapped")).unwrap().uid(), 0);
    run(":idmap,ro", "touch /data/refused").exited(1);
    let volume = volume(":idmap");
    let refused = corten.run(&["run", "--rm", "-v", &volume, "busybox", "true"]).exited(125);
    assert!(refused.stderr().contains("idmap needs a user namespace"), "{}", refused.stderr());
}

#[test]
fn a_map_of_ones_own_and_the_same_ids_as_outside() {
    let Some(corten) = setup::busybox() else { return };
    let script = "cat /proc/self/uid_map /proc/self/gid_map; id -u";
    let told = shell(&corten, "map:uid=0:100000:1000,uid=1000:5:1,gid=0:200000:10", script);
    assert_eq!(told, "0 100000 1000 1000 5 1 0 200000 10 0");
    let told = shell(&corten, "keep-id:uid=65534,gid=65534", "cat /proc/self/uid_map; id -u; id -g");
    assert_eq!(told, "0 0 4294967295 65534 65534");
    // The same ids, and no right on the host.
    let held = "mknod /x b 8 0 || echo 0 > /proc/sys/kernel/printk || dmesg -c || echo held";
    let all = ["run", "--rm", "--cap-add", "ALL", "--userns", "keep-id", "busybox", "sh", "-c", held];
    assert_eq!(corten.run(&all).success().line(), "held");
}

#[test]
fn privileges_are_those_over_its_own_namespaces() {
    let Some(corten) = setup::busybox() else { return };
    let script = "mount -t tmpfs x /tmp && hostname changed && hostname; mknod /dev/kmem c 1 2 || echo held";
    let run = ["run", "--rm", "--privileged", "--userns", "auto", "busybox", "sh", "-c", script];
    assert_eq!(corten.run(&run).success().stdout(), "changed\nheld\n");
}

#[test]
fn terminals_init_and_the_hosts_network_work_there_too() {
    let Some(corten) = setup::busybox() else { return };
    let tty = corten.run(&["run", "--rm", "-t", "--userns", "auto", "busybox", "tty"]).success();
    assert_eq!(tty.line(), "/dev/pts/0");
    let init = ["run", "--rm", "--init", "--userns", "auto", "busybox", "sh", "-c", "echo $PPID; exit 3"];
    assert_eq!(corten.run(&init).exited(3).line(), "1");
    let network = ["run", "--rm", "--network", "host", "--userns", "auto", "busybox", "ls", "/sys/class/net"];
    assert!(corten.run(&network).success().stdout().contains("lo"));
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_made() {
    let Some(corten) = setup::busybox() else { return };
    for (options, code, told) in [
        (["--userns", "nonsense", "--pid", ""], 125, "--userns: invalid USER mode: nonsense"),
        (
            ["--userns", "auto", "--pid", "host"],
            1,
            "cannot share the host PID namespace when user namespaces",
        ),
        (
            ["--userns", "auto", "--ipc", "host"],
            1,
            "cannot share the host IPC namespace when user namespaces",
        ),
        (["--userns", "map:uid=1:1:1", "--pid", ""], 125, "the map of users has no id 0"),
    ] {
        let refused = corten.run(&[&["create"][..], &options, &["busybox"]].concat()).exited(code);
        assert!(refused.stderr().contains(told), "{}", refused.stderr());
    }
    assert_eq!(corten.run(&["ps", "-aq"]).success().stdout(), "");
}

#[test]
fn ids_that_are_not_mapped_are_named() {
    let Some(corten) = setup::busybox() else { return };
    let run = ["run", "--rm", "--userns", "auto:size=1000", "-u", "70000", "busybox", "true"];
    let refused = corten.run(&run).exited(125);
    assert!(refused.stderr().contains("user 70000"), "{}", refused.stderr());
}
