//! Extracting into a directory in use: whatever the archive holds, nothing beside its root changes, and nobody is waited for.
#![no_main]

use std::fs::{self, File};
use std::os::fd::AsFd;
use std::os::unix::fs::symlink;

use corten_fuzz::names;
use corten_fuzz::tar::{self, Member};
use corten_layer_tar::{Extraction, Limits, Owner, SameOwners, extract};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (Vec<Member>, bool, bool, bool)| {
    let (members, refuse_outward_links, refuse_exchange, renames) = input;
    let place = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let (root, beside) = (place.path().join("root"), place.path().join("beside"));
    fs::create_dir_all(root.join("at/dir")).expect("a directory");
    fs::create_dir(&beside).expect("a directory");
    fs::write(root.join("at/a"), "there").expect("a file");
    symlink("../../beside", root.join("at/link")).expect("a link");
    symlink("/etc", root.join("at/dir/b")).expect("a link");
    fs::write(beside.join("passwd"), "untouched").expect("a file");

    let limits =
        Limits { entries: 200, bytes: 1 << 18, depth: 32, extension: 1 << 12, fragments: 100, holes: 1 << 30 };
    let opened = File::open(&root).expect("the root");
    let extraction = Extraction {
        root: opened.as_fd(),
        at: b"at",
        refuse_outward_links,
        refuse_exchange,
        owner: renames.then_some(Owner { uid: 1, gid: 2 }),
        rename: renames.then_some((b"a", b"dir")),
        owners: Some(&SameOwners),
    };
    // Most archives are refused, each in its own way.
    let _ = extract(&tar::write(&members)[..], extraction, &limits);

    assert_eq!(names(place.path()), ["beside", "root"]);
    assert_eq!(names(&beside), ["passwd"]);
    assert_eq!(fs::read_to_string(beside.join("passwd")).expect("the file"), "untouched");
});
