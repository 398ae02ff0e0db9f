//! JSON schemas of requests and answers, by the names of their types.
//!
//! One type has two schemas where it is in both: an answer has every field that is always written, a request may leave out what has a
//! default and say `null` where that is read. Those of requests are named `…Request`.

mod nulls;

use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Where the document has them.
pub(super) const PATH: &str = "/components/schemas";

/// What reads a request tells whether it would take this.
type Reader = fn(&Value) -> bool;

/// The schemas that have been asked for.
pub(crate) struct Schemas {
    answers: SchemaGenerator,
    requests: SchemaGenerator,
    /// Names of requests, and what reads them.
    readers: Vec<(String, Reader)>,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let settings =
            || SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = PATH.into());
        // What a field is read as when it is not there says nothing about answers.
        let no_default = |schema: &mut Schema| drop(schema.remove("default"));
        let answers = settings().for_serialize().with_transform(RecursiveTransform(no_default));
        let requests = settings().for_deserialize();
        Self { answers: answers.into_generator(), requests: requests.into_generator(), readers: Vec::new() }
    }

    /// What is answered.
    pub(super) fn answer<T: JsonSchema>(&mut self) -> Schema {
        self.answers.subschema_for::<T>()
    }

    /// What is asked.
    pub(super) fn request<T: JsonSchema + DeserializeOwned>(&mut self) -> Schema {
        let schema = self.requests.subschema_for::<T>();
        self.readers.push((T::schema_name().into_owned(), |value| T::deserialize(value).is_ok()));
        let mut value = schema.to_value();
        rename_references(&mut value);
        Schema::try_from(value).unwrap_or_default()
    }

    /// All of them, by name.
    pub(super) fn into_definitions(mut self) -> Map<String, Value> {
        let mut definitions = self.answers.take_definitions(true);
        let mut requests = self.requests.take_definitions(true);
        for (name, reader) in &self.readers {
            nulls::allow(&mut requests, name, *reader);
        }
        for (name, mut schema) in requests {
            rename_references(&mut schema);
            definitions.insert(request_name(&name), schema);
        }
        definitions
    }
}

/// The name of a type where it is asked for.
fn request_name(name: &str) -> String {
    if name.ends_with("Request") { name.to_owned() } else { format!("{name}Request") }
}

fn rename_references(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(reference) if name == "$ref" => *reference = request_name(reference),
                    value => rename_references(value),
                }
            }
        }
        Value::Array(values) => values.iter_mut().for_each(rename_references),
        _ => {}
    }
}
