//! `WWW-Authenticate`: how a registry wants to be convinced.
//! Which of several ways is taken is not chosen here.
//!
//! Source: RFC 9110, sections 5.6 and 11; RFC 6750, section 3.

use std::collections::BTreeMap;

/// The longest header that is read.
const LONGEST: usize = 8 * 1024;
/// The most challenges in one header, and parameters in one challenge.
const MOST: usize = 16;

/// One way to authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// In lower case: `bearer`, `basic`.
    pub scheme: String,
    /// By name in lower case. Of two with one name the first counts.
    pub parameters: BTreeMap<String, String>,
}

/// Why a header cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ChallengeError {
    /// Longer than anything that makes sense, or with too many parts.
    #[error("the challenge is too long")]
    TooLong,
    /// Not of the form.
    #[error("the challenge cannot be read at byte {at}")]
    Form {
        /// Where.
        at: usize,
    },
}

impl Challenge {
    /// The parameter `name`.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.get(name).map(String::as_str)
    }
}

/// Reads one header: any number of challenges, separated by commas, as their parameters are.
///
/// # Errors
/// [`ChallengeError`].
pub fn parse(text: &str) -> Result<Vec<Challenge>, ChallengeError> {
    if text.len() > LONGEST {
        return Err(ChallengeError::TooLong);
    }
    let mut reader = Reader { text, at: 0 };
    let mut challenges = Vec::new();
    loop {
        reader.skip_commas();
        if reader.is_at_end() {
            return Ok(challenges);
        }
        if challenges.len() == MOST {
            return Err(ChallengeError::TooLong);
        }
        challenges.push(reader.challenge()?);
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Reader<'a> {
    fn challenge(&mut self) -> Result<Challenge, ChallengeError> {
        let scheme = self.word(is_token)?.to_ascii_lowercase();
        let mut challenge = Challenge { scheme, parameters: BTreeMap::new() };
        if !self.skip_spaces() || self.peek() == Some(b',') || self.skip_token68() {
            return Ok(challenge);
        }
        for count in 0.. {
            let start = self.at;
            let Some((name, value)) = self.parameter()? else {
                self.at = start;
                break;
            };
            if count == MOST {
                return Err(ChallengeError::TooLong);
            }
            challenge.parameters.entry(name).or_insert(value);
            self.skip_spaces();
            if !self.is_at_end() && self.peek() != Some(b',') {
                return Err(self.odd());
            }
            self.skip_commas();
        }
        Ok(challenge)
    }

    /// `name=value`, or nothing where no `=` follows: there the next challenge begins.
    fn parameter(&mut self) -> Result<Option<(String, String)>, ChallengeError> {
        if self.is_at_end() {
            return Ok(None);
        }
        let name = self.word(is_token)?.to_ascii_lowercase();
        self.skip_spaces();
        if !self.take(b'=') {
            return Ok(None);
        }
        self.skip_spaces();
        let value = if self.take(b'"') { self.quoted()? } else { self.word(is_token)?.to_owned() };
        Ok(Some((name, value)))
    }

    /// The rest of a quoted string, whose first quote is read.
    fn quoted(&mut self) -> Result<String, ChallengeError> {
        let mut value = String::new();
        let mut characters = self.text[self.at..].char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.at += at + 1;
                    return Ok(value);
                }
                '\\' => value.extend(characters.next().map(|(_, escaped)| escaped)),
                other => value.push(other),
            }
        }
        self.at = self.text.len();
        Err(self.odd())
    }

    /// Skips what some schemes have in place of parameters: one word that may end in `=`. A parameter always has a value behind its `=`.
    fn skip_token68(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let word = rest.split(',').next().unwrap_or(rest).trim_end();
        let body = word.trim_end_matches('=');
        let is_token68 =
            !body.is_empty() && body.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~+/".contains(&b));
        if is_token68 {
            self.at += word.len();
        }
        is_token68
    }

    fn word(&mut self, belongs: fn(u8) -> bool) -> Result<&'a str, ChallengeError> {
        let rest = &self.text[self.at..];
        let end = rest.bytes().position(|byte| !belongs(byte)).unwrap_or(rest.len());
        if end == 0 {
            return Err(self.odd());
        }
        self.at += end;
        Ok(&rest[..end])
    }

    fn skip_spaces(&mut self) -> bool {
        let start = self.at;
        while matches!(self.peek(), Some(b' ' | b'\t')) {
            self.at += 1;
        }
        self.at > start
    }

    fn skip_commas(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b',')) {
            self.at += 1;
        }
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    fn odd(&self) -> ChallengeError {
        ChallengeError::Form { at: self.at }
    }
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    fn check(text: &str, expected: &Expect) {
        let lines = match parse(text) {
            Ok(challenges) => challenges.iter().map(show).collect::<Vec<_>>().join("\n"),
            Err(error) => error.to_string(),
        };
        expected.assert_eq(&lines);
    }

    fn show(challenge: &Challenge) -> String {
        let parameters = challenge.parameters.iter().map(|(name, value)| format!(" {name}=<{value}>"));
        challenge.scheme.clone() + &parameters.collect::<String>()
    }

    #[test]
    fn docker_hubs_challenge_is_read() {
        check(
            r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/alpine:pull",error="invalid_token""#,
            &expect![
                "bearer error=<invalid_token> realm=<https://auth.docker.io/token> scope=<repository:library/alpine:pull> service=<registry.docker.io>"
            ],
        );
    }

    #[test]
    fn several_challenges_stand_in_one_header() {
        check(
            r#"Basic realm="a, b", Bearer realm=x , service = "y", Negotiate, NTLM abc==, Digest q="\"\\""#,
            &expect![[r#"
                basic realm=<a, b>
                bearer realm=<x> service=<y>
                negotiate
                ntlm
                digest q=<"\>"#]],
        );
    }

    #[test]
    fn commas_and_spaces_too_many_are_passed_over() {
        check(" ,, Basic   realm=\"x\",, ,", &expect!["basic realm=<x>"]);
        check("", &expect![""]);
        check("Bearer ", &expect!["bearer"]);
        check("Negotiate, Basic realm=x", &expect!["negotiate\nbasic realm=<x>"]);
    }

    #[test]
    fn the_first_of_two_parameters_with_one_name_counts() {
        check("Bearer realm=a,REALM=b", &expect!["bearer realm=<a>"]);
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        check("Bearer realm=\"open", &expect!["the challenge cannot be read at byte 18"]);
        check("Bearer realm=\"a\" b", &expect!["the challenge cannot be read at byte 17"]);
        check("Bearer realm=\"a\",x=", &expect!["the challenge cannot be read at byte 19"]);
        check("\"", &expect!["the challenge cannot be read at byte 0"]);
        check("é", &expect!["the challenge cannot be read at byte 0"]);
    }

    #[test]
    fn lengths_have_limits() {
        check(&"a".repeat(LONGEST + 1), &expect!["the challenge is too long"]);
        check(&"a,".repeat(MOST + 1), &expect!["the challenge is too long"]);
        let parameters: String = (0..=MOST).map(|n| format!("p{n}=x,")).collect();
        check(&format!("Bearer {parameters}"), &expect!["the challenge is too long"]);
    }
}
