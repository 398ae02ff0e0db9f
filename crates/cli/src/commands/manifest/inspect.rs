//! `manifest inspect`: shows what a name stands for in its registry.

use std::io::{self, IsTerminal as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use corten_api_client::Error;
use corten_api_types::distribution::RemoteManifest;
use corten_spec::image::{Index, media_type};
use corten_spec::reference::Reference;

use super::documents::{List, verbose};
use crate::docker_config;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{indent, visible};
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let [name] = parsed.arguments.as_slice() else {
        return Err(Failure::new("manifest lists that are kept here are not built yet: name an image alone"));
    };
    let reference = Reference::parse(name).map_err(|error| Failure::new(error.to_string()))?;
    let reference = reference.with_default_tag();
    let auth = docker_config::credentials(&session, reference.domain())?;
    let (is_verbose, insecure) = (parsed.is_on("verbose"), parsed.is_on("insecure"));
    let name = reference.to_string();
    let asked = session.client.manifest_inspect(&name, is_verbose, insecure, &auth);
    let image = asked.await.map_err(|error| match error {
        Error::Server { status, .. } if status.as_u16() == 404 => {
            Failure::new(format!("no such manifest: {reference}"))
        }
        error => error.into(),
    })?;
    let is_index = media_type::is_index(&image.target.descriptor.media_type);
    let text = match (is_index, is_verbose) {
        (false, false) => indent(&document(&image.target)?, "\t"),
        (false, true) => indent(&whole(&image.target)?, "\t"),
        (true, true) => {
            let all = image.inner.iter().map(whole).collect::<Outcome<Vec<_>>>()?;
            indent(&format!("[{}]", all.join(",")), "\t")
        }
        (true, false) => {
            let index: Index = serde_json::from_str(&document(&image.target)?).map_err(invalid)?;
            indent(&serde_json::to_string(&List::of(&index)).map_err(invalid)?, "   ")
        }
    };
    // A program gets the document as it is; a terminal could be told to do things by it.
    let shown = if io::stdout().is_terminal() { visible(&text) } else { text.into() };
    session.line(&shown)
}

fn whole(manifest: &RemoteManifest) -> Outcome<String> {
    verbose(manifest, &document(manifest)?).map_err(invalid)
}

/// The document, as it is in the registry.
fn document(manifest: &RemoteManifest) -> Outcome<String> {
    let bytes = STANDARD.decode(&manifest.raw).map_err(invalid)?;
    String::from_utf8(bytes).map_err(invalid)
}

fn invalid(error: impl std::error::Error) -> Failure {
    Failure::new(format!("cannot read the manifest: {error}"))
}
