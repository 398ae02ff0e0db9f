//! Real images, where there are any: `CORTEN_FIXTURES` names a directory with `images/*.oci.tar`.

use std::fs::{self, File};
use std::path::PathBuf;

use corten_images::LoadOptions;

use crate::scene::Scene;

fn fixture(name: &str) -> Option<PathBuf> {
    let path = PathBuf::from(std::env::var_os("CORTEN_FIXTURES")?).join("images").join(name);
    path.exists().then_some(path)
}

#[test]
fn alpine_is_loaded_for_every_platform_that_it_has() {
    let Some(path) = fixture("alpine-3.20.oci.tar") else { return println!("skipped: no fixtures") };
    let scene = Scene::new();
    for platform in ["linux/amd64", "linux/arm64/v8", "linux/arm/v6", "linux/arm/v7", "linux/s390x"] {
        let platform = platform.parse().unwrap();
        let options = LoadOptions { platforms: vec![platform] };
        let loaded = scene.images.load(File::open(&path).unwrap(), &options).unwrap();
        assert_eq!(loaded[0].references, ["alpine:3.20"]);
        let image = scene.images.resolve("alpine:3.20", options.platforms.first()).unwrap();
        assert_eq!(image.config.platform, options.platforms[0]);
        let release = fs::read_to_string(image.layer_paths[0].join("etc/alpine-release")).unwrap();
        assert_eq!(release.trim(), "3.20.3");
    }
}

#[test]
fn debian_is_loaded_and_removed_without_a_trace() {
    let Some(path) = fixture("debian-bookworm-slim.oci.tar") else { return println!("skipped: no fixtures") };
    let scene = Scene::new();
    let loaded = scene.images.load(File::open(&path).unwrap(), &LoadOptions::default()).unwrap();
    assert_eq!(loaded[0].references, ["debian:bookworm-slim"]);
    let image = scene.images.resolve("debian:bookworm-slim", None).unwrap();
    assert!(image.layer_paths[0].join("usr/bin/dpkg").exists());
    scene.images.remove("debian:bookworm-slim", false, &[], &[]).unwrap();
    scene.assert_empty();
}
