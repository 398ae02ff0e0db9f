//! `--log-opt tag=…`: a text in which `{{.Field}}` stands for a fact about the container. Pure, but for the host's name.
//!
//! Of Go's templates only fields are built.

use super::wrong;
use crate::containers::record::Container;
use crate::error::EngineError;

const FIELDS: [&str; 9] =
    ["ID", "FullID", "Name", "Command", "ImageID", "ImageFullID", "ImageName", "Hostname", "DaemonName"];

/// Checks that a tag names fields that there are.
///
/// # Errors
/// A field that there is none of, or something else than a field.
pub(super) fn check(tag: &str) -> Result<(), EngineError> {
    replace(tag, &|_| String::new()).map(drop)
}

/// The tag with the facts in it.
///
/// # Errors
/// As [`check`].
pub(super) fn render(tag: &str, container: &Container) -> Result<String, EngineError> {
    replace(tag, &|field| fact(container, field))
}

fn fact(container: &Container, field: &str) -> String {
    let config = &container.config;
    match field {
        "ID" => container.id.short().to_string(),
        "FullID" => container.id.to_string(),
        "Name" => container.name.clone(),
        "Command" => {
            let words = config.entrypoint.iter().flatten().chain(config.cmd.iter().flatten());
            words.map(String::as_str).collect::<Vec<_>>().join(" ")
        }
        "ImageID" => container.image_id.trim_start_matches("sha256:").chars().take(12).collect(),
        "ImageFullID" => container.image_id.clone(),
        "ImageName" => config.image.clone(),
        "Hostname" => crate::host::kernel().host_name,
        _ => "corten".to_owned(),
    }
}

fn replace(tag: &str, value: &dyn Fn(&str) -> String) -> Result<String, EngineError> {
    let mut text = String::new();
    let mut rest = tag;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((action, after)) = after.split_once("}}") else {
            return Err(wrong(&format!("template: log-tag: unclosed action in `{tag}`")));
        };
        let field = action.trim().strip_prefix('.').filter(|name| FIELDS.contains(name));
        let Some(field) = field else {
            return Err(EngineError::NotImplemented(format!(
                "`{{{{{action}}}}}` in the log option `tag` is not built: there are {}",
                FIELDS.map(|field| format!("{{{{.{field}}}}}")).join(", ")
            )));
        };
        text.push_str(before);
        text.push_str(&value(field));
        rest = after;
    }
    text.push_str(rest);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::replace;

    #[test]
    fn fields_are_replaced_and_nothing_else_is_there() {
        let value = |field: &str| field.to_lowercase();
        assert_eq!(replace("a {{.Name}}/{{ .ID }}", &value).unwrap(), "a name/id");
        assert!(replace("{{.Name", &value).is_err());
        assert!(replace("{{upper .Name}}", &value).unwrap_err().to_string().contains("upper .Name"));
    }
}
