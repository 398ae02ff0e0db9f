//! Names that stand for images of several platforms, and images that came in several ways.

use std::collections::BTreeMap;

use corten_images::{ImagesError, LoadOptions, Removed};
use corten_spec::digest::Digest;
use corten_spec::platform::Platform;
use corten_spec::time::Timestamp;
use corten_state::StateError;
use serde_json::{Value, json};

use crate::archives::{Layout, Sample, docker_archive, gzip, tar};
use crate::scene::{Nowhere, Scene};

fn sample(architecture: &'static str) -> Sample {
    let mut sample = Sample::new(&[&[("arch", architecture.as_bytes())]]);
    sample.architecture = architecture;
    sample
}

fn host() -> Sample {
    sample(Sample::new(&[]).architecture)
}

fn s390x() -> Platform {
    "linux/s390x".parse().unwrap()
}

/// `thing:latest` for this machine and s390x, each with an attestation; and what its index is.
fn two_platforms() -> (Layout, Digest) {
    let mut layout = Layout::default();
    let mut manifests = Vec::new();
    for sample in [sample("s390x"), host()] {
        let manifest = layout.image(&sample);
        let attestation = attestation(&mut layout, &manifest);
        manifests.extend([manifest, attestation]);
    }
    let index = layout.index(&manifests);
    let digest = index["digest"].as_str().unwrap().parse().unwrap();
    layout.named(index, "thing");
    (layout, digest)
}

fn attestation(layout: &mut Layout, of: &Value) -> Value {
    let statement = layout.blob("application/vnd.in-toto+json", of.to_string().into_bytes());
    let config = layout.blob("application/vnd.oci.image.config.v1+json", b"{}".to_vec());
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [statement]});
    let mut descriptor = layout.blob(kind, manifest.to_string().into_bytes());
    descriptor["platform"] = json!({"os": "unknown", "architecture": "unknown"});
    descriptor["annotations"] = json!({"vnd.docker.reference.type": "attestation-manifest",
        "vnd.docker.reference.digest": of["digest"]});
    descriptor
}

fn save(scene: &Scene, name: &str, platforms: &[Platform]) -> Vec<u8> {
    let mut archive = Vec::new();
    let origins = Nowhere::new();
    scene
        .images
        .save(&[name.to_owned()], platforms, &origins)
        .unwrap()
        .write(&mut archive, &origins)
        .unwrap();
    archive
}

fn architecture(scene: &Scene, platform: Option<&Platform>) -> String {
    scene.images.resolve("thing", platform).unwrap().config.platform.architecture
}

#[test]
fn an_archive_of_several_platforms_is_loaded_and_saved_whole() {
    let scene = Scene::new();
    let (layout, index) = two_platforms();
    let loaded = scene.load(&layout.archive()).unwrap();
    assert_eq!((loaded.len(), &loaded[0].id), (1, &host().id()));
    assert_eq!(architecture(&scene, None), host().architecture);
    assert_eq!(architecture(&scene, Some(&s390x())), "s390x");
    assert!(scene.images.resolve("thing", Some(&"linux/mips64le".parse().unwrap())).is_err());
    let listed = |all| scene.images.list(all, &BTreeMap::new(), Timestamp::ZERO).unwrap().len();
    assert_eq!((listed(false), listed(true)), (1, 2));
    let blobs = scene.content.list().unwrap();

    let again = Scene::new();
    again.load(&save(&scene, "thing", &[])).unwrap();
    assert_eq!(again.content.list().unwrap(), blobs, "with the attestations, and nothing else");
    assert_eq!(again.images.resolve("thing", Some(&s390x())).unwrap().target_digest, index);
}

#[test]
fn one_platform_of_several_is_loaded_and_saved() {
    let scene = Scene::new();
    let (layout, index) = two_platforms();
    let options = LoadOptions { platforms: vec![s390x()] };
    scene.images.load(&layout.archive()[..], &options).unwrap();
    assert_eq!(architecture(&scene, None), "s390x", "there is no other");
    // The index, an attestation's three and an image's three.
    assert_eq!(scene.content.list().unwrap().len(), 7);
    // What the same index brings later comes beside it.
    let options = LoadOptions { platforms: vec![Platform::host()] };
    let loaded = scene.images.load(&layout.archive()[..], &options).unwrap();
    assert_eq!(loaded[0].displaced, []);
    assert_eq!(architecture(&scene, None), host().architecture);
    assert_eq!(architecture(&scene, Some(&s390x())), "s390x");

    let again = Scene::new();
    again.load(&save(&scene, "thing", &[s390x()])).unwrap();
    let image = again.images.resolve("thing", None).unwrap();
    assert_eq!((&image.id, &image.target_digest), (&sample("s390x").id(), &image.manifest_digest));
    assert_ne!(image.target_digest, index);
}

