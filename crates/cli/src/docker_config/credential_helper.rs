//! Credential helpers: programs that keep secrets where the user wants them kept (docker-credential-helpers' protocol).

use std::collections::BTreeMap;
use std::io::{ErrorKind, Write as _};
use std::process::{Command, Stdio};

use corten_api_types::AuthConfig;
use serde::{Deserialize, Serialize};

use crate::failure::{Failure, Outcome};

/// What helpers say when they know nothing of a server.
const NOT_FOUND: &str = "credentials not found";

/// The user name that stands for an identity token.
const TOKEN: &str = "<token>";

#[derive(Deserialize, Serialize)]
#[serde(rename_all = "PascalCase")]
struct Kept {
    #[serde(rename = "ServerURL", default)]
    server: String,
    username: String,
    secret: String,
}

/// What a helper has for a server.
pub(super) fn get(helper: &str, server: &str) -> Outcome<AuthConfig> {
    let failed = |why: String| {
        Failure::new(format!("error getting credentials - docker-credential-{helper} get: {why}"))
    };
    let text = match ask(helper, "get", server).map_err(&failed)? {
        Ok(text) => text,
        Err(text) if text.contains(NOT_FOUND) => return Ok(AuthConfig::default()),
        Err(text) => return Err(failed(text)),
    };
    let kept: Kept = serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    let server_address = server.to_owned();
    Ok(if kept.username == TOKEN {
        AuthConfig { identity_token: kept.secret, server_address, ..AuthConfig::default() }
    } else {
        let (username, password) = (kept.username, kept.secret);
        AuthConfig { username, password, server_address, ..AuthConfig::default() }
    })
}

/// The servers that a helper has something for.
pub(super) fn list(helper: &str) -> Outcome<Vec<String>> {
    let failed = |why: String| {
        Failure::new(format!("error listing credentials - docker-credential-{helper} list: {why}"))
    };
    let text = ask(helper, "list", "unused").map_err(&failed)?.map_err(&failed)?;
    let users: BTreeMap<String, String> =
        serde_json::from_str(&text).map_err(|error| failed(error.to_string()))?;
    Ok(users.into_keys().collect())
}

/// Gives credentials to a helper.
pub(super) fn store(helper: &str, auth: &AuthConfig) -> Outcome {
    let failed = |why: String| {
        Failure::new(format!("error storing credentials - docker-credential-{helper} store: {why}"))
    };
    let (username, secret) = match auth.identity_token.as_str() {
        "" => (auth.username.clone(), auth.password.clone()),
        token => (TOKEN.to_owned(), token.to_owned()),
    };
    let kept = Kept { server: auth.server_address.clone(), username, secret };
    let text = serde_json::to_string(&kept).map_err(|error| failed(error.to_string()))?;
    ask(helper, "store", &text).map_err(&failed)?.map(drop).map_err(failed)
}

/// Lets a helper forget what it has for a server.
pub(super) fn erase(helper: &str, server: &str) -> Outcome {
    let failed = |why: String| {
        Failure::new(format!("error erasing credentials - docker-credential-{helper} erase: {why}"))
    };
    ask(helper, "erase", server).map_err(&failed)?.map(drop).map_err(failed)
}

/// Runs a helper. What it prints is the inner result: what it was asked for, or why there is nothing.
fn ask(helper: &str, action: &str, question: &str) -> Result<Result<String, String>, String> {
    let mut child = Command::new(format!("docker-credential-{helper}"))
        .arg(action)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut stdin) = child.stdin.take() {
        match stdin.write_all(question.as_bytes()) {
            // It may not want to hear the question; its answer counts.
            Err(error) if error.kind() != ErrorKind::BrokenPipe => return Err(error.to_string()),
            _ => {}
        }
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    Ok(if output.status.success() { Ok(text) } else { Err(text) })
}
