//! `inspect`: tells everything about containers, images, networks and volumes, whichever a name means.

use crate::commands::inspect_objects::Inspector;
use crate::commands::{container, image, network, volume};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::session::Session;

/// Kinds that Docker knows; those that are not built yet are refused by name.
const KINDS: [&str; 10] =
    ["config", "container", "image", "network", "node", "plugin", "secret", "service", "task", "volume"];

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let kind = parsed.text("type");
    let known = KINDS.join("\", \"");
    match kind {
        "" if parsed.is_given("type") => {
            return Err(Failure::new(format!("type is empty: must be one of \"{known}\"")));
        }
        "" | "container" | "image" | "network" | "volume" => {}
        other if KINDS.contains(&other) => {
            return Err(Failure::new(format!(
                "--type {other} is not supported: there are no such objects yet"
            )));
        }
        other => {
            return Err(Failure::new(format!("unknown type: {other:?}: must be one of \"{known}\"")));
        }
    }
    let mut inspector = Inspector::new(parsed.text("format"))?;
    for name in &parsed.arguments {
        add(&session, &mut inspector, name, kind, parsed.is_on("size")).await;
    }
    inspector.finish(&session)
}

async fn add(session: &Session, inspector: &mut Inspector, name: &str, kind: &str, size: bool) {
    if matches!(kind, "" | "container") {
        let found = container::inspect::find(&session.client, name, size).await;
        if kind == "container" || !found.as_ref().is_err_and(is_of_another_kind) {
            return inspector.add(found);
        }
    }
    if matches!(kind, "" | "image") {
        let found = image::inspect::find(&session.client, name, "").await;
        if kind == "image" || !found.as_ref().is_err_and(is_of_another_kind) {
            if size && found.is_ok() {
                session.complain("WARNING: --size ignored for image");
            }
            return inspector.add(found);
        }
    }
    if matches!(kind, "" | "network") {
        let found = network::inspect::find(&session.client, name).await;
        if kind == "network" || !found.as_ref().is_err_and(is_of_another_kind) {
            if size && found.is_ok() {
                session.complain("WARNING: --size ignored for network");
            }
            return inspector.add(found);
        }
    }
    let found = volume::inspect::find(&session.client, name).await;
    if kind.is_empty() && found.as_ref().is_err_and(is_of_another_kind) {
        return inspector.fail(format!("Error: No such object: {name}"));
    }
    if size && found.is_ok() {
        session.complain("WARNING: --size ignored for volume");
    }
    inspector.add(found);
}

/// Whether the failure only says that this kind has no such object.
fn is_of_another_kind(error: &corten_api_client::Error) -> bool {
    let text = error.to_string();
    error.is_not_found() || text.contains("not supported") || text.contains("invalid reference format")
}
