//! Runs jobs in containers at once: each is waited for before it starts, its log is followed while it is written, and events tell the whole.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use bollard::Docker;
use bollard::container::LogOutput;
use bollard::errors::Error;
use bollard::models::{ContainerCreateBody, HostConfig};
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, CreateImageOptionsBuilder, EventsOptionsBuilder,
    ListContainersOptionsBuilder, LogsOptionsBuilder, RemoveContainerOptionsBuilder,
    WaitContainerOptionsBuilder,
};
use futures_util::{StreamExt, TryStreamExt, future};

const IMAGE: &str = "alpine:3.20";
const LABEL: &str = "program=bollard";
const JOBS: [i64; 4] = [0, 1, 2, 42];

/// What became of a job.
#[derive(Debug, PartialEq)]
struct Outcome {
    code: i64,
    output: String,
    errors: String,
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let docker = Docker::connect_with_defaults()?.negotiate_version().await?;
    let begin = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs().to_string();
    pull(&docker).await?;
    let outcomes = future::try_join_all(JOBS.map(|code| job(&docker, code))).await?;
    for (code, outcome) in JOBS.into_iter().zip(outcomes) {
        let output = (1..=5).map(|step| format!("job {code}: step {step}\n")).collect();
        let expected = Outcome { code, output, errors: format!("job {code} ends\n") };
        assert_eq!(outcome, expected);
    }
    assert_eq!(ended(&docker, &begin).await?, JOBS);
    assert!(listed(&docker).await?.is_empty());
    missing(&docker).await;
    Ok(())
}

async fn pull(docker: &Docker) -> Result<(), Error> {
    let options = CreateImageOptionsBuilder::default().from_image(IMAGE).build();
    let progress: Vec<_> = docker.create_image(Some(options), None, None).try_collect().await?;
    assert!(!progress.is_empty());
    Ok(())
}

/// Runs one, and removes it whatever comes of it.
async fn job(docker: &Docker, code: i64) -> Result<Outcome, Error> {
    let name = format!("program-bollard-{code}");
    let script = format!(
        "for step in 1 2 3 4 5; do echo job {code}: step $step; sleep 0.1; done; echo job {code} ends >&2; exit {code}"
    );
    let body = ContainerCreateBody {
        image: Some(IMAGE.to_owned()),
        cmd: Some(["sh", "-c", &script].map(str::to_owned).into()),
        labels: LABEL.split_once('=').map(|(key, value)| HashMap::from([(key.to_owned(), value.to_owned())])),
        host_config: Some(HostConfig { network_mode: Some("none".to_owned()), ..HostConfig::default() }),
        ..ContainerCreateBody::default()
    };
    let created =
        docker.create_container(Some(CreateContainerOptionsBuilder::default().name(&name).build()), body).await?;
    let outcome = follow(docker, &created.id).await;
    let options = RemoveContainerOptionsBuilder::default().force(true).v(true).build();
    docker.remove_container(&name, Some(options)).await?;
    outcome
}

async fn follow(docker: &Docker, id: &str) -> Result<Outcome, Error> {
    let next_exit = WaitContainerOptionsBuilder::default().condition("next-exit").build();
    let mut waited = docker.wait_container(id, Some(next_exit));
    let start = docker.start_container(id, None);
    let (code, started) = future::join(waited.next(), start).await;
    started?;
    let code = match code.expect("an answer before the stream ends") {
        Ok(answer) => answer.status_code,
        // That is how the library tells any code but 0.
        Err(Error::DockerContainerWaitError { code, .. }) => code,
        Err(error) => return Err(error),
    };
    let options = LogsOptionsBuilder::default().follow(true).stdout(true).stderr(true).build();
    let mut log = docker.logs(id, Some(options));
    let (mut output, mut errors) = (String::new(), String::new());
    while let Some(part) = log.try_next().await? {
        match part {
            LogOutput::StdOut { message } => output.push_str(&String::from_utf8_lossy(&message)),
            LogOutput::StdErr { message } => errors.push_str(&String::from_utf8_lossy(&message)),
            other => panic!("neither of its outputs: {other:?}"),
        }
    }
    Ok(Outcome { code, output, errors })
}

/// The exit codes that events since `begin` tell, in their order.
async fn ended(docker: &Docker, begin: &str) -> Result<Vec<i64>, Error> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_secs() + 1;
    let filters = HashMap::from([("event", vec!["die"]), ("label", vec![LABEL])]);
    let options =
        EventsOptionsBuilder::default().since(begin).until(&now.to_string()).filters(&filters).build();
    let events: Vec<_> = docker.events(Some(options)).try_collect().await?;
    let code = |event: bollard::models::EventMessage| event.actor?.attributes?.get("exitCode")?.parse().ok();
    let mut codes: Vec<i64> = events.into_iter().filter_map(code).collect();
    codes.sort_unstable();
    Ok(codes)
}

async fn listed(docker: &Docker) -> Result<Vec<String>, Error> {
    let filters = HashMap::from([("label", vec![LABEL])]);
    let options = ListContainersOptionsBuilder::default().all(true).filters(&filters).build();
    Ok(docker.list_containers(Some(options)).await?.into_iter().filter_map(|container| container.id).collect())
}

/// What is not there is told with the status and the words that clients branch on.
async fn missing(docker: &Docker) {
    match docker.inspect_container("program-bollard-0", None).await {
        Err(Error::DockerResponseServerError { status_code: 404, message }) => {
            assert_eq!(message, "No such container: program-bollard-0");
        }
        other => panic!("not an answer that it is not there: {other:?}"),
    }
}
