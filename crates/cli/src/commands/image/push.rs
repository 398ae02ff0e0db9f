//! `push`: sends an image to its registry.

use corten_api_types::image::ManifestPushedInsteadOfIndex;
use corten_spec::reference::Reference;

use crate::commands::platform;
use crate::docker_config;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Sink, note, show_progress_noting};
use crate::session::Session;

const ONE_PLATFORM: &str =
    "Using --platform pushes only the specified platform manifest of a multi-platform image index.
Other components, like attestations, will not be included.
To push the complete multi-platform image, remove the --platform flag.
";

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let quiet = parsed.is_on("quiet");
    let platform = platform::to_json(parsed.text("platform"))?;
    if !platform.is_empty() {
        note(&session, ONE_PLATFORM)?;
    }
    let reference = reference(&session, &parsed)?;
    let auth = docker_config::credentials(&session, reference.domain())?;
    let tag = reference.tag().unwrap_or_default();
    let name = reference.familiar_name();
    let mut messages = session.client.image_push(&name, tag, &platform, &auth).await?;
    let sink = if quiet { Sink::Nowhere } else { Sink::Stdout };
    let mut notes = Vec::new();
    let shown = show_progress_noting(&mut messages, sink, &mut notes).await;
    if shown.is_ok() && quiet {
        session.line(&reference.to_string())?;
    }
    for remark in notes.into_iter().filter_map(|note| serde_json::from_value(note).ok()) {
        note(&session, &instead(&remark))?;
    }
    shown
}

/// The name that was typed, with the tag `latest` where there is none and not all are meant.
fn reference(session: &Session, parsed: &Parsed) -> Outcome<Reference> {
    let reference =
        Reference::parse(&parsed.arguments[0]).map_err(|error| Failure::new(error.to_string()))?;
    if reference.digest().is_some() {
        return Err(Failure::new("cannot push a digest reference"));
    }
    match (parsed.is_on("all-tags"), reference.is_name_only()) {
        (true, false) => Err(Failure::new("tag can't be used with --all-tags/-a")),
        (true, true) | (false, false) => Ok(reference),
        (false, true) => {
            if !parsed.is_on("quiet") {
                session.line("Using default tag: latest")?;
            }
            Ok(reference.with_default_tag())
        }
    }
}

fn instead(pushed: &ManifestPushedInsteadOfIndex) -> String {
    let (index, manifest) = (&pushed.original_index.digest, &pushed.selected_manifest.digest);
    format!(
        "Not all multiplatform-content is present and only the available single-platform image was pushed\n{index} -> {manifest}"
    )
}
