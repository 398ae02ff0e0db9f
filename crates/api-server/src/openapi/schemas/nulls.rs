//! Where a request may say `null`: whoever reads it knows, and is asked about each field.
//!
//! The fields that take it are read by functions of their own, of which a schema that is derived from types knows nothing.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{PATH, Reader};

/// The way from a request to a value in it.
#[derive(Debug, Clone)]
enum Step {
    Field(String),
    /// A value of a map.
    Value,
    /// An element of a list.
    Element,
}

/// Lets `null` into the schemas of the request `name`, and of all that it refers to, where `reader` takes it.
pub(super) fn allow(definitions: &mut Map<String, Value>, name: &str, reader: Reader) {
    let mut seen = BTreeSet::from([name.to_owned()]);
    let mut left = vec![(name.to_owned(), Vec::new())];
    while let Some((name, way)) = left.pop() {
        let Some(Value::Object(fields)) =
            definitions.get_mut(&name).and_then(|schema| schema.get_mut("properties"))
        else {
            continue;
        };
        for (field, schema) in fields {
            let way = [way.as_slice(), &[Step::Field(field.clone())]].concat();
            if !takes_null(schema) && reader(&at(&way)) {
                add_null(schema);
            }
            references(schema, &way, &mut |name, way| {
                if seen.insert(name.to_owned()) {
                    left.push((name.to_owned(), way));
                }
            });
        }
    }
}

/// A request that holds nothing but a `null` at the end of this way.
fn at(way: &[Step]) -> Value {
    way.iter().rev().fold(Value::Null, |value, step| match step {
        Step::Field(name) => json!({ name: value }),
        Step::Value => json!({ "x": value }),
        Step::Element => json!([value]),
    })
}

/// Tells of the schemas that `schema` refers to, and the ways to them.
fn references(schema: &Value, way: &[Step], found: &mut impl FnMut(&str, Vec<Step>)) {
    let further = |step: Step| [way, &[step]].concat();
    if let Some(name) = schema["$ref"].as_str().and_then(|text| text.strip_prefix('#')?.strip_prefix(PATH)) {
        found(name.trim_start_matches('/'), way.to_vec());
    }
    for alternative in schema["anyOf"].as_array().into_iter().flatten() {
        references(alternative, way, found);
    }
    references_of_parts(schema, further, found);
}

fn references_of_parts(
    schema: &Value,
    further: impl Fn(Step) -> Vec<Step>,
    found: &mut impl FnMut(&str, Vec<Step>),
) {
    for (part, step) in [("items", Step::Element), ("additionalProperties", Step::Value)] {
        if let Some(part) = schema.get(part) {
            references(part, &further(step), found);
        }
    }
}

fn takes_null(schema: &Value) -> bool {
    let is_null = |kind: &Value| kind == "null";
    match schema {
        Value::Bool(anything) => *anything,
        _ if schema.get("type").is_some() => {
            is_null(&schema["type"])
                || schema["type"].as_array().is_some_and(|kinds| kinds.iter().any(is_null))
        }
        _ => match (schema.get("anyOf"), schema.get("$ref")) {
            (Some(alternatives), _) => {
                alternatives.as_array().is_some_and(|list| list.iter().any(takes_null))
            }
            (None, Some(_)) => false,
            (None, None) => true,
        },
    }
}

fn add_null(schema: &mut Value) {
    let Value::Object(fields) = schema else { return };
    if let Some(reference) = fields.remove("$ref") {
        fields.insert("anyOf".to_owned(), json!([{ "$ref": reference }, { "type": "null" }]));
    } else if let Some(Value::Array(alternatives)) = fields.get_mut("anyOf") {
        alternatives.push(json!({ "type": "null" }));
    } else if let Some(kind) = fields.remove("type") {
        fields.insert("type".to_owned(), json!([kind, "null"]));
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Inner {
        strict: String,
        lenient: Option<String>,
    }

    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Outer {
        number: Option<i64>,
        inner: Option<Vec<BTreeMap<String, Inner>>>,
    }

    #[test]
    fn null_is_let_in_where_it_is_read_however_deep() {
        let number = json!({"type": "integer"});
        let inner = json!({"type": "array", "items": {"additionalProperties": {"$ref": "#/components/schemas/Inner"}}});
        let text = json!({"type": "string"});
        let definitions = json!({
            "Outer": {"properties": {"number": number, "inner": inner}},
            "Inner": {"properties": {"strict": text, "lenient": text}},
        });
        let mut definitions = definitions.as_object().unwrap().clone();
        allow(&mut definitions, "Outer", |value| Outer::deserialize(value).is_ok());
        let fields = |name: &str| definitions[name]["properties"].clone();
        assert_eq!(fields("Outer")["number"]["type"], json!(["integer", "null"]));
        assert_eq!(fields("Outer")["inner"]["type"], json!(["array", "null"]));
        assert_eq!(fields("Inner"), json!({"strict": text, "lenient": {"type": ["string", "null"]}}));
    }

    #[test]
    fn a_reference_and_null_are_alternatives() {
        let mut schema = json!({"$ref": "#/x", "description": "That."});
        assert!(!takes_null(&schema));
        add_null(&mut schema);
        assert_eq!(schema, json!({"description": "That.", "anyOf": [{"$ref": "#/x"}, {"type": "null"}]}));
        assert!(takes_null(&schema));
    }
}
