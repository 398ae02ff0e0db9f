//! Exec sessions: create, start and inspect.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Unknown;
use crate::null::{is_default, null_default, one_or_many, one_or_many_schema};

/// `POST /containers/{id}/exec`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExecCreateRequest {
    /// `user[:group]`; empty for the container's.
    #[serde(deserialize_with = "null_default")]
    pub user: String,
    /// With all capabilities.
    #[serde(deserialize_with = "null_default")]
    pub privileged: bool,
    /// With a pseudo-terminal.
    #[serde(deserialize_with = "null_default")]
    pub tty: bool,
    /// Height and width of the terminal at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_size: Option<[u32; 2]>,
    /// Attach stdin.
    #[serde(deserialize_with = "null_default")]
    pub attach_stdin: bool,
    /// Attach stderr.
    #[serde(deserialize_with = "null_default")]
    pub attach_stderr: bool,
    /// Attach stdout.
    #[serde(deserialize_with = "null_default")]
    pub attach_stdout: bool,
    /// Keys that detach, `ctrl-p,ctrl-q`. Docker does not mind how a field's name is capitalised, and docker-py writes this one so.
    #[serde(alias = "detachKeys", deserialize_with = "null_default")]
    pub detach_keys: String,
    /// More variables, `NAME=value`.
    pub env: Option<Vec<String>>,
    /// Working directory; empty for the container's.
    #[serde(deserialize_with = "null_default")]
    pub working_dir: String,
    /// Program and arguments.
    #[serde(deserialize_with = "one_or_many")]
    #[schemars(schema_with = "one_or_many_schema")]
    pub cmd: Option<Vec<String>>,
    /// Sent by old clients; the start decides.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub detach: bool,
    /// Sent by old clients; the path decides.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub container: String,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// The answer (201).
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExecCreateResponse {
    /// The session's id.
    pub id: String,
}

/// `POST /exec/{id}/start`.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ExecStartRequest {
    /// Answer at once; else the connection becomes the streams.
    #[serde(deserialize_with = "null_default")]
    pub detach: bool,
    /// The client reads what a terminal writes, bytes and no frames, whatever the create said.
    #[serde(deserialize_with = "null_default")]
    pub tty: bool,
    /// Height and width of the terminal at the start.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub console_size: Option<[u32; 2]>,
    /// Fields without a name here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: Unknown,
}

/// `GET /exec/{id}/json`.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecInspect {
    /// The session's id.
    #[serde(rename = "ID")]
    pub id: String,
    /// It runs.
    #[serde(rename = "Running")]
    pub running: bool,
    /// `null` until it has ended.
    #[serde(rename = "ExitCode")]
    pub exit_code: Option<i64>,
    /// What it runs.
    #[serde(rename = "ProcessConfig")]
    pub process_config: ExecProcess,
    /// Stdin is attached.
    #[serde(rename = "OpenStdin")]
    pub open_stdin: bool,
    /// Stderr is attached.
    #[serde(rename = "OpenStderr")]
    pub open_stderr: bool,
    /// Stdout is attached.
    #[serde(rename = "OpenStdout")]
    pub open_stdout: bool,
    /// Always false to clients.
    #[serde(rename = "CanRemove")]
    pub can_remove: bool,
    /// The container's id.
    #[serde(rename = "ContainerID")]
    pub container_id: String,
    /// The detach keys' bytes in base64; `null` or empty for the default.
    #[serde(rename = "DetachKeys")]
    pub detach_keys: Option<String>,
    /// Its process on the host, 0 when not running.
    #[serde(rename = "Pid")]
    pub pid: i64,
}

/// What an exec session runs.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct ExecProcess {
    /// With a pseudo-terminal.
    pub tty: bool,
    /// The program.
    pub entrypoint: String,
    /// Its arguments.
    #[serde(deserialize_with = "null_default")]
    pub arguments: Vec<String>,
    /// With all capabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub privileged: Option<bool>,
    /// As whom.
    #[serde(skip_serializing_if = "is_default")]
    pub user: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_docker_py_sends_has_names_here() {
        let body = r#"{"Container":"c0ffee","User":"","Privileged":false,"Tty":true,"AttachStdin":false,"AttachStdout":true,
            "AttachStderr":true,"Cmd":["id"],"Env":null,"WorkingDir":"/tmp","detachKeys":"ctrl-p"}"#;
        let request: ExecCreateRequest = serde_json::from_str(body).unwrap();
        assert_eq!((request.detach_keys.as_str(), request.unknown.len()), ("ctrl-p", 0));
    }
}
