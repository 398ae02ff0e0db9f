//! What a manifest or an index is, by what the registry says and by what its bytes say: both must agree.
//! Its descriptors are not looked at.
//!
//! A document that one client reads as a manifest and another as an index has two meanings under one digest (CVE-2021-41190), so such are
//! refused, as they are by the peers.

use corten_spec::image::media_type::{self, DOCKER_SCHEMA1};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::text::plain;

/// What registries without a notion of media types say.
const MEANINGLESS: [&str; 5] =
    ["", "application/json", "application/octet-stream", "text/plain", "binary/octet-stream"];

/// Why a document is not taken.
#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    /// It is no JSON, or of another form.
    #[error("it cannot be read")]
    Form(#[source] serde_json::Error),
    /// Docker's schema 1, which has neither digests of configurations nor media types.
    #[error(
        "it is of Docker's schema 1, which is not supported: the image has to be pushed anew by a current client"
    )]
    Schema1,
    /// The registry says something else than the document.
    #[error("the registry calls it `{header}`, and it calls itself `{document}`")]
    Disagree {
        /// The registry's `Content-Type`.
        header: String,
        /// The document's `mediaType`.
        document: String,
    },
    /// Neither says what it is.
    #[error("neither the registry nor the document says what it is")]
    Unsaid,
    /// It is something else.
    #[error("its media type `{media_type}` is neither that of a manifest nor that of an index")]
    Unknown {
        /// What it is.
        media_type: String,
    },
    /// It has parts of both a manifest and an index, or not those of what it says it is.
    #[error("it has not the parts of a `{media_type}`")]
    Ambiguous {
        /// What it says it is.
        media_type: String,
    },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    schema_version: Option<u64>,
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    config: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
    fs_layers: Option<IgnoredAny>,
}

/// The media type of a document that came with the header `content_type`.
///
/// # Errors
/// [`DocumentError`].
pub fn media_type(content_type: Option<&str>, bytes: &[u8]) -> Result<String, DocumentError> {
    let header = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    let header = header.trim().to_ascii_lowercase();
    let outline: Outline = serde_json::from_slice(bytes).map_err(DocumentError::Form)?;
    let own = outline.media_type.as_deref().unwrap_or_default();
    if is_schema1(&outline, &header) {
        return Err(DocumentError::Schema1);
    }
    let header_means_nothing = MEANINGLESS.contains(&header.as_str());
    if !header_means_nothing && !own.is_empty() && own != header {
        return Err(DocumentError::Disagree { header: plain(&header, 128), document: plain(own, 128) });
    }
    let said = if header_means_nothing { own } else { &header };
    if said.is_empty() {
        return Err(DocumentError::Unsaid);
    }
    outline.check_parts(said)?;
    Ok(said.to_owned())
}

fn is_schema1(outline: &Outline, header: &str) -> bool {
    let own = outline.media_type.as_deref().unwrap_or_default();
    let has_its_type = DOCKER_SCHEMA1.iter().any(|old| *old == header || *old == own);
    has_its_type || outline.schema_version == Some(1) || outline.fs_layers.is_some()
}

impl Outline {
    fn check_parts(&self, said: &str) -> Result<(), DocumentError> {
        let of_index = self.manifests.is_some();
        let of_manifest = self.config.is_some() || self.layers.is_some();
        let fits = if media_type::is_index(said) {
            !of_manifest
        } else if media_type::is_manifest(said) {
            self.config.is_some() && !of_index
        } else {
            return Err(DocumentError::Unknown { media_type: plain(said, 128) });
        };
        if fits { Ok(()) } else { Err(DocumentError::Ambiguous { media_type: said.to_owned() }) }
    }
}

#[cfg(test)]
mod tests {
    use corten_spec::image::media_type::{DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST};
    use expect_test::{Expect, expect};

    use super::*;

    fn check(header: Option<&str>, body: &str, expected: &Expect) {
        let text = media_type(header, body.as_bytes()).unwrap_or_else(|error| error.to_string());
        expected.assert_eq(&text);
    }

    #[test]
    fn header_and_document_must_agree() {
        let own = format!(r#"{{"schemaVersion":2,"mediaType":"{OCI_MANIFEST}","config":{{}}}}"#);
        let silent = r#"{"schemaVersion":2,"config":{},"layers":[]}"#;
        check(Some(OCI_MANIFEST), &own, &expect!["application/vnd.oci.image.manifest.v1+json"]);
        check(
            Some("Application/vnd.oci.image.manifest.v1+JSON; charset=utf-8"),
            silent,
            &expect!["application/vnd.oci.image.manifest.v1+json"],
        );
        check(Some("application/json"), &own, &expect!["application/vnd.oci.image.manifest.v1+json"]);
        check(None, &own, &expect!["application/vnd.oci.image.manifest.v1+json"]);
        check(None, silent, &expect!["neither the registry nor the document says what it is"]);
        check(
            Some(DOCKER_MANIFEST),
            &own,
            &expect![
                "the registry calls it `application/vnd.docker.distribution.manifest.v2+json`, and it calls itself `application/vnd.oci.image.manifest.v1+json`"
            ],
        );
        check(
            Some("text/html"),
            silent,
            &expect!["its media type `text/html` is neither that of a manifest nor that of an index"],
        );
    }

    #[test]
    fn a_document_with_two_meanings_is_refused() {
        let refused = expect!["it has not the parts of a `application/vnd.oci.image.index.v1+json`"];
        check(Some(OCI_INDEX), r#"{"schemaVersion":2,"manifests":[],"layers":[]}"#, &refused);
        let refused = expect!["it has not the parts of a `application/vnd.oci.image.manifest.v1+json`"];
        check(Some(OCI_MANIFEST), r#"{"schemaVersion":2,"manifests":[],"config":{}}"#, &refused);
        check(Some(OCI_MANIFEST), r#"{"schemaVersion":2}"#, &refused);
    }

    #[test]
    fn schema_1_is_refused_by_name() {
        let refused = expect![
            "it is of Docker's schema 1, which is not supported: the image has to be pushed anew by a current client"
        ];
        check(Some(DOCKER_SCHEMA1[1]), r#"{"schemaVersion":1}"#, &refused);
        check(Some("application/json"), r#"{"schemaVersion":1,"fsLayers":[]}"#, &refused);
        check(Some(OCI_MANIFEST), r#"{"fsLayers":[],"config":{}}"#, &refused);
    }

    #[test]
    fn what_is_no_document_is_refused() {
        check(Some(OCI_MANIFEST), "<html>", &expect!["it cannot be read"]);
        check(Some(OCI_MANIFEST), "[]", &expect!["it cannot be read"]);
    }
}
