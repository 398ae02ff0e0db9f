//! Which operation a request asks for, from one table; the handlers live in the file of their resource.

mod pattern;
mod table;

use std::pin::Pin;

use corten_engine::Engine;
use http::StatusCode;

use crate::failure::Failure;
use crate::openapi::contract::Contract;
use crate::query::Query;
use crate::request::Request;
use crate::respond::Answer;
use crate::server::Server;
use crate::swarm;

pub(crate) use table::ROUTES;

/// What a handler is given.
pub(crate) struct Call<'s> {
    pub(crate) server: &'s Server,
    pub(crate) engine: &'s Engine,
    /// What stands where the path has its parameter; empty where it has none.
    pub(crate) name: String,
    pub(crate) request: Request,
}

impl Call<'_> {
    fn query(&self) -> &Query {
        &self.request.query
    }

    /// Whether the client understands fields behind a body.
    fn trailers(&self) -> bool {
        self.request.takes_trailers()
    }
}

type Answering<'s> = Pin<Box<dyn Future<Output = Answer> + Send + 's>>;

/// One operation.
pub(crate) struct Route {
    /// `GET`, `POST` …
    pub(crate) method: &'static str,
    /// `/containers/{id}/json`; a parameter with a star may hold slashes.
    pub(crate) path: &'static str,
    /// Docker's name for it, or ours.
    pub(crate) operation: &'static str,
    /// What it takes and answers.
    pub(crate) contract: Contract,
    handler: for<'s> fn(Call<'s>) -> Answering<'s>,
}

/// The operation that a request asks for, with what stands where its path has its parameter.
pub(crate) fn find(request: &Request) -> Option<(&'static Route, String)> {
    ROUTES.iter().find_map(|route| {
        if route.method != request.method.as_str() {
            return None;
        }
        let name = pattern::capture(route.path, &request.path)?;
        Some((route, name.join("/")))
    })
}

/// Answers a request to `route`.
pub(crate) async fn answer(route: &Route, server: &Server, name: String, request: Request) -> Answer {
    (route.handler)(Call { server, engine: &server.engine, name, request }).await
}

/// Docker's answer to what is in no table; a path that Docker knows and this engine has not built is said to be so.
pub(crate) fn unknown(request: &Request) -> Answer {
    const RESOURCES: [&str; 12] = [
        "auth",
        "build",
        "commit",
        "containers",
        "distribution",
        "exec",
        "grpc",
        "images",
        "networks",
        "session",
        "system",
        "volumes",
    ];
    let method = request.method.as_str();
    let path: Vec<&str> = request.path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["plugins", rest @ ..] => swarm::plugins(method, rest),
        ["swarm" | "nodes" | "services" | "tasks" | "secrets" | "configs", ..] => {
            swarm::answer(method, &path)
        }
        [first, ..] if RESOURCES.contains(first) => {
            Err(Failure::not_implemented(format!("{method} /{} is not built yet", path.join("/"))))
        }
        _ => Err(Failure { status: StatusCode::NOT_FOUND, message: "page not found".to_owned() }),
    }
}
