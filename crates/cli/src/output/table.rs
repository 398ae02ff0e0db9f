//! Rows of things as tables or through a template: Docker's `--format` of lists.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::Value;

use super::{align, visible, visible_in_line};
use crate::template::{Document, Format, Headers};

/// One thing's fields by the names that templates use.
pub(crate) type Row = BTreeMap<Arc<str>, Value>;

/// The row of a thing that has labels: beside its fields, `{{.Labels}}` and `{{.Label "name"}}`.
pub(crate) fn labelled_row<const N: usize>(
    fields: [(&str, String); N],
    labels: &BTreeMap<String, String>,
) -> Row {
    let shown: Vec<String> = labels.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let fields = fields.into_iter().chain([("Labels", shown.join(","))]);
    let mut row: Row = fields.map(|(name, text)| (Arc::from(name), Value::String(Arc::from(text)))).collect();
    let labels = labels.clone();
    let label = move |arguments: &[Value]| {
        let name = arguments.first().map(ToString::to_string).unwrap_or_default();
        Ok(Value::String(Arc::from(labels.get(&name).map_or("", String::as_str))))
    };
    row.insert(Arc::from("Label"), Value::Function(Arc::new(label)));
    row
}

/// How a list is printed.
pub(crate) struct Table {
    /// `table …`, `json` or a template.
    pub(crate) format: String,
    /// Heads of the columns.
    pub(crate) headers: Headers,
}

impl Table {
    /// The list as text.
    pub(crate) fn render(&self, rows: impl IntoIterator<Item = Row>) -> Result<String, String> {
        let (source, is_table) = match self.format.strip_prefix("table") {
            Some(rest) => (rest, true),
            None if self.format == "json" => ("{{json .}}", false),
            None => (self.format.as_str(), false),
        };
        let source = source.trim_matches(' ').replace("\\t", "\t").replace("\\n", "\n");
        let failed = |why: String| format!("template parsing error: {why}");
        let format = Format::parse(&source, &Document::default()).map_err(failed)?;
        let mut text = String::new();
        if is_table {
            let head = Format::parse_headers(&source).and_then(|head| head.render(&self.head()));
            text.push_str(&head.map_err(failed)?);
            text.push('\n');
        }
        for row in rows {
            let row = if is_table { row.into_iter().map(shown).collect() } else { row };
            let line = format.render(&Value::Map(Arc::new(row))).map_err(failed)?;
            // What functions returned, labels say, has not been looked at.
            text.push_str(&if is_table { visible(&line) } else { line.as_str().into() });
            text.push('\n');
        }
        Ok(if is_table { align(&text, 10, 3) } else { text })
    }

    fn head(&self) -> Value {
        let text = |text: &str| Value::String(Arc::from(text));
        let mut head: Row =
            self.headers.iter().map(|(field, name)| (Arc::from(*field), text(name))).collect();
        // The head of `{{.Label "com.example.a-b"}}` is `a b`.
        let label = move |arguments: &[Value]| {
            let name = arguments.first().map(ToString::to_string).unwrap_or_default();
            let last = name.rsplit('.').next().unwrap_or_default();
            Ok(Value::String(Arc::from(last.replace(['-', '_'], " "))))
        };
        head.insert(Arc::from("Label"), Value::Function(Arc::new(label)));
        Value::Map(Arc::new(head))
    }
}

/// A cell stays in its line and its column.
fn shown((name, value): (Arc<str>, Value)) -> (Arc<str>, Value) {
    match value {
        Value::String(text) => (name, Value::String(Arc::from(visible_in_line(&text)))),
        other => (name, other),
    }
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn rows() -> Vec<Row> {
        let row = |id: &str, name: &str| {
            let text = |text: &str| Value::String(Arc::from(text));
            Row::from([(Arc::from("ID"), text(id)), (Arc::from("Names"), text(name))])
        };
        vec![row("1", "<none>"), row("2", "b")]
    }

    fn render(format: &str) -> String {
        let headers = &[("ID", "CONTAINER ID"), ("Names", "NAMES")];
        Table { format: format.to_owned(), headers }.render(rows()).unwrap_or_else(|error| error)
    }

    #[test]
    fn a_table_shows_control_characters_and_a_template_passes_them_on() {
        let row = Row::from([(Arc::from("Names"), Value::String(Arc::from("a\n\x1b[2J")))]);
        let render = |format: &str| {
            Table { format: format.to_owned(), headers: &[("Names", "NAMES")] }.render([row.clone()])
        };
        assert_eq!(render("table {{.Names}}").unwrap(), "NAMES\na\\x0a\\x1b[2J\n");
        assert_eq!(render("{{.Names}}").unwrap(), "a\n\x1b[2J\n");
    }

    #[test]
    fn a_table_has_heads_even_through_functions() {
        expect![[r#"
            CONTAINER ID   NAMES
            1              <NONE>
            2              B
        "#]]
        .assert_eq(&render(r"table {{.ID}}\t{{upper .Names}}"));
    }

    #[test]
    fn a_template_prints_a_line_each_and_json_escapes_html() {
        assert_eq!(render("{{.ID}}={{.Names}}"), "1=<none>\n2=b\n");
        assert_eq!(
            render("json"),
            "{\"ID\":\"1\",\"Names\":\"\\u003cnone\\u003e\"}\n{\"ID\":\"2\",\"Names\":\"b\"}\n"
        );
    }

    #[test]
    fn a_table_without_rows_is_its_head() {
        let headers = &[("ID", "CONTAINER ID"), ("Names", "NAMES")];
        let table = Table { format: "table {{.ID}}\t{{.Names}}".to_owned(), headers };
        assert_eq!(table.render([]).unwrap(), "CONTAINER ID   NAMES\n");
    }

    #[test]
    fn a_bad_template_is_an_error() {
        assert!(render("{{.ID").starts_with("template parsing error: "), "{}", render("{{.ID"));
        assert!(render("{{.Nope}}").starts_with("template parsing error: "));
    }
}
