//! Blobs that are dropped and come back, and what is told of unpacked layers that have changed.

use std::fs::{self, File};
use std::io::Read;
use std::time::{Duration, SystemTime};

use corten_error::chain;
use corten_images::{ImagesError, LoadOptions};
use corten_spec::digest::Digest;
use corten_spec::image::{Descriptor, media_type};
use corten_state::{Durability, StateError};

use crate::archives::{Layout, Sample, sha256};
use crate::scene::{Nowhere, Scene};

/// An image whose layers are not compressed.
fn plain(name: &str, layers: &[&[(&str, &[u8])]]) -> (Vec<u8>, Vec<Descriptor>) {
    let sample = Sample::new(layers);
    let mut layout = Layout::default();
    let blobs: Vec<_> =
        sample.layers.iter().map(|layer| layout.blob(media_type::OCI_LAYER, layer.clone())).collect();
    let config = layout.blob(media_type::OCI_CONFIG, sample.config());
    let manifest = serde_json::json!({
        "schemaVersion": 2, "mediaType": media_type::OCI_MANIFEST, "config": config, "layers": blobs
    });
    let manifest = layout.blob(media_type::OCI_MANIFEST, manifest.to_string().into_bytes());
    layout.named(manifest, name);
    let descriptor =
        |layer: &Vec<u8>| Descriptor::new(media_type::OCI_LAYER, sha256(layer), layer.len() as u64);
    (layout.archive(), sample.layers.iter().map(descriptor).collect())
}

fn read(scene: &Scene, blob: &Descriptor) -> Result<Vec<u8>, ImagesError> {
    let mut bytes = Vec::new();
    scene.images.blob(blob, &Nowhere::new())?.read_to_end(&mut bytes).unwrap();
    Ok(bytes)
}

/// The blobs that are dropped for so many bytes.
fn dropped(scene: &Scene, excess: u64) -> Vec<Digest> {
    scene.images.drop_blobs(excess).unwrap().map_or(Vec::new(), |dropped| dropped.blobs)
}

fn flaws(scene: &Scene) -> Vec<String> {
    let verified = scene.images.verify_layers().unwrap();
    let flaws = scene.images.flaws().unwrap().into_iter().chain(verified.flaws).chain(verified.unverified);
    flaws.map(|flaw| format!("{} {}: {}", flaw.kind, flaw.object, flaw.detail)).collect()
}

#[test]
fn a_layer_that_is_not_compressed_is_made_again_from_its_files() {
    let scene = Scene::new();
    let (archive, layers) = plain("thing", &[&[("d/", b""), ("d/a", b"lower")], &[("d/b", b"upper")]]);
    scene.load(&archive).unwrap();
    let before: Vec<_> = layers.iter().map(|layer| read(&scene, layer).unwrap()).collect();
    let mut gone = dropped(&scene, u64::MAX);
    gone.sort();
    let mut all: Vec<_> = layers.iter().map(|layer| layer.digest.clone()).collect();
    all.sort();
    assert_eq!(gone, all);
    assert_eq!(flaws(&scene), [""; 0]);
    let after: Vec<_> = layers.iter().map(|layer| read(&scene, layer).unwrap()).collect();
    let mut saved = Vec::new();
    let origins = Nowhere::new();
    scene.images.save(&["thing".to_owned()], &[], &origins).unwrap().write(&mut saved, &origins).unwrap();
    let again = Scene::new();
    again.load(&saved).unwrap();
    assert_eq!(flaws(&again), [""; 0]);
    assert!(before == after);
    // Made for whoever asked, not to be kept.
    assert!(!scene.content.has(&layers[0].digest).unwrap());
    scene.load(&archive).unwrap();
    assert!(scene.content.has(&layers[0].digest).unwrap());
    scene.images.remove("thing", false, &[], &[]).unwrap();
    scene.assert_empty();
}

