//! `--use-api-socket`: a container that may command the engine it runs on, with what its user is logged in with.

use std::collections::BTreeMap;
use std::io::Cursor;

use corten_api_client::RemoveQuery;
use corten_api_types::AuthConfig;
use corten_api_types::container::CreateRequest;
use corten_api_types::mount::Mount;

use crate::docker_config;
use crate::failure::{Failure, Outcome};
use crate::session::Session;

/// Where clients look for an engine, in containers and on hosts of Docker's.
const DOCKER_SOCKET: &str = "/var/run/docker.sock";

/// The directory of the container that its credentials are in, and the file there without its first slash.
const CONFIGURATION: &str = "/run/secrets/docker";
const CONFIGURATION_FILE: &str = "run/secrets/docker/config.json";

/// What is copied into the container once it is there.
pub(super) struct Handover {
    archive: Vec<u8>,
}

impl Handover {
    /// Adds the engine's socket to what the container gets. Returns the credentials that are to follow: none where there are none, or
    /// where the user has named a configuration for the container.
    ///
    /// # Errors
    /// Without a daemon; credentials that cannot be read.
    pub(super) fn prepare(session: &Session, request: &mut CreateRequest) -> Outcome<Option<Self>> {
        let source = host_socket(session.client.address())?;
        add_socket(request, source);
        let env = request.config.env.get_or_insert_default();
        if env.iter().any(|variable| variable.starts_with("DOCKER_CONFIG=")) {
            return Ok(None);
        }
        let credentials = docker_config::all(&session.around)
            .map_err(|failure| Failure::new(format!("resolving credentials failed: {}", failure.message)))?;
        if credentials.is_empty() {
            return Ok(None);
        }
        env.push(format!("DOCKER_CONFIG={CONFIGURATION}"));
        Ok(Some(Self { archive: archive(&credentials)? }))
    }

    /// Puts the credentials into the container; one that they cannot be put into is removed.
    pub(super) async fn complete(self, session: &Session, id: &str) -> Outcome {
        let archive = Box::pin(Cursor::new(self.archive));
        let copied = session.client.container_extract(id, "/", false, archive).await;
        if let Err(error) = copied {
            // What is to be reported is why it is of no use.
            let _ = session
                .client
                .container_remove(id, RemoveQuery { volumes: true, force: true, ..Default::default() })
                .await;
            return Err(Failure::new(format!("injecting docker config.json into container failed: {error}")));
        }
        Ok(())
    }
}

/// The path of the engine's socket on its host: nobody tells where a distant engine listens.
fn host_socket(address: &str) -> Outcome<&str> {
    match address.split_once("://") {
        Some(("unix", path)) => Ok(path),
        Some(("tcp" | "http" | "https" | "ssh", _)) => Ok(DOCKER_SOCKET),
        _ => Err(Failure::new(
            "flag --use-api-socket needs an engine that listens: start one with `corten daemon`",
        )),
    }
}

fn add_socket(request: &mut CreateRequest, source: &str) {
    let mounts = &mut request.host_config.get_or_insert_default().mounts;
    mounts.get_or_insert_default().push(Mount {
        kind: "bind".to_owned(),
        source: source.to_owned(),
        target: DOCKER_SOCKET.to_owned(),
        bind_options: Some(Default::default()),
        ..Mount::default()
    });
}

fn archive(credentials: &BTreeMap<String, AuthConfig>) -> Outcome<Vec<u8>> {
    let text = docker_config::text(credentials)?;
    let mut header = tar::Header::new_ustar();
    header.set_mode(0o600);
    header.set_size(text.len() as u64);
    let mut archive = tar::Builder::new(Vec::new());
    archive.append_data(&mut header, CONFIGURATION_FILE, text.as_slice())?;
    Ok(archive.into_inner()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_the_one_that_the_client_speaks_to_or_dockers_on_other_hosts() {
        let path = |address| host_socket(address).map_err(|failure| failure.message);
        assert_eq!(path("unix:///srv/x.sock").unwrap(), "/srv/x.sock");
        assert_eq!(path("tcp://h:2376").unwrap(), DOCKER_SOCKET);
        assert_eq!(path("ssh://h").unwrap(), DOCKER_SOCKET);
        assert!(path("/var/lib/corten").unwrap_err().contains("corten daemon"));
    }
}
