//! `pull`: fetches an image from its registry.

use corten_spec::reference::Reference;

use crate::docker_config;
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Sink, show_progress};
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let text = &parsed.arguments[0];
    let reference = Reference::parse(text).map_err(|error| Failure::new(error.to_string()))?;
    let quiet = parsed.is_on("quiet");
    let reference = match (parsed.is_on("all-tags"), reference.is_name_only()) {
        (true, false) => return Err(Failure::new("tag can't be used with --all-tags/-a")),
        (true, true) => reference,
        (false, is_name_only) => {
            if is_name_only && !quiet {
                session.line("Using default tag: latest")?;
            }
            reference.with_default_tag()
        }
    };
    let sink = if quiet { Sink::Nowhere } else { Sink::Stdout };
    pull(&session, &reference, parsed.text("platform"), sink).await?;
    session.line(&reference.to_string())
}

/// Pulls, and shows how it goes.
pub(crate) async fn pull(session: &Session, reference: &Reference, platform: &str, sink: Sink) -> Outcome {
    let auth = docker_config::credentials(session, reference.domain())?;
    let which = match (reference.digest(), reference.tag()) {
        (Some(digest), _) => digest.to_string(),
        (None, tag) => tag.unwrap_or_default().to_owned(),
    };
    let mut messages = session.client.image_pull(&reference.familiar_name(), &which, platform, &auth).await?;
    show_progress(&mut messages, sink).await
}
