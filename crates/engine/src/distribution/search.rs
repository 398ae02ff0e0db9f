//! Searching registries.

use corten_registry_client::{Credentials, Error, FoundRepository};
use tokio::runtime::Handle;

use super::Distribution;
use crate::error::EngineError;
use crate::task::blocking;

/// The registry of terms without one.
const HUB: &str = "docker.io";
/// How many repositories are found where nobody says how many.
const USUAL: u32 = 25;

/// What to look for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// The term, with the registry before it where that is not Docker Hub.
    pub term: String,
    /// The most repositories; 0 = 25.
    pub limit: u32,
    /// Only those that have so many stars.
    pub stars: i64,
    /// Only the registry's own, or only others.
    pub is_official: Option<bool>,
}

impl Distribution {
    /// The repositories that a registry finds, in its order.
    ///
    /// # Errors
    /// A limit that is none, a term with a scheme; a registry that cannot be searched, in Docker's words; what goes wrong on the way.
    pub async fn search(
        &self,
        query: SearchQuery,
        credentials: Credentials,
    ) -> Result<Vec<FoundRepository>, EngineError> {
        let limit = check(&query)?;
        let (inner, handle) = (self.containers.inner.clone(), Handle::current());
        let mut found = blocking(move || {
            let client = inner.registries.client()?;
            let (registry, term) = split(&query.term);
            let found = handle.block_on(client.search(registry, term, limit, &credentials));
            found.map(|found| (found, query)).map_err(refused)
        })
        .await?;
        let query = found.1;
        found.0.retain(|one| {
            one.star_count >= query.stars && query.is_official.is_none_or(|is| is == one.is_official)
        });
        Ok(found.0)
    }
}

fn check(query: &SearchQuery) -> Result<u32, EngineError> {
    let term = &query.term;
    if term.contains("://") {
        return Err(EngineError::Invalid(format!(
            "invalid repository name: repository name ({term}) should not have a scheme"
        )));
    }
    match query.limit {
        0 => Ok(USUAL),
        limit @ 1..=100 => Ok(limit),
        limit => Err(EngineError::Invalid(format!("limit {limit} is outside the range of [1, 100]"))),
    }
}

/// The registry that a term begins with, if it begins with one, and the rest.
fn split(term: &str) -> (&str, &str) {
    match term.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => match first {
            "index.docker.io" | HUB => (HUB, rest.strip_prefix("library/").unwrap_or(rest)),
            registry => (registry, rest),
        },
        _ => (HUB, term.strip_prefix("library/").unwrap_or(term)),
    }
}

fn refused(error: Error) -> EngineError {
    match error.refusal() {
        Some(refusal) => EngineError::Refused {
            words: format!("Unexpected status code {}", refusal.status.as_u16()),
            kind: corten_error::Kind::Internal,
        },
        None => EngineError::registry(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_term_may_begin_with_a_registry() {
        assert_eq!(split("redis"), (HUB, "redis"));
        assert_eq!(split("library/redis"), (HUB, "redis"));
        assert_eq!(split("somebody/redis"), (HUB, "somebody/redis"));
        assert_eq!(split("quay.io/redis"), ("quay.io", "redis"));
        assert_eq!(split("localhost/a/b"), ("localhost", "a/b"));
        assert_eq!(split("[::1]:5000/a"), ("[::1]:5000", "a"));
    }

    #[test]
    fn a_limit_has_limits() {
        let checked = |limit| check(&SearchQuery { limit, ..SearchQuery::default() });
        assert_eq!((checked(0).unwrap(), checked(100).unwrap()), (25, 100));
        assert_eq!(checked(101).unwrap_err().to_string(), "limit 101 is outside the range of [1, 100]");
    }
}
