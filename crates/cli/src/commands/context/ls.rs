//! `context ls`: lists contexts.

use std::sync::Arc;

use gotmpl::Value;

use super::known;
use crate::contexts::{self, DEFAULT, Metadata, Store};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::output::{Row, Table, ellipsis, natural};
use crate::surroundings::Surroundings;
use crate::template::Headers;

const TABLE: &str =
    r"table {{.Name}}{{if .Current}} *{{end}}\t{{.Description}}\t{{.DockerEndpoint}}\t{{.Error}}";

const HEADERS: Headers = &[
    ("Name", "NAME"),
    ("Description", "DESCRIPTION"),
    ("DockerEndpoint", "DOCKER ENDPOINT"),
    ("Error", "ERROR"),
    // Not set, so that the head has no mark.
    ("Current", ""),
];

/// Columns of what is wrong with a context.
const ERROR_WIDTH: usize = 45;

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let store = Store::new(&around.configuration());
    let current = contexts::current(around);
    let mut all = store.list()?;
    all.push(known::find(around, &store, DEFAULT)?.0);
    let mut rows: Vec<(String, Row)> =
        all.iter().map(|metadata| (metadata.name.clone(), row(metadata, &current))).collect();
    if !all.iter().any(|metadata| metadata.name == current) {
        let why = store.get(&current).err().map(|failure| failure.message).unwrap_or_default();
        rows.push((current.clone(), fields(&current, true, "", "", &why)));
    }
    rows.sort_by_key(|(name, _)| natural(name));
    let format = match (parsed.text("format"), parsed.is_on("quiet")) {
        (_, true) => "{{.Name}}",
        ("" | "table", _) => TABLE,
        (format, _) => format,
    };
    let table = Table { format: format.to_owned(), headers: HEADERS };
    around.print(&table.render(rows.into_iter().map(|(_, row)| row)).map_err(Failure::new)?)?;
    if let Some((variable, _)) = contexts::named_host(around).filter(|(variable, _)| *variable != "--host") {
        around.complain(&format!(
            "Warning: {variable} environment variable overrides the active context. To use a context, either set the global --context flag, or unset {variable} environment variable."
        ));
    }
    Ok(())
}

fn row(metadata: &Metadata, current: &str) -> Row {
    let description = match metadata.name.as_str() {
        DEFAULT => "Current DOCKER_HOST based configuration",
        _ => metadata.description(),
    };
    let (host, why) = match metadata.docker() {
        Ok(endpoint) => (endpoint.host, String::new()),
        Err(why) => (String::new(), why),
    };
    fields(&metadata.name, metadata.name == current, description, &host, &why)
}

fn fields(name: &str, current: bool, description: &str, host: &str, why: &str) -> Row {
    let why = ellipsis(why, ERROR_WIDTH);
    let texts = [("Name", name), ("Description", description), ("DockerEndpoint", host), ("Error", &why)];
    let texts = texts.into_iter().map(|(field, text)| (Arc::from(field), Value::String(Arc::from(text))));
    texts.chain([(Arc::from("Current"), Value::Bool(current))]).collect()
}
