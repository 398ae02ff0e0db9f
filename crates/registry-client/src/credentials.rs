//! What identifies a user to registries.
//! Where it comes from (a file, a helper, a request) is the caller's; nothing here prints it.

use std::collections::BTreeMap;
use std::fmt;

/// How a user identifies to one registry.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Credentials {
    /// Not at all.
    #[default]
    Anonymous,
    /// With a name and a password.
    Password {
        /// The name.
        user: String,
        /// The password.
        password: String,
    },
    /// With a token that a token server gives others for (a refresh token of OAuth 2).
    IdentityToken(String),
    /// With a token for the registry itself.
    RegistryToken(String),
}

/// Credentials by what references call their registry: `docker.io`, `localhost:5000`.
///
/// A mirror is another registry: it gets those under its own host, or none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Keychain(BTreeMap<String, Credentials>);

impl Keychain {
    /// No credentials for anybody.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The same with `credentials` for `domain`.
    #[must_use]
    pub fn with(mut self, domain: &str, credentials: Credentials) -> Self {
        self.0.insert(domain.to_owned(), credentials);
        self
    }

    /// Those for `domain`.
    pub(crate) fn get(&self, domain: &str) -> Credentials {
        self.0.get(domain).cloned().unwrap_or_default()
    }
}

/// Secrets are left out.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("Anonymous"),
            Self::Password { user, .. } => write!(f, "Password({user:?})"),
            Self::IdentityToken(_) => f.write_str("IdentityToken"),
            Self::RegistryToken(_) => f.write_str("RegistryToken"),
        }
    }
}
