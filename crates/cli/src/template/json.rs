//! JSON text as Go writes it: indented, compact, with or without HTML escapes. Works on text, so that numbers and the
//! order of fields stay what the engine sent.

/// Go's `json.Indent` with four spaces.
pub(crate) fn indent(text: &str) -> String {
    let mut output = String::with_capacity(text.len() * 2);
    let mut depth = 0;
    // An opening bracket waits here until it is known whether something is inside.
    let mut opened = false;
    for token in Tokens::new(text) {
        if opened && !matches!(token, "}" | "]") {
            depth += 1;
            new_line(&mut output, depth);
        }
        match token {
            "}" | "]" if !opened => {
                depth -= 1;
                new_line(&mut output, depth);
                output.push_str(token);
            }
            "," => {
                output.push(',');
                new_line(&mut output, depth);
            }
            ":" => output.push_str(": "),
            token => output.push_str(token),
        }
        opened = matches!(token, "{" | "[");
    }
    output
}

fn new_line(output: &mut String, depth: usize) {
    output.push('\n');
    output.extend(std::iter::repeat_n("    ", depth));
}

/// Go's `json.Compact`.
pub(crate) fn compact(text: &str) -> String {
    Tokens::new(text).collect()
}

/// Writes a string as JSON, without HTML escapes.
pub(crate) fn quote(text: &str) -> String {
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    quoted.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029")
}

/// Writes `<`, `>` and `&` in JSON text as escapes, as Go does unless told otherwise.
pub(crate) fn escape_html(text: &str) -> String {
    text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026")
}

/// Takes these escapes back.
pub(super) fn unescape_html(text: &str) -> String {
    text.replace("\\u003c", "<").replace("\\u003e", ">").replace("\\u0026", "&")
}

/// The tokens of JSON text: brackets, commas, colons, and everything else as it is.
struct Tokens<'a> {
    rest: &'a str,
}

impl<'a> Tokens<'a> {
    fn new(text: &'a str) -> Self {
        Self { rest: text }
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        self.rest = self.rest.trim_start();
        let bytes = self.rest.as_bytes();
        let length = match bytes.first()? {
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            b'"' => string_length(bytes),
            _ => bytes
                .iter()
                .position(|byte| b"{}[],:\"".contains(byte) || byte.is_ascii_whitespace())
                .unwrap_or(bytes.len()),
        };
        let (token, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(token)
    }
}

/// Length of the string at the beginning, with its quotes.
fn string_length(bytes: &[u8]) -> usize {
    let mut index = 1;
    while index < bytes.len() {
        match bytes[index] {
            b'\\' => index += 2,
            b'"' => return index + 1,
            _ => index += 1,
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    #[test]
    fn indents_like_go() {
        let text = r#"[{"a": 1.50, "b":[],"c" :{ },"d":["x\"]",null],"e":{"f":"\u003c"}}]"#;
        expect![[r#"
            [
                {
                    "a": 1.50,
                    "b": [],
                    "c": {},
                    "d": [
                        "x\"]",
                        null
                    ],
                    "e": {
                        "f": "\u003c"
                    }
                }
            ]"#]]
        .assert_eq(&indent(text));
    }

    #[test]
    fn compact_takes_out_blanks_between_tokens_only() {
        assert_eq!(compact("{ \"a b\" : [ 1 , 2 ] }\n"), r#"{"a b":[1,2]}"#);
    }
}
