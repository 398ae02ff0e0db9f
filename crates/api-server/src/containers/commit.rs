//! `POST /commit`.

use corten_api_types::container::{CommitResponse, Config, CreateRequest};
use corten_engine::Engine;
use corten_engine::containers::CommitRequest;
use corten_spec::image::ContainerConfig;
use http::StatusCode;

use super::request_config::health;
use crate::fields::{self, refuse_unknown};
use crate::request::Request;
use crate::respond::{self, Answer};

pub(crate) async fn commit(engine: &Engine, request: Request) -> Answer {
    let query = request.query.clone();
    // Docker's own clients send none.
    let body: CreateRequest = request.json_or_default().await?;
    refuse_unknown(&fields::CREATE, &body.unknown)?;
    let text = |name: &str| query.text(name).to_owned();
    let id = engine
        .containers
        .commit(CommitRequest {
            container: text("container"),
            name: name(query.text("repo"), query.text("tag")),
            author: text("author"),
            comment: text("comment"),
            config: image_config(body.config),
            changes: query.all("changes").to_vec(),
            // Whoever says nothing wants it.
            pause: query.text("pause").is_empty() || query.flag("pause"),
        })
        .await?;
    respond::json_with(StatusCode::CREATED, &CommitResponse { id })
}

/// Repository and tag as one name.
pub(crate) fn name(repository: &str, tag: &str) -> String {
    if tag.is_empty() || repository.is_empty() {
        repository.to_owned()
    } else {
        format!("{repository}:{tag}")
    }
}

/// What of the body goes into an image; `None` where it says nothing.
fn image_config(config: Config) -> Option<ContainerConfig> {
    (config != Config::default()).then(|| ContainerConfig {
        user: config.user,
        exposed_ports: config.exposed_ports.unwrap_or_default().into_keys().collect(),
        env: config.env.unwrap_or_default(),
        entrypoint: config.entrypoint,
        cmd: config.cmd,
        volumes: config.volumes.unwrap_or_default().into_keys().collect(),
        working_dir: config.working_dir,
        labels: config.labels.unwrap_or_default(),
        stop_signal: Some(config.stop_signal).filter(|signal| !signal.is_empty()),
        stop_timeout: config.stop_timeout,
        args_escaped: config.args_escaped,
        healthcheck: config.healthcheck.map(health),
        shell: config.shell,
        on_build: config.on_build.unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(body: serde_json::Value) -> Option<ContainerConfig> {
        let request: CreateRequest = serde_json::from_value(body).unwrap();
        image_config(request.config)
    }

    #[test]
    fn a_body_that_says_nothing_is_no_configuration() {
        assert_eq!(read(json!({})), None);
        assert_eq!(
            read(json!({"Hostname": "", "Tty": false, "Env": null, "Cmd": null, "Labels": null})),
            None
        );
        // What stands in the query, some clients send again.
        assert_eq!(read(json!({"comment": "a remark", "container": "web", "repo": "a"})), None);
    }

    #[test]
    fn a_body_is_the_configuration_of_an_image() {
        let config =
            read(json!({"Cmd": ["sh"], "Labels": {"a": "b"}, "ExposedPorts": {"80/tcp": {}}})).unwrap();
        assert_eq!(config.cmd, Some(vec!["sh".to_owned()]));
        assert_eq!(config.labels["a"], "b");
        assert!(config.exposed_ports.contains("80/tcp"));
    }
}
