//! Removing names and images, with Docker's rules and words.

use corten_images::Removed;
use corten_spec::digest::Digest;

use crate::archives::{Layout, Sample, sha256};
use crate::scene::Scene;

fn scene() -> (Scene, Digest) {
    let scene = Scene::new();
    let sample = Sample::new(&[&[("a", b"1")], &[("b", b"2")]]);
    scene.load(&Layout::one("thing:1", &sample).archive()).unwrap();
    (scene, sample.id())
}

fn untagged(name: &str) -> Removed {
    Removed::Untagged(name.to_owned())
}

fn deleted(id: &Digest) -> Removed {
    Removed::Deleted(id.to_string())
}

fn chain() -> [Digest; 2] {
    let sample = Sample::new(&[&[("a", b"1")], &[("b", b"2")]]);
    let [bottom, top] = [sha256(&sample.layers[0]), sha256(&sample.layers[1])];
    [sha256(format!("{bottom} {top}").as_bytes()), bottom]
}

#[test]
fn the_last_name_takes_the_image_and_its_layers_along() {
    let (scene, id) = scene();
    scene.images.tag("thing:1", "thing:2").unwrap();
    assert_eq!(scene.images.remove("thing:1", false, &[], &[]).unwrap(), [untagged("thing:1")]);
    let [top, bottom] = chain();
    let removed = scene.images.remove("thing:2", false, &[], &[]).unwrap();
    assert_eq!(removed, [untagged("thing:2"), deleted(&id), deleted(&top), deleted(&bottom)]);
    scene.assert_empty();
    let error = scene.images.remove("thing:2", false, &[], &[]).unwrap_err();
    assert_eq!(error.to_string(), "No such image: thing:2");
}

#[test]
fn an_id_takes_its_only_name_along_and_several_only_by_force() {
    let (scene, id) = scene();
    scene.images.tag("thing:1", "other").unwrap();
    let error = scene.images.remove(&id.hex()[..8], false, &[], &[]).unwrap_err();
    let short = id.short();
    let expected = format!(
        "conflict: unable to delete {short} (must be forced) - image is referenced in multiple repositories"
    );
    assert_eq!(error.to_string(), expected);
    let removed = scene.images.remove(&id.hex()[..8], true, &[], &[]).unwrap();
    assert_eq!(removed[..3], [untagged("other:latest"), untagged("thing:1"), deleted(&id)]);
    scene.assert_empty();
}

#[test]
fn layers_of_other_images_stay() {
    let (scene, id) = scene();
    let other = Sample::new(&[&[("a", b"1")]]);
    scene.load(&Layout::one("other", &other).archive()).unwrap();
    let [top, _] = chain();
    let removed = scene.images.remove(id.as_str(), false, &[], &[]).unwrap();
    assert_eq!(removed, [untagged("thing:1"), deleted(&id), deleted(&top)]);
    assert_eq!(scene.layers(), [sha256(&other.layers[0]).hex()]);
}

#[test]
fn a_stopped_container_has_to_be_overruled() {
    let (scene, id) = scene();
    let (container, short) = (scene.container('c', "thing:1"), id.short());
    let error = |text: &str| scene.images.remove(text, false, &[], &[]).unwrap_err().to_string();
    assert_eq!(
        error("thing:1"),
        format!(
            "conflict: unable to remove repository reference \"thing:1\" (must force) - container cccccccccccc is using \
             its referenced image {short}"
        )
    );
    assert_eq!(
        error(id.hex()),
        format!(
            "conflict: unable to delete {short} (must be forced) - image is being used by stopped container cccccccccccc"
        )
    );
    let removed = scene.images.remove("thing:1", true, &[], &[]).unwrap();
    assert_eq!(removed, [untagged("thing:1"), deleted(&id)]);
    assert_eq!(scene.layers().len(), 2, "the container stands on them");
    scene.remove_container(&container);
    scene.images.collect().unwrap();
    scene.assert_empty();
}

#[test]
fn a_running_container_cannot_be_overruled() {
    let (scene, id) = scene();
    let running = [scene.container('c', "thing:1")];
    let error = scene.images.remove(id.hex(), true, &[], &running).unwrap_err();
    let expected = format!(
        "conflict: unable to delete {} (cannot be forced) - image is being used by running container cccccccccccc",
        id.short()
    );
    assert_eq!(error.to_string(), expected);
    // By name, force takes the name away and leaves the image.
    assert_eq!(scene.images.remove("thing:1", true, &[], &running).unwrap(), [untagged("thing:1")]);
    assert_eq!(scene.images.resolve(id.hex(), None).unwrap().references, []);
}

#[test]
fn a_container_does_not_mind_losing_one_of_several_names() {
    let (scene, _) = scene();
    scene.container('c', "thing:1");
    scene.images.tag("thing:1", "thing:2").unwrap();
    assert_eq!(scene.images.remove("thing:2", false, &[], &[]).unwrap(), [untagged("thing:2")]);
}
