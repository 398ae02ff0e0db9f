//! Quotes and variables in an argument, as a shell has them: `"…"`, `'…'`, `\x`, `$NAME`, `${NAME}`, `${NAME:-word}`, `${NAME:+word}`,
//! `${NAME:?word}`, and the last three without the colon.
//!
//! Patterns (`${NAME#word}` and the like) are refused.

use std::iter::Peekable;
use std::str::Chars;

use super::{ChangeError, Outcome, refused};

/// How deep values of values are looked at.
const DEPTH: usize = 16;

/// The text with quotes taken away and variables replaced; those that are not set are empty.
pub(super) fn substitute(text: &str, env: &[String]) -> Outcome<String> {
    let mut reader = Reader { characters: text.chars().peekable(), env, depth: 0 };
    reader
        .word(None)
        .map_err(|ChangeError(problem)| ChangeError(format!("failed to process {text:?}: {problem}")))
}

struct Reader<'a> {
    characters: Peekable<Chars<'a>>,
    env: &'a [String],
    depth: usize,
}

impl Reader<'_> {
    /// Up to `end`, which is taken, or to the end of the text.
    fn word(&mut self, end: Option<char>) -> Outcome<String> {
        let mut word = String::new();
        while let Some(character) = self.characters.next() {
            match character {
                character if Some(character) == end => return Ok(word),
                '\'' => self.single_quoted(&mut word)?,
                '"' => self.double_quoted(&mut word)?,
                '\\' => word.extend(self.characters.next()),
                '$' => word.push_str(&self.variable()?),
                character => word.push(character),
            }
        }
        if end.is_some() { refused("syntax error: missing '}'") } else { Ok(word) }
    }

    fn single_quoted(&mut self, word: &mut String) -> Outcome {
        for character in self.characters.by_ref() {
            if character == '\'' {
                return Ok(());
            }
            word.push(character);
        }
        refused("unexpected end of statement while looking for matching single-quote")
    }

    fn double_quoted(&mut self, word: &mut String) -> Outcome {
        while let Some(character) = self.characters.next() {
            match character {
                '"' => return Ok(()),
                '$' => word.push_str(&self.variable()?),
                '\\' => match self.characters.next() {
                    Some(escaped @ ('"' | '$' | '\\')) => word.push(escaped),
                    // Anything else keeps its backslash.
                    escaped => {
                        word.push('\\');
                        word.extend(escaped);
                    }
                },
                character => word.push(character),
            }
        }
        refused("unexpected end of statement while looking for matching double-quote")
    }

    fn variable(&mut self) -> Outcome<String> {
        if self.characters.next_if_eq(&'{').is_some() {
            return self.braced();
        }
        let name = self.name();
        Ok(if name.is_empty() { "$".to_owned() } else { self.value(&name).unwrap_or_default() })
    }

    fn braced(&mut self) -> Outcome<String> {
        let name = self.name();
        if name.is_empty() {
            return refused("syntax error: bad substitution");
        }
        let mut modifier = match self.characters.next() {
            Some('}') => return Ok(self.value(&name).unwrap_or_default()),
            Some(modifier) => modifier,
            None => return refused("missing ':' in substitution"),
        };
        let colon = modifier == ':';
        if colon {
            modifier = self.characters.next().unwrap_or_default();
        }
        if !matches!(modifier, '-' | '+' | '?') {
            return refused(format!("unsupported modifier ({modifier}) in substitution"));
        }
        self.depth += 1;
        if self.depth > DEPTH {
            return refused("values are nested too deeply");
        }
        let word = self.word(Some('}'))?;
        self.depth -= 1;
        let value = self.value(&name).filter(|value| !colon || !value.is_empty());
        match (modifier, value) {
            ('-', value) => Ok(value.unwrap_or(word)),
            ('+', value) => Ok(value.map(|_| word).unwrap_or_default()),
            (_, Some(value)) => Ok(value),
            (_, None) => refused(format!("{name}: {word}")),
        }
    }

    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(character) =
            self.characters.next_if(|character| character.is_ascii_alphanumeric() || *character == '_')
        {
            name.push(character);
        }
        name
    }

    fn value(&self, name: &str) -> Option<String> {
        let named = |entry: &&String| entry.split('=').next() == Some(name);
        let entry = self.env.iter().rfind(named)?;
        Some(entry.split_once('=').map_or(String::new(), |(_, value)| value.to_owned()))
    }
}
