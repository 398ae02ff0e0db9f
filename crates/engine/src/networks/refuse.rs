//! What cannot be done with the networks that every engine has, in Docker's words.

use super::{Network, Networks};
use crate::error::EngineError;

impl Networks {
    /// Makes a network.
    ///
    /// # Errors
    /// The name, or the driver, is that of a network that every engine has; it is not built yet.
    pub fn create(&self, name: &str, driver: &str) -> Result<Network, EngineError> {
        let refused = match (name, driver) {
            ("bridge" | "host" | "none" | "default", _) => {
                format!("operation is not permitted on predefined {name} network ")
            }
            (_, "host" | "null") => format!("only one instance of \"{driver}\" network is allowed"),
            _ => {
                return Err(EngineError::NotImplemented("POST /networks/create is not built yet".to_owned()));
            }
        };
        Err(EngineError::Forbidden(refused))
    }

    /// Removes a network.
    ///
    /// # Errors
    /// There is none of that name; every engine has it.
    pub async fn remove(&self, reference: &str) -> Result<(), EngineError> {
        let network = self.inspect(reference).await?;
        Err(EngineError::Forbidden(format!(
            "{} is a pre-defined network and cannot be removed",
            network.name
        )))
    }
}
