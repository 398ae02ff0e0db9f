//! Archives that are damaged or lie: one clear error each, and nothing is left.

use corten_error::chain;
use expect_test::{Expect, expect};
use serde_json::json;

use crate::archives::{Layout, Sample, docker_archive, gzip, sha256, tar};
use crate::scene::Scene;

#[track_caller]
#[allow(clippy::needless_pass_by_value, reason = "an expectation is used once")]
fn refused(archive: &[u8], expected: Expect) {
    let scene = Scene::new();
    let error = scene.load(archive).unwrap_err();
    expected.assert_eq(&without_digests(&chain(&error)));
    scene.assert_empty();
}

/// The text with `…` for what differs with the machine's architecture or the compressor.
fn without_digests(text: &str) -> String {
    let mut parts = text.split("sha256:");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| format!("{text}sha256:…{}", &part[64..]))
}

fn sample() -> Sample {
    Sample::new(&[&[("a", b"1")]])
}

#[test]
fn what_is_no_image_archive_is_refused() {
    refused(
        b"",
        expect![
            "the archive holds no images: it has neither `oci-layout` with `index.json` nor `manifest.json`"
        ],
    );
    refused(
        &tar(&[("a", b"1")]),
        expect![
            "the archive holds no images: it has neither `oci-layout` with `index.json` nor `manifest.json`"
        ],
    );
    refused(
        &[b'x'; 4096],
        expect!["cannot read the image archive: invalid tar header before byte 512: a number is not octal"],
    );
    refused(b"\xfd7zXZ\0 and more", expect!["the archive is compressed with xz, which is not supported"]);
    refused(
        &tar(&[("manifest.json", b"[")]),
        expect![
            "cannot read `manifest.json` as a list of images: EOF while parsing a list at line 1 column 1"
        ],
    );
}

#[test]
fn archives_that_end_early_are_refused() {
    let archive = Layout::one("thing", &sample()).archive();
    refused(
        &archive[..1800],
        expect!["cannot read the image archive: the archive ends unexpectedly at byte 1800"],
    );
    let compressed = gzip(&archive);
    let scene = Scene::new();
    let error = scene.load(&compressed[..compressed.len() / 2]).unwrap_err();
    assert!(chain(&error).ends_with(": incomplete deflate stream"), "{}", chain(&error));
    scene.assert_empty();
}

#[test]
fn blobs_that_are_not_what_their_names_say_are_refused() {
    let mut layout = Layout::one("thing", &sample());
    layout.blobs[0].1 = gzip(b"other");
    refused(&layout.archive(), expect!["content `sha256:…` has digest `sha256:…`"]);
}

#[test]
fn missing_blobs_are_named() {
    let mut layout = Layout::one("thing", &sample());
    layout.blobs.remove(0);
    refused(&layout.archive(), expect!["the archive lacks `sha256:…`"]);
    let mut layout = Layout::one("thing", &sample());
    layout.blobs.pop();
    refused(&layout.archive(), expect!["the archive lacks `sha256:…`"]);
    let manifest = json!([{"Config": "c.json", "RepoTags": null, "Layers": ["l.tar"]}]).to_string();
    refused(&tar(&[("manifest.json", manifest.as_bytes())]), expect!["the archive lacks `c.json`"]);
    refused(
        &tar(&[("manifest.json", manifest.as_bytes()), ("c.json", &sample().config())]),
        expect!["the archive lacks `l.tar`"],
    );
}

#[test]
fn layers_that_are_not_what_the_configuration_says_are_refused() {
    let sample = sample();
    refused(
        &docker_archive(&sample.config(), &[&tar(&[("b", b"2")])]),
        expect!["layer `sha256:…` unpacks to `sha256:…` instead of `sha256:…`"],
    );
    refused(
        &docker_archive(&sample.config(), &[]),
        expect!["image `sha256:…` has 0 layers, but its configuration names 1"],
    );
    refused(
        &docker_archive(b"{}", &[&sample.layers[0]]),
        expect!["image `sha256:…` has 1 layers, but its configuration names 0"],
    );
}

