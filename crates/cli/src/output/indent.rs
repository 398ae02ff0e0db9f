//! Sets JSON in lines without touching anything else of it: order, numbers and escapes stay as they were written.

/// The text, which is valid JSON, one value a line, every level further in by `step` (Go's `json.Indent`).
pub(crate) fn indent(json: &str, step: &str) -> String {
    let mut out = String::with_capacity(json.len() * 2);
    let (mut depth, mut in_string, mut is_escaped) = (0_usize, false, false);
    let mut characters = json.chars().peekable();
    while let Some(character) = characters.next() {
        if in_string {
            out.push(character);
            in_string = is_escaped || character != '"';
            is_escaped = !is_escaped && character == '\\';
            continue;
        }
        match character {
            ' ' | '\t' | '\r' | '\n' => {}
            '{' | '[' => {
                out.push(character);
                while characters.next_if(|next| next.is_ascii_whitespace()).is_some() {}
                match characters.next_if(|next| matches!(next, '}' | ']')) {
                    Some(end) => out.push(end),
                    None => {
                        depth += 1;
                        new_line(&mut out, step, depth);
                    }
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut out, step, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, step, depth);
            }
            ':' => out.push_str(": "),
            _ => {
                in_string = character == '"';
                out.push(character);
            }
        }
    }
    out
}

fn new_line(out: &mut String, step: &str, depth: usize) {
    out.push('\n');
    (0..depth).for_each(|_| out.push_str(step));
}

#[cfg(test)]
mod tests {
    use super::indent;

    #[test]
    fn only_space_between_values_changes() {
        let text = r#"{ "b":[1.50, {}, [ ] ],"a" : "x\\\"{,:", "c":{"d":null}}"#;
        let expected = "{\n\t\"b\": [\n\t\t1.50,\n\t\t{},\n\t\t[]\n\t],\n\t\"a\": \"x\\\\\\\"{,:\",\n\t\"c\": {\n\t\t\"d\": null\n\t}\n}";
        assert_eq!(indent(text, "\t"), expected);
        assert_eq!(indent(expected, "\t"), expected);
    }
}
