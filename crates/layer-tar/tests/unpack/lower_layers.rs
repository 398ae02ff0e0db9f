//! Layers that lean on those below them.

use std::fs;
use std::os::unix::fs::MetadataExt;

use corten_layer_tar::{LayerTarError, Lowers};
use expect_test::expect;
use tar::EntryType;

use crate::builder::Builder;
use crate::scene::{Scene, xattr};

fn directory_of(path: &str, mode: u32, uid: u64) -> tar::Header {
    let mut header = Builder::header(EntryType::Directory, path);
    header.set_mode(mode);
    header.set_uid(uid);
    header
}

#[test]
fn implied_directories_take_after_the_topmost_layer_that_shows_them() {
    let scene = Scene::new();
    let bottom = Builder::new()
        .raw(directory_of("a", 0o700, 1), b"")
        .pax(&[("SCHILY.xattr.user.mark", b"bottom")])
        .raw(directory_of("a/b", 0o750, 2), b"");
    scene.unpack_on("bottom", &[], bottom).unwrap();
    scene.unpack_on("middle", &["bottom"], Builder::new().raw(directory_of("a", 0o711, 3), b"")).unwrap();
    let top = scene.unpack_on("top", &["middle", "bottom"], Builder::new().file("a/b/c/file", "x")).unwrap();
    assert!(!top.self_contained);
    expect![[r#"
        040711 3:0 a
        040750 2:0 a/b
        040755 0:0 a/b/c
        100644 0:0 a/b/c/file "x"
    "#]]
    .assert_eq(&scene.tree("top"));
    assert_eq!(xattr(&scene.path("top/a/b"), "user.mark").unwrap(), b"bottom");
    assert_eq!(fs::metadata(scene.path("top/a/b")).unwrap().mtime(), 1_000_000_000);
}

#[test]
fn what_a_layer_between_takes_away_is_not_seen() {
    let scene = Scene::new();
    let bottom =
        || Builder::new().raw(directory_of("a", 0o700, 1), b"").raw(directory_of("a/b", 0o700, 1), b"");
    scene.unpack_on("bottom", &[], bottom()).unwrap();
    scene.unpack_on("whiteout", &["bottom"], Builder::new().file(".wh.a", "")).unwrap();
    scene.unpack_on("opaque", &["bottom"], Builder::new().directory("a").file("a/.wh..wh..opq", "")).unwrap();
    scene.unpack_on("file", &["bottom"], Builder::new().file("a", "")).unwrap();
    for between in ["whiteout", "opaque", "file"] {
        let top = format!("on-{between}");
        scene.unpack_on(&top, &[between, "bottom"], Builder::new().file("a/b/x", "")).unwrap();
        assert_eq!(scene.tree(&top), "040755 0:0 a\n040755 0:0 a/b\n100644 0:0 a/b/x \"\"\n", "{between}");
    }
}

#[test]
fn links_of_lower_layers_are_followed() {
    let scene = Scene::new();
    let bottom =
        Builder::new().raw(directory_of("usr", 0o711, 4), b"").directory("usr/lib").symlink("lib", "usr/lib");
    scene.unpack_on("bottom", &[], bottom).unwrap();
    scene.unpack_on("top", &["bottom"], Builder::new().file("lib/new", "x")).unwrap();
    expect![[r#"
        040711 4:0 usr
        040755 0:0 usr/lib
        100644 0:0 usr/lib/new "x"
    "#]]
    .assert_eq(&scene.tree("top"));
}

#[test]
fn hard_links_into_lower_layers_copy_the_file_up_under_both_names() {
    let scene = Scene::new();
    let mut tool = Builder::header(EntryType::Regular, "bin/tool");
    tool.set_mode(0o4711);
    tool.set_uid(5);
    tool.set_size(7);
    let bottom = Builder::new()
        .directory("bin")
        .pax(&[("SCHILY.xattr.user.mark", b"kept")])
        .raw(tool, b"content")
        .symlink("bin/link", "tool");
    scene.unpack_on("bottom", &[], bottom).unwrap();
    let top = Builder::new().hard_link("copy", "bin/tool").hard_link("link", "bin/link");
    let unpacked = scene.unpack_on("top", &["bottom"], top).unwrap();
    assert!(!unpacked.self_contained);
    expect![[r#"
        040755 0:0 bin
        120777 0:0 bin/link -> tool
        104711 5:0 bin/tool "content"
        104711 5:0 copy "content"
        120777 0:0 link -> tool
    "#]]
    .assert_eq(&scene.tree("top"));
    let (copy, tool) = (scene.path("top/copy"), scene.path("top/bin/tool"));
    assert_eq!(fs::metadata(&copy).unwrap().ino(), fs::metadata(&tool).unwrap().ino());
    assert_eq!(fs::metadata(&copy).unwrap().mtime(), 1_000_000_000);
    assert_eq!(xattr(&copy, "user.mark").unwrap(), b"kept");
    assert_eq!(fs::metadata(scene.path("bottom/bin/tool")).unwrap().nlink(), 1);
}

#[test]
fn without_the_lower_layers_only_self_contained_layers_unpack() {
    let scene = Scene::new();
    let needy = [
        Builder::new().file("a/b", "x"),
        Builder::new().hard_link("a", "b"),
        Builder::new().file("a/.wh.b", ""),
    ];
    for (number, builder) in needy.into_iter().enumerate() {
        let error = scene.unpack_with(&number.to_string(), Lowers::Unknown, &builder.finish()).unwrap_err();
        assert!(matches!(error, LayerTarError::NeedsLowers { .. }), "{error}");
    }
    let builder = Builder::new().directory("a").file("a/b", "x").hard_link("c", "a/b").file("a/.wh.d", "");
    assert!(scene.unpack_with("fine", Lowers::Unknown, &builder.finish()).unwrap().self_contained);
}

#[test]
fn a_directory_that_turns_out_to_be_hidden_lends_nothing() {
    let mut closed = Builder::header(EntryType::Directory, "a/b");
    closed.set_mode(0o700);
    let below = |name: &str| Builder::new().file(name, "x");
    for (number, marked) in [
        below("a/b/x").file("a/.wh..wh..opq", ""),
        below("a/b/x").file("a/.wh.b", ""),
        Builder::new().file("a/.wh..wh..opq", "").file("a/b/x", "x"),
        Builder::new().file("a/.wh.b", "").file("a/b/x", "x"),
    ]
    .into_iter()
    .enumerate()
    {
        let scene = Scene::new();
        scene.unpack_on("lower", &[], Builder::new().directory("a").raw(closed.clone(), b"")).unwrap();
        scene.unpack_on("upper", &["lower"], marked).unwrap();
        let mode = fs::metadata(scene.path("upper/a/b")).unwrap().mode();
        assert_eq!(mode & 0o7777, 0o755, "{number}");
    }
    let scene = Scene::new();
    scene.unpack_on("lower", &[], Builder::new().directory("a").raw(closed, b"")).unwrap();
    scene.unpack_on("upper", &["lower"], below("a/b/.wh..wh..opq")).unwrap();
    assert_eq!(
        fs::metadata(scene.path("upper/a/b")).unwrap().mode() & 0o7777,
        0o700,
        "its content alone is hidden"
    );
}
