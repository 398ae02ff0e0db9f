//! `context inspect`: everything about contexts.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::Serialize;

use super::known;
use crate::commands::inspect_objects::{Inspected, Inspector};
use crate::contexts::{self, DEFAULT, Metadata, Store};
use crate::failure::{Failure, Outcome};
use crate::flags::Parsed;
use crate::surroundings::Surroundings;
use crate::template::Shape;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Shown<'a> {
    #[serde(flatten)]
    metadata: &'a Metadata,
    #[serde(rename = "TLSMaterial")]
    tls_material: BTreeMap<&'a str, Vec<&'a str>>,
    storage: Storage,
}

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Storage {
    metadata_path: String,
    #[serde(rename = "TLSPath")]
    tls_path: String,
}

pub(super) fn run(around: &Surroundings, parsed: &Parsed) -> Outcome {
    let store = Store::new(&around.configuration());
    let mut inspector = Inspector::new(parsed.text("format"))?;
    let current = [contexts::current(around)];
    let names = if parsed.arguments.is_empty() { &current[..] } else { &parsed.arguments };
    for name in names {
        match inspect(around, &store, name) {
            Ok(inspected) => inspector.add_object(&inspected),
            Err(failure) => inspector.fail(failure.message),
        }
    }
    inspector.finish(around)
}

fn inspect(around: &Surroundings, store: &Store, name: &str) -> Outcome<Inspected> {
    let (metadata, tls) = known::find(around, store, name)?;
    let storage = if name == DEFAULT {
        let nowhere = "<IN MEMORY>".to_owned();
        Storage { metadata_path: nowhere.clone(), tls_path: nowhere }
    } else {
        Storage {
            metadata_path: store.metadata_path(name).display().to_string(),
            tls_path: store.tls_path(name).display().to_string(),
        }
    };
    let shown = Shown { metadata: &metadata, tls_material: tls.names(), storage };
    let json = serde_json::to_string(&shown).map_err(|error| Failure::new(error.to_string()))?;
    // As Go writes JSON.
    let json = json.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026");
    Ok(Inspected { json: Bytes::from(json), shape: Shape::NONE })
}