#[test]
fn a_blob_that_nothing_gives_again_stays() {
    let scene = Scene::new();
    scene.load(&Layout::one("thing", &Sample::new(&[&[("a", b"1")]])).archive()).unwrap();
    let before = scene.content.list().unwrap().len();
    assert_eq!(dropped(&scene, u64::MAX), []);
    assert_eq!(scene.content.list().unwrap().len(), before);
}

#[test]
fn what_has_changed_is_told_with_layer_and_file_and_its_blob_is_kept() {
    let scene = Scene::new();
    let (archive, layers) = plain("thing", &[&[("d/", b""), ("d/a", b"content")]]);
    scene.load(&archive).unwrap();
    let file = scene.path(&format!("layers/{}/d/a", layers[0].digest.hex()));
    fs::write(&file, "c0ntent").unwrap();
    let told =
        format!("layer contents {}: file `d/a` has changed: its content is another", layers[0].digest.hex());
    assert_eq!(flaws(&scene), [told]);
    assert_eq!(dropped(&scene, u64::MAX), []);

    fs::write(&file, "content").unwrap();
    assert_eq!(dropped(&scene, u64::MAX).len(), 1);
    fs::remove_file(&file).unwrap();
    let error = read(&scene, &layers[0]).unwrap_err();
    assert_eq!(
        chain(&error),
        format!(
            "cannot make layer `{}` of image `docker.io/library/thing:latest` again: pull or load the image again: \
             file `d/a` has changed: it is gone",
            layers[0].digest
        )
    );
}

#[test]
fn a_layer_of_an_older_version_has_no_index_and_keeps_its_blob() {
    let scene = Scene::new();
    let (archive, layers) = plain("thing", &[&[("a", b"1")]]);
    scene.load(&archive).unwrap();
    let id = layers[0].digest.hex();
    fs::remove_file(scene.path(&format!("layers/.index/{id}"))).unwrap();
    assert_eq!(dropped(&scene, u64::MAX), []);
    let told =
        format!("layer contents {id}: not verified: an older version unpacked it, without a file index");
    assert_eq!(flaws(&scene), [told]);
}

#[test]
fn a_damaged_index_is_told_of() {
    let scene = Scene::new();
    let (archive, layers) = plain("thing", &[&[("a", b"1")]]);
    scene.load(&archive).unwrap();
    let index = scene.path(&format!("layers/.index/{}", layers[0].digest.hex()));
    let mut bytes = fs::read(&index).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&index, bytes).unwrap();
    let told = flaws(&scene).join("\n");
    assert!(told.contains("cannot read the file index"), "{told}");
}

#[test]
fn blobs_that_are_made_again_go_first_and_then_what_was_used_longest_ago() {
    let scene = Scene::new();
    let (archive, made) = plain("made", &[&[("a", b"1")]]);
    scene.load(&archive).unwrap();
    let samples: [Sample; 2] = [&b"2"[..], b"3"].map(|content| Sample::new(&[&[("a", content)]]));
    let mut fetched = Vec::new();
    for (sample, name) in samples.iter().zip(["old", "new"]) {
        scene.load(&Layout::one(name, sample).archive()).unwrap();
        fetched.push(sha256(&crate::archives::gzip(&sample.layers[0])));
    }
    for (age, blob) in [(100, &made[0].digest), (300, &fetched[1]), (200, &fetched[0])] {
        let file = File::open(scene.path(&format!("content/blobs/sha256/{}", blob.hex()))).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(age)).unwrap();
    }
    let origin = |blob: &Digest| {
        scene
            .store
            .write::<_, StateError>(Durability::Normal, |t| t.add_blob_origin(blob.as_str(), "r.example/a"))
            .unwrap();
    };
    fetched.iter().for_each(origin);
    assert_eq!(dropped(&scene, 1), [made[0].digest.clone()]);
    assert_eq!(dropped(&scene, 1), [fetched[1].clone()]);
    assert_eq!(dropped(&scene, 1), [fetched[0].clone()]);
    assert_eq!(dropped(&scene, 1), []);
    assert_eq!(flaws(&scene), [""; 0]);
    let blob = Descriptor::new(media_type::OCI_LAYER_GZIP, fetched[0].clone(), 100);
    assert_eq!(
        chain(&read(&scene, &blob).unwrap_err()),
        format!(
            "cannot fetch layer `{}` of image `docker.io/library/old:latest` again from `r.example/a`: \
             there is no way to r.example/a",
            fetched[0]
        )
    );
}

