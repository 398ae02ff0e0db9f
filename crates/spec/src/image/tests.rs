//! Reading documents of images as builders and engines write them.
//! Archives and layers are tested where they are read.

use serde_json::{Value, json};

use super::*;

const DIGEST: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

fn round_trip<T: serde::Serialize + serde::de::DeserializeOwned>(document: &Value) {
    let read: T = serde_json::from_value(document.clone()).unwrap();
    assert_eq!(&serde_json::to_value(&read).unwrap(), document);
}

#[test]
fn an_oci_index_with_an_attestation_is_read() {
    let document = json!({
        "schemaVersion": 2,
        "mediaType": media_type::OCI_INDEX,
        "artifactType": "application/x",
        "manifests": [
            {
                "mediaType": media_type::OCI_MANIFEST, "digest": DIGEST, "size": 7143,
                "platform": {"architecture": "arm", "os": "linux", "variant": "v7"},
                "annotations": {ANNOTATION_REF_NAME: "latest"}, "urls": ["https://example.com/x"], "data": "e30=",
            },
            {
                "mediaType": media_type::OCI_MANIFEST, "digest": DIGEST, "size": 1,
                "platform": {"architecture": "unknown", "os": "unknown"},
                "annotations": {"vnd.docker.reference.digest": DIGEST, "vnd.docker.reference.type": "attestation-manifest"},
            },
        ],
        "subject": {"mediaType": media_type::OCI_MANIFEST, "digest": DIGEST, "size": 1},
        "annotations": {"k": "v"},
    });
    round_trip::<Index>(&document);
    let index: Index = serde_json::from_value(document).unwrap();
    assert_eq!(index.manifests.iter().map(Descriptor::is_attestation).collect::<Vec<_>>(), [false, true]);
    assert_eq!(
        index.manifests[0].platform.as_ref().map(ToString::to_string).as_deref(),
        Some("linux/arm/v7")
    );
}

#[test]
fn a_docker_manifest_is_read() {
    round_trip::<Manifest>(&json!({
        "schemaVersion": 2,
        "mediaType": media_type::DOCKER_MANIFEST,
        "config": {"mediaType": media_type::DOCKER_CONFIG, "digest": DIGEST, "size": 1472},
        "layers": [{"mediaType": media_type::DOCKER_LAYER_GZIP, "digest": DIGEST, "size": 2_811_478}],
    }));
}

#[test]
fn a_descriptor_without_a_good_digest_or_size_is_refused() {
    for bad in [
        json!({"mediaType": "x", "digest": "sha256:../../etc/passwd", "size": 1}),
        json!({"mediaType": "x", "digest": DIGEST, "size": -1}),
        json!({"mediaType": "x", "digest": DIGEST}),
    ] {
        assert!(serde_json::from_value::<Descriptor>(bad.clone()).is_err(), "{bad}");
    }
}

#[test]
fn a_config_with_every_field_is_written_as_it_was_read() {
    let document = json!({
        "created": "2026-01-02T03:04:05.6Z",
        "author": "me",
        "architecture": "arm64",
        "variant": "v8",
        "os": "linux",
        "os.version": "1",
        "os.features": ["f"],
        "docker_version": "29.0",
        "comment": "c",
        "config": {
            "User": "1000:100", "ExposedPorts": {"80/tcp": {}, "53/udp": {}}, "Env": ["PATH=/bin"],
            "Entrypoint": ["/init"], "Cmd": [], "Volumes": {"/data": {}}, "WorkingDir": "/w", "Labels": {"a": "b"},
            "StopSignal": "SIGQUIT", "StopTimeout": 5, "ArgsEscaped": true,
            "Healthcheck": {
                "Test": ["CMD-SHELL", "true"], "Interval": 1, "Timeout": 2, "StartPeriod": 3, "StartInterval": 4, "Retries": 5,
            },
            "Shell": ["/bin/ash", "-c"], "OnBuild": ["RUN true"],
        },
        "rootfs": {"type": "layers", "diff_ids": [DIGEST]},
        "history": [
            {"created": "2026-01-02T03:04:05Z", "created_by": "ADD", "author": "me", "comment": "c"},
            {"created_by": "CMD", "empty_layer": true},
        ],
    });
    round_trip::<ImageConfig>(&document);
    let config: ImageConfig = serde_json::from_value(document).unwrap();
    assert_eq!(config.platform.to_string(), "linux/arm64/v8");
    assert_eq!(config.config.cmd, Some(Vec::new()));
}

#[test]
fn nulls_and_fields_of_old_engines_are_borne() {
    let config: ImageConfig = serde_json::from_value(json!({
        "architecture": "amd64", "os": "linux", "os.features": null, "created": null, "container": "abc", "history": null,
        "container_config": {"Hostname": "abc"},
        "config": {
            "Hostname": "", "AttachStdin": false, "Tty": false, "Image": "", "User": "",
            "Env": null, "Cmd": "sh", "Entrypoint": null, "Volumes": null, "ExposedPorts": null, "Labels": null,
            "OnBuild": null, "Healthcheck": null, "StopSignal": null,
        },
        "rootfs": {"type": "layers", "diff_ids": null},
    }))
    .unwrap();
    let sh = ContainerConfig { cmd: Some(vec!["sh".to_owned()]), ..ContainerConfig::default() };
    assert_eq!(config.config, sh);
    assert_eq!(config.rootfs, Rootfs::default());
    let without: ImageConfig =
        serde_json::from_value(json!({"architecture": "amd64", "os": "linux", "config": null})).unwrap();
    assert_eq!(without.config, ContainerConfig::default());
}

#[test]
fn layers_are_packed_as_their_media_type_says() {
    use media_type::{Compression, layer_compression};
    assert_eq!(layer_compression(media_type::OCI_LAYER), Some(Compression::None));
    assert_eq!(layer_compression(media_type::DOCKER_LAYER_GZIP), Some(Compression::Gzip));
    assert_eq!(layer_compression(media_type::OCI_LAYER_ZSTD), Some(Compression::Zstd));
    assert_eq!(layer_compression("application/vnd.in-toto+json"), None);
}
