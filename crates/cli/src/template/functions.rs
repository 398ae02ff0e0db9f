//! The functions that Docker adds to Go's own.

use std::sync::Arc;

use gotmpl::{FuncMap, TemplateError, Value, ValueFunc};

use super::Document;
use super::json::{escape_html, quote};
use super::typed::is_absent;

type Result = std::result::Result<Value, TemplateError>;

/// Names of columns, by field.
pub(crate) type Headers = &'static [(&'static str, &'static str)];

fn text(value: impl Into<String>) -> Value {
    Value::String(Arc::from(value.into()))
}

fn function(run: impl Fn(&[Value]) -> Result + Send + Sync + 'static) -> ValueFunc {
    Arc::new(run)
}

/// An argument as text; Go refuses other kinds.
fn string(arguments: &[Value], index: usize) -> std::result::Result<&str, TemplateError> {
    match arguments.get(index) {
        Some(Value::String(text)) => Ok(text),
        Some(other) => {
            Err(TemplateError::Exec(format!("wrong type for value; expected string; got {other:?}")))
        }
        None => Err(TemplateError::Exec("wrong number of args".to_owned())),
    }
}

fn count(arguments: &[Value], index: usize) -> std::result::Result<usize, TemplateError> {
    let number = arguments.get(index).and_then(Value::as_int).and_then(|number| usize::try_from(number).ok());
    number.ok_or_else(|| TemplateError::Exec("expected a length".to_owned()))
}

/// Functions for values.
pub(super) fn values(document: &Document) -> FuncMap {
    let document = document.clone();
    let mut map = FuncMap::new();
    map.insert(
        "json".into(),
        function(move |arguments| match arguments.first() {
            Some(value) => Ok(text(to_json(value, &document))),
            None => Err(TemplateError::Exec("wrong number of args for json".to_owned())),
        }),
    );
    map.insert(
        "split".into(),
        function(|arguments| {
            let (source, separator) = (string(arguments, 0)?, string(arguments, 1)?);
            let parts: Vec<Value> = match separator {
                "" => source.chars().map(text).collect(),
                separator => source.split(separator).map(text).collect(),
            };
            Ok(Value::List(Arc::from(parts)))
        }),
    );
    map.insert(
        "join".into(),
        function(|arguments| {
            let Some(Value::List(items)) = arguments.first() else {
                return Err(TemplateError::Exec("wrong type for value; expected []string".to_owned()));
            };
            let items: Vec<String> = items.iter().map(ToString::to_string).collect();
            Ok(text(items.join(string(arguments, 1)?)))
        }),
    );
    map.insert("title".into(), function(|arguments| Ok(text(title(string(arguments, 0)?)))));
    map.insert("lower".into(), function(|arguments| Ok(text(string(arguments, 0)?.to_lowercase()))));
    map.insert("upper".into(), function(|arguments| Ok(text(string(arguments, 0)?.to_uppercase()))));
    map.insert("index".into(), function(index));
    map.insert("pad".into(), function(pad));
    map.insert(
        "truncate".into(),
        function(|arguments| {
            let (source, length) = (string(arguments, 0)?, count(arguments, 1)?);
            // Go cuts bytes; a character is not cut in two here.
            let end =
                (0..=length.min(source.len())).rev().find(|end| source.is_char_boundary(*end)).unwrap_or(0);
            Ok(text(&source[..end]))
        }),
    );
    map
}

/// Functions for a table's head: they give back the column's name.
pub(super) fn headers() -> FuncMap {
    let mut map = FuncMap::new();
    for name in ["json", "split", "join", "title", "lower", "upper", "truncate"] {
        map.insert(name.into(), function(|arguments| Ok(arguments.first().cloned().unwrap_or(Value::Nil))));
    }
    map.insert("pad".into(), function(pad));
    map
}

/// Go's own `index`, but that a map of texts gives an empty text for a key that it does not have.
fn index(arguments: &[Value]) -> Result {
    let (first, keys) = arguments
        .split_first()
        .ok_or_else(|| TemplateError::Exec("wrong number of args for index".to_owned()))?;
    keys.iter().try_fold(first.clone(), |value, key| match (&value, value.index(key)?) {
        (Value::Map(map), Value::Nil) if map.values().all(|value| matches!(value, Value::String(_))) => {
            Ok(text(""))
        }
        (_, found) => Ok(found),
    })
}

fn pad(arguments: &[Value]) -> Result {
    let source = string(arguments, 0)?;
    let (before, after) = (count(arguments, 1)?, count(arguments, 2)?);
    Ok(text(if source.is_empty() {
        String::new()
    } else {
        format!("{}{source}{}", " ".repeat(before), " ".repeat(after))
    }))
}

/// Go's `strings.Title`: the first letter of each word in upper case.
fn title(source: &str) -> String {
    let mut before = ' ';
    let upper = |character: char| {
        let starts = !(before.is_alphanumeric() || before == '_' || before == '\'');
        before = character;
        if starts { character.to_uppercase().collect() } else { String::from(character) }
    };
    source.chars().map(upper).collect()
}

/// JSON as Docker's `json` writes it: data of the engine in its order, a row of a table sorted and with HTML escapes.
fn to_json(value: &Value, document: &Document) -> String {
    match value {
        Value::Nil | Value::Function(_) => "null".to_owned(),
        Value::String(text) => quote(text),
        value if is_absent(value) => "null".to_owned(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| to_json(item, document)).collect();
            format!("[{}]", items.join(","))
        }
        Value::Map(map) => document.text_of(map).unwrap_or_else(|| {
            let fields: Vec<String> = map
                .iter()
                .filter(|(_, value)| !matches!(value, Value::Function(_)))
                .map(|(key, value)| format!("{}:{}", quote(key), to_json(value, document)))
                .collect();
            escape_html(&format!("{{{}}}", fields.join(",")))
        }),
        other => other.to_string(),
    }
}
