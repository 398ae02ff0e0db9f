//! Which layers are shared, and which depend on those below.

use std::fs;
use std::os::unix::fs::MetadataExt;

use corten_spec::digest::Digest;

use crate::archives::{Layout, Sample, sha256};
use crate::scene::Scene;

fn chain(below: &Digest, diff_id: &Digest) -> Digest {
    sha256(format!("{below} {diff_id}").as_bytes())
}

#[test]
fn a_layer_that_only_implies_its_directories_belongs_to_what_is_below_it() {
    let scene = Scene::new();
    let implying: &[(&str, &[u8])] = &[("srv/data/file", b"x")];
    let mut names = Vec::new();
    let shallow: &[(&str, &[u8])] = &[("srv/", b"")];
    let deep: &[(&str, &[u8])] = &[("srv/", b""), ("srv/data/", b"")];
    for (name, below) in [("one", shallow), ("two", deep)] {
        let sample = Sample::new(&[below, implying]);
        scene.load(&Layout::one(name, &sample).archive()).unwrap();
        let [bottom, top] = [sha256(&sample.layers[0]), sha256(&sample.layers[1])];
        names.extend([bottom.hex().to_owned(), chain(&bottom, &top).hex().to_owned()]);
        let image = scene.images.resolve(name, None).unwrap();
        assert_eq!(fs::metadata(image.layer_paths[0].join("srv")).unwrap().mtime(), 1_000_000_000);
    }
    names.sort();
    assert_eq!(scene.layers(), names);
}

#[test]
fn a_self_contained_layer_is_shared_wherever_it_lies() {
    let scene = Scene::new();
    let common: &[(&str, &[u8])] = &[("common", b"x")];
    scene.load(&Layout::one("one", &Sample::new(&[common])).archive()).unwrap();
    scene.load(&Layout::one("two", &Sample::new(&[&[("other", b"")], common])).archive()).unwrap();
    assert_eq!(scene.layers().len(), 2);
    scene.images.remove("one", false, &[], &[]).unwrap();
    assert_eq!(scene.layers().len(), 2);
    scene.images.remove("two", false, &[], &[]).unwrap();
    scene.assert_empty();
}

#[test]
fn a_lowest_layer_without_its_directories_serves_only_as_the_lowest() {
    let scene = Scene::new();
    let implying: &[(&str, &[u8])] = &[("srv/file", b"x")];
    scene.load(&Layout::one("one", &Sample::new(&[implying])).archive()).unwrap();
    let two = Sample::new(&[&[("srv/", b"")], implying]);
    scene.load(&Layout::one("two", &two).archive()).unwrap();
    let image = scene.images.resolve("two", None).unwrap();
    assert!(image.layer_paths[0].ends_with(chain(&sha256(&two.layers[0]), &sha256(&two.layers[1])).hex()));
}

#[test]
fn a_layer_that_occurs_twice_is_mounted_once() {
    let scene = Scene::new();
    let twice: &[(&str, &[u8])] = &[("a", b"1")];
    let sample = Sample::new(&[twice, &[("a", b"2")], twice]);
    scene.load(&Layout::one("thing", &sample).archive()).unwrap();
    let image = scene.images.resolve("thing", None).unwrap();
    assert_eq!((image.layer_paths.len(), image.layer_ids.len(), image.layer_sizes.len()), (2, 2, 3));
    assert_eq!(fs::read_to_string(image.layer_paths[0].join("a")).unwrap(), "1");
}

#[test]
fn layers_whose_directory_was_lost_are_unpacked_again() {
    let scene = Scene::new();
    let archive = Layout::one("thing", &Sample::new(&[&[("a", b"1")]])).archive();
    scene.load(&archive).unwrap();
    let path = scene.images.resolve("thing", None).unwrap().layer_paths.remove(0);
    fs::remove_dir_all(&path).unwrap();
    scene.load(&archive).unwrap();
    assert!(path.join("a").exists());
}

#[test]
fn what_a_crash_left_is_swept() {
    let scene = Scene::new();
    let archive = Layout::one("thing", &Sample::new(&[&[("a", b"1")]])).archive();
    scene.load(&archive).unwrap();
    let (layers, blobs) = (scene.layers(), scene.content.list().unwrap().len());
    fs::create_dir_all(scene.path("layers/.unpacking-0011223344556677/half")).unwrap();
    fs::create_dir_all(scene.path("layers").join("f".repeat(64)).join("no-row")).unwrap();
    let mut ingest = scene.content.ingest(None, None).unwrap();
    std::io::Write::write_all(&mut ingest, b"nobody's").unwrap();
    ingest.commit().unwrap();
    assert!(scene.images.collect().unwrap());
    assert_eq!((scene.layers(), scene.content.list().unwrap().len()), (layers, blobs));
}

#[test]
fn a_leftover_that_resists_hinders_nobody_and_is_reported_to_who_collects() {
    let scene = Scene::new();
    let archive = Layout::one("thing", &Sample::new(&[&[("a", b"1")]])).archive();
    let leftover = scene.path("layers/.unpacking-0011223344556677");
    fs::create_dir_all(&leftover).unwrap();
    fs::write(leftover.join("fixed"), "x").unwrap();
    let fixed = fs::File::open(leftover.join("fixed")).unwrap();
    if let Err(error) = rustix::fs::ioctl_setflags(&fixed, rustix::fs::IFlags::IMMUTABLE) {
        return println!("skipped: this file system has no immutable attribute: {error}");
    }
    let loaded = scene.load(&archive);
    let removed = scene.images.remove("thing", false, &[], &[]);
    let error = scene.images.collect().unwrap_err();
    rustix::fs::ioctl_setflags(&fixed, rustix::fs::IFlags::empty()).unwrap();
    assert!(loaded.is_ok() && removed.is_ok());
    assert!(corten_error::chain(&error).contains("is immutable"), "{}", corten_error::chain(&error));
    scene.images.collect().unwrap();
    scene.assert_empty();
}
