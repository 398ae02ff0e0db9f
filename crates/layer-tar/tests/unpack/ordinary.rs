//! Archives as honest packers make them.

use std::fs;
use std::os::unix::fs::MetadataExt;

use expect_test::expect;
use tar::EntryType;

use crate::builder::Builder;
use crate::scene::{Scene, xattr};

#[test]
fn every_kind_of_object_is_made_with_its_mode_and_owner() {
    let scene = Scene::new();
    let mut setuid = Builder::header(EntryType::Regular, "bin/su");
    setuid.set_mode(0o4755);
    setuid.set_uid(7);
    setuid.set_gid(8);
    let mut sticky = Builder::header(EntryType::Directory, "tmp");
    sticky.set_mode(0o1777);
    let mut closed = Builder::header(EntryType::Directory, "closed");
    closed.set_mode(0);
    let unpacked = scene.unpack(
        Builder::new()
            .directory("./")
            .directory("./bin/")
            .raw(setuid, b"")
            .raw(sticky, b"")
            .raw(closed, b"")
            .file("closed/inside", "x")
            .symlink("lib", "usr/lib")
            .hard_link("bin/su2", "./bin/su")
            .device(EntryType::Char, "null", 1, 3)
            .device(EntryType::Block, "disk", 8, 1)
            .raw(Builder::header(EntryType::Fifo, "pipe"), b""),
    );
    assert!(unpacked.unwrap().self_contained);
    expect![[r#"
        040755 0:0 bin
        104755 7:8 bin/su ""
        104755 7:8 bin/su2 ""
        040000 0:0 closed
        100644 0:0 closed/inside "x"
        060644 0:0 disk 8:1
        120777 0:0 lib -> usr/lib
        020644 0:0 null 1:3
        010644 0:0 pipe
        041777 0:0 tmp
    "#]]
    .assert_eq(&scene.tree("layer"));
    let inode = |name| fs::metadata(scene.path("layer/bin").join(name)).unwrap().ino();
    assert_eq!(inode("su"), inode("su2"));
}

#[test]
fn pax_records_give_long_names_times_owners_and_attributes() {
    let scene = Scene::new();
    let long = format!("{}/{}", "d".repeat(180), "f".repeat(180));
    let capability = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    let mut header = Builder::header(EntryType::Regular, "short");
    header.set_size(99);
    let records: &[(&str, &[u8])] = &[
        ("path", long.as_bytes()),
        ("mtime", b"1234567890.123456789"),
        ("uid", b"3000000000"),
        ("gid", b"70000"),
        ("size", b"4"),
        ("SCHILY.xattr.security.capability", &capability),
        ("SCHILY.xattr.user.bytes", b"a\0\n="),
        ("SCHILY.xattr.trusted.overlay.redirect", b"/etc"),
    ];
    scene.unpack(Builder::new().pax(records).raw(header, b"data")).unwrap();
    let path = scene.path("layer").join(&long);
    let metadata = fs::metadata(&path).unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"data");
    assert_eq!((metadata.uid(), metadata.gid()), (3_000_000_000, 70_000));
    assert_eq!((metadata.mtime(), metadata.mtime_nsec()), (1_234_567_890, 123_456_789));
    assert_eq!(xattr(&path, "security.capability").unwrap(), capability);
    assert_eq!(xattr(&path, "user.bytes").unwrap(), b"a\0\n=");
    assert_eq!(xattr(&path, "trusted.overlay.redirect"), None);
}

#[test]
fn gnu_long_names_apply_to_the_next_entry_alone() {
    let scene = Scene::new();
    let (name, target) = ("n".repeat(200), "t".repeat(200));
    let builder = Builder::new()
        .gnu_long(EntryType::GNULongName, &name)
        .gnu_long(EntryType::GNULongLink, &target)
        .symlink("short", "short")
        .file("after", "x");
    scene.unpack(builder).unwrap();
    let link = scene.path("layer").join(name);
    assert_eq!(fs::read_link(link).unwrap().to_str().unwrap(), target);
    assert!(scene.path("layer/after").is_file());
}

#[test]
fn directories_keep_their_times_whatever_is_put_into_them_later() {
    let scene = Scene::new();
    let builder = Builder::new().directory("a").directory("a/b").file("a/b/c", "x").file("a/late", "y");
    scene.unpack(builder).unwrap();
    for name in ["a", "a/b", "a/b/c", "a/late"] {
        let metadata = fs::metadata(scene.path("layer").join(name)).unwrap();
        assert_eq!(metadata.mtime(), 1_000_000_000, "{name}");
    }
}

#[test]
fn the_last_of_several_entries_wins_whatever_their_kinds() {
    let scene = Scene::new();
    let builder = Builder::new()
        .file("f", "old")
        .file("f", "new")
        .directory("d")
        .file("d/gone", "x")
        .symlink("d", "f")
        .symlink("s", "f")
        .directory("s")
        .file("s/kept", "y")
        .directory("s")
        .file("h", "h")
        .hard_link("h", "h");
    scene.unpack(builder).unwrap();
    expect![[r#"
        120777 0:0 d -> f
        100644 0:0 f "new"
        100644 0:0 h "h"
        040755 0:0 s
        100644 0:0 s/kept "y"
    "#]]
    .assert_eq(&scene.tree("layer"));
}

#[test]
fn links_among_the_parents_are_followed_inside_the_layer() {
    let scene = Scene::new();
    let builder = Builder::new()
        .directory("usr")
        .directory("usr/lib")
        .symlink("lib", "/usr/lib")
        .symlink("up", "../../usr/./lib/..")
        .file("lib/a", "a")
        .file("up/lib/b", "b");
    assert!(scene.unpack(builder).unwrap().self_contained);
    expect![[r#"
        120777 0:0 lib -> /usr/lib
        120777 0:0 up -> ../../usr/./lib/..
        040755 0:0 usr
        040755 0:0 usr/lib
        100644 0:0 usr/lib/a "a"
        100644 0:0 usr/lib/b "b"
    "#]]
    .assert_eq(&scene.tree("layer"));
}

#[test]
fn the_stream_is_read_to_its_end_and_counted() {
    let scene = Scene::new();
    let mut archive = Builder::new().file("a", "x").finish();
    archive.resize(archive.len() + 10_000, 0);
    let unpacked = scene.unpack_with("layer", corten_layer_tar::Lowers::Known(&[]), &archive).unwrap();
    assert_eq!((unpacked.bytes, unpacked.entries, unpacked.content), (archive.len() as u64, 1, 1));
}