#[test]
fn a_blob_is_looked_at_although_its_layer_stands_already() {
    let scene = Scene::new();
    let sample = sample();
    scene.load(&Layout::one("thing", &sample).archive()).unwrap();
    let known = scene.content.list().unwrap();
    let other = Sample { created: "2025-01-01T00:00:00Z", ..sample.clone() };
    for (layers, expected) in [
        (&[gzip(b"no layer")][..], expect!["layer `sha256:…` unpacks to `sha256:…` instead of `sha256:…`"]),
        (
            &[gzip(&sample.layers[0])[..40].to_vec()],
            expect![
                "cannot unpack layer `sha256:…`: cannot read the archive at byte 0: incomplete deflate stream"
            ],
        ),
    ] {
        let layers: Vec<&[u8]> = layers.iter().map(Vec::as_slice).collect();
        let error = scene.load(&docker_archive(&other.config(), &layers)).unwrap_err();
        expected.assert_eq(&without_digests(&chain(&error)));
        assert_eq!(scene.content.list().unwrap(), known);
    }
    let compressed = zstd::encode_all(&sample.layers[0][..], 3).unwrap();
    scene.load(&docker_archive(&other.config(), &[&compressed])).unwrap();
    assert_eq!(scene.layers().len(), 1);
}

#[test]
fn an_image_that_has_a_layer_twice_has_it_right_twice() {
    let mut sample = sample();
    sample.layers.push(sample.layers[0].clone());
    refused(
        &docker_archive(&sample.config(), &[&sample.layers[0], &gzip(b"no layer")]),
        expect!["layer `sha256:…` unpacks to `sha256:…` instead of `sha256:…`"],
    );
}

#[test]
fn hostile_layers_fail_the_load() {
    let mut sample = sample();
    sample.layers.push(hostile_layer());
    refused(
        &Layout::one("thing", &sample).archive(),
        expect!["cannot unpack layer `sha256:…`: invalid path `../escape`: it leads out of the layer"],
    );
    let broken = b"\x1f\x8b\x08\0broken";
    let diff_id = sha256(broken);
    let config =
        json!({"os": "linux", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": [diff_id]}});
    refused(
        &docker_archive(config.to_string().as_bytes(), &[broken]),
        expect![
            "cannot unpack layer `sha256:…`: cannot read the archive at byte 0: incomplete deflate stream"
        ],
    );
    refused(
        &docker_archive(config.to_string().as_bytes(), &[b"\xfd7zXZ\0...."]),
        expect!["layer `sha256:…` is compressed with xz, which is not supported"],
    );
}

/// A file that wants to lie beside the layer.
fn hostile_layer() -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.as_old_mut().name[..9].copy_from_slice(b"../escape");
    header.set_mode(0o644);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header.set_size(0);
    header.set_entry_type(tar::EntryType::Regular);
    header.set_cksum();
    let mut bytes = header.as_bytes().to_vec();
    bytes.resize(1536, 0);
    bytes
}

#[test]
fn images_of_other_kinds_are_refused() {
    let windows =
        json!({"os": "windows", "architecture": "amd64", "rootfs": {"type": "layers", "diff_ids": []}});
    refused(
        &docker_archive(windows.to_string().as_bytes(), &[]),
        expect!["`sha256:…` is not supported: it is for operating system `windows`"],
    );
    let mut layout = Layout::default();
    let artifact = layout.blob("application/vnd.example+json", b"{}".to_vec());
    layout.named(artifact, "thing");
    refused(
        &layout.archive(),
        expect!["`sha256:…` is not supported: it has media type `application/vnd.example+json`"],
    );
    let mut layout = Layout::one("Bad Name", &sample());
    layout.manifests[0]["annotations"] = json!({"io.containerd.image.name": "Bad Name"});
    refused(
        &layout.archive(),
        expect!["invalid reference format: repository name (library/Bad Name) must be lowercase"],
    );
}

/// CVE-2021-41190: one reader goes by the name's media type, another by the document's own.
#[test]
fn documents_that_call_themselves_something_else_than_their_name_does_are_refused() {
    let [manifest, index] =
        ["manifest", "index"].map(|kind| format!("application/vnd.oci.image.{kind}.v1+json"));
    let mut layout = Layout::default();
    let config = layout.blob("application/vnd.oci.image.config.v1+json", sample().config());
    let document =
        json!({"schemaVersion": 2, "mediaType": index, "config": config, "layers": []}).to_string();
    let named = layout.blob(&manifest, document.into_bytes());
    layout.named(named, "thing");
    refused(
        &layout.archive(),
        expect![
            "`sha256:…` is not supported: it is named as an image manifest, and says that it is `application/vnd.oci.image.index.v1+json`"
        ],
    );
    let mut layout = Layout::default();
    let inner = layout.image(&sample());
    let document = json!({"schemaVersion": 2, "mediaType": manifest, "manifests": [inner]}).to_string();
    let named = layout.blob(&index, document.into_bytes());
    layout.named(named, "thing");
    refused(
        &layout.archive(),
        expect![
            "`sha256:…` is not supported: it is named as an image index, and says that it is `application/vnd.oci.image.manifest.v1+json`"
        ],
    );
}
