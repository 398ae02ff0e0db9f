//! Volumes of an image, and what is copied into them.

use std::fs;

use corten_image_archive::{Config, Entry};

use super::{config, hostile};

/// CVE-2022-23648: what an image names as a volume leads to the host, and would be copied from there.
#[test]
fn nothing_of_the_host_is_copied_into_a_volume() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let target = outside.path().display().to_string();
    let cases = [
        (format!("/../../../../../..{target}"), Vec::new()),
        ("/link".to_owned(), vec![Entry::symlink("link", &target)]),
        ("/up".to_owned(), vec![Entry::symlink("up", &format!("../../../../../..{target}"))]),
        ("/proc/1/root".to_owned(), Vec::new()),
    ];
    for (volume, entries) in cases {
        let config = Config { volumes: vec![volume.clone()], ..config() };
        let Some(corten) = hostile(&entries, config) else { return };
        // Whether it is created or not: what is in its volume is not the host's.
        corten.run(&["create", "--name", "box", "hostile"]);
        for name in corten.run(&["volume", "ls", "--quiet"]).success().stdout().lines() {
            let data = corten.root().state().join("volumes").join(name).join("_data");
            assert_eq!(super::listing(&data), [""; 0], "{volume}");
        }
        // Nor does what it writes there come to the host.
        corten.run(&["run", "--rm", "hostile", "sh", "-c", "touch /link/new /up/new /proc/1/root/new"]);
        assert_eq!(super::listing(outside.path()), ["secret"], "{volume}");
    }
}

/// CVE-2017-1002101, CVE-2021-25741 (of pods): a part of a volume behind a link that a container has made, or exchanges meanwhile.
#[test]
fn a_part_of_a_volume_is_in_the_volume_while_links_are_exchanged() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "secret").unwrap();
    let Some(corten) = hostile(&[], config()) else { return };
    let script = format!(
        "mkdir -p /d/real; ln -s {} /d/link; touch /d/ready; while :; do mv -T /d/part /d/old 2>/dev/null; \
         ln -sfn real /d/part; ln -sfn {} /d/part; done",
        outside.path().display(),
        outside.path().display()
    );
    let arguments = [
        "run",
        "-d",
        "--network",
        "none",
        "--name",
        "mover",
        "-v",
        "data:/d",
        "hostile",
        "sh",
        "-c",
        &script,
    ];
    corten.run(&arguments).success();
    corten.run(&["exec", "mover", "sh", "-c", "until [ -e /d/ready ]; do :; done"]).success();
    let mount = |part: &str| format!("type=volume,src=data,dst=/p,volume-subpath={part}");
    let look = |part: &str| {
        corten
            .run(&["run", "--rm", "--network", "none", "--mount", &mount(part), "hostile", "ls", "/p"])
            .stdout()
    };
    assert!(!look("link").contains("secret"));
    for _ in 0..10 {
        assert!(!look("part").contains("secret"));
    }
    corten.run(&["rm", "--force", "mover"]).success();
}
