//! What an engine answers that is in no swarm and has no plugins: there are none here.

use http::StatusCode;

use crate::failure::Failure;
use crate::respond::{self, Answer};

const NO_MANAGER: &str = "This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this node to swarm and try again.";
const NO_SWARM: &str = "This node is not part of a swarm";

/// Everything below `/swarm`, `/nodes`, `/services`, `/tasks`, `/secrets` and `/configs`.
pub(crate) fn answer(method: &str, path: &[&str]) -> Answer {
    let (status, message) = match (method, path) {
        ("POST", ["swarm", "init" | "join"]) => (StatusCode::NOT_IMPLEMENTED, "there are no swarms here"),
        ("POST", ["swarm", "leave"]) => (StatusCode::SERVICE_UNAVAILABLE, NO_SWARM),
        _ => (StatusCode::SERVICE_UNAVAILABLE, NO_MANAGER),
    };
    Err(Failure { status, message: message.to_owned() })
}

/// Everything below `/plugins`.
pub(crate) fn plugins(method: &str, path: &[&str]) -> Answer {
    match (method, path) {
        ("GET", []) => respond::json(&Vec::<String>::new()),
        ("GET", [name, "json"])
        | ("DELETE", [name])
        | ("POST", [name, "enable" | "disable" | "push" | "set" | "upgrade"]) => {
            Err(Failure { status: StatusCode::NOT_FOUND, message: format!("plugin \"{name}\" not found") })
        }
        _ => Err(Failure::not_implemented("there are no plugins here")),
    }
}
