//! Finding, listing and naming images.

use std::collections::BTreeMap;

use corten_images::ImagesError;
use corten_spec::time::Timestamp;
use serde_json::json;

use crate::archives::{Layout, Sample};
use crate::scene::Scene;

/// `old` and `new`, and `new` again as `host.example/team/new:2`.
fn scene() -> Scene {
    let scene = Scene::new();
    let mut old = Sample::new(&[&[("a", b"old")]]);
    old.created = "2020-01-01T00:00:00Z";
    old.labels = json!({"stage": "old", "both": "1"});
    let mut new = Sample::new(&[&[("a", b"new")]]);
    new.labels = json!({"both": "2"});
    scene.load(&Layout::one("old:1", &old).archive()).unwrap();
    scene.load(&Layout::one("new", &new).archive()).unwrap();
    scene.images.tag("new", "host.example/team/new:2").unwrap();
    scene
}

fn filters(filters: &[(&str, &str)]) -> BTreeMap<String, Vec<String>> {
    let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in filters {
        map.entry((*key).to_owned()).or_default().push((*value).to_owned());
    }
    map
}

fn listed(scene: &Scene, pairs: &[(&str, &str)]) -> Vec<Vec<String>> {
    let summaries = scene.images.list(false, &filters(pairs), Timestamp::ZERO).unwrap();
    summaries.into_iter().map(|summary| summary.repo_tags).collect()
}

#[test]
fn images_are_listed_newest_first_and_filtered() {
    let scene = scene();
    let (old, new) =
        (vec!["old:1".to_owned()], vec!["new:latest".to_owned(), "host.example/team/new:2".to_owned()]);
    assert_eq!(listed(&scene, &[]), [new.clone(), old.clone()]);
    assert_eq!(listed(&scene, &[("label", "stage")]), std::slice::from_ref(&old));
    assert_eq!(listed(&scene, &[("label", "both=2")]), std::slice::from_ref(&new));
    assert_eq!(listed(&scene, &[("label", "both"), ("label", "stage=new")]), [[""; 0]; 0]);
    assert_eq!(listed(&scene, &[("reference", "host.example/*/new")]), [["host.example/team/new:2"]]);
    assert_eq!(
        listed(&scene, &[("reference", "o*"), ("reference", "n*:latest")]),
        [["new:latest"], ["old:1"]]
    );
    assert_eq!(listed(&scene, &[("before", "new")]), std::slice::from_ref(&old));
    assert_eq!(listed(&scene, &[("since", "old:1")]), std::slice::from_ref(&new));
    assert_eq!(listed(&scene, &[("until", "2020-01-01")]), std::slice::from_ref(&old));
    assert_eq!(listed(&scene, &[("label!", "stage")]), std::slice::from_ref(&new));
    assert_eq!(listed(&scene, &[("dangling", "true")]), [[""; 0]; 0]);
    assert_eq!(listed(&scene, &[("dangling", "0")]), [new, old]);
}

#[test]
fn filters_that_do_not_exist_are_refused_as_docker_does() {
    let scene = scene();
    let error = |pairs: &[(&str, &str)]| {
        scene.images.list(false, &filters(pairs), Timestamp::ZERO).unwrap_err().to_string()
    };
    assert_eq!(error(&[("colour", "red")]), "invalid filter 'colour'");
    assert_eq!(error(&[("dangling", "maybe")]), "invalid filter 'dangling=[maybe]'");
    assert_eq!(error(&[("before", "absent")]), "No such image: absent:latest");
}

#[test]
fn an_image_is_found_by_name_id_and_prefix() {
    let scene = scene();
    let id = scene.images.resolve("old:1", None).unwrap().id;
    for text in [id.as_str(), id.hex(), &id.hex()[..12], &id.as_str()[..20], "docker.io/library/old:1"] {
        assert_eq!(scene.images.resolve(text, None).unwrap().id, id, "{text}");
    }
    let manifest = scene.images.resolve("old:1", None).unwrap().manifest_digest;
    assert_eq!(scene.images.resolve(&format!("old@{manifest}"), None).unwrap().id, id);
    let error = |text: &str| scene.images.resolve(text, None).unwrap_err().to_string();
    assert_eq!(error("absent"), "No such image: absent:latest");
    assert_eq!(error("docker.io/library/absent:3"), "No such image: absent:3");
    assert_eq!(error(&"0".repeat(64)), format!("No such image: sha256:{}", "0".repeat(64)));
    assert_eq!(error(&format!("new@{manifest}")), format!("No such image: new@{manifest}"));
    assert_eq!(error("Bad"), "invalid reference format: repository name (library/Bad) must be lowercase");
}

#[test]
fn a_name_moves_to_another_image_and_leaves_the_first_without_one() {
    let scene = scene();
    let id = scene.images.tag("old:1", "new").unwrap();
    assert_eq!(scene.images.resolve("new", None).unwrap().id, id);
    scene.images.tag("old:1", "host.example/team/new:2").unwrap();
    assert_eq!(listed(&scene, &[("dangling", "true")]), [[""; 0]]);
    assert!(matches!(scene.images.tag("old:1", &format!("x@{id}")), Err(ImagesError::TagWithDigest)));
    assert!(matches!(scene.images.tag("absent", "x"), Err(ImagesError::NoSuchImage(_))));
}

#[test]
fn history_gives_steps_newest_first_with_the_sizes_of_their_layers() {
    let scene = scene();
    let history = scene.images.history("new", None).unwrap();
    let steps: Vec<_> = history.iter().map(|item| (item.created_by.as_str(), item.size)).collect();
    assert_eq!(steps, [("CMD", 0), ("ADD 0", 3)]);
    assert_eq!(history[0].tags, ["new:latest", "host.example/team/new:2"]);
    assert_eq!((history[1].id.as_str(), history[1].tags.len()), ("<missing>", 0));
}

#[test]
fn what_images_take_counts_what_they_share_once() {
    let scene = Scene::new();
    let common: &[(&str, &[u8])] = &[("common", &[1; 5000])];
    let one = Sample::new(&[common, &[("own", b"12")]]);
    scene.load(&Layout::one("one", &one).archive()).unwrap();
    let alone = scene.images.usage(Timestamp::ZERO).unwrap();
    assert_eq!((alone.images.len(), alone.images[0].shared), (1, 0));
    scene.load(&Layout::one("two", &Sample::new(&[common])).archive()).unwrap();
    let both = scene.images.usage(Timestamp::ZERO).unwrap();
    let [first, second] = &both.images[..] else { panic!("{both:?}") };
    assert!(first.shared == second.shared && first.shared > 5000);
    // What both have, each part once, and the directories themselves.
    assert!(first.disk + second.disk - first.shared < both.disk);
    let sizes = scene.images.shared_sizes().unwrap();
    assert_eq!(sizes[one.id().as_str()], 5000);
}
