//! `GET /corten/openapi.json`: what a daemon says that it answers is what it answers.

use std::time::{SystemTime, UNIX_EPOCH};

use corten_testkit::Corten;
use serde_json::{Value, json};

use super::Daemon;
use crate::setup;

/// A daemon with a container that runs, and what it says of itself.
struct Described {
    // Before what it serves is looked over: it keeps a process for the next start.
    daemon: Daemon,
    corten: Corten,
    document: Value,
}

/// The status, and the documents that come in lines.
fn documents(answer: &str) -> (u16, Vec<Value>) {
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    // Lengths of chunks stand between them.
    let lines = body.lines().filter(|line| line.starts_with(['{', '[', 'n']));
    (status, lines.map(|line| serde_json::from_str(line).expect("a document")).collect())
}

impl Described {
    fn start() -> Option<Self> {
        let corten = setup::busybox()?;
        let daemon = Daemon::start(&corten, &[]);
        corten.run(&["run", "-d", "--name", "box", "-v", "data:/data", "busybox", "sleep", "1000"]).success();
        let (_, documents) = documents(&daemon.ask("GET /corten/openapi.json", b""));
        Some(Self { document: documents.into_iter().next()?, corten, daemon })
    }

    /// Complains of what is not as `schema` says.
    #[track_caller]
    fn check(&self, what: &str, schema: &Value, value: &Value) {
        let mut schema = schema.clone();
        schema["components"] = self.document["components"].clone();
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<String> =
            validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{what}: {errors:#?} in {value:#}");
    }

    /// Asks for `target`, which is the operation `method` of `path`; what is asked and answered is to be as described.
    #[track_caller]
    fn ask(&self, method: &str, (path, target): (&str, &str), body: Option<&Value>) -> Value {
        let operation = &self.document["paths"][path][method.to_lowercase()];
        let schema = |described: &Value| described["content"]["application/json"]["schema"].clone();
        if let Some(body) = body {
            self.check(target, &schema(&operation["requestBody"]), body);
        }
        let sent = body.map(Value::to_string).unwrap_or_default();
        let answer = self.daemon.ask(&format!("{method} {target}"), sent.as_bytes());
        let (status, documents) = documents(&answer);
        let described = &operation["responses"][status.to_string()];
        assert!(described.is_object(), "{method} {path} does not say that it may answer {answer}");
        documents.iter().for_each(|document| self.check(target, &schema(described), document));
        documents.into_iter().next().unwrap_or_else(|| panic!("a document in {answer}"))
    }
}

#[test]
fn what_is_read_is_as_described() {
    let Some(described) = Described::start() else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    let reads = [
        ("/version", "/version"),
        ("/info", "/info"),
        ("/events", &format!("/events?since=0&until={}", now + 1)),
        ("/system/df", "/system/df"),
        ("/containers/json", "/containers/json?all=1&size=1"),
        ("/containers/{id}/json", "/containers/box/json?size=1"),
        ("/containers/{id}/top", "/containers/box/top"),
        ("/containers/{id}/stats", "/containers/box/stats?stream=0&one-shot=1"),
        ("/containers/{id}/changes", "/containers/box/changes"),
        ("/images/json", "/images/json?shared-size=1"),
        ("/images/{name}/json", "/images/busybox/json"),
        ("/images/{name}/history", "/images/busybox/history"),
        ("/networks", "/networks"),
        ("/networks/{id}", "/networks/bridge"),
        ("/volumes", "/volumes"),
        ("/volumes/{name}", "/volumes/data"),
        ("/plugins", "/plugins"),
        ("/corten/openapi.json", "/corten/openapi.json"),
    ];
    for read in reads {
        described.ask("GET", read, None);
    }
}

#[test]
fn what_is_made_and_asked_for_is_as_described() {
    let Some(described) = Described::start() else { return };
    let container = json!({
        "Image": "busybox", "Cmd": "true", "Tty": null, "Env": ["A=b"], "Labels": {"a": "b"},
        "HostConfig": {"NetworkMode": "none", "Memory": 64 << 20, "Binds": null},
    });
    described.ask("POST", ("/containers/create", "/containers/create?name=other"), Some(&container));
    described.ask(
        "POST",
        ("/containers/{id}/update", "/containers/box/update"),
        Some(&json!({"PidsLimit": 50})),
    );
    let session = json!({"Cmd": ["true"], "AttachStdout": true, "User": null});
    let session = described.ask("POST", ("/containers/{id}/exec", "/containers/box/exec"), Some(&session));
    let id = session["Id"].as_str().expect("the session's id");
    described.ask("GET", ("/exec/{id}/json", &format!("/exec/{id}/json")), None);
    described.ask(
        "POST",
        ("/volumes/create", "/volumes/create"),
        Some(&json!({"Name": "more", "Labels": null})),
    );
    described.ask("POST", ("/commit", "/commit?container=box&repo=made"), None);
    described.ask("DELETE", ("/images/{name}", "/images/made"), None);
    described.corten.run(&["kill", "box"]).success();
    described.ask("POST", ("/containers/{id}/wait", "/containers/box/wait"), None);
    for kind in ["containers", "volumes", "images"] {
        let path = format!("/{kind}/prune");
        described.ask("POST", (&path, &path), None);
    }
    for path in ["/corten/v1/system/settle", "/corten/v1/system/check"] {
        described.ask("POST", (path, path), None);
    }
}

#[test]
fn failures_are_as_described() {
    let Some(described) = Described::start() else { return };
    let failure =
        &described.document["components"]["responses"]["Failure"]["content"]["application/json"]["schema"];
    for (request, status) in [
        ("GET /containers/nobody/json", 404),
        ("POST /containers/create", 400),
        ("DELETE /networks/bridge", 403),
        ("DELETE /containers/box", 409),
    ] {
        let (answered, documents) = documents(&described.daemon.ask(request, b""));
        assert_eq!((answered, documents.len()), (status, 1), "{request}");
        described.check(request, failure, &documents[0]);
    }
}
