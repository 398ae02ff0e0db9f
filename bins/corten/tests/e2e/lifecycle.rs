//! A container from `create` to `rm`, and what it keeps in between.

use std::fs::File;

use rustix::fs::{IFlags, ioctl_getflags, ioctl_setflags};

use crate::setup;

#[test]
fn files_stay_with_their_container() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--name", "writer", "busybox", "sh", "-c", "echo kept > /note"]).success();
    corten.run(&["run", "--rm", "busybox", "cat", "/note"]).exited(1);

    corten
        .run(&["create", "--name", "reader", "busybox", "sh", "-c", "cat /note || echo first > /note"])
        .success();
    corten.run(&["start", "--attach", "reader"]).success();
    assert_eq!(corten.run(&["start", "--attach", "reader"]).success().line(), "first");
}

#[test]
fn stop_is_the_processs_choice_until_the_grace_period_ends() {
    let Some(corten) = setup::busybox() else { return };
    let polite = "trap 'exit 5' TERM; touch /ready; while :; do sleep 0.05; done";
    corten.run(&["run", "--detach", "--name", "polite", "busybox", "sh", "-c", polite]).success();
    corten.run(&["run", "--detach", "--name", "deaf", "busybox", "sleep", "1000"]).success();
    corten.run(&["exec", "polite", "sh", "-c", "until [ -e /ready ]; do :; done"]).success();
    corten.run(&["stop", "--time", "20", "polite"]).success();
    corten.run(&["stop", "--time", "0", "deaf"]).success();
    let code = |name| {
        corten.run(&["inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name]).success().line()
    };
    assert_eq!(code("polite"), "exited 5");
    assert_eq!(code("deaf"), "exited 137");
}

#[test]
fn restart_is_a_new_process_in_the_old_files() {
    let Some(corten) = setup::busybox() else { return };
    let script = "echo run >> /runs; exec sleep 1000";
    corten
        .run(&["run", "--detach", "--name", "box", "--stop-timeout", "0", "busybox", "sh", "-c", script])
        .success();
    let pid = || corten.run(&["inspect", "--format", "{{.State.Pid}}", "box"]).success().line();
    let first = pid();
    corten.run(&["restart", "box"]).success();
    assert_ne!(pid(), first);
    assert_eq!(
        corten.run(&["exec", "box", "sh", "-c", "until [ $(wc -l < /runs) = 2 ]; do :; done"]).success().code,
        0
    );
}

#[test]
fn a_paused_container_stands_still() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let status = || corten.run(&["inspect", "--format", "{{.State.Status}}", "box"]).success().line();
    corten.run(&["pause", "box"]).success();
    assert_eq!(status(), "paused");
    corten.run(&["unpause", "box"]).success();
    assert_eq!(status(), "running");
}

#[test]
fn rm_wants_force_for_what_runs() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "box", "busybox", "sleep", "1000"]).success();
    let refused = corten.run(&["rm", "box"]).exited(1);
    assert!(refused.stderr().contains("container is running"), "{}", refused.stderr());
    corten.run(&["rm", "--force", "box"]).success();
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn a_name_belongs_to_one_container() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["create", "--name", "box", "busybox"]).success();
    let refused = corten.run(&["create", "--name", "box", "busybox"]).exited(1);
    assert!(
        refused.stderr().contains("Conflict. The container name \"/box\" is already in use by container"),
        "{}",
        refused.stderr()
    );
}

#[test]
fn the_size_of_a_container_is_what_it_has_written_and_what_it_stands_on() {
    let Some(corten) = setup::busybox() else { return };
    let write = "head -c 1500 /dev/zero > /a; mkdir -p /d/e; head -c 36 /dev/zero > /d/e/f; ln /a /again; ln -s /a /link";
    corten.run(&["run", "--name", "box", "busybox", "sh", "-c", write]).success();
    let size = |format: &str| corten.run(&["inspect", "--size", "--format", format, "box"]).success().line();
    assert_eq!(size("{{.SizeRw}}"), "1538");
    let image = corten.run(&["image", "inspect", "--format", "{{.Size}}", "busybox"]).success().line();
    let image: u64 = image.parse().unwrap();
    assert_eq!(size("{{.SizeRootFs}}"), (image + 1538).to_string());
    let listed = corten.run(&["ps", "--all", "--format", "{{.Size}}"]).success().line();
    assert!(listed.starts_with("1.54kB (virtual "), "{listed}");
    assert!(corten.run(&["ps", "--all", "--size"]).success().stdout().contains("SIZE"));
}

#[test]
fn a_removal_that_was_promised_and_cannot_be_done_is_told_and_not_waited_for() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["create", "--rm", "--name", "stuck", "busybox", "true"]).success().line();
    let stays = corten.root().state().join("containers").join(id).join("upper/stays");
    let file = File::create(&stays).unwrap();
    // A file that nobody can remove, not even root, until it is made an ordinary one again.
    let ordinary = ioctl_getflags(&file).unwrap();
    ioctl_setflags(&file, ordinary | IFlags::IMMUTABLE).unwrap();

    let said = corten.run(&["start", "--attach", "stuck"]).exited(125).stderr();
    assert!(said.contains("`upper/stays`: it, or the directory that it is in, is immutable"), "{said}");

    ioctl_setflags(&file, ordinary).unwrap();
    corten.run(&["rm", "stuck"]).success();
}

#[test]
fn a_container_that_is_to_be_removed_at_its_end_is_not_removed_before_its_start() {
    let Some(corten) = setup::busybox() else { return };
    let id = corten.run(&["create", "--rm", "--name", "box", "busybox", "true"]).success().line();
    // What a waiter does who has heard nothing for a while, and what a monitor calls this program for.
    corten.run(&["system", "reap", &id]).success();
    corten.run(&["system", "settle"]).success();
    corten.run(&["start", "--attach", "box"]).success();
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
}

#[test]
fn containers_that_do_not_run_are_pruned_unless_a_filter_keeps_them() {
    let Some(corten) = setup::busybox() else { return };
    corten.run(&["run", "--detach", "--name", "up", "busybox", "sleep", "1000"]).success();
    corten.run(&["create", "--name", "new", "--label", "keep=yes", "busybox", "true"]).success();
    corten
        .run(&["run", "--name", "over", "busybox", "sh", "-c", "dd if=/dev/zero of=/file bs=1000 count=5"])
        .success();
    let names = || corten.run(&["ps", "--all", "--format", "{{.Names}}"]).success().stdout();
    let prune = |words: &[&str]| corten.run(&[&["container", "prune", "--force"], words].concat());
    assert_eq!(prune(&["--filter", "until=2h"]).success().stdout(), "Total reclaimed space: 0B\n");
    let wrong = prune(&["--filter", "color=red"]).exited(1).stderr();
    assert!(wrong.contains("invalid filter 'color'"), "{wrong}");
    let over = corten.run(&["inspect", "--format", "{{.Id}}", "over"]).success().stdout();
    assert_eq!(
        prune(&["--filter", "label!=keep"]).success().stdout(),
        format!("Deleted Containers:\n{over}\nTotal reclaimed space: 5kB\n")
    );
    assert_eq!(names(), "new\nup\n");
    prune(&["--filter", "label=keep=yes"]).success();
    assert_eq!(names(), "up\n");
}
