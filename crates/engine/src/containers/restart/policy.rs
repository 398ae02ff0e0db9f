//! What a container wants to happen when it ends, in Docker's words.

use serde::{Deserialize, Serialize};

use crate::error::EngineError;

/// A restart policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RestartPolicy {
    /// It stays as it ended.
    #[default]
    No,
    /// It comes back, after a boot even where it was stopped by hand.
    Always,
    /// It comes back, unless it was stopped by hand.
    UnlessStopped,
    /// It comes back from a failure.
    OnFailure {
        /// At most so often in a row; 0 = always.
        max_retries: u64,
    },
}

/// Begins every complaint.
const INVALID: &str = "invalid restart policy:";

impl RestartPolicy {
    /// Reads a policy as requests have it; no name is that of none.
    ///
    /// # Errors
    /// Docker's text for a name that there is none of, and for a count that makes no sense.
    pub fn read(name: &str, max_retries: i64) -> Result<Self, EngineError> {
        let policy = match name {
            "no" => Self::No,
            "always" => Self::Always,
            "unless-stopped" => Self::UnlessStopped,
            "on-failure" => {
                let refused =
                    |_| EngineError::Invalid(format!("{INVALID} maximum retry count cannot be negative"));
                return Ok(Self::OnFailure { max_retries: max_retries.try_into().map_err(refused)? });
            }
            // Docker before version 25 said so where nothing was asked for, with any count.
            "" => return Ok(Self::No),
            name => {
                return Err(EngineError::Invalid(format!(
                    "{INVALID} unknown policy '{name}'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
                )));
            }
        };
        let negative = if max_retries < 0 { " and cannot be negative" } else { "" };
        match max_retries {
            0 => Ok(policy),
            _ => Err(EngineError::Invalid(format!(
                "{INVALID} maximum retry count can only be used with 'on-failure'{negative}"
            ))),
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::No => "no",
            Self::Always => "always",
            Self::UnlessStopped => "unless-stopped",
            Self::OnFailure { .. } => "on-failure",
        }
    }

    /// How often in a row it may bring a container back; 0 = always.
    #[must_use]
    pub fn max_retries(self) -> u64 {
        match self {
            Self::OnFailure { max_retries } => max_retries,
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_are_read_and_refused_as_docker_does() {
        let read = |name, count| RestartPolicy::read(name, count).map_err(|error| error.to_string());
        assert_eq!(read("", 7), Ok(RestartPolicy::No));
        assert_eq!(read("no", 0), Ok(RestartPolicy::No));
        assert_eq!(read("on-failure", 3), Ok(RestartPolicy::OnFailure { max_retries: 3 }));
        for policy in ["no", "always", "unless-stopped", "on-failure"] {
            assert_eq!(read(policy, 0).unwrap().name(), policy);
        }
        let only = "invalid restart policy: maximum retry count can only be used with 'on-failure'";
        assert_eq!(read("always", 1), Err(only.to_owned()));
        assert_eq!(read("unless-stopped", -1), Err(format!("{only} and cannot be negative")));
        let negative = "invalid restart policy: maximum retry count cannot be negative";
        assert_eq!(read("on-failure", -1), Err(negative.to_owned()));
        assert_eq!(
            read("sometimes", 0).unwrap_err(),
            "invalid restart policy: unknown policy 'sometimes'; \
             use one of 'no', 'always', 'on-failure', or 'unless-stopped'"
        );
    }
}
