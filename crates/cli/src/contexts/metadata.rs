//! What a context's file says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The endpoint that is ours; other programs may keep theirs beside it.
pub(crate) const DOCKER: &str = "docker";

/// The file's content, what is not ours as it is.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct Metadata {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) name: String,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) endpoints: BTreeMap<String, Value>,
}

/// The way to an engine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct DockerEndpoint {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(crate) host: String,
    #[serde(rename = "SkipTLSVerify")]
    pub(crate) skip_tls_verify: bool,
}

impl Metadata {
    /// A context with this way to an engine.
    pub(crate) fn new(name: &str, description: &str, endpoint: &DockerEndpoint) -> Self {
        let mut metadata = Self { name: name.to_owned(), ..Self::default() };
        metadata.describe(description);
        metadata.set_docker(endpoint);
        metadata
    }

    pub(crate) fn description(&self) -> &str {
        self.metadata.get("Description").and_then(Value::as_str).unwrap_or_default()
    }

    /// Gives it another description; an empty one changes nothing.
    pub(crate) fn describe(&mut self, description: &str) {
        if !description.is_empty() {
            self.metadata.insert("Description".to_owned(), description.into());
        }
    }

    /// The way to the engine.
    ///
    /// # Errors
    /// When there is none, in Docker's words.
    pub(crate) fn docker(&self) -> Result<DockerEndpoint, String> {
        let endpoint = self.endpoints.get(DOCKER).ok_or("cannot find docker endpoint in context")?;
        serde_json::from_value(endpoint.clone()).map_err(|error| error.to_string())
    }

    pub(crate) fn set_docker(&mut self, endpoint: &DockerEndpoint) {
        let value = serde_json::json!(endpoint);
        self.endpoints.insert(DOCKER.to_owned(), value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_keep_there_stays() {
        let text = r#"{"Name":"a1","Metadata":{"Description":"d","Other":1},"Endpoints":{"docker":{"Host":"tcp://x:1","SkipTLSVerify":true},"kubernetes":{"K":[1]}}}"#;
        let metadata: Metadata = serde_json::from_str(text).unwrap();
        assert_eq!(metadata.description(), "d");
        assert_eq!(
            metadata.docker(),
            Ok(DockerEndpoint { host: "tcp://x:1".to_owned(), skip_tls_verify: true })
        );
        assert_eq!(serde_json::to_string(&metadata).unwrap(), text);
    }
}
