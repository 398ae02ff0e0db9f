//! What is served is in the document, and the document is one that tools can read.

use std::collections::BTreeSet;
use std::path::Path;

use corten_api_types::container::{self, CreateRequest};
use corten_api_types::{Progress, event, image, network, system, volume};
use regex_lite::Regex;
use serde::Serialize;
use serde_json::{Value, json};

use super::document;
use crate::route::ROUTES;

/// A schema of the document, complete.
fn schema(document: &Value, name: &str) -> Value {
    assert!(document["components"]["schemas"][name].is_object(), "{name}");
    json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]})
}

fn errors(schema: &Value, value: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[test]
fn every_operation_is_in_the_document_and_nothing_else() {
    let document = document(ROUTES);
    let mut described = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let operation = operation["operationId"].as_str().unwrap().to_owned();
            described.insert((method.to_uppercase(), path.clone(), operation));
        }
    }
    let served: BTreeSet<(String, String, String)> = ROUTES
        .iter()
        .map(|route| (route.method.to_owned(), route.path.replace('*', ""), route.operation.to_owned()))
        .collect();
    assert_eq!(described, served);
}

#[test]
fn the_document_has_the_shape_of_openapi() {
    let document = document(ROUTES);
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1."));
    let in_path = Regex::new(r"\{([^}]*)\}").unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        let named: Vec<&str> =
            in_path.captures_iter(path).map(|found| found.get(1).unwrap().as_str()).collect();
        for (method, operation) in operations.as_object().unwrap() {
            let parameters: Vec<&Value> = operation["parameters"].as_array().into_iter().flatten().collect();
            let declared = parameters.iter().filter(|parameter| parameter["in"] == "path");
            assert_eq!(
                declared.map(|parameter| parameter["name"].as_str().unwrap()).collect::<Vec<_>>(),
                named
            );
            let names: BTreeSet<&str> =
                parameters.iter().map(|parameter| parameter["name"].as_str().unwrap()).collect();
            assert_eq!(names.len(), parameters.len(), "{method} {path}");
            for parameter in &parameters {
                assert!(parameter["schema"].is_object() != parameter["content"].is_object(), "{parameter}");
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                assert!(status == "default" || status.parse::<u16>().is_ok(), "{status}");
                assert!(response["description"].is_string() || response["$ref"].is_string(), "{response}");
            }
        }
    }
    let name = Regex::new("^[A-Za-z0-9._-]+$").unwrap();
    for (schema_name, schema) in document["components"]["schemas"].as_object().unwrap() {
        // A number at the end is what a second type of the same name gets.
        assert!(name.is_match(schema_name) && !schema_name.ends_with('2'), "{schema_name}");
        jsonschema::meta::validate(schema).unwrap();
    }
    every_reference_leads_somewhere(&document, &document);
}

fn every_reference_leads_somewhere(document: &Value, part: &Value) {
    match part {
        Value::Object(fields) => {
            if let Some(Value::String(reference)) = fields.get("$ref") {
                let pointer = reference.strip_prefix('#').unwrap();
                assert!(document.pointer(pointer).is_some(), "{reference}");
            }
            fields.values().for_each(|part| every_reference_leads_somewhere(document, part));
        }
        Value::Array(parts) => parts.iter().for_each(|part| every_reference_leads_somewhere(document, part)),
        _ => {}
    }
}

/// Nothing that is asked has the name of something that is answered: one of the two would be lost.
#[test]
fn what_is_answered_refers_to_nothing_that_is_asked() {
    let document = document(ROUTES);
    let mut names = BTreeSet::new();
    for operation in
        document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values())
    {
        names_referred_to(&operation["responses"], &mut names);
    }
    let mut left: Vec<String> = names.iter().cloned().collect();
    while let Some(name) = left.pop() {
        let mut further = BTreeSet::new();
        names_referred_to(&document["components"]["schemas"][&name], &mut further);
        left.extend(further.difference(&names).cloned());
        names.extend(further);
    }
    assert!(names.contains("WantedDevices"), "{names:?}");
    assert!(!names.iter().any(|name| name.ends_with("Request")), "{names:?}");
}

