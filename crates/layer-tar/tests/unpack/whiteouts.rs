//! What a layer takes away, as an overlay mount reads it.

use corten_layer_tar::{LayerTarError, Lowers};
use expect_test::expect;

use crate::builder::Builder;
use crate::scene::{Scene, xattr};

fn is_opaque(scene: &Scene, path: &str) -> bool {
    xattr(&scene.path("layer").join(path), "trusted.overlay.opaque").is_some_and(|value| value == b"y")
}

#[test]
fn names_become_devices_and_directories_become_opaque() {
    let scene = Scene::new();
    let builder = Builder::new()
        .directory("a")
        .file("a/.wh.gone", "")
        .directory("b")
        .file("b/.wh..wh..opq", "")
        .file("b/new", "x")
        .file(".wh..wh.plnk", "ignored")
        .device(tar::EntryType::Char, "device", 0, 0);
    scene.unpack(builder).unwrap();
    expect![[r#"
        040755 0:0 a
        020000 0:0 a/gone 0:0
        040755 0:0 b
        100644 0:0 b/new "x"
        020000 0:0 device 0:0
    "#]]
    .assert_eq(&scene.tree("layer"));
    assert!(is_opaque(&scene, "b") && !is_opaque(&scene, "a"));
}

#[test]
fn what_the_same_layer_adds_stays_in_either_order() {
    let scene = Scene::new();
    let builder = Builder::new()
        .file(".wh.first", "")
        .file("first", "kept")
        .file("second", "kept")
        .file(".wh.second", "")
        .file(".wh.before", "")
        .directory("before")
        .directory("after")
        .file(".wh.after", "")
        .file(".wh.implied", "")
        .file("implied/x", "kept");
    scene.unpack(builder).unwrap();
    expect![[r#"
        040755 0:0 after
        040755 0:0 before
        100644 0:0 first "kept"
        040755 0:0 implied
        100644 0:0 implied/x "kept"
        100644 0:0 second "kept"
    "#]]
    .assert_eq(&scene.tree("layer"));
    for path in ["after", "before", "implied"] {
        assert!(is_opaque(&scene, path), "{path} would show what it replaced");
    }
}

#[test]
fn whiteouts_without_a_name_are_refused() {
    for name in [".wh.", ".wh..", "a/.wh..."] {
        let error = Scene::new().unpack(Builder::new().file(name, "")).unwrap_err();
        assert!(error.to_string().ends_with("a whiteout of it means nothing"), "{name}: {error}");
    }
}

#[test]
fn an_opaque_root_takes_away_each_name_that_lower_layers_have() {
    let scene = Scene::new();
    scene
        .unpack_on("bottom", &[], Builder::new().file("gone", "").directory("both").file("kept", "old"))
        .unwrap();
    let layer = || {
        Builder::new().directory("both").file(".wh..wh..opq", "").file("kept", "new").file("implied/x", "")
    };
    let unpacked = scene.unpack_on("layer", &["bottom"], layer()).unwrap();
    assert!(!unpacked.self_contained);
    expect![[r#"
        040755 0:0 both
        020000 0:0 gone 0:0
        040755 0:0 implied
        100644 0:0 implied/x ""
        100644 0:0 kept "new"
    "#]]
    .assert_eq(&scene.tree("layer"));
    assert!(is_opaque(&scene, "both") && !is_opaque(&scene, "."));
    let alone = scene.unpack_with("alone", Lowers::Unknown, &layer().finish());
    assert!(matches!(alone, Err(LayerTarError::NeedsLowers { .. })));
}
