//! `version`: versions of the client and the engine.

use corten_api_types::system::{Component, Version};
use serde::Serialize;

use super::client_version::ClientVersion;
use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::output::{align, ansi_c};
use crate::session::Session;
use crate::template::{Document, Format, VERSION};

/// Exit code for a template that cannot be read.
const BAD_TEMPLATE: u8 = 64;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Both {
    client: ClientVersion,
    server: Option<Version>,
}

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let mut document = Document::default();
    let format = match parsed.text("format") {
        "" => None,
        "json" => Some("{{json .}}"),
        template => Some(template),
    };
    let format = format
        .map(|source| Format::parse(source, &document))
        .transpose()
        .map_err(|why| Failure::with_code(BAD_TEMPLATE, format!("template parsing error: {why}")))?;
    let (server, failure) = match session.client.server_version().await {
        Ok(version) => (Some(with_engine(version)), None),
        Err(error) => (None, Some(Failure::new(describe(&error)))),
    };
    let both = Both { client: ClientVersion::of(&session), server };
    let text = match format {
        None => pretty(&both),
        Some(format) => {
            let read = serde_json::to_vec(&both).and_then(|json| document.read(&json, VERSION));
            let rendered = read.map_err(|error| error.to_string()).and_then(|data| format.render(&data));
            // Without an engine a template over its version has nothing to show; that there is none is what to say.
            rendered.map_err(|why| failure.clone().unwrap_or(Failure::new(why)))?
        }
    };
    session.line(&text)?;
    failure.map_or(Ok(()), Err)
}

/// An old engine has no list of components; its version becomes one.
fn with_engine(mut version: Version) -> Version {
    let experimental = version.experimental.to_string();
    if let Some(engine) = version.components.iter_mut().find(|component| component.name == "Engine") {
        if let Some(time) = engine.details.get_or_insert_default().get_mut("BuildTime") {
            *time = ansi_c(time);
        }
        return version;
    }
    let details = [
        ("ApiVersion", &version.api_version),
        ("MinAPIVersion", &version.min_api_version),
        ("GitCommit", &version.git_commit),
        ("GoVersion", &version.go_version),
        ("Os", &version.os),
        ("Arch", &version.arch),
        ("BuildTime", &ansi_c(&version.build_time)),
        ("Experimental", &experimental),
    ];
    let details = details.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect();
    let engine =
        Component { name: "Engine".to_owned(), version: version.version.clone(), details: Some(details) };
    version.components.push(engine);
    version
}

fn pretty(both: &Both) -> String {
    let client = &both.client;
    let downgraded = match client.api_version == client.default_api_version {
        true => String::new(),
        false => format!(" (downgraded from {})", client.default_api_version),
    };
    let mut text = "Client:\n".to_owned();
    let rows = [
        ("Version", client.version.clone()),
        ("API version", format!("{}{downgraded}", client.api_version)),
        ("Git commit", client.git_commit.clone()),
        ("Built", client.build_time.clone()),
        ("OS/Arch", format!("{}/{}", client.os, client.arch)),
        ("Context", client.context.clone()),
    ];
    for (label, value) in rows.iter().filter(|(_, value)| !value.is_empty()) {
        text.push_str(&format!(" {label}:\t{value}\n"));
    }
    if let Some(server) = &both.server {
        text.push_str(format!("\nServer: {}", server.platform.name).trim_end_matches(' '));
        text.push('\n');
        for component in &server.components {
            text.push_str(&format!(" {}:\n", component.name));
            text.push_str(&component_rows(component));
        }
    }
    align(text.trim_end_matches('\n'), 20, 1)
}

fn component_rows(component: &Component) -> String {
    let details = component.details.clone().unwrap_or_default();
    let detail = |key: &str| details.get(key).cloned().unwrap_or_default();
    let mut rows = vec![("Version".to_owned(), component.version.clone())];
    if component.name == "Engine" {
        let api = format!("{} (minimum version {})", detail("ApiVersion"), detail("MinAPIVersion"));
        rows.push(("API version".to_owned(), api));
        rows.push(("Go version".to_owned(), detail("GoVersion")));
        rows.push(("Git commit".to_owned(), detail("GitCommit")));
        rows.push(("Built".to_owned(), detail("BuildTime")));
        rows.push(("OS/Arch".to_owned(), format!("{}/{}", detail("Os"), detail("Arch"))));
        rows.push(("Experimental".to_owned(), detail("Experimental")));
        // An engine that is not written in Go has nothing to say of it.
        rows.retain(|(_, value)| !value.is_empty());
    } else {
        rows.extend(details);
    }
    rows.iter().map(|(label, value)| format!("  {label}:\t{value}\n")).collect()
}
