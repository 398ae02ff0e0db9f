//! `POST /images/{name}/push`: pushes, and tells how it goes as JSON lines in Docker's words.

use std::sync::Arc;

use corten_api_types::Progress;
use corten_api_types::image::{ManifestPushedInsteadOfIndex, PushResult};
use corten_api_types::v1;
use corten_engine::{Engine, PushEvent, PushImage, PushStep, PushedImage};
use corten_spec::digest::Digest;
use corten_spec::reference::Reference;
use tokio::sync::mpsc;

use crate::failure::Failure;
use crate::images::platform;
use crate::layer_lines::{Pace, line, send};
use crate::registry_auth::credentials;
use crate::request::Request;
use crate::respond::{self, Answer};

/// `POST /images/{name}/push`. Without a tag every tag of the repository is pushed.
pub(crate) async fn push(engine: &Engine, name: &str, request: Request) -> Answer {
    let reference = reference(name, request.query.text("tag"))?;
    let platform = platform(request.query.since(v1(46)).text("platform"))?;
    let credentials = credentials(request.inner.headers());
    let (lines, mut told) = mpsc::unbounded_channel();
    let heading = format!("The push refers to repository [{}]", reference.name());
    let wanted = PushImage { reference, platform, credentials };
    let (images, pace) = (engine.images.clone(), Pace::default());
    tokio::spawn(async move {
        // Whoever listened may have left; the push goes on, as it may be wanted all the same.
        let say = move |line| drop(lines.send(line));
        say(Progress { status: heading, ..Progress::default() });
        let listen = say.clone();
        let listener = move |event| news(event, &pace).into_iter().for_each(&listen);
        if let Err(error) = images.push(wanted, Arc::new(listener)).await {
            say(Progress::failure(Failure::from(error).message));
        }
    });
    let (sender, response) = respond::stream("application/json");
    tokio::spawn(async move {
        while let Some(line) = told.recv().await {
            if !send(&line, &sender).await {
                return;
            }
        }
    });
    Ok(response)
}

fn reference(name: &str, tag: &str) -> Result<Reference, Failure> {
    let text = if tag.is_empty() { name.to_owned() } else { format!("{name}:{tag}") };
    let reference = Reference::parse(&text).map_err(|error| Failure::invalid(error.to_string()))?;
    if reference.digest().is_some() {
        return Err(Failure::invalid("cannot push a digest reference"));
    }
    Ok(reference)
}

fn news(event: PushEvent, pace: &Pace) -> Vec<Progress> {
    match event {
        PushEvent::Layer(layer, step) => layer_line(&layer, &step, pace).into_iter().collect(),
        PushEvent::Pushed(tag, pushed) => ending(tag, *pushed),
    }
}

fn layer_line(layer: &Digest, step: &PushStep, pace: &Pace) -> Option<Progress> {
    let plain = |status: &str| Some(line(layer, status, 0, 0));
    match step {
        PushStep::Listed => plain("Preparing"),
        PushStep::Waiting => plain("Waiting"),
        PushStep::There => plain("Layer already exists"),
        PushStep::Mounted { from } => plain(&format!("Mounted from {from}")),
        PushStep::Leaving { sent, size } => {
            pace.is_due(layer, sent >= size).then(|| line(layer, "Pushing", *sent, *size))
        }
        PushStep::Sent => plain("Pushed"),
    }
}

fn ending(tag: String, pushed: PushedImage) -> Vec<Progress> {
    let PushedImage { target, instead_of } = pushed;
    let status = format!("{tag}: digest: {} size: {}", target.digest, target.size);
    let result = PushResult { tag, digest: target.digest.to_string(), size: target.size };
    let note = instead_of.map(|index| ManifestPushedInsteadOfIndex {
        manifest_pushed_instead_of_index: true,
        original_index: index,
        selected_manifest: target,
    });
    let aux = |value: serde_json::Result<serde_json::Value>| {
        value.ok().map(|value| Progress { aux: Some(value), ..Progress::default() })
    };
    let mut lines: Vec<Progress> =
        note.and_then(|note| aux(serde_json::to_value(note))).into_iter().collect();
    lines.push(Progress { status, ..Progress::default() });
    lines.extend(aux(serde_json::to_value(result)));
    lines
}
