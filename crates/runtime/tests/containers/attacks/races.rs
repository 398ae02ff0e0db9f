//! A process in one container that exchanges directories and links in a volume while another container starts on it.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;

use corten_spec::runtime::Mount;

use super::{Outside, bind, bind_file, start};
use crate::bundle::Bundle;
use crate::harness::Test;

pub(super) const TESTS: &[Test] = &[(
    "mounts_stay_inside_while_their_targets_are_exchanged",
    mounts_stay_inside_while_their_targets_are_exchanged,
)];

/// Enough for a look and a later use of the same path to fall apart several times over.
const ROUNDS: usize = 60;

/// A volume with the directory `place` and a link `trap` that leads to a directory of the host, and a container that exchanges the two
/// for as long as it is there.
fn attacker(outside: &Outside) -> (Bundle, PathBuf) {
    let mut bundle = Bundle::new(&["swap", "/volume/place", "/volume/trap"]);
    let volume = bundle.path().join("volume");
    fs::create_dir_all(volume.join("place")).unwrap();
    symlink(outside.path(), volume.join("trap")).unwrap();
    bind(&mut bundle, &volume, "/volume");
    start(&bundle);
    (bundle, volume)
}

/// CVE-2021-30465 (mounts), CVE-2024-45310 (files and directories that are made for them).
fn mounts_stay_inside_while_their_targets_are_exchanged() {
    let outside = Outside::new();
    let (attacker, volume) = attacker(&outside);
    let mut victim = Bundle::new(&["cat", "/proc/self/mounts"]);
    bind(&mut victim, &volume, "/volume");
    let (mut direct, mut behind) = (0, 0);
    for round in 0..ROUNDS {
        // New names, so that something has to be made for them each time.
        bind_file(&mut victim, &format!("/volume/place/file-{round}"));
        let (kind, source) = ("tmpfs".to_owned(), "small".to_owned());
        let destination = format!("/volume/place/data-{round}");
        victim.spec.mounts.push(Mount { destination, kind, source, ..Mount::default() });
        let ran = victim.run_container();
        victim.spec.mounts.truncate(victim.spec.mounts.len() - 2);
        outside.assert_untouched();
        if ran.status != 0 {
            // Both are seen on the way by then, and either is refused as what it is.
            assert!(ran.stderr.contains("mount target"), "{ran:?}");
            continue;
        }
        let mounts = ran.stdout.lines().filter(|line| line.starts_with("small "));
        let place = mounts.map(|line| line.split(' ').nth(1).unwrap().to_owned()).collect::<Vec<_>>();
        assert_eq!(place.len(), 1, "{ran:?}");
        if place[0].starts_with("/volume/") { direct += 1 } else { behind += 1 }
    }
    assert!(direct > 0 && behind > 0, "nothing was exchanged: {direct} {behind}");
    assert_eq!(attacker.run(&["delete", "--force", &attacker.name]).status, 0);
    victim.assert_clean();
}
