//! The plan of the driver `journald`: the fields of Docker's, by which `journalctl` finds a container's lines.
//!
//! Pure, but for the look whether there is a journal, and what names this run.

use std::collections::BTreeMap;
use std::path::Path;

use corten_monitor::protocol::Journald;

use super::{attributes, buffer, tag, wrong};
use crate::containers::config::LogConfig;
use crate::containers::record::Container;
use crate::error::EngineError;
use crate::random;

/// Where systemd's journal listens (systemd-journald.service(8)).
const SOCKET: &str = "/run/systemd/journal/socket";

/// The tag of a container that is given none.
const DEFAULT_TAG: &str = "{{.ID}}";

pub(super) fn plan(log: &LogConfig, container: &Container) -> Result<Journald, EngineError> {
    if !Path::new(SOCKET).exists() {
        return Err(wrong("journald is not enabled on this host"));
    }
    let bound = buffer(log)?;
    Ok(Journald { socket: SOCKET.into(), fields: fields(log, container)?, epoch: random::hex_id()?, bound })
}

fn fields(log: &LogConfig, container: &Container) -> Result<BTreeMap<String, String>, EngineError> {
    let tag = log.options.get("tag").filter(|tag| !tag.is_empty()).map_or(DEFAULT_TAG, String::as_str);
    let tag = tag::render(tag, container)?;
    let own = [
        ("CONTAINER_ID", container.id.short().to_string()),
        ("CONTAINER_ID_FULL", container.id.to_string()),
        ("CONTAINER_NAME", container.name.clone()),
        ("CONTAINER_TAG", tag.clone()),
        ("IMAGE_NAME", container.config.image.clone()),
        ("SYSLOG_IDENTIFIER", tag),
    ];
    let mut fields: BTreeMap<_, _> = own.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let chosen = attributes::chosen(log, &container.config)?;
    let named = chosen.into_iter().map(|(name, value)| (field_name(&name), value));
    fields.extend(named.filter(|(name, _)| is_field_name(name)));
    Ok(fields)
}

/// A name as the journal takes it: capitals, digits and underscores, no underscore first.
fn field_name(name: &str) -> String {
    let replaced = name.chars().map(|letter| match letter {
        'a'..='z' => letter.to_ascii_uppercase(),
        'A'..='Z' | '0'..='9' => letter,
        _ => '_',
    });
    replaced.skip_while(|letter| *letter == '_').collect()
}

/// The journal drops a field that begins with a digit.
fn is_field_name(name: &str) -> bool {
    name.starts_with(|letter: char| letter.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_those_of_fields() {
        assert_eq!(field_name("_com.example-key9"), "COM_EXAMPLE_KEY9");
        assert!(is_field_name("A") && !is_field_name("9A") && !is_field_name(""));
    }
}
