//! How Go reads and writes absent values: `null` is the zero value, `omitempty` drops it.

use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer};

/// Reads `null` as the type's default, as Go does for every field.
pub(crate) fn null_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

/// Go's `omitempty` for scalars, lists and maps.
pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Go's `omitempty` for a list or map that may also be absent: an empty one is dropped too.
pub(crate) fn is_none_or_empty<C>(value: &Option<C>) -> bool
where
    for<'a> &'a C: IntoIterator,
{
    value.as_ref().is_none_or(|collection| collection.into_iter().next().is_none())
}

/// Reads a list of strings that old clients may send as one bare string (`Cmd`, `Entrypoint`, `CapAdd` …).
pub(crate) fn one_or_many<'de, D>(deserializer: D) -> Result<Option<Vec<String>>, D::Error>
where
    D: Deserializer<'de>,
{
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }
    Ok(Option::<OneOrMany>::deserialize(deserializer)?.map(|words| match words {
        OneOrMany::One(word) => vec![word],
        OneOrMany::Many(words) => words,
    }))
}

/// The schema of such a list: a request may have the bare string, an answer never does.
pub(crate) fn one_or_many_schema(generator: &mut SchemaGenerator) -> Schema {
    let many = generator.subschema_for::<Option<Vec<String>>>();
    if generator.contract().is_serialize() {
        return many;
    }
    json_schema!({ "anyOf": [{ "type": "string" }, many] })
}
