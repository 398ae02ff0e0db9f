//! What an image has at a volume's place is in the volume from its first use on.

use std::fs;

use super::{said, with_image};

const LOOK: &str = "cd /d && stat -c '%n %u:%g %a %h' . one sub/two && readlink link";

const WHOLE: &str = ". 5:6 1750 3\none 7:8 644 2\nsub/two 7:8 644 2\n/nowhere\n";

#[test]
fn an_empty_volume_gets_what_the_image_has_with_owners_and_links() {
    let Some(corten) = with_image() else { return };
    corten.run(&["create", "--name", "first", "-v", "data:/v", "image", "true"]).success();
    // As with Docker, before anything runs.
    assert!(corten.root().state().join("volumes/data/_data/sub/two").exists());
    assert_eq!(said(&corten, &["-v", "data:/d"], LOOK), WHOLE);
}

#[test]
fn what_has_something_in_it_stays_as_it_is() {
    let Some(corten) = with_image() else { return };
    said(&corten, &["-v", "data:/d"], "touch /d/mine");
    assert_eq!(said(&corten, &["-v", "data:/v"], "ls /v"), "mine\n");
    assert_eq!(said(&corten, &["-v", "empty:/v:nocopy"], "ls /v"), "");
    assert_eq!(said(&corten, &["--mount", "type=volume,src=other,dst=/v,volume-nocopy"], "ls /v"), "");
    // Binds show what the host has.
    let directory = corten.root().scratch().join("bound");
    fs::create_dir(&directory).unwrap();
    assert_eq!(said(&corten, &["-v", &format!("{}:/v", directory.display())], "ls /v"), "");
    // The volume that nothing was copied into is filled by the next that has it.
    assert_eq!(said(&corten, &["-v", "empty:/v"], "ls /v"), "link\none\nsub\n");
}

#[test]
fn a_container_that_has_an_empty_volume_already_sees_it_filled() {
    let Some(corten) = with_image() else { return };
    corten
        .run(&[
            "run",
            "-d",
            "--network",
            "none",
            "--name",
            "early",
            "-v",
            "data:/d",
            "busybox",
            "sleep",
            "1000",
        ])
        .success();
    corten.run(&["create", "-v", "data:/v", "image", "true"]).success();
    assert_eq!(corten.run(&["exec", "early", "cat", "/d/one"]).success().stdout(), "one\n");
    corten.run(&["exec", "early", "touch", "/d/from-early"]).success();
    assert_eq!(said(&corten, &["-v", "data:/d"], "ls /d"), "from-early\nlink\none\nsub\n");
}

#[test]
fn a_container_with_ids_of_its_own_owns_its_volume() {
    let Some(corten) = with_image() else { return };
    let look = "stat -c '%u:%g' /d/one && echo new > /d/new && chown 3:4 /d/new && stat -c '%u:%g' /d/new";
    corten.run(&["create", "--userns", "auto", "-v", "data:/v", "image", "true"]).success();
    assert_eq!(said(&corten, &["--userns", "auto", "-v", "data:/d"], look), "7:8\n3:4\n");
    // Nothing on disk has the ids of its user namespace.
    assert_eq!(said(&corten, &["-v", "data:/d"], "stat -c '%u:%g' /d/new"), "3:4\n");
}

#[test]
fn what_is_no_directory_is_no_place_for_a_volume() {
    let Some(corten) = with_image() else { return };
    let refused = corten.run(&["create", "-v", "data:/v/one", "image", "true"]).exited(1);
    assert_eq!(refused.stderr(), "Error response from daemon: source /v/one is not directory\n");
    let refused = corten.run(&["create", "-v", "/v/one", "image", "true"]).exited(1);
    assert_eq!(
        refused.stderr(),
        "Error response from daemon: cannot mount volume over existing file, file exists /v/one\n"
    );
    assert_eq!(corten.run(&["ps", "-aq"]).success().stdout(), "");
    assert_eq!(super::names(&corten), ["data"]);
}
