//! `POST /auth`: whether a registry lets a user in.

use corten_api_types::{AuthConfig, AuthResponse};
use corten_engine::Engine;

use crate::registry_auth::of;
use crate::request::Request;
use crate::respond::{self, Answer};

/// Docker Hub, as references call it.
const DOCKER_HUB: &str = "docker.io";
/// What clients have called it since there was another protocol.
const INDEX: &str = "index.docker.io";

/// `POST /auth`.
pub(crate) async fn auth(engine: &Engine, request: Request) -> Answer {
    let asked: AuthConfig = request.json().await?;
    let domain = domain(&asked.server_address).to_owned();
    let identity = engine.distribution.login(&domain, of(asked)).await?;
    let status = "Login Succeeded".to_owned();
    respond::json(&AuthResponse { status, identity_token: identity.unwrap_or_default() })
}

/// The name that references have for a server, which may be written as a URL; none is Docker Hub.
fn domain(server: &str) -> &str {
    let rest = server.strip_prefix("https://").or_else(|| server.strip_prefix("http://")).unwrap_or(server);
    match rest.split('/').next().unwrap_or(rest) {
        "" | INDEX => DOCKER_HUB,
        host => host,
    }
}

#[cfg(test)]
mod tests {
    use super::domain;

    #[test]
    fn a_server_may_be_a_url_and_docker_hub_has_an_old_one() {
        assert_eq!(domain("https://index.docker.io/v1/"), "docker.io");
        assert_eq!(domain(""), "docker.io");
        assert_eq!(domain("http://localhost:5000/v2/"), "localhost:5000");
        assert_eq!(domain("quay.io"), "quay.io");
    }
}
