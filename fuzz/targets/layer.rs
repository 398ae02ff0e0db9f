//! Unpacking a layer on top of another: whatever it holds, nothing beside its own directory changes.
#![no_main]

use std::fs;
use std::os::unix::fs::symlink;

use corten_fuzz::names;
use corten_fuzz::tar::{self, Member};
use corten_layer_tar::{Limits, Lowers, unpack};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|members: Vec<Member>| {
    let place = tempfile::tempdir_in("/dev/shm").expect("a directory in memory");
    let (lower, upper, beside) =
        (place.path().join("lower"), place.path().join("upper"), place.path().join("beside"));
    for directory in [&lower, &upper, &beside] {
        fs::create_dir(directory).expect("a directory");
    }
    fs::write(lower.join("a"), "lower").expect("a file");
    fs::create_dir(lower.join("dir")).expect("a directory");
    symlink("../beside", lower.join("link")).expect("a link");
    fs::write(beside.join("passwd"), "untouched").expect("a file");

    let limits =
        Limits { entries: 200, bytes: 1 << 18, depth: 32, extension: 1 << 12, fragments: 100, holes: 1 << 30 };
    let lowers = Lowers::Known(std::slice::from_ref(&lower));
    // Most archives are refused, each in its own way.
    if let Ok(unpacked) = unpack(&tar::write(&members)[..], &upper, lowers, &limits) {
        assert!(unpacked.bytes <= limits.bytes && unpacked.content <= limits.bytes + limits.holes + limits.entries * 4096);
    }

    assert_eq!(names(place.path()), ["beside", "lower", "upper"]);
    assert_eq!(names(&beside), ["passwd"]);
    assert_eq!(fs::read_to_string(beside.join("passwd")).expect("the file"), "untouched");
    assert_eq!(names(&lower), ["a", "dir", "link"]);
    assert_eq!(fs::read_to_string(lower.join("a")).expect("the file"), "lower");
});
