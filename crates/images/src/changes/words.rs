//! Splits the arguments of an instruction: at blanks that are neither quoted nor escaped, or as a list in JSON.
//!
//! Quotes stay: [`super::substitute`] takes them away.

use serde::Deserialize;
use serde_json::{Deserializer, Value};

use super::{Outcome, refused};

/// The words of a text.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut quote = None;
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', None | Some('"')) => {
                word.push(character);
                word.extend(characters.next());
                continue;
            }
            ('"' | '\'', None) => quote = Some(character),
            (character, Some(open)) if character == open => quote = None,
            (blank, None) if blank.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
                continue;
            }
            _ => {}
        }
        word.push(character);
    }
    words.extend((!word.is_empty()).then_some(word));
    words
}

/// The words of a list in JSON; `None` when the text is none. What follows the list is not looked at, as in Docker.
pub(super) fn json(text: &str) -> Outcome<Option<Vec<String>>> {
    if !text.starts_with('[') {
        return Ok(None);
    }
    let Ok(values) = Vec::<Value>::deserialize(&mut Deserializer::from_str(text)) else { return Ok(None) };
    let words: Option<Vec<String>> = values
        .into_iter()
        .map(|value| match value {
            Value::String(word) => Some(word),
            _ => None,
        })
        .collect();
    match words {
        Some(words) => Ok(Some(words)),
        None => refused("when using JSON array syntax, arrays must be comprised of strings only"),
    }
}

/// The words of a list in JSON, else those of the text.
pub(super) fn words_or_json(text: &str) -> Outcome<Vec<String>> {
    Ok(json(text)?.unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect()))
}

/// Names with values: `a=b c=d`, or the old form `a b c` for one name.
pub(super) fn pairs(instruction: &str, text: &str) -> Outcome<Vec<(String, String)>> {
    let words = words(text);
    let Some(first) = words.first() else {
        return refused(format!("{instruction} requires at least one argument"));
    };
    if !first.contains('=') {
        return match text.split_once(char::is_whitespace) {
            Some((name, value)) => Ok(vec![(name.to_owned(), value.trim_start().to_owned())]),
            None => refused(format!("{instruction} must have two arguments")),
        };
    }
    let pair = |word: &String| match word.split_once('=') {
        Some((name, value)) => Ok((name.to_owned(), value.to_owned())),
        None => refused(format!("Syntax error - can't find = in {word:?}. Must be of the form: name=value")),
    };
    words.iter().map(pair).collect()
}
