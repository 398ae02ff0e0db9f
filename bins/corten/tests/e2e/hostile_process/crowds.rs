//! More processes than anybody wants to look after.

use super::await_text;
use crate::setup;

/// It does not mind when it cannot fork.
const BOMB: &str =
    "echo up; exec awk 'BEGIN { while (1) system(\"(sleep 1000 & sleep 1000 &) 2>/dev/null\") }'";

#[test]
fn a_fork_bomb_is_stopped_killed_and_removed() {
    let Some(corten) = setup::busybox() else { return };
    for end in [&["stop", "--time", "0", "bomb"][..], &["kill", "bomb"], &["rm", "--force", "bomb"]] {
        let arguments = ["run", "--name", "bomb", "--pids-limit", "100", "busybox", "sh", "-c", BOMB];
        let mut client = corten.spawn(&mut corten.command(&arguments));
        await_text(&mut client, "up\n");
        // It may find no room for its own processes; it ends, and says what it was.
        let session = corten.run(&["exec", "bomb", "true"]);
        assert!(session.code == 0 || session.stdout().contains("OCI runtime exec failed"), "{session:?}");
        corten.run(&["ps"]).success();
        corten.run(end).success();
        assert_eq!(client.wait().unwrap().code(), Some(137), "{end:?}");
        corten.run(&["rm", "--force", "bomb"]);
    }
}

#[test]
fn two_thousand_processes_are_listed_frozen_and_ended() {
    let Some(corten) = setup::busybox() else { return };
    let crowd = "i=0; while [ $i -lt 2000 ]; do sleep 1000 & i=$((i+1)); done; echo full; wait";
    let arguments = ["run", "--name", "crowd", "--pids-limit", "3000", "busybox", "sh", "-c", crowd];
    let mut client = corten.spawn(&mut corten.command(&arguments));
    await_text(&mut client, "full\n");
    assert_eq!(corten.run(&["top", "crowd", "-o", "pid"]).success().stdout().lines().count(), 2002);
    corten.run(&["pause", "crowd"]).success();
    corten.run(&["rm", "--force", "crowd"]).success();
    assert_eq!(client.wait().unwrap().code(), Some(137));
}
