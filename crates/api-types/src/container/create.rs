//! `POST /containers/create`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Config, HostConfig};
use crate::Unknown;
use crate::network::NetworkingConfig;
use crate::null::{is_default, null_default};

/// The body of a create: a `ContainerConfig` with two more fields.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerCreateRequest")]
pub struct CreateRequest {
    /// The portable half; its fields stand at the top.
    #[serde(flatten)]
    pub config: Config,
    /// The other half.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_config: Option<HostConfig>,
    /// Networks to join.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networking_config: Option<NetworkingConfig>,
    /// Where docker-py writes the runtime that `host_config` does not name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub runtime: String,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// The answer (201).
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "ContainerCreateResponse")]
pub struct CreateResponse {
    /// The new container's id in full.
    pub id: String,
    /// What the user should know; `[]` without any.
    #[serde(deserialize_with = "crate::null::null_default")]
    pub warnings: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_leave_out_or_null_everything() {
        let nulls = r#"{"Hostname":null,"Tty":null,"Env":null,"Cmd":null,"StopTimeout":null,
            "HostConfig":{"Memory":null,"Binds":null,"LogConfig":null,"ConsoleSize":null,"RestartPolicy":null},
            "NetworkingConfig":null}"#;
        let request: CreateRequest = serde_json::from_str(nulls).unwrap();
        assert_eq!(request.config, Config::default());
        assert_eq!(request.host_config, Some(HostConfig::default()));
        assert_eq!(serde_json::from_str::<CreateRequest>("{}").unwrap(), CreateRequest::default());
    }

    #[test]
    fn unknown_fields_are_kept_apart_from_known_ones() {
        let body = r#"{"Image":"a","Colour":"red","HostConfig":{"Memory":5,"Init":true,"Warp":9}}"#;
        let request: CreateRequest = serde_json::from_str(body).unwrap();
        assert_eq!(request.unknown.keys().collect::<Vec<_>>(), ["Colour"]);
        let host = request.host_config.unwrap();
        assert_eq!(host.unknown.keys().collect::<Vec<_>>(), ["Warp"]);
        assert_eq!((host.resources.memory, host.init), (5, Some(true)));
    }

    #[test]
    fn a_command_may_be_one_string() {
        let request: CreateRequest = serde_json::from_str(r#"{"Cmd":"ls","Entrypoint":["a","b"]}"#).unwrap();
        assert_eq!(request.config.cmd, Some(vec!["ls".to_owned()]));
        assert_eq!(request.config.entrypoint, Some(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn empty_lists_and_nulls_stay_what_they_were() {
        let text = r#"{"Binds":null,"CapAdd":[],"MaskedPaths":[],"ReadonlyPaths":null}"#;
        let written = serde_json::to_value(serde_json::from_str::<HostConfig>(text).unwrap()).unwrap();
        assert!(written["Binds"].is_null() && written["ReadonlyPaths"].is_null());
        assert!(written["CapAdd"].is_array() && written["MaskedPaths"].is_array());
        assert!(written.get("Init").is_none() && written.get("Mounts").is_none());
    }
}
