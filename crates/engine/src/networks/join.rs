//! Connecting containers to networks and disconnecting them, as far as it can be told that it cannot be.

use super::Networks;
use crate::containers::Container;
use crate::error::EngineError;
use crate::task::blocking;

const SHARED: &str = "container sharing network namespace with another container or host cannot be connected to any other network";
const PRIVATE: &str =
    "container cannot be connected to multiple networks with one of the networks in private (none) mode";
const CONNECT_TO_HOST: &str =
    "cannot connect container to host network - container must be created in host network mode";
const DISCONNECT_FROM_HOST: &str =
    "cannot disconnect container from host network - container was created in host network mode";

impl Networks {
    /// Connects a container.
    ///
    /// # Errors
    /// There is no such container or network; the two do not go together; it is not built yet.
    pub async fn connect(&self, network: &str, container: &str) -> Result<(), EngineError> {
        let container = self.find(container).await?;
        let network = self.inspect(network).await?;
        if container.state.is_running() {
            refuse_connection(&container.name, container.network(), network.name)?;
        }
        Err(not_built("connecting", &container.name, "to", network.name))
    }

    /// Disconnects a container.
    ///
    /// # Errors
    /// As [`Networks::connect`].
    pub async fn disconnect(&self, network: &str, container: &str) -> Result<(), EngineError> {
        let container = self.find(container).await?;
        let network = self.inspect(network).await?;
        if container.state.is_running() && container.network() == "host" && network.name == "host" {
            return Err(EngineError::Invalid(DISCONNECT_FROM_HOST.to_owned()));
        }
        Err(not_built("disconnecting", &container.name, "from", network.name))
    }

    async fn find(&self, container: &str) -> Result<Container, EngineError> {
        let (inner, reference) = (self.containers.inner.clone(), container.to_owned());
        blocking(move || inner.find(&reference)).await
    }
}

/// `mode` is what the container was created with.
fn refuse_connection(container: &str, mode: &str, network: &str) -> Result<(), EngineError> {
    let refused = match (mode, network) {
        ("host", "host") | ("none", "none") | ("bridge", "bridge") => {
            return Err(EngineError::Forbidden(format!(
                "endpoint with name {container} already exists in network {network}"
            )));
        }
        (mode, _) if mode.starts_with("container:") => SHARED,
        (_, "host") => CONNECT_TO_HOST,
        ("host", _) => SHARED,
        ("none", _) | (_, "none") => PRIVATE,
        _ => return Ok(()),
    };
    Err(EngineError::Invalid(refused.to_owned()))
}

fn not_built(doing: &str, container: &str, way: &str, network: &str) -> EngineError {
    EngineError::NotImplemented(format!(
        "{doing} container {container} {way} network {network} is not built yet"
    ))
}

#[cfg(test)]
mod tests {
    use super::{CONNECT_TO_HOST, PRIVATE, SHARED, refuse_connection};

    fn check(mode: &str, network: &str, refusal: &str) {
        assert_eq!(refuse_connection("box", mode, network).unwrap_err().to_string(), refusal);
    }

    #[test]
    fn what_does_not_go_together_is_refused_in_dockers_words() {
        check("bridge", "host", CONNECT_TO_HOST);
        check("container:x", "bridge", SHARED);
        check("host", "bridge", SHARED);
        check("none", "bridge", PRIVATE);
        check("bridge", "none", PRIVATE);
        check("bridge", "bridge", "endpoint with name box already exists in network bridge");
    }
}
