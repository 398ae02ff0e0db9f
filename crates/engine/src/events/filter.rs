//! Which events somebody wants to see: Docker's filters.

use std::collections::BTreeMap;

use corten_journal::Event;
use corten_spec::reference::Reference;

use crate::error::EngineError;

/// Filters by name; values of one name are alternatives, names must all match.
#[derive(Debug, Clone, Default)]
pub struct EventFilter {
    terms: BTreeMap<String, Vec<String>>,
}

const KNOWN: [&str; 15] = [
    "config",
    "container",
    "daemon",
    "event",
    "exec",
    "image",
    "label",
    "network",
    "node",
    "plugin",
    "scope",
    "secret",
    "service",
    "type",
    "volume",
];

impl EventFilter {
    /// Takes filters as the API gives them.
    ///
    /// # Errors
    /// [`EngineError::Invalid`] for a name that is not known.
    pub fn new(terms: BTreeMap<String, Vec<String>>) -> Result<Self, EngineError> {
        if let Some(name) = terms.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(EngineError::Invalid(format!("invalid filter '{name}'")));
        }
        Ok(Self { terms })
    }

    /// Whether an event passes.
    #[must_use]
    pub fn matches(&self, event: &Event) -> bool {
        self.terms.iter().all(|(name, values)| {
            values.is_empty() || values.iter().any(|value| term_matches(name, value, event))
        })
    }
}

fn term_matches(name: &str, value: &str, event: &Event) -> bool {
    let attribute = |key: &str| event.attributes.get(key).map(String::as_str);
    match name {
        "type" => event.kind == value,
        // `exec_start: sh -c …` is asked for as `exec_start`.
        "event" => event.action == value || event.action.split(':').next() == Some(value),
        "container" => {
            event.kind == "container"
                && (event.actor.starts_with(value)
                    || attribute("name") == Some(value.trim_start_matches('/')))
        }
        "image" => {
            let name = if event.kind == "image" { "name" } else { "image" };
            same_image(&event.actor, value) || attribute(name).is_some_and(|image| same_image(image, value))
        }
        "volume" | "network" | "daemon" | "plugin" | "node" | "service" | "secret" | "config" => {
            event.kind == name
                && (event.actor.starts_with(value)
                    || attribute("name").is_some_and(|name| name.starts_with(value)))
        }
        "label" => match value.split_once('=') {
            Some((key, wanted)) => attribute(key) == Some(wanted),
            None => attribute(value).is_some(),
        },
        "exec" => attribute("execID") == Some(value),
        "scope" => value == "local",
        _ => false,
    }
}

/// `alpine` asks for every tag of it.
fn same_image(image: &str, wanted: &str) -> bool {
    image == wanted || Reference::parse(image).is_ok_and(|image| image.familiar_name() == wanted)
}
