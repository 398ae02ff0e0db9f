//! The embedded image: Corten runs a container with nothing but itself.

use crate::setup;

#[test]
fn hello_needs_no_image_no_network_and_no_daemon() {
    let Some(corten) = setup::engine() else { return };
    let outcome = corten.run(&["run", "--rm", "hello"]).success();
    assert!(outcome.stdout().starts_with("Hello from a container!\n"), "{}", outcome.stdout());
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn hello_is_an_image_like_any_other_once_it_was_used() {
    let Some(corten) = setup::engine() else { return };
    corten.run(&["run", "--rm", "hello"]).success();
    let format = "{{.Repository}}:{{.Tag}}";
    assert_eq!(corten.run(&["images", "--format", format]).success().line(), "hello:latest");
    corten.run(&["rmi", "hello"]).success();
    assert_eq!(corten.run(&["images", "--format", format]).success().stdout(), "");
}

#[test]
fn a_container_sits_in_the_cgroup_of_its_root() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["run", "--detach", "busybox", "sleep", "1000"]).success().line();
    let pid = corten.run(&["inspect", "--format", "{{.State.Pid}}", &id]).success().line();
    let cgroups = std::fs::read_to_string(format!("/proc/{pid}/cgroup")).unwrap();
    // The search for leftovers relies on it.
    let home = format!("/{}", corten.root().cgroup());
    assert!(cgroups.lines().any(|line| line.contains(&home) && line.ends_with(&id)), "{cgroups}");
}
