//! A creation that is killed at any call: a volume is empty or complete, and nothing is left behind.

use std::fs;

use corten_testkit::fault::{self, Fault, Strike, Victim};

use super::{names, said, with_image};

#[test]
fn the_first_use_of_a_volume_is_all_or_nothing() {
    let Some(corten) = with_image() else { return };
    let volumes = corten.root().state().join("volumes");
    let mut filled = 0;
    let mut step = 1;
    loop {
        let strike = Strike { fault: Fault::Kill, step, victim: Victim::Any };
        let command =
            corten.command(&["create", "--name", "box", "-v", "data:/v", "-v", "/v/sub", "image", "true"]);
        let killed = fault::run(&command, corten.root().scratch(), Some(strike)).expect("a command");
        let Some(at) = killed.hit else { break };
        let data = volumes.join("data/_data");
        let found = fs::read_dir(&data).map_or(0, Iterator::count);
        assert!([0, 3].contains(&found), "killed at {at}: {found} of three entries");
        filled += usize::from(found == 3);
        corten.run(&["system", "settle"]).success();
        if step % 8 == 0 {
            corten.run(&["system", "check"]).success();
        }
        // Whoever comes next has all of it, whether there is a container or not.
        if corten.run(&["ps", "-aq"]).success().stdout().is_empty() {
            assert!(names(&corten).iter().all(|name| name == "data"), "killed at {at}: {:?}", names(&corten));
        } else {
            corten.run(&["start", "--attach", "box"]).success();
            assert!(data.join("one").exists(), "killed at {at}: started with an empty volume");
            corten.run(&["rm", "-v", "box"]).success();
        }
        assert_eq!(said(&corten, &["-v", "data:/v"], "cat /v/sub/two"), "one\n", "killed at {at}");
        corten.run(&["volume", "rm", "data"]).success();
        assert_eq!(names(&corten), Vec::<String>::new(), "killed at {at}");
        step += 1;
    }
    assert!(step > 20 && filled > 0, "a creation changed {step} files only, {filled} of them after the copy");
}

#[test]
fn a_removal_that_is_killed_is_finished() {
    let Some(corten) = with_image() else { return };
    let mut step = 1;
    loop {
        corten.run(&["create", "--name", "box", "-v", "data:/d", "image", "true"]).success();
        let strike = Strike { fault: Fault::Kill, step, victim: Victim::Any };
        let command = corten.command(&["rm", "-v", "box"]);
        let killed = fault::run(&command, corten.root().scratch(), Some(strike)).expect("a command");
        let Some(at) = killed.hit else { break };
        corten.run(&["system", "settle"]).success();
        if step % 8 == 0 {
            corten.run(&["system", "check"]).success();
        }
        if !corten.run(&["ps", "-aq"]).success().stdout().is_empty() {
            corten.run(&["rm", "-v", "box"]).success();
        }
        assert_eq!(names(&corten), ["data"], "killed at {at}");
        step += 1;
    }
    assert!(step > 8, "a removal changed {step} files only");
}