#[test]
fn a_platform_that_is_asked_for_has_to_be_there() {
    let scene = Scene::new();
    let (layout, _) = two_platforms();
    let options = LoadOptions { platforms: vec![s390x(), "linux/riscv64".parse().unwrap()] };
    let error = scene.images.load(&layout.archive()[..], &options).unwrap_err();
    assert!(matches!(error, ImagesError::NoPlatform { .. }), "{error}");
    scene.assert_empty();
}

#[test]
fn a_platform_is_removed_alone_with_its_attestation() {
    let scene = Scene::new();
    let (layout, _) = two_platforms();
    scene.load(&layout.archive()).unwrap();
    let removed = scene.images.remove("thing", false, &[Platform::host()], &[]).unwrap();
    assert_eq!(removed[0], Removed::Deleted(host().id().to_string()), "the name stays");
    assert_eq!(architecture(&scene, None), "s390x");
    assert_eq!((scene.layers().len(), scene.content.list().unwrap().len()), (1, 7));
    let removed = scene.images.remove("thing", false, &[s390x()], &[]).unwrap();
    assert_eq!(removed[0], Removed::Untagged("thing:latest".to_owned()));
    scene.assert_empty();
}

#[test]
fn a_name_goes_with_all_of_its_platforms_unless_something_needs_one() {
    let scene = Scene::new();
    let (layout, _) = two_platforms();
    scene.load(&layout.archive()).unwrap();
    scene.images.tag("thing", "other").unwrap();
    scene.images.remove("thing", false, &[], &[]).unwrap();
    assert_eq!(scene.images.resolve("other", Some(&s390x())).unwrap().repo_tags(), ["other:latest"]);
    let container = scene.container('c', sample("s390x").id().as_str());
    scene.images.remove("other", false, &[], &[]).unwrap();
    assert!(scene.images.resolve(host().id().as_str(), None).is_err());
    let image = scene.images.resolve(sample("s390x").id().as_str(), None).unwrap();
    assert_eq!(image.references, []);
    scene.remove_container(&container);
    scene.images.remove(image.id.as_str(), false, &[], &[]).unwrap();
    scene.assert_empty();
}

/// The index stays for what is left, and leads to nothing that is not here.
#[test]
fn an_image_that_goes_by_its_id_leaves_its_name_to_the_others() {
    let scene = Scene::new();
    let (layout, index) = two_platforms();
    scene.load(&layout.archive()).unwrap();
    scene.images.remove(host().id().as_str(), false, &[], &[]).unwrap();
    let left = scene.images.resolve("thing", None).unwrap();
    assert_eq!((left.id, left.target_digest), (sample("s390x").id(), index));
}

/// An archive of Docker's has no manifest; the one that is made of it has other blobs than what a registry gave.
#[test]
fn an_image_that_came_with_its_manifest_keeps_it() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let manifest = layout.image(&host());
    let index = layout.index(&[manifest]);
    layout.named(index, "thing");
    scene.load(&layout.archive()).unwrap();
    let image = scene.images.resolve("thing", None).unwrap();
    let blobs = scene.content.list().unwrap();
    let archive = docker_archive(&host().config(), &[&host().layers[0]]);

    let loaded = scene.load(&archive).unwrap();
    assert_eq!(loaded[0].unchanged, ["thing:latest"]);
    let again = scene.images.resolve("thing", None).unwrap();
    assert_eq!(
        (again.manifest_digest, again.target_digest),
        (image.manifest_digest.clone(), image.target_digest)
    );
    assert_eq!(scene.content.list().unwrap(), blobs);

    scene.images.remove("thing", false, &[], &[]).unwrap();
    scene.load(&archive).unwrap();
    assert_ne!(scene.images.resolve("thing", None).unwrap().manifest_digest, image.manifest_digest);
}

#[test]
fn each_name_keeps_the_way_in_which_the_image_came_under_it() {
    let scene = Scene::new();
    let mut other = Layout::default();
    // The same configuration with a layer that is not compressed.
    let config = other.blob("application/vnd.oci.image.config.v1+json", host().config());
    let layer = other.blob("application/vnd.oci.image.layer.v1.tar", host().layers[0].clone());
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "config": config, "layers": [layer]});
    let manifest = other.blob(kind, manifest.to_string().into_bytes());
    other.named(manifest, "plain");
    scene.load(&Layout::one("packed", &host()).archive()).unwrap();
    scene.load(&other.archive()).unwrap();

    let [packed, plain] = ["packed", "plain"].map(|name| scene.images.resolve(name, None).unwrap());
    assert_eq!(packed.id, plain.id);
    assert_ne!(packed.manifest_digest, plain.manifest_digest);
    // A configuration, two manifests, a layer twice.
    assert_eq!(scene.content.list().unwrap().len(), 5);
    let digest =
        corten_content::Hasher::digest(corten_spec::digest::Algorithm::Sha256, &gzip(&host().layers[0]));
    assert!(scene.content.has(&digest).unwrap());
    for (name, image) in [("packed", packed), ("plain", plain)] {
        let again = Scene::new();
        again.load(&save(&scene, name, &[])).unwrap();
        assert_eq!(again.images.resolve(name, None).unwrap().target_digest, image.target_digest);
        let by_digest = format!("{name}@{}", image.manifest_digest);
        assert_eq!(scene.images.resolve(&by_digest, None).unwrap().manifest_digest, image.manifest_digest);
    }
    scene.images.remove("packed", false, &[], &[]).unwrap();
    assert!(!scene.content.has(&digest).unwrap());
}

