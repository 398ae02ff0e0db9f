//! Saving images: what is loaded from such an archive is what was there, and equal images make equal bytes.

use corten_error::chain;
use corten_images::{Images, ImagesError};
use corten_spec::platform::Platform;

use crate::archives::{Layout, Sample};
use crate::scene::{Nowhere, Scene};

fn sample(content: &[u8]) -> Sample {
    Sample::new(&[&[("a", b"1")], &[("b", content)]])
}

/// `thing:1` comes with an index, which has another platform that was left out; `other:1` has none.
fn scene() -> Scene {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let manifest = layout.image(&sample(b"2"));
    let mut elsewhere = manifest.clone();
    elsewhere["digest"] = format!("sha256:{}", "0".repeat(64)).into();
    elsewhere["platform"]["architecture"] = "s390x".into();
    let index = layout.index(&[elsewhere, manifest]);
    layout.named(index, "thing:1");
    let other = layout.image(&sample(b"3"));
    layout.named(other, "example.com/other:1");
    scene.load(&layout.archive()).unwrap();
    scene
}

fn save(images: &Images, names: &[&str], platforms: &[Platform]) -> Result<Vec<u8>, ImagesError> {
    let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let mut archive = Vec::new();
    let origins = Nowhere::new();
    images.save(&names, platforms, &origins)?.write(&mut archive, &origins)?;
    Ok(archive)
}

#[test]
fn what_is_saved_comes_back_with_every_digest_and_name() {
    let scene = scene();
    scene.images.tag("thing:1", "thing:2").unwrap();
    let archive = save(&scene.images, &["thing", "example.com/other:1"], &[]).unwrap();
    assert_eq!(archive, save(&scene.images, &["thing:1", "example.com/other", "thing:2"], &[]).unwrap());

    let again = Scene::new();
    again.load(&archive).unwrap();
    for name in ["thing:1", "thing:2", "example.com/other:1"] {
        let [before, after] = [&scene, &again].map(|scene| scene.images.resolve(name, None).unwrap());
        assert_eq!((before.id, before.manifest_digest), (after.id, after.manifest_digest));
        assert_eq!((before.target_digest, before.references), (after.target_digest, after.references));
    }
    let mut blobs = [scene.content.list().unwrap(), again.content.list().unwrap()];
    blobs.iter_mut().for_each(|blobs| blobs.sort());
    assert_eq!(blobs[0], blobs[1]);
    assert_eq!(archive, save(&again.images, &["thing", "example.com/other"], &[]).unwrap());
}

#[test]
fn what_is_named_by_id_or_digest_has_no_name_in_the_archive() {
    let scene = scene();
    let image = scene.images.resolve("thing:1", None).unwrap();
    let by_digest = format!("thing@{}", image.target_digest);
    for text in [image.id.as_str(), image.id.hex(), &image.id.hex()[..12], &by_digest] {
        let again = Scene::new();
        let loaded = again.load(&save(&scene.images, &[text], &[]).unwrap()).unwrap();
        assert_eq!((loaded.len(), &loaded[0].id, loaded[0].references.len()), (1, &image.id, 0), "{text}");
    }
}

#[test]
fn names_of_nothing_are_refused_in_dockers_words() {
    let scene = scene();
    let refused = |name: &str| chain(&save(&scene.images, &["thing:1", name], &[]).unwrap_err());
    assert_eq!(refused("nothing"), "No such image: nothing");
    assert_eq!(refused("nothing:1"), "reference does not exist");
    assert_eq!(refused("sha256:abc"), "No such image: sha256:abc");
    assert_eq!(refused("@"), "invalid reference format");
}

#[test]
fn one_platform_is_saved_without_the_index_and_another_is_refused() {
    let scene = scene();
    let image = scene.images.resolve("thing:1", None).unwrap();
    let archive = save(&scene.images, &["thing:1"], &[Platform::host()]).unwrap();
    let again = Scene::new();
    again.load(&archive).unwrap();
    assert_eq!(again.images.resolve("thing:1", None).unwrap().target_digest, image.manifest_digest);
    let error = save(&scene.images, &["thing:1"], &["linux/s390x".parse().unwrap()]).unwrap_err();
    let expected =
        "image with reference thing:1 was found but does not provide the specified platform (linux/s390x)";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn a_damaged_blob_is_noticed_and_a_missing_one_before_anything_is_written() {
    let scene = scene();
    let image = scene.images.resolve("thing:1", None).unwrap();
    let path = scene.path("content/blobs/sha256").join(image.id.hex());
    let length = std::fs::metadata(&path).unwrap().len();
    std::fs::write(&path, vec![b'x'; usize::try_from(length).unwrap()]).unwrap();
    let error = chain(&save(&scene.images, &["thing:1"], &[]).unwrap_err());
    assert!(error.starts_with(&format!("content `{}` has digest", image.id)), "{error}");
    std::fs::remove_file(&path).unwrap();
    let error =
        chain(&scene.images.save(&["thing:1".to_owned()], &[], &Nowhere::new()).map(drop).unwrap_err());
    assert_eq!(error, format!("blob `{}` is missing: load the image again", image.id));
}

#[test]
fn nothing_of_an_archive_is_collected_before_it_is_written() {
    let scene = scene();
    let saved = scene.images.save(&["thing:1".to_owned()], &[], &Nowhere::new()).unwrap();
    scene.images.remove("thing:1", false, &[], &[]).unwrap();
    let mut archive = Vec::new();
    saved.write(&mut archive, &Nowhere::new()).unwrap();
    drop(saved);
    assert!(scene.images.collect().unwrap());
    scene.load(&archive).unwrap();
    scene.images.resolve("thing:1", None).unwrap();
}