fn names_referred_to(part: &Value, names: &mut BTreeSet<String>) {
    match part {
        Value::Object(fields) => {
            let reference = fields.get("$ref").and_then(Value::as_str);
            names.extend(
                reference.and_then(|text| text.strip_prefix("#/components/schemas/")).map(str::to_owned),
            );
            fields.values().for_each(|part| names_referred_to(part, names));
        }
        Value::Array(parts) => parts.iter().for_each(|part| names_referred_to(part, names)),
        _ => {}
    }
}

#[test]
fn what_is_answered_is_as_its_schema_says() {
    let document = document(ROUTES);
    let check =
        |name: &str, value: Value| assert_eq!(errors(&schema(&document, name), &value), [""; 0], "{name}");
    fn bare<T: Default + Serialize>() -> Value {
        serde_json::to_value(T::default()).unwrap()
    }
    check("ContainerInspect", bare::<container::InspectResponse>());
    check("ContainerSummary", bare::<container::Summary>());
    check("ContainerStats", bare::<container::StatsResponse>());
    check("ExecInspect", bare::<container::ExecInspect>());
    check("ImageInspect", bare::<image::InspectResponse>());
    check("ImageSummary", bare::<image::Summary>());
    check("Network", bare::<network::Network>());
    check("Volume", bare::<volume::Volume>());
    check("Event", bare::<event::Message>());
    check("Progress", bare::<Progress>());
    check("SystemInfo", bare::<system::Info>());
    check("DiskUsage", bare::<system::DiskUsage>());
    let mut incomplete = bare::<container::InspectResponse>();
    incomplete["Config"]["Tty"] = Value::Null;
    incomplete.as_object_mut().unwrap().remove("Id");
    assert_eq!(errors(&schema(&document, "ContainerInspect"), &incomplete).len(), 2);
}

#[test]
fn a_request_may_say_null_where_it_is_read_and_one_word_for_a_list() {
    let document = document(ROUTES);
    let schema = schema(&document, "ContainerCreateRequest");
    let bodies = [
        json!({}),
        json!({"Hostname": null, "Tty": null, "Env": null, "Cmd": "ls", "Entrypoint": ["a", "b"], "StopTimeout": null}),
        json!({"HostConfig": {"Memory": null, "LogConfig": {"Type": null}, "ConsoleSize": null, "RestartPolicy": null}}),
        json!({"HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": null}], "PortBindings": {"80/tcp": null}}}),
        json!({"NetworkingConfig": {"EndpointsConfig": {"bridge": {"IPAMConfig": null, "MacAddress": null}}}}),
        json!({"HostConfig": {"BlkioWeightDevice": [{"Path": null}]}}),
        json!({"HostConfig": {"Mounts": [null]}}),
        json!({"Cmd": 5}),
        json!({"HostConfig": {"Memory": "1g"}}),
    ];
    for (index, body) in bodies.iter().enumerate() {
        let described = errors(&schema, body).is_empty();
        let read = serde_json::from_value::<CreateRequest>(body.clone()).is_ok();
        assert_eq!((described, read), (index < 5, index < 5), "{body}");
    }
}

/// Names that are read in order to refuse them, or for versions that are older than what is described.
const UNDESCRIBED: [&str; 2] = ["checkpoint", "filter"];

#[test]
fn parameters_that_are_read_are_described_and_others_are_not() {
    let described = ROUTES.iter().flat_map(|route| route.contract.query).map(|parameter| parameter.name());
    let described: BTreeSet<String> = described.chain(UNDESCRIBED).map(str::to_owned).collect();
    let mut read = BTreeSet::from(["filters".to_owned()]);
    names_read_below(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").as_path(), &mut read);
    assert_eq!(read, described);
}

/// What is asked of a query anywhere below `directory`, but in tests.
fn names_read_below(directory: &Path, read: &mut BTreeSet<String>) {
    let reading = r#"\b(?:text|all|flag|flag_or|number|moment|instant)(?:::<\w+>)?\("([^"]+)""#;
    let reading = Regex::new(reading).unwrap();
    for entry in std::fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            names_read_below(&path, read);
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            read.extend(reading.captures_iter(code).map(|found| found[1].to_owned()));
        }
    }
}
