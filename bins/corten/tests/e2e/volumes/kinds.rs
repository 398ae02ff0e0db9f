//! Volumes that are something else than a directory of the engine's, and parts of volumes.

use std::fs;
use std::os::unix::fs::symlink;

use super::{said, with_image};
use crate::setup;

/// What is mounted on the host below a directory.
fn mounted_below(directory: &std::path::Path) -> usize {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap();
    table.lines().filter(|line| line.contains(directory.to_str().unwrap())).count()
}

#[test]
fn a_volume_in_memory_is_shared_and_gone_with_its_last_container() {
    let Some(corten) = setup::busybox() else { return };
    let options = ["-o", "type=tmpfs", "-o", "device=tmpfs", "-o", "o=size=1m,uid=7"];
    corten.run(&[&["volume", "create"], &options[..], &["fast"]].concat()).success();
    let run = |name: &str| {
        let arguments =
            ["run", "-d", "--network", "none", "--name", name, "-v", "fast:/f", "busybox", "sleep", "1000"];
        corten.run(&arguments).success();
    };
    run("one");
    run("two");
    corten.run(&["exec", "one", "sh", "-c", "echo here > /f/file"]).success();
    let seen = corten.run(&["exec", "two", "sh", "-c", "cat /f/file; stat -c %u /f"]).success();
    assert_eq!(seen.stdout(), "here\n7\n");
    let full =
        corten.run(&["exec", "two", "dd", "if=/dev/zero", "of=/f/large", "bs=1M", "count=2"]).exited(1);
    assert!(full.stderr().contains("No space left"), "{}", full.stderr());
    corten.run(&["rm", "--force", "one"]).success();
    assert_eq!(corten.run(&["exec", "two", "cat", "/f/file"]).success().stdout(), "here\n");
    corten.run(&["kill", "two"]).success();
    // What its monitor calls for that is waited for.
    corten.run(&["system", "settle"]).success();
    assert_eq!(mounted_below(&corten.root().run()), 0);
    corten.run(&["start", "two"]).success();
    corten.run(&["exec", "two", "ls", "/f/file"]).exited(1);
    corten.run(&["rm", "--force", "two"]).success();
    corten.run(&["volume", "rm", "fast"]).success();
    assert_eq!(mounted_below(&corten.root().run()), 0);
}

#[test]
fn a_volume_can_be_a_directory_of_the_host() {
    let Some(corten) = with_image() else { return };
    let host = corten.root().scratch().join("host");
    fs::create_dir(&host).unwrap();
    let device = format!("device={}", host.display());
    corten.run(&["volume", "create", "-o", "type=none", "-o", "o=bind", "-o", &device, "mine"]).success();
    assert_eq!(said(&corten, &["-v", "mine:/v"], "ls /v && echo new > /v/new"), "link\none\nsub\n");
    assert_eq!(fs::read_to_string(host.join("new")).unwrap(), "new\n");
    corten.run(&["volume", "rm", "mine"]).success();
    assert!(host.join("one").exists(), "the host's files went with the volume");
    let mount =
        format!("type=volume,src=other,dst=/d,volume-opt=type=none,volume-opt=o=bind,volume-opt={device}");
    assert_eq!(said(&corten, &["--mount", &mount], "cat /d/new"), "new\n");
}

#[test]
fn a_part_of_a_volume_leads_nowhere_else() {
    let Some(corten) = with_image() else { return };
    said(&corten, &["-v", "data:/d"], "mkdir -p /d/a/b && echo deep > /d/a/b/file && ln -s a /d/short");
    let part = |path: &str| format!("type=volume,src=data,dst=/p,volume-subpath={path}");
    assert_eq!(said(&corten, &["--mount", &part("a/b")], "cat /p/file"), "deep\n");
    assert_eq!(said(&corten, &["--mount", &part("short/b")], "cat /p/file"), "deep\n");
    let secret = corten.root().scratch().join("secret");
    fs::create_dir(&secret).unwrap();
    fs::write(secret.join("key"), "key").unwrap();
    symlink(&secret, corten.root().state().join("volumes/data/_data/out")).unwrap();
    symlink("../../..", corten.root().state().join("volumes/data/_data/up")).unwrap();
    let run = |path: &str| {
        corten.run(&["run", "--rm", "--network", "none", "--mount", &part(path), "image", "ls", "-a", "/p"])
    };
    run("out").exited(125);
    let up = run("up").success().stdout();
    assert!(up.contains("short") && !up.contains("state.db"), "{up}");
    let refused = corten.run(&["create", "--mount", &part("../x"), "image", "true"]).exited(1);
    assert_eq!(
        refused.stderr(),
        "Error response from daemon: invalid mount config for type \"volume\": subpath must be a relative path within the volume\n"
    );
}

#[test]
fn what_is_in_memory_takes_the_place_of_a_volume() {
    let Some(corten) = with_image() else { return };
    assert_eq!(said(&corten, &["--tmpfs", "/v"], "ls /v; stat -f -c %T /v"), "tmpfs\n");
    assert_eq!(super::names(&corten), Vec::<String>::new());
}

#[test]
fn files_are_copied_into_volumes_whether_their_container_runs_or_not() {
    let Some(corten) = with_image() else { return };
    let file = corten.root().scratch().join("file");
    fs::write(&file, "copied").unwrap();
    let path = file.to_str().unwrap();
    corten
        .run(&["create", "--name", "box", "-v", "data:/d", "-v", "fixed:/f:ro", "image", "sleep", "1000"])
        .success();
    corten.run(&["cp", path, "box:/d/stopped"]).success();
    let refused = corten.run(&["cp", path, "box:/f/x"]).exited(1);
    assert!(refused.stderr().contains("mounted volume is marked read-only"), "{}", refused.stderr());
    corten.run(&["start", "box"]).success();
    corten.run(&["cp", path, "box:/d/running"]).success();
    assert_eq!(said(&corten, &["-v", "data:/d"], "cat /d/stopped /d/running"), "copiedcopied");
    let back = corten.root().scratch().join("back");
    corten.run(&["cp", "box:/v/one", back.to_str().unwrap()]).success();
    assert_eq!(fs::read_to_string(back).unwrap(), "one\n");
    // What is in volumes is not the container's.
    corten.run(&["commit", "box", "committed"]).success();
    let listed =
        corten.run(&["run", "--rm", "--network", "none", "--tmpfs", "/v", "committed", "ls", "/d"]).success();
    assert_eq!(listed.stdout(), "");
    assert!(!corten.run(&["diff", "box"]).success().stdout().contains("stopped"));
    corten.run(&["rm", "--force", "box"]).success();
}
