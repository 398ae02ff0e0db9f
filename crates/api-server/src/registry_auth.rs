//! Who a client says that it is to a registry: the header `X-Registry-Auth`, and the body of `POST /auth`.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use corten_api_types::AuthConfig;
use corten_engine::Credentials;
use http::HeaderMap;

use crate::failure::Failure;

/// Credentials, in base64 of JSON.
const REGISTRY_AUTH: &str = "x-registry-auth";

/// What the client sends along; nothing means nobody in particular.
pub(crate) fn credentials(headers: &HeaderMap) -> Result<Credentials, Failure> {
    let Some(header) = headers.get(REGISTRY_AUTH).filter(|header| !header.is_empty()) else {
        return Ok(Credentials::Anonymous);
    };
    let invalid = || Failure::invalid("invalid X-Registry-Auth header: it is no base64 of a JSON document");
    let bytes = URL_SAFE.decode(header.as_bytes()).map_err(|_| invalid())?;
    let auth: AuthConfig = serde_json::from_slice(&bytes).map_err(|_| invalid())?;
    Ok(of(auth))
}

/// What counts of credentials that may hold several.
pub(crate) fn of(auth: AuthConfig) -> Credentials {
    match auth {
        AuthConfig { registry_token, .. } if !registry_token.is_empty() => {
            Credentials::RegistryToken(registry_token)
        }
        AuthConfig { identity_token, .. } if !identity_token.is_empty() => {
            Credentials::IdentityToken(identity_token)
        }
        AuthConfig { username, password, .. } if !username.is_empty() => {
            Credentials::Password { user: username, password }
        }
        _ => Credentials::Anonymous,
    }
}
