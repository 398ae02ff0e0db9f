//! Credentials for a registry: the body of `POST /auth`, and the header `X-Registry-Auth` in base64url.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, null_default};

/// How a user identifies to a registry. Of several, the registry token counts first and the identity token second.
#[derive(Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct AuthConfig {
    /// The name.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub username: String,
    /// The password.
    #[serde(skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub password: String,
    /// The registry that it is for, as `docker login` calls it.
    #[serde(rename = "serveraddress", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub server_address: String,
    /// A refresh token, instead of a password.
    #[serde(rename = "identitytoken", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub identity_token: String,
    /// A token for the registry itself.
    #[serde(rename = "registrytoken", skip_serializing_if = "is_default", deserialize_with = "null_default")]
    pub registry_token: String,
}

/// What comes of `POST /auth`.
#[derive(Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct AuthResponse {
    /// `Login Succeeded`.
    pub status: String,
    /// A token to be kept in place of the password, or empty.
    pub identity_token: String,
}

/// Secrets are left out.
impl std::fmt::Debug for AuthResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthResponse({:?})", self.status)
    }
}

/// Secrets are left out.
impl std::fmt::Debug for AuthConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "AuthConfig({:?} at {:?})", self.username, self.server_address)
    }
}
