//! `--storage-opt size`: a container writes so much and no more, where the file system can tell.

use std::fs;

use corten_testkit::{Corten, images, requirement};

const PROGRAM: &str = env!("CARGO_BIN_EXE_corten");

#[test]
fn a_file_system_that_cannot_limit_says_what_it_lacks() {
    if !requirement::root() {
        return;
    }
    let corten = Corten::on_a_small_disk(PROGRAM, 40 << 20);
    let Some(archive) = images::busybox(corten.root().scratch()) else { return };
    corten.load(&archive);
    let create =
        |option: &str| corten.run(&["create", "--storage-opt", option, "--volume", "/data", "busybox"]);
    assert!(create("size").exited(125).stderr().contains("invalid storage option"));
    for (option, text) in [
        ("size=x", "invalid size: 'x'"),
        ("size=1k", "Minimum storage size allowed is 1MB"),
        ("inodes=7", "Unknown option inodes"),
    ] {
        let refused = create(option).exited(1).stderr();
        assert!(refused.contains(text), "{option}: {refused}");
    }
    let refused = create("size=10m").exited(1).stderr();
    let directory = corten.root().state().join("containers");
    let expected = format!(
        "Error response from daemon: --storage-opt is supported only for overlay over xfs with 'pquota' mount option or over ext4 with \
         'prjquota': `{}` is on neither; give a --root that is\n",
        directory.display()
    );
    assert_eq!(refused, expected);
    // Nothing was made for it.
    assert_eq!(corten.run(&["ps", "--all", "--quiet"]).success().stdout(), "");
    assert_eq!(corten.run(&["volume", "ls", "--quiet"]).success().stdout(), "");
    assert_eq!(fs::read_dir(directory).unwrap().count(), 0);
}

#[test]
fn a_container_writes_as_much_as_it_may_and_no_more() {
    if !requirement::root() {
        return;
    }
    let Some(corten) = Corten::on_a_limiting_disk(PROGRAM) else { return };
    let Some(archive) = images::busybox(corten.root().scratch()) else { return };
    corten.load(&archive);
    let script = "df -k / | tail -1; dd if=/dev/zero of=/x bs=1M count=16 2>/dev/null || echo full; \
                  mkdir /d; chattr -p 0 /d 2>/dev/null; dd if=/dev/zero of=/d/x bs=1M count=8 2>/dev/null || echo full";
    let create = ["create", "--name", "limited", "--storage-opt", "size=8m", "busybox", "sh", "-c", script];
    corten.run(&create).success();
    let shown = corten.run(&["inspect", "--format", "{{json .HostConfig.StorageOpt}}", "limited"]);
    assert_eq!(shown.success().line(), "{\"size\":\"8m\"}");
    let told = corten.run(&["start", "--attach", "limited"]).stdout();
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[0].split_whitespace().nth(1), Some("8192"), "{told}");
    assert_eq!(lines[1..], ["full", "full"], "{told}");
    corten.run(&["run", "--rm", "busybox", "dd", "if=/dev/zero", "of=/x", "bs=1M", "count=16"]).success();
    assert_eq!(corten.run(&["system", "check"]).success().stdout(), "No problems found\n");
    corten.run(&["rm", "limited"]).success();
}
