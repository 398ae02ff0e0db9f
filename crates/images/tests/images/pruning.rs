//! Pruning images: those without a tag, or all that no container needs.

use std::collections::BTreeMap;

use corten_images::{ImagesError, Pruned, Removed};
use corten_spec::time::parse_rfc3339;
use serde_json::json;

use crate::archives::{Layout, Sample};
use crate::scene::Scene;

fn sample(content: &[u8], label: &str) -> Sample {
    let mut sample = Sample::new(&[&[("base", b"shared")], &[("a", content)]]);
    sample.labels = json!({label: "1"});
    sample
}

/// `kept:1`, and an image of 2020 that has lost its name.
fn scene() -> (Scene, [Sample; 2]) {
    let scene = Scene::new();
    let (mut old, new) = (sample(b"old content", "old"), sample(b"new", "new"));
    old.created = "2020-01-01T00:00:00Z";
    scene.load(&Layout::one("kept:1", &old).archive()).unwrap();
    scene.load(&Layout::one("kept:1", &new).archive()).unwrap();
    (scene, [old, new])
}

fn prune(scene: &Scene, pairs: &[(&str, &str)]) -> Result<Pruned, ImagesError> {
    let mut filters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (key, value) in pairs {
        filters.entry((*key).to_owned()).or_default().push((*value).to_owned());
    }
    scene.images.prune(&filters, parse_rfc3339("2024-01-01T00:00:00Z").unwrap())
}

#[test]
fn what_has_no_name_goes_and_layers_that_others_have_stay() {
    let (scene, [old, _]) = scene();
    let pruned = prune(&scene, &[("dangling", "true")]).unwrap();
    assert_eq!(pruned.images.len(), 1);
    assert_eq!(pruned.images[0].0, old.id());
    assert_eq!(pruned.images[0].1[0], Removed::Deleted(old.id().to_string()));
    assert_eq!((pruned.images[0].1.len(), pruned.reclaimed), (2, 11));
    scene.images.resolve("kept:1", None).unwrap();
    assert_eq!(scene.layers().len(), 2);
    assert_eq!(prune(&scene, &[]).unwrap(), Pruned::default());
}

#[test]
fn all_means_all_that_no_container_stands_on() {
    let (scene, [old, new]) = scene();
    let container = scene.container('a', "kept:1");
    let pruned = prune(&scene, &[("dangling", "false")]).unwrap();
    assert_eq!(pruned.images.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>(), [old.id()]);
    scene.remove_container(&container);
    let pruned = prune(&scene, &[("dangling", "false")]).unwrap();
    assert_eq!(pruned.images[0].0, new.id());
    assert_eq!(pruned.images[0].1[0], Removed::Untagged("kept:1".to_owned()));
    assert_eq!(pruned.reclaimed, 9);
    scene.assert_empty();
}

#[test]
fn filters_bound_what_goes() {
    let (scene, [old, _]) = scene();
    for filter in [("until", "2019-12-31"), ("until", "50000h"), ("label", "new"), ("label!", "old")] {
        assert_eq!(prune(&scene, &[filter]).unwrap(), Pruned::default(), "{filter:?}");
    }
    let pruned = prune(&scene, &[("until", "24h"), ("label", "old"), ("label!", "new")]).unwrap();
    assert_eq!(pruned.images[0].0, old.id());
}

#[test]
fn filters_that_make_no_sense_are_refused_in_dockers_words() {
    let (scene, _) = scene();
    let refused = |pairs: &[(&str, &str)]| prune(&scene, pairs).unwrap_err().to_string();
    assert_eq!(refused(&[("reference", "a")]), "invalid filter 'reference'");
    assert_eq!(refused(&[("until", "abc")]), "failed to parse value as time or duration: \"abc\"");
    assert_eq!(refused(&[("until", "1h"), ("until", "2h")]), "more than one until filter specified");
}
