//! Which operation a request asks for. One line per route; the handlers live in the file of their resource.

use corten_engine::Engine;
use http::{Method, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::AnswerBody;
use crate::failure::Failure;
use crate::hijack::Takeover;
use crate::request::Request;
use crate::respond::{self, Answer};
use crate::{
    auth, containers, corten, disk_usage, distribution, events, exec, images, networks, pull, push, swarm,
    system, version, volumes,
};

/// Answers a request; whatever goes wrong is an answer too.
pub(crate) async fn answer(
    engine: &Engine,
    request: hyper::Request<Incoming>,
    takeover: &Takeover,
) -> Response<AnswerBody> {
    let mut response = route(engine, request, takeover).await.unwrap_or_else(respond::failure);
    respond::add_engine_headers(&mut response);
    response
}

async fn route(engine: &Engine, request: hyper::Request<Incoming>, takeover: &Takeover) -> Answer {
    let path = request.uri().path().to_owned();
    let request = Request::new(request, version::split(&path)?, takeover);
    let parts: Vec<String> = request.path.clone();
    let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
    match parts.as_slice() {
        ["containers", rest @ ..] => container_route(engine, request, rest).await,
        ["distribution", name @ .., "json"] if request.method == Method::GET => {
            distribution::inspect(engine, &name.join("/"), request).await
        }
        ["corten", "v1", "manifests", name @ ..] if request.method == Method::GET => {
            distribution::manifests(engine, &name.join("/"), request).await
        }
        ["exec", id, operation] => exec_route(engine, request, id, operation).await,
        ["auth"] if request.method == Method::POST => auth::auth(engine, request).await,
        ["commit"] if request.method == Method::POST => containers::commit(engine, request).await,
        ["images", rest @ ..] => image_route(engine, request, rest).await,
        ["networks", rest @ ..] => network_route(engine, request, rest).await,
        ["plugins", rest @ ..] => swarm::plugins(request.method.as_str(), rest),
        path @ ["swarm" | "nodes" | "services" | "tasks" | "secrets" | "configs", ..] => {
            swarm::answer(request.method.as_str(), path)
        }
        ["volumes", rest @ ..] => volume_route(engine, request, rest).await,
        rest => system_route(engine, request, rest).await,
    }
}

async fn container_route(engine: &Engine, request: Request, path: &[&str]) -> Answer {
    let trailers = request.takes_trailers();
    match (request.method.as_str(), path) {
        ("GET", ["json"]) => containers::list(engine, &request.query).await,
        ("POST", ["create"]) => containers::create(engine, request).await,
        ("POST", ["prune"]) => containers::prune(engine, &request.query).await,
        ("GET", [id, "json"]) => containers::inspect(engine, id, &request.query).await,
        ("GET", [id, "top"]) => containers::top(engine, id, &request.query).await,
        ("GET", [id, "stats"]) => containers::stats(engine, id, &request.query).await,
        ("HEAD", [id, "archive"]) => containers::stat_path(engine, id, &request.query).await,
        ("GET", [id, "archive"]) => containers::archive(engine, id, &request.query, trailers).await,
        ("PUT", [id, "archive"]) => containers::extract(engine, id, request).await,
        ("GET", [id, "changes"]) => containers::changes(engine, id).await,
        ("GET", [id, "export"]) => containers::export(engine, id, trailers).await,
        ("GET", [id, "logs"]) => containers::logs(engine, id, &request.query).await,
        ("POST", [id, "start"]) => containers::start(engine, id, &request.query).await,
        ("POST", [id, "stop"]) => containers::stop(engine, id, &request.query).await,
        ("POST", [id, "restart"]) => containers::restart(engine, id, &request.query).await,
        ("POST", [id, "kill"]) => containers::kill(engine, id, &request.query).await,
        ("POST", [id, "pause"]) => containers::pause(engine, id).await,
        ("POST", [id, "unpause"]) => containers::unpause(engine, id).await,
        ("POST", [id, "rename"]) => containers::rename(engine, id, &request.query).await,
        ("POST", [id, "update"]) => containers::update(engine, id, request).await,
        ("POST", [id, "resize"]) => containers::resize(engine, id, &request.query).await,
        ("POST", [id, "attach"]) => containers::attach(engine, id, request).await,
        ("GET", [id, "attach", "ws"]) => containers::attach_websocket(engine, id, request).await,
        ("POST", [id, "wait"]) => containers::wait(engine, id, &request.query).await,
        ("POST", [id, "exec"]) => exec::create(engine, id, request).await,
        ("DELETE", [id]) => containers::remove(engine, id, &request.query).await,
        _ => unknown(&request),
    }
}

async fn exec_route(engine: &Engine, request: Request, id: &str, operation: &str) -> Answer {
    match (request.method.as_str(), operation) {
        ("POST", "start") => exec::start(engine, id, request).await,
        ("POST", "resize") => exec::resize(engine, id, &request.query).await,
        ("GET", "json") => exec::inspect(engine, id),
        _ => unknown(&request),
    }
}

/// Names of images hold slashes, so the operation is what stands last.
async fn image_route(engine: &Engine, request: Request, path: &[&str]) -> Answer {
    let trailers = request.takes_trailers();
    match (request.method.as_str(), path) {
        ("GET", ["json"]) => images::list(engine, &request.query).await,
        ("POST", ["load"]) => images::load(engine, request).await,
        ("POST", ["create"]) if !request.query.text("fromSrc").is_empty() => {
            images::import(engine, request).await
        }
        ("POST", ["create"]) => pull::create(engine, request).await,
        ("POST", ["prune"]) => images::prune(engine, &request.query).await,
        ("GET", ["get"]) => images::save(engine, request.query.all("names"), &request.query, trailers).await,
        ("GET", [name @ .., "get"]) => {
            images::save(engine, &[name.join("/")], &request.query, trailers).await
        }
        ("GET", [name @ .., "json"]) => images::inspect(engine, &name.join("/"), &request.query).await,
        ("GET", [name @ .., "history"]) => images::history(engine, &name.join("/"), &request.query).await,
        ("POST", [name @ .., "push"]) => push::push(engine, &name.join("/"), request).await,
        ("POST", [name @ .., "tag"]) => images::tag(engine, &name.join("/"), &request.query).await,
        ("DELETE", name @ [_, ..]) => images::remove(engine, &name.join("/"), &request.query).await,
        _ => unknown(&request),
    }
}

async fn network_route(engine: &Engine, request: Request, path: &[&str]) -> Answer {
    match (request.method.as_str(), path) {
        ("GET", []) => networks::list(engine, &request.query).await,
        ("GET", [name]) => networks::inspect(engine, name, &request.query).await,
        ("DELETE", [name]) => networks::remove(engine, name).await,
        _ => unknown(&request),
    }
}

async fn volume_route(engine: &Engine, request: Request, path: &[&str]) -> Answer {
    match (request.method.as_str(), path) {
        ("GET", []) => volumes::list(engine, &request.query).await,
        ("POST", ["create"]) => volumes::create(engine, request).await,
        ("POST", ["prune"]) => volumes::prune(engine, &request.query).await,
        ("GET", [name]) => volumes::inspect(engine, name).await,
        ("DELETE", [name]) => volumes::remove(engine, name, &request.query).await,
        _ => unknown(&request),
    }
}

async fn system_route(engine: &Engine, request: Request, path: &[&str]) -> Answer {
    match (request.method.as_str(), path) {
        ("GET" | "HEAD", ["_ping"]) => system::ping(request.method == Method::HEAD),
        ("GET", ["version"]) => system::version(engine).await,
        ("GET", ["info"]) => system::info(engine, request.query.version).await,
        ("GET", ["events"]) => events::events(engine, &request.query),
        ("GET", ["system", "df"]) => disk_usage::df(engine, &request.query).await,
        ("POST", ["corten", "v1", "images", "drop-blobs"]) => corten::drop_blobs(engine).await,
        ("POST", ["corten", "v1", "system", "settle"]) => corten::settle(engine).await,
        ("POST", ["corten", "v1", "system", "check"]) => corten::check(engine, &request.query).await,
        ("POST", ["corten", "v1", "system", "mend"]) => corten::mend(engine).await,
        ("POST", ["corten", "v1", "system", "reap", id]) => corten::reap(engine, id).await,
        _ => unknown(&request),
    }
}

/// Docker's answer to a path that it does not know; one that Docker knows and this engine has not built is said to be so.
fn unknown(request: &Request) -> Answer {
    const RESOURCES: [&str; 11] = [
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
        "volumes",
    ];
    let path = request.path.join("/");
    let known =
        request.path.first().is_some_and(|first| RESOURCES.contains(&first.as_str()) || first == "system");
    if known {
        return Err(Failure::not_implemented(format!("{} /{path} is not built yet", request.method)));
    }
    Err(Failure { status: StatusCode::NOT_FOUND, message: "page not found".to_owned() })
}
