//! The part of YAML that documents are written in, as the values of JSON.
//!
//! Aliases are refused: a short text could stand for a value that fills the memory.

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use crate::CdiError;

/// Lists and maps within each other.
const DEPTH: usize = 32;

/// A list or map whose end has not come.
enum Open {
    List(Vec<Value>),
    /// With the key whose value comes next.
    Map(Map<String, Value>, Option<String>),
}

/// Reads one document.
///
/// # Errors
/// [`CdiError::Syntax`].
pub(crate) fn parse(text: &str) -> Result<Value, CdiError> {
    let mut open: Vec<Open> = Vec::new();
    let mut root = None;
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| CdiError::Syntax(error.to_string()))?;
        let done = match event {
            Event::Scalar(text, style, ..) => scalar(&text, style == ScalarStyle::Plain),
            Event::SequenceStart(..) => {
                begin(&mut open, Open::List(Vec::new()))?;
                continue;
            }
            Event::MappingStart(..) => {
                begin(&mut open, Open::Map(Map::new(), None))?;
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some(Open::List(list)) => Value::Array(list),
                Some(Open::Map(map, None)) => Value::Object(map),
                _ => return Err(syntax("something ends that did not begin")),
            },
            Event::Alias(_) => return Err(syntax("aliases are not read")),
            _ => continue,
        };
        match open.last_mut() {
            Some(parent) => put(parent, done)?,
            None if root.is_none() => root = Some(done),
            None => return Err(syntax("more than one document")),
        }
    }
    root.ok_or_else(|| syntax("nothing is in it"))
}

fn syntax(text: &str) -> CdiError {
    CdiError::Syntax(text.to_owned())
}

fn begin(open: &mut Vec<Open>, value: Open) -> Result<(), CdiError> {
    if open.len() == DEPTH {
        return Err(syntax("it is nested too deeply"));
    }
    open.push(value);
    Ok(())
}

/// A value in a list, or a key or its value in a map.
fn put(parent: &mut Open, value: Value) -> Result<(), CdiError> {
    match parent {
        Open::List(list) => list.push(value),
        Open::Map(map, key) => match (key.take(), value) {
            (Some(key), value) => {
                map.insert(key, value);
            }
            (None, Value::String(text)) => *key = Some(text),
            (None, Value::Array(_) | Value::Object(_)) => return Err(syntax("a key is no text")),
            (None, other) => *key = Some(other.to_string()),
        },
    }
    Ok(())
}

/// The core schema: a text without quotes may be a number, a truth value or nothing.
fn scalar(text: &str, plain: bool) -> Value {
    if !plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "true" | "True" | "TRUE" => return Value::Bool(true),
        "false" | "False" | "FALSE" => return Value::Bool(false),
        _ => {}
    }
    let number = match text.strip_prefix("0o") {
        Some(octal) => i64::from_str_radix(octal, 8).ok(),
        None => text.parse().ok(),
    };
    number.map_or_else(|| Value::from(text), Value::from)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn scalars_are_what_they_look_like_unless_they_are_quoted() {
        let text = "a: 1\nb: '1'\nc: [true, ~, 0.5.0, 0o644]\nd: {}\n";
        assert_eq!(parse(text).unwrap(), json!({"a": 1, "b": "1", "c": [true, null, "0.5.0", 420], "d": {}}));
    }

    #[test]
    fn what_could_grow_is_refused() {
        assert!(parse("a: &x [1]\nb: *x\n").is_err());
        assert!(parse(&"[".repeat(40)).is_err());
        assert!(parse("a: 1\n---\nb: 2\n").is_err());
        assert!(parse("").is_err());
    }
}
