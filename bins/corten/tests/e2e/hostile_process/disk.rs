//! A container that eats the disk on which everything lies.

use corten_testkit::{Corten, images, requirement};

use crate::setup;

/// Room for the engine's own files, an image and little more.
const SIZE: u64 = 40 << 20;

#[test]
fn a_container_that_eats_the_disk_is_looked_at_entered_stopped_and_removed() {
    if !requirement::root() {
        return;
    }
    let corten = Corten::on_a_small_disk(env!("CARGO_BIN_EXE_corten"), SIZE);
    let Some(archive) = images::busybox(corten.root().scratch()) else { return };
    corten.load(&archive);
    let eat = "cat /dev/zero >/food 2>/dev/null; while :; do echo more; done >>/food 2>/dev/null & \
               echo full; exec sleep 1000";
    let mut client = corten.spawn(&mut corten.command(&["run", "--name", "box", "busybox", "sh", "-c", eat]));
    super::await_text(&mut client, "full\n");
    assert_eq!(corten.run(&["exec", "box", "echo", "here"]).success().line(), "here");
    corten.run(&["ps"]).success();
    corten.run(&["top", "box"]).success();
    let refused = corten.run(&["run", "--name", "other", "busybox", "true"]);
    assert!(
        refused.code == 0
            || ["no space left", "disk is full"]
                .iter()
                .any(|words| refused.stderr().to_lowercase().contains(words)),
        "{refused:?}"
    );
    corten.run(&["stop", "--time", "0", "box"]).success();
    assert_eq!(client.wait().unwrap().code(), Some(137));
    corten.run(&["rm", "box"]).success();
    corten.run(&["rm", "--force", "other"]);
    assert_eq!(corten.run(&["run", "--rm", "busybox", "echo", "again"]).success().line(), "again");
}

/// What a container makes is removed, however it is made.
#[test]
fn a_tree_that_nobody_may_enter_or_name_is_removed() {
    let Some(corten) = setup::busybox() else { return };
    let grow = "mkdir /deep && cd /deep && i=0; while [ $i -lt 190 ]; do mkdir dddddddddddddddddddd && cd dddddddddddddddddddd || break; \
                i=$((i+1)); done; cd /; mkdir /shut && touch \"$(printf '/shut/a\\n\\033[2Jb')\" && mkfifo /shut/fifo && \
                chmod 000 /shut /deep; ln -s / /link; echo $i";
    let made = corten.run(&["run", "--name", "box", "busybox", "sh", "-c", grow]).success();
    assert_eq!(made.line(), "190");
    corten.run(&["ps", "--all", "--size"]).success();
    corten.run(&["rm", "box"]).success();
    assert_eq!(corten.run(&["system", "check"]).success().line(), "No problems found");
}
