//! Credential helpers: programs that keep secrets where the user wants them kept (docker-credential-helpers' protocol).

use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use corten_api_types::AuthConfig;
use serde::Deserialize;

use crate::failure::{Failure, Outcome};

/// What helpers say when they know nothing of a server.
const NOT_FOUND: &str = "credentials not found";

/// The user name that stands for an identity token.
const TOKEN: &str = "<token>";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    username: String,
    secret: String,
}

/// What a helper has for a server.
pub(super) fn get(helper: &str, server: &str) -> Outcome<AuthConfig> {
    let program = format!("docker-credential-{helper}");
    let failed = |why: String| Failure::new(format!("error getting credentials - {program} get: {why}"));
    let (stdin, stdout) = (Stdio::piped(), Stdio::piped());
    let mut child = Command::new(&program)
        .arg("get")
        .stdin(stdin)
        .stdout(stdout)
        .spawn()
        .map_err(|error| failed(error.to_string()))?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(server.as_bytes()) {
            // It may not want to hear the question; its answer counts.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(failed(error.to_string())),
            _ => {}
        }
    }
    let output = child.wait_with_output().map_err(|error| failed(error.to_string()))?;
    let text = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let is_unknown = text.contains(NOT_FOUND);
        return if is_unknown { Ok(AuthConfig::default()) } else { Err(failed(text.trim().to_owned())) };
    }
    let answer: Answer = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let server_address = server.to_owned();
    Ok(if answer.username == TOKEN {
        AuthConfig { identity_token: answer.secret, server_address, ..AuthConfig::default() }
    } else {
        let (username, password) = (answer.username, answer.secret);
        AuthConfig { username, password, server_address, ..AuthConfig::default() }
    })
}
