//! Docker's defaults: the registry and folder that a short name means, and the short name of a full one.
//! No registry but Docker's is ever assumed.

use super::{Reference, ReferenceError, grammar};
use crate::digest::is_lower_hex;

const DEFAULT_DOMAIN: &str = "docker.io";
/// The default registry's name of old.
const LEGACY_DOMAIN: &str = "index.docker.io";
const OFFICIAL_FOLDER: &str = "library/";

pub(super) fn parse(text: &str) -> Result<Reference, ReferenceError> {
    if text.len() == 64 && is_lower_hex(text) {
        return Err(ReferenceError::Identifier { text: text.to_owned() });
    }
    let (domain, rest) = split_domain(text);
    let path = rest.split(':').next().unwrap_or_default();
    if has_uppercase(path) {
        return Err(ReferenceError::PathUppercase { name: path.to_owned() });
    }
    grammar::parse(&format!("{domain}/{rest}"))
}

/// The registry that is meant, and the rest in full.
fn split_domain(text: &str) -> (&str, String) {
    let (domain, rest) = match text.split_once('/') {
        Some((LEGACY_DOMAIN, rest)) => (DEFAULT_DOMAIN, rest),
        Some((first, rest)) if is_domain_by_look(first) => (first, rest),
        _ => (DEFAULT_DOMAIN, text),
    };
    if domain == DEFAULT_DOMAIN && !rest.contains('/') {
        return (domain, format!("{OFFICIAL_FOLDER}{rest}"));
    }
    (domain, rest.to_owned())
}

/// A first component is a registry if no folder could look so.
fn is_domain_by_look(component: &str) -> bool {
    component == "localhost" || component.contains(['.', ':']) || has_uppercase(component)
}

fn has_uppercase(text: &str) -> bool {
    text.chars().any(|c| !c.to_lowercase().eq([c]))
}

pub(super) fn familiar_name(domain: &str, path: &str) -> String {
    if domain != DEFAULT_DOMAIN {
        return join(domain, path);
    }
    match path.strip_prefix(OFFICIAL_FOLDER) {
        Some(name) if !name.contains('/') => name.to_owned(),
        // Without the registry it would be read as another image's name; Docker shows it so nevertheless.
        _ if path.split_once('/').is_some_and(|(folder, _)| is_domain_by_look(folder)) => join(domain, path),
        _ => path.to_owned(),
    }
}

/// Registry and path; the path alone when there is no registry.
pub(super) fn join(domain: &str, path: &str) -> String {
    if domain.is_empty() { path.to_owned() } else { format!("{domain}/{path}") }
}
