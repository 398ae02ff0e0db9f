//! `POST /commit`.

use corten_api_types::container::CommitResponse;
use corten_engine::Engine;
use corten_engine::containers::CommitRequest;
use http::StatusCode;
use serde_json::Value;

use crate::failure::Failure;
use crate::request::Request;
use crate::respond::{self, Answer};

pub(crate) async fn commit(engine: &Engine, request: Request) -> Answer {
    let query = request.query.clone();
    // Docker's own clients send none.
    let config: Value = request.json_or_default().await?;
    if !is_empty(&config) {
        return Err(Failure::not_implemented("a configuration in the body of a commit is not built yet"));
    }
    let text = |name: &str| query.text(name).to_owned();
    let id = engine
        .containers
        .commit(CommitRequest {
            container: text("container"),
            name: name(query.text("repo"), query.text("tag")),
            author: text("author"),
            comment: text("comment"),
            changes: query.all("changes").to_vec(),
            // Whoever says nothing wants it.
            pause: query.text("pause").is_empty() || query.flag("pause"),
        })
        .await?;
    respond::json_with(StatusCode::CREATED, &CommitResponse { id })
}

/// Repository and tag as one name.
pub(crate) fn name(repository: &str, tag: &str) -> String {
    if tag.is_empty() || repository.is_empty() {
        repository.to_owned()
    } else {
        format!("{repository}:{tag}")
    }
}

/// Whether the JSON asks for nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(value) => value.as_f64() == Some(0.0),
        Value::String(value) => value.is_empty(),
        Value::Array(values) => values.is_empty(),
        Value::Object(fields) => fields.values().all(is_empty),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_configuration_of_zeros_asks_for_nothing() {
        let empty = json!({"Hostname": "", "Tty": false, "Env": null, "Cmd": [], "Labels": {}, "N": 0});
        assert!(is_empty(&empty) && is_empty(&Value::Null));
        assert!(!is_empty(&json!({"Cmd": ["sh"]})) && !is_empty(&json!({"Tty": true})));
    }
}
