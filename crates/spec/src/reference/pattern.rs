//! Shell patterns as Go's `path.Match` has them: `*`, `?`, `[a-z]`, `[^a]`, `\` before a character to take it literally.
//! No `**` and no braces; the whole name must fit.

/// A malformed pattern.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub struct BadPattern;

/// One step of a pattern.
enum Token {
    /// Any number of characters but `/`.
    Star,
    /// One character but `/`.
    Any,
    Literal(char),
    /// One character inside (or, negated, outside) these inclusive ranges.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
}

impl Token {
    fn fits(&self, c: char) -> bool {
        match self {
            Self::Star => false,
            Self::Any => c != '/',
            Self::Literal(literal) => *literal == c,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

/// Whether `name` fits `pattern`.
pub(super) fn matches(pattern: &str, name: &str) -> Result<bool, BadPattern> {
    let tokens = tokenize(pattern)?;
    let name: Vec<char> = name.chars().collect();
    let (mut at_token, mut at_char) = (0, 0);
    // Where to go on after the last star if what follows does not fit: a longer run for it. Earlier stars never need a
    // second try, so this is quadratic at worst.
    let mut retry = None;
    while at_char < name.len() || at_token < tokens.len() {
        match (tokens.get(at_token), name.get(at_char)) {
            (Some(Token::Star), _) => {
                retry = Some((at_token, at_char));
                at_token += 1;
            }
            (Some(token), Some(c)) if token.fits(*c) => {
                at_token += 1;
                at_char += 1;
            }
            _ => match retry {
                Some((star, start)) if name.get(start).is_some_and(|c| *c != '/') => {
                    retry = Some((star, start + 1));
                    at_token = star + 1;
                    at_char = start + 1;
                }
                _ => return Ok(false),
            },
        }
    }
    Ok(true)
}

fn tokenize(pattern: &str) -> Result<Vec<Token>, BadPattern> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => Token::Literal(chars.next().ok_or(BadPattern)?),
            '[' => class(&mut chars)?,
            literal => Token::Literal(literal),
        });
    }
    Ok(tokens)
}

fn class(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<Token, BadPattern> {
    let negated = chars.next_if_eq(&'^').is_some();
    let mut ranges = Vec::new();
    while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
        let low = class_char(chars)?;
        let high = if chars.next_if_eq(&'-').is_some() { class_char(chars)? } else { low };
        ranges.push((low, high));
    }
    Ok(Token::Class { negated, ranges })
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match chars.next() {
        None | Some('-' | ']') => Err(BadPattern),
        Some('\\') => chars.next().ok_or(BadPattern),
        Some(c) => Ok(c),
    }
}
