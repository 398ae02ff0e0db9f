//! Archives of every form.

use std::fs;

use corten_images::{ImagesError, LoadOptions};
use corten_spec::platform::Platform;
use serde_json::json;

use crate::archives::{Layout, Sample, gzip, sha256, tar};
use crate::scene::Scene;

fn sample() -> Sample {
    Sample::new(&[
        &[("etc/", b""), ("etc/release", b"one")],
        &[("etc/", b""), ("etc/release", b"two"), ("new", b"x")],
    ])
}

#[test]
fn an_oci_layout_is_loaded_with_its_name_and_unpacked() {
    let scene = Scene::new();
    let sample = sample();
    let loaded = scene.load(&Layout::one("docker.io/library/thing:1.0", &sample).archive()).unwrap();
    assert_eq!(
        (loaded[0].references.as_slice(), &loaded[0].id),
        (&["thing:1.0".to_owned()][..], &sample.id())
    );
    let image = scene.images.resolve("thing:1.0", None).unwrap();
    assert_eq!((image.id.clone(), image.raw_config.clone(), image.size), (sample.id(), sample.config(), 7));
    let [top, bottom] = image.layer_paths.as_slice() else { panic!("two layers") };
    assert_eq!(fs::read_to_string(top.join("etc/release")).unwrap(), "two");
    assert_eq!(fs::read_to_string(bottom.join("etc/release")).unwrap(), "one");
    assert!(top.ends_with(sha256(&sample.layers[1]).hex()));
    // Two layers, the configuration, the manifest.
    assert_eq!(scene.content.list().unwrap().len(), 4);
    assert_eq!(scene.layers().len(), 2);
}

#[test]
fn archives_may_be_compressed_and_read_from_a_pipe() {
    let scene = Scene::new();
    let archive = gzip(&Layout::one("thing", &sample()).archive());
    let (reader, mut writer) = std::io::pipe().unwrap();
    let feeder = std::thread::spawn(move || std::io::Write::write_all(&mut writer, &archive));
    let loaded = scene.images.load(reader, &LoadOptions::default()).unwrap();
    feeder.join().unwrap().unwrap();
    assert_eq!(loaded[0].references, ["thing:latest"]);
}

#[test]
fn a_docker_archive_is_loaded_with_all_of_its_tags() {
    let scene = Scene::new();
    let sample = sample();
    let config = sample.config();
    let config_name = format!("{}.json", sample.id().hex());
    let manifest = json!([{"Config": config_name, "RepoTags": ["thing:1", "host.example:5000/thing:2"],
        "Layers": ["a/layer.tar", "b/layer.tar"]}])
    .to_string();
    let archive = tar(&[
        ("manifest.json", manifest.as_bytes()),
        ("a/", b""),
        ("a/VERSION", b"1.0"),
        ("a/layer.tar", b"-> ../c/layer.tar"),
        ("c/layer.tar", &zstd::encode_all(&sample.layers[0][..], 3).unwrap()),
        ("b/layer.tar", &gzip(&sample.layers[1])),
        ("repositories", b"{}"),
        (&config_name, &config),
    ]);
    let loaded = scene.load(&archive).unwrap();
    assert_eq!(loaded[0].references, ["thing:1", "host.example:5000/thing:2"]);
    assert_eq!(loaded[0].id, sample.id());
    let image = scene.images.resolve("host.example:5000/thing:2", None).unwrap();
    assert_eq!(fs::read_to_string(image.layer_paths[0].join("etc/release")).unwrap(), "two");
    // Nothing but two layers, the configuration and the manifest that was made.
    assert_eq!(scene.content.list().unwrap().len(), 4);
    assert!(scene.content.has(&image.manifest_digest).unwrap());
}

#[test]
fn an_image_without_a_name_has_an_id_alone() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let manifest = layout.image(&sample());
    layout.manifests.push(manifest);
    let loaded = scene.load(&layout.archive()).unwrap();
    assert_eq!(loaded[0].references, [""; 0]);
    assert_eq!(scene.images.resolve(&sample().id().hex()[..10], None).unwrap().references, []);
}

#[test]
fn the_platform_is_chosen_in_nested_indexes() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let mut manifests = Vec::new();
    for architecture in ["s390x", "riscv64", Sample::new(&[]).architecture] {
        let mut sample = Sample::new(&[&[("arch", architecture.as_bytes())]]);
        sample.architecture = architecture;
        manifests.push(layout.image(&sample));
    }
    let inner = layout.index(&manifests);
    let outer = layout.index(&[inner]);
    layout.named(outer.clone(), "thing");
    let archive = layout.archive();
    let arch = || {
        let image = scene.images.resolve("thing", None).unwrap();
        assert_eq!(image.target_digest.to_string(), outer["digest"].as_str().unwrap());
        fs::read_to_string(image.layer_paths[0].join("arch")).unwrap()
    };
    let options = |platform: &str| LoadOptions { platforms: vec![platform.parse::<Platform>().unwrap()] };
    let loaded = scene.images.load(&archive[..], &options("linux/s390x")).unwrap();
    assert_eq!((arch().as_str(), loaded[0].displaced.len()), ("s390x", 0));
    scene.load(&archive).unwrap();
    assert_eq!(arch(), Sample::new(&[]).architecture);
    let error = scene.images.load(&archive[..], &options("linux/mips64le")).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("there is no image for platform `linux/mips64le`, only for `linux/s390x`")
    );
}

#[test]
fn an_archive_of_one_foreign_platform_is_loaded_unless_another_is_asked_for() {
    let mut sample = Sample::new(&[&[("a", b"")]]);
    sample.architecture = "s390x";
    let archive = Layout::one("thing", &sample).archive();
    let scene = Scene::new();
    let options = LoadOptions { platforms: vec!["linux/riscv64".parse().unwrap()] };
    assert!(matches!(scene.images.load(&archive[..], &options), Err(ImagesError::NoPlatform { .. })));
    scene.assert_empty();
    scene.load(&archive).unwrap();
    assert_eq!(scene.images.resolve("thing", None).unwrap().config.platform.architecture, "s390x");
}

#[test]
fn several_images_come_in_one_archive() {
    let scene = Scene::new();
    let (one, mut two) = (sample(), sample());
    two.layers.push(tar(&[("more", b"")]));
    let mut layout = Layout::default();
    for (name, sample) in [("one", &one), ("two", &two)] {
        let manifest = layout.image(sample);
        layout.named(manifest, name);
    }
    assert_eq!(scene.load(&layout.archive()).unwrap().len(), 2);
    // The common layers are there once.
    assert_eq!(scene.layers().len(), 3);
}

#[test]
fn indexes_that_name_each_other_many_times_are_read_once_each() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let mut descriptor = layout.image(&sample());
    for _ in 0..7 {
        let many = vec![descriptor; 50];
        descriptor = layout.index(&many);
    }
    layout.named(descriptor, "thing");
    assert_eq!(scene.load(&layout.archive()).unwrap()[0].references, ["thing:latest"]);
}