#[test]
fn nothing_is_dropped_while_somebody_reads() {
    let scene = Scene::new();
    let (archive, _) = plain("thing", &[&[("a", b"1")]]);
    scene.load(&archive).unwrap();
    let saved = scene.images.save(&["thing".to_owned()], &[], &Nowhere::new()).unwrap();
    assert_eq!(dropped(&scene, u64::MAX), []);
    saved.write(std::io::sink(), &Nowhere::new()).unwrap();
    drop(saved);
    assert_eq!(dropped(&scene, u64::MAX).len(), 1);
}

#[test]
fn what_a_crash_left_under_a_layers_name_is_not_taken_for_the_layer() {
    let scene = Scene::new();
    scene.load(&Layout::one("other", &Sample::new(&[&[("other", b"1")]])).archive()).unwrap();
    // Whoever holds a lease keeps the leftovers from being collected before.
    let saved = scene.images.save(&["other".to_owned()], &[], &Nowhere::new()).unwrap();
    let sample = Sample::new(&[&[("a", b"whole")]]);
    let layer = scene.path(&format!("layers/{}", sha256(&sample.layers[0]).hex()));
    fs::create_dir(&layer).unwrap();
    fs::write(layer.join("a"), "").unwrap();
    scene.load(&Layout::one("thing", &sample).archive()).unwrap();
    assert_eq!(fs::read_to_string(layer.join("a")).unwrap(), "whole");
    drop(saved);
    assert!(scene.images.collect().unwrap());
    assert_eq!(flaws(&scene), [""; 0]);
}

/// Several processes at once, as far as the store can tell: locks belong to whoever has opened the file.
#[test]
fn nothing_in_use_goes_whatever_is_loaded_saved_removed_and_dropped_at_once() {
    let scene = Scene::new();
    let common: &[(&str, &[u8])] = &[("d/", b""), ("d/common", &[7; 5000])];
    let archives: Vec<_> = ["one", "two", "three"]
        .map(|name| plain(name, &[common, &[("d/own", name.as_bytes())]]).0)
        .into_iter()
        .collect();
    let work = |worker: usize| {
        let images = scene.another();
        let origins = Nowhere::new();
        for round in 0..25 {
            let which = (worker * 7 + round * 5) % 3;
            let name = ["one", "two", "three"][which];
            match (worker + round) % 5 {
                0 | 1 => {
                    images.load(&archives[which][..], &LoadOptions::default()).unwrap();
                }
                // What is not there at this moment cannot be saved; what is, has to be, whole.
                2 => match images.save(&[name.to_owned()], &[], &origins) {
                    Ok(saved) => saved.write(std::io::sink(), &origins).unwrap(),
                    Err(ImagesError::NoSuchImage(_) | ImagesError::NoSuchReference) => {}
                    Err(error) => panic!("{}", chain(&error)),
                },
                3 => drop(images.drop_blobs(u64::MAX).unwrap()),
                _ => drop(images.remove(name, true, &[], &[])),
            }
        }
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|worker| scope.spawn(move || work(worker))).collect();
        workers.into_iter().for_each(|worker| worker.join().unwrap());
    });
    assert!(scene.images.collect().unwrap());
    assert_eq!(flaws(&scene), [""; 0]);
    for name in ["one", "two", "three"] {
        drop(scene.images.remove(name, true, &[], &[]));
    }
    scene.assert_empty();
}
