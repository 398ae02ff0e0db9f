//! `login`: shows credentials to a registry, and keeps them.

use std::io::{self, IsTerminal as _, Read as _};

use corten_api_client::Error;
use corten_api_types::{AuthConfig, AuthResponse};

use super::prompt::{ask, ask_secret};
use crate::docker_config::{self, DOCKER_HUB, host_of};
use crate::failure::{Failure, Outcome, describe};
use crate::flags::Parsed;
use crate::session::Session;

pub(crate) async fn run(session: Session, parsed: Parsed) -> Outcome {
    let (username, password) = typed(&session, &parsed)?;
    let server = match parsed.arguments.first().map(String::as_str) {
        None | Some("" | "docker.io") | Some(DOCKER_HUB) => DOCKER_HUB,
        Some(server) => host_of(server),
    };
    let before = if username.is_empty() && password.is_empty() {
        docker_config::kept(&session, server).unwrap_or_default()
    } else {
        AuthConfig::default()
    };
    let before = AuthConfig { server_address: server.to_owned(), identity_token: String::new(), ..before };
    if !before.username.is_empty()
        && !before.password.is_empty()
        && let Some(status) = with_kept(&session, &before).await?
    {
        return session.line(&status);
    }
    let auth = asked(&session, username, password, before).await?;
    let response = session.client.registry_login(&auth).await?;
    let status = response.status.clone();
    keep(&session, auth, response)?;
    session.line(&status)
}

/// What the flags say: name and password, empty where they say nothing.
fn typed(session: &Session, parsed: &Parsed) -> Outcome<(String, String)> {
    let (username, mut password) = (parsed.text("username").trim(), parsed.text("password").to_owned());
    let from_stdin = parsed.is_on("password-stdin");
    if !password.is_empty() {
        session.complain("WARNING! Using --password via the CLI is insecure. Use --password-stdin.");
        if from_stdin {
            return Err(Failure::new("--password and --password-stdin are mutually exclusive"));
        }
    }
    if from_stdin {
        if username.is_empty() {
            return Err(Failure::new("Must provide --username with --password-stdin"));
        }
        io::stdin().lock().read_to_string(&mut password)?;
        let line = password.strip_suffix('\n').unwrap_or(&password);
        password = line.strip_suffix('\r').unwrap_or(line).to_owned();
    }
    Ok((username.to_owned(), password))
}

/// Tries what is kept; nothing where the registry does not want it any more.
async fn with_kept(session: &Session, auth: &AuthConfig) -> Outcome<Option<String>> {
    let program = &session.program;
    session.print(&format!(
        "Authenticating with existing credentials... [Username: {}]\nTo login with a different account, run '{program} logout' followed by '{program} login'\n\n",
        auth.username
    ))?;
    match session.client.registry_login(auth).await {
        Ok(response) => {
            let status = response.status.clone();
            keep(session, auth.clone(), response)?;
            Ok(Some(status))
        }
        Err(Error::Server { status, .. }) if status.as_u16() == 401 => {
            session.complain("Stored credentials invalid or expired");
            Ok(None)
        }
        Err(error) => {
            session.complain(&format!("Login did not succeed, error: {}", describe(&error)));
            Ok(None)
        }
    }
}

/// What was typed with the command, and what is typed now for the rest.
async fn asked(
    session: &Session,
    mut username: String,
    mut password: String,
    before: AuthConfig,
) -> Outcome<AuthConfig> {
    if (username.is_empty() || password.is_empty()) && !io::stdin().is_terminal() {
        return Err(Failure::new("Error: Cannot perform an interactive login from a non TTY device"));
    }
    if username.is_empty() {
        let question = match before.username.as_str() {
            "" => "Username: ".to_owned(),
            known => format!("Username ({known}): "),
        };
        username = ask(session, &question).await?;
        if username.is_empty() {
            username = before.username;
        }
        if username.is_empty() {
            return Err(Failure::new("error: username is required"));
        }
    }
    if password.trim().is_empty() {
        password = ask_secret(session, "Password: ").await?;
        if password.is_empty() {
            return Err(Failure::new("error: password is required"));
        }
    }
    Ok(AuthConfig { username, password, server_address: before.server_address, ..AuthConfig::default() })
}

fn keep(session: &Session, mut auth: AuthConfig, response: AuthResponse) -> Outcome {
    if !response.identity_token.is_empty() {
        auth.password = String::new();
        auth.identity_token = response.identity_token;
    }
    let failed = |failure: Failure| Failure::new(format!("Error saving credentials: {}", failure.message));
    if let Some(path) = docker_config::store(session, &auth).map_err(failed)? {
        session.complain(&format!(
            "\nWARNING! Your credentials are stored unencrypted in '{}'.\nConfigure a credential helper to remove this warning. See\nhttps://docs.docker.com/go/credential-store/\n",
            path.display()
        ));
    }
    Ok(())
}