/// A check that looked at one manifest of an image would miss what its other names need.
#[test]
fn what_is_missing_of_any_platform_or_index_is_found() {
    let scene = Scene::new();
    let (layout, index) = two_platforms();
    scene.load(&layout.archive()).unwrap();
    assert_eq!(scene.images.flaws().unwrap(), []);
    let manifest = scene.images.resolve("thing", Some(&s390x())).unwrap().manifest_digest;
    for gone in [index, manifest] {
        scene.content.remove(&gone).unwrap();
        let flaws = scene.images.flaws().unwrap();
        assert!(flaws.iter().any(|flaw| flaw.detail.contains(gone.as_str())), "{flaws:?}");
        scene.load(&layout.archive()).unwrap();
        assert_eq!(scene.images.flaws().unwrap(), []);
    }
}

/// Two manifests under one name without an index between them, as some tools write layouts.
#[test]
fn platforms_side_by_side_in_a_layout_come_under_one_name() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    for sample in [sample("s390x"), host()] {
        let manifest = layout.image(&sample);
        layout.named(manifest, "thing");
    }
    scene.load(&layout.archive()).unwrap();
    assert_eq!(architecture(&scene, None), host().architecture);
    let again = Scene::new();
    again.load(&save(&scene, "thing", &[])).unwrap();
    for scene in [&scene, &again] {
        assert_eq!(architecture(scene, Some(&s390x())), "s390x");
    }
}

fn referrer(layout: &mut Layout, subject: &Value, what: &str) -> Value {
    let kind = "application/vnd.oci.image.manifest.v1+json";
    let config = layout.blob("application/vnd.oci.empty.v1+json", b"{}".to_vec());
    let layer = layout.blob("application/vnd.example.signature", what.as_bytes().to_vec());
    let subject =
        json!({"mediaType": subject["mediaType"], "digest": subject["digest"], "size": subject["size"]});
    let manifest = json!({"schemaVersion": 2, "mediaType": kind, "artifactType": "application/vnd.example.signature",
        "config": config, "layers": [layer], "subject": subject});
    layout.blob(kind, manifest.to_string().into_bytes())
}

#[test]
fn what_refers_to_an_image_comes_and_goes_with_it() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let manifest = layout.image(&host());
    let signature = referrer(&mut layout, &manifest, "signature");
    let countersignature = referrer(&mut layout, &signature, "countersignature");
    let absent = json!({"mediaType": manifest["mediaType"], "digest": format!("sha256:{}", "0".repeat(64)), "size": 7});
    let stray = referrer(&mut layout, &absent, "signature of something else");
    layout.named(manifest, "thing");
    layout.manifests.extend([countersignature, signature, stray]);
    assert_eq!(scene.load(&layout.archive()).unwrap().len(), 1);
    // An image's three, two for each signature, the empty configuration that they share.
    let blobs = scene.content.list().unwrap();
    assert_eq!(blobs.len(), 8);

    let again = Scene::new();
    again.load(&save(&scene, "thing", &[])).unwrap();
    assert_eq!(again.content.list().unwrap(), blobs);
    again.images.remove("thing", false, &[], &[]).unwrap();
    again.assert_empty();
    assert_eq!(again.store.read::<_, StateError>(|t| t.referrers()).unwrap(), []);
}

/// Archives leave out platforms, and have some that nothing can be done with here.
#[test]
fn what_is_not_there_whole_is_left_out() {
    let scene = Scene::new();
    let mut layout = Layout::default();
    let whole = layout.image(&host());
    let without_layers = layout.image(&sample("s390x"));
    let layers = [gzip(&tar(&[("arch", b"s390x")]))];
    layout.blobs.retain(|(_, bytes)| !layers.contains(bytes));
    let absent = json!({"mediaType": whole["mediaType"], "digest": format!("sha256:{}", "0".repeat(64)), "size": 7,
        "platform": {"os": "linux", "architecture": "riscv64"}});
    let index = layout.index(&[without_layers, absent, whole]);
    layout.named(index, "thing");
    scene.load(&layout.archive()).unwrap();
    assert_eq!(architecture(&scene, None), host().architecture);
    assert!(scene.images.resolve("thing", Some(&s390x())).is_err());
    let options = LoadOptions { platforms: vec![s390x()] };
    let error = scene.images.load(&layout.archive()[..], &options).unwrap_err();
    assert!(matches!(error, ImagesError::Lacks(_)), "{error}");
}
