//! Go lets a template call a method of its data with arguments (`{{.Label "a"}}`); here data has functions, which need
//! the word `call` before them.

/// Methods with arguments that Docker's data has.
const METHODS: &[&str] = &[".Label"];

/// Writes `call` before each method that is followed by an argument.
pub(super) fn as_calls(source: &str) -> String {
    let mut text = source.to_owned();
    for method in METHODS {
        text = insert_calls(&text, method);
    }
    text
}

fn insert_calls(source: &str, method: &str) -> String {
    let mut text = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(at) = rest.find(method) {
        let (before, from) = rest.split_at(at);
        let after = &from[method.len()..];
        text.push_str(before);
        let starts_a_term = before.ends_with(['{', ' ', '(', '|', '-', '=']);
        let has_argument = after.starts_with(' ') && after.trim_start().starts_with(['"', '`', '$', '(']);
        if starts_a_term && has_argument {
            text.push_str("call ");
        }
        text.push_str(method);
        rest = after;
    }
    text.push_str(rest);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_with_an_argument_change() {
        assert_eq!(as_calls(r#"{{.Label "a"}} {{.Labels}}"#), r#"{{call .Label "a"}} {{.Labels}}"#);
        assert_eq!(as_calls(r#"{{if (.Label "a")}}x{{end}}"#), r#"{{if (call .Label "a")}}x{{end}}"#);
        assert_eq!(as_calls("{{.Label}}{{.X.Label}}"), "{{.Label}}{{.X.Label}}");
    }
}
