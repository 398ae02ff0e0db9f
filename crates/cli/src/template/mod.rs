//! Go templates as Docker's `--format` has them.

mod document;
mod functions;
mod json;
mod methods;
mod typed;

use gotmpl::{MissingKey, Template, TemplateError, Value};

pub(crate) use document::Document;
pub(crate) use functions::Headers;
pub(crate) use json::{compact, indent, quote};
pub(crate) use typed::{CONTAINER, EVENT, IMAGE, INFO, NETWORK, Shape, VERSION, VOLUME};

/// A template that has been read.
pub(crate) struct Format {
    source: String,
    template: Template,
}

impl Format {
    /// Reads a template; `json` in it knows the order of the fields of `document`.
    pub(crate) fn parse(source: &str, document: &Document) -> Result<Self, String> {
        Self::with(source, functions::values(document))
    }

    /// Reads a template for a table's head: functions leave names of columns as they are.
    pub(crate) fn parse_headers(source: &str) -> Result<Self, String> {
        Self::with(source, functions::headers())
    }

    fn with(source: &str, functions: gotmpl::FuncMap) -> Result<Self, String> {
        let template = Template::new("")
            .missing_key(MissingKey::Error)
            .funcs(functions)
            .parse(&methods::as_calls(source))
            .map_err(|error| error.to_string())?;
        Ok(Self { source: source.to_owned(), template })
    }

    /// Fills it in. A field that a type does not have is an error; a key that a map does not have is `<no value>`.
    pub(crate) fn render(&self, data: &Value) -> Result<String, String> {
        match self.template.execute_to_string(data) {
            // Every field has a value or points to nothing.
            Ok(text) => Ok(text.replace("<no value>", "<nil>")),
            Err(TemplateError::MissingKey { key }) if self.asks_map_for(&key) => {
                let lenient = self.template.clone().missing_key(MissingKey::Invalid);
                lenient.execute_to_string(data).map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Whether the template asks for the key after the name of a map: `.Labels.key`.
    fn asks_map_for(&self, key: &str) -> bool {
        typed::KEYED.iter().any(|map| self.source.contains(&format!(".{map}.{key}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(format: &str, json: &str) -> Result<String, String> {
        let mut document = Document::default();
        let data = document.read(json.as_bytes(), Shape::NONE).unwrap();
        Format::parse(format, &document)?.render(&data)
    }

    const STATE: &str =
        r#"{"State":{"Status":"up","Pid":7,"Error":"a\u003cb"},"Args":["x","y"],"Labels":{"b":"2","a":"1"}}"#;

    #[test]
    fn json_keeps_the_order_of_the_engine() {
        assert_eq!(render("{{json .State}}", STATE).unwrap(), r#"{"Status":"up","Pid":7,"Error":"a<b"}"#);
        assert_eq!(
            render("{{json .Labels}} {{json .Args}}", STATE).unwrap(),
            r#"{"b":"2","a":"1"} ["x","y"]"#
        );
        assert_eq!(render("{{range .Args}}{{json .}}{{end}}", STATE).unwrap(), r#""x""y""#);
    }

    #[test]
    fn dockers_functions_are_there() {
        let all = r#"{{join .Args ","}} {{upper .State.Status}} {{title "ab cd"}} {{lower "AB"}} {{index (split "a:b" ":") 1}} {{truncate "abcdef" 3}}|{{pad "x" 1 2}}|{{println .State.Pid}}"#;
        assert_eq!(render(all, STATE).unwrap(), "x,y UP Ab Cd ab b abc| x  |7\n");
    }

    #[test]
    fn nothing_is_what_it_is_in_gos_types() {
        let container = r#"{"State":{"Status":"up"},"Config":{"Cmd":null,"Labels":null},"HostConfig":{"PidsLimit":null}}"#;
        let mut document = Document::default();
        let data = document.read(container.as_bytes(), CONTAINER).unwrap();
        let render = |format: &str| Format::parse(format, &document).unwrap().render(&data);
        assert_eq!(render(r#"{{index .Config.Labels "x"}}|{{.Config.Labels.x}}"#).unwrap(), "|<no value>");
        let empty = "{{.Config.Cmd}} {{len .Config.Labels}} {{.HostConfig.PidsLimit}} {{.Config.StopSignal}}|{{.HostConfig.Init}}";
        assert_eq!(render(empty).unwrap(), "[] 0 <nil> |<nil>");
        assert_eq!(
            render("{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}").unwrap(),
            "none"
        );
        assert!(render("{{.State.Health.Status}}").is_err());
        assert_eq!(render("{{json .State.Health}}").unwrap(), "null");
        assert_eq!(
            render("{{json .Config.Cmd}}{{json .Config.Labels}}{{json .Config.Shell}}").unwrap(),
            "nullnullnull"
        );
        assert_eq!(render("{{json .Config}}").unwrap(), r#"{"Cmd":null,"Labels":null}"#);
    }

    #[test]
    fn a_field_that_is_not_there_is_an_error() {
        let error = render("{{.Nope}}", STATE).unwrap_err();
        assert!(error.contains("map has no entry for key") && error.contains("Nope"), "{error}");
    }
}
