//! The floor isolates as much as a container: else it would be no measure of one.

use std::fs;
use std::process::{Command, Stdio};

use corten_testkit::{host, requirement};

use crate::surroundings::workshop;

#[test]
fn the_floor_is_as_isolated_as_a_container_and_leaves_nothing() {
    if !requirement::root() {
        return;
    }
    let workshop = workshop();
    let directory = workshop.place("one");
    let mut floor = Command::new(&workshop.programs.floor);
    floor.args([&workshop.root(), &workshop.filter(), &directory]).args(["/payload", "status"]);
    let floor = floor.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let cgroup = format!("/corten-floor-{}", floor.id());
    let output = floor.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let field = |name: &str| {
        let line = text.lines().find(|line| line.starts_with(&format!("{name}:")));
        line.and_then(|line| line.split_whitespace().nth(1)).unwrap().to_owned()
    };
    // Docker's fourteen capabilities, a filter without no_new_privs, and nobody else in sight.
    assert_eq!(["CapEff", "CapBnd", "CapPrm"].map(field), ["00000000a80425fb"; 3]);
    assert_eq!(["Pid", "Seccomp", "NoNewPrivs"].map(field), ["1", "2", "0"]);
    assert!(text.lines().any(|line| line.ends_with("\texecute the program")), "{text}");
    assert!(!directory.exists());
    let below = workshop.place("").display().to_string();
    assert!(!host::mounts().iter().any(|mount| mount.contains(&below)));
    assert!(!host::cgroups().iter().any(|path| path.ends_with(&cgroup)));
}

#[test]
fn the_floor_of_a_bundle_binds_the_directory_itself() {
    if !requirement::root() {
        return;
    }
    let workshop = workshop();
    let mut floor = Command::new(&workshop.programs.floor);
    floor.args([&workshop.root(), &workshop.filter()]).args(["-", "/payload", "print", "from inside"]);
    let output = floor.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("from inside\n"), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let below = workshop.root().display().to_string();
    assert!(!host::mounts().iter().any(|mount| mount.contains(&below)));
}

#[test]
fn a_floor_that_cannot_execute_says_why_and_leaves_nothing() {
    if !requirement::root() {
        return;
    }
    let workshop = workshop();
    let directory = workshop.place("two");
    let mut floor = Command::new(&workshop.programs.floor);
    floor.args([&workshop.root(), &workshop.filter(), &directory]).arg("/missing");
    let output = floor.output().unwrap();
    assert_eq!(output.status.code(), Some(125));
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(errors.contains("execute the program: No such file"), "{errors}");
    assert!(fs::symlink_metadata(&directory).is_err());
}
