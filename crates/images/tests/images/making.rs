//! Images that are made here, of archives of file systems and of directories of changes.

use std::collections::BTreeMap;
use std::fs;

use corten_error::chain;
use corten_images::{ImagesError, Loaded, Recipe};
use corten_spec::image::ContainerConfig;
use corten_spec::platform::Platform;
use corten_spec::time::Timestamp;

use crate::archives::{Layout, Sample, gzip, sha256, tar};
use crate::scene::{Nowhere, Scene};

fn recipe(parent: Option<&str>) -> Recipe {
    Recipe {
        parent: parent.map(str::to_owned),
        platform: Platform::host(),
        config: ContainerConfig::default(),
        author: "somebody".to_owned(),
        comment: String::new(),
        created_by: "a test".to_owned(),
        created: Timestamp::ZERO,
        name: Some("made:1".parse().unwrap()),
    }
}

fn import(scene: &Scene, archive: &[u8]) -> Result<Loaded, ImagesError> {
    scene.images.make(scene.images.take_layer(archive)?, recipe(None))
}

#[test]
fn an_archive_is_the_same_layer_however_it_came() {
    let archive = tar(&[("etc/", b""), ("etc/name", b"value")]);
    for (form, packed) in [
        ("plain", archive.clone()),
        ("gzip", gzip(&archive)),
        ("zstd", zstd::encode_all(&archive[..], 3).unwrap()),
    ] {
        let scene = Scene::new();
        let made = import(&scene, &packed).unwrap();
        let image = scene.images.resolve("made:1", None).unwrap();
        assert_eq!((&image.id, image.config.rootfs.diff_ids), (&made.id, vec![sha256(&archive)]), "{form}");
        assert_eq!(fs::read(image.layer_paths[0].join("etc/name")).unwrap(), b"value");
        let mut saved = Vec::new();
        let origins = Nowhere::new();
        scene
            .images
            .save(&["made:1".to_owned()], &[], &origins)
            .unwrap()
            .write(&mut saved, &origins)
            .unwrap();
        let again = Scene::new();
        again.load(&saved).unwrap();
        assert_eq!(again.images.resolve("made:1", None).unwrap().id, made.id);
    }
}

#[test]
fn an_archive_that_is_gzip_is_kept_as_it_is() {
    let packed = gzip(&tar(&[("a", b"1")]));
    let scene = Scene::new();
    import(&scene, &packed).unwrap();
    assert!(scene.content.has(&sha256(&packed)).unwrap());
}

#[test]
fn what_is_no_archive_leaves_nothing() {
    let cut = gzip(&tar(&[("a", b"1")]));
    for archive in [&b"hello"[..], &cut[..cut.len() - 9], b"\xfd7zXZ\0 and more", &gzip(b"no archive")] {
        let scene = Scene::new();
        import(&scene, archive).unwrap_err();
        assert!(scene.images.collect().unwrap());
        scene.assert_empty();
    }
}

#[test]
fn changes_are_one_more_layer_and_none_are_none() {
    let scene = Scene::new();
    let base = Sample::new(&[&[("kept", b"1"), ("gone", b"2")]]);
    scene.load(&Layout::one("base:1", &base).archive()).unwrap();
    let upper = scene.path("upper");
    fs::create_dir(&upper).unwrap();
    let parent = base.id().to_string();
    let empty = scene.images.pack_layer(&upper, &[]).unwrap();
    scene.images.make(empty, recipe(Some(&parent))).unwrap();
    let image = scene.images.resolve("made:1", None).unwrap();
    assert_eq!((image.config.rootfs.diff_ids.len(), image.config.history.len()), (1, 3));
    assert!(image.config.history[2].empty_layer);

    fs::write(upper.join("new"), "3").unwrap();
    let layer = scene.images.pack_layer(&upper, &[]).unwrap();
    scene.images.make(layer, recipe(Some(&parent))).unwrap();
    let image = scene.images.resolve("made:1", None).unwrap();
    assert_eq!((image.config.rootfs.diff_ids.len(), image.layer_paths.len()), (2, 2));
    assert_eq!(fs::read_dir(&image.layer_paths[0]).unwrap().count(), 1);
    // What lost its name stays, and nothing else is left over.
    assert_eq!(scene.layers().len(), 2);
    assert_eq!(scene.content.list().unwrap().len(), 3 + 2 + 3);
}

#[test]
fn what_an_image_was_made_of_is_told_while_it_is_here() {
    let scene = Scene::new();
    let base = Sample::new(&[&[("kept", b"1")]]);
    scene.load(&Layout::one("base:1", &base).archive()).unwrap();
    fs::create_dir(scene.path("upper")).unwrap();
    let layer = scene.images.pack_layer(&scene.path("upper"), &[]).unwrap();
    let parent = base.id().to_string();
    scene.images.make(layer, recipe(Some(&parent))).unwrap();
    let told = || {
        let listed = scene.images.list(false, &BTreeMap::new(), Timestamp::ZERO).unwrap();
        let listed = listed.into_iter().find(|image| image.repo_tags == ["made:1"]).unwrap();
        (scene.images.resolve("made:1", None).unwrap().parent, listed.parent)
    };
    assert_eq!(told(), (Some(parent.clone()), Some(parent)));
    scene.images.remove("base:1", false, &[], &[]).unwrap();
    assert_eq!(told(), (None, None));
}

#[test]
fn an_image_that_is_gone_cannot_be_built_upon() {
    let scene = Scene::new();
    fs::create_dir(scene.path("upper")).unwrap();
    let layer = scene.images.pack_layer(&scene.path("upper"), &[]).unwrap();
    let gone = format!("sha256:{}", "0".repeat(64));
    let error = scene.images.make(layer, recipe(Some(&gone))).unwrap_err();
    assert_eq!(chain(&error), format!("No such image: {gone}"));
    scene.assert_empty();
}
