//! Containers that join each other's namespaces, or the host's.

use corten_testkit::Corten;

use crate::setup;

fn donor(corten: &Corten, options: &[&str]) {
    let arguments =
        [&["run", "--detach", "--name", "donor"], options, &["busybox", "sleep", "1000"]].concat();
    corten.run(&arguments).success();
}

#[test]
fn who_joins_an_ipc_namespace_shares_its_memory() {
    let Some(corten) = setup::busybox() else { return };
    donor(&corten, &["--ipc", "shareable", "--shm-size", "3m"]);
    let script = "echo shared > /dev/shm/note; readlink /proc/self/ns/ipc; grep -c ' /dev/shm ' /proc/mounts";
    let joined = ["run", "--rm", "--ipc", "container:donor", "busybox", "sh", "-c", script];
    let joined = corten.run(&joined).success().stdout();
    let own =
        corten.run(&["exec", "donor", "sh", "-c", "readlink /proc/self/ns/ipc; cat /dev/shm/note"]).success();
    let (namespace, mounts) = joined.trim_end().split_once('\n').unwrap();
    assert_eq!(mounts, "1");
    assert_eq!(own.stdout(), format!("{namespace}\nshared\n"));
}

#[test]
fn memory_is_shared_only_by_who_offers_it() {
    let Some(corten) = setup::busybox() else { return };
    donor(&corten, &[]);
    let refused = corten.run(&["run", "--rm", "--ipc", "container:donor", "busybox", "true"]).exited(125);
    let text = "non-shareable IPC (hint: use IpcMode:shareable for the donor container)";
    assert!(refused.stderr().contains(text), "{}", refused.stderr());
}

#[test]
fn who_joins_a_pid_namespace_sees_its_first_process() {
    let Some(corten) = setup::busybox() else { return };
    donor(&corten, &[]);
    let join = ["run", "--rm", "--pid", "container:donor", "busybox"];
    let first = corten.run(&[join.as_slice(), &["cat", "/proc/1/cmdline"]].concat()).success();
    assert_eq!(first.stdout(), "sleep\x001000\0");
    corten.run(&["stop", "--time", "0", "donor"]).success();
    let refused = corten.run(&[join.as_slice(), &["true"]].concat()).exited(125);
    assert!(refused.stderr().contains("is not running"), "{}", refused.stderr());
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout().lines().count(), 1);
}

#[test]
fn the_hosts_namespaces_are_the_hosts() {
    let Some(corten) = setup::busybox() else { return };
    let host =
        |name: &str| std::fs::read_link(format!("/proc/self/ns/{name}")).unwrap().display().to_string();
    let options = ["--ipc", "host", "--pid", "host", "--uts", "host", "--network", "host"];
    let script = "for name in ipc pid uts net; do readlink /proc/self/ns/$name; done";
    let arguments = [&["run", "--rm"], options.as_slice(), &["busybox", "sh", "-c", script]].concat();
    let seen = corten.run(&arguments).success().stdout();
    assert_eq!(seen.lines().collect::<Vec<_>>(), ["ipc", "pid", "uts", "net"].map(host));
}
