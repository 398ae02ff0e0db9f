//! What is asked of an engine, and one client's session with it.

use corten_api_client::{Client, Error, ListQuery, RemoveQuery, WaitCondition};
use corten_api_types::container::{
    Config, CreateRequest, ExecCreateRequest, ExecStartRequest, HostConfig, Resources,
};
use serde::Serialize;
use tokio::runtime::Runtime;

use super::server::Server;
use crate::race::Crew;
use crate::workshop::{IMAGE, PAYLOAD};

/// One thing that is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(super) enum Work {
    /// A container from create to remove, on this network.
    Life(&'static str),
    /// One more process in a container that runs.
    Exec,
    /// Whether it answers.
    Ping,
    /// All containers, of which there are so many.
    List(usize),
}

pub(super) const CYCLES: [Work; 2] = [Work::Life("none"), Work::Life("bridge")];

impl Work {
    /// In tables.
    pub(super) fn title(self) -> String {
        match self {
            Work::Life("none") => "life".to_owned(),
            Work::Life(network) => format!("life, {network}"),
            Work::Exec => "exec".to_owned(),
            Work::Ping => "_ping".to_owned(),
            Work::List(count) => format!("list of {count}"),
        }
    }
}

/// The container that further processes are started in.
const RESIDENT: &str = "resident";

/// See the module.
pub(crate) struct Session {
    runtime: Runtime,
    server: Server,
}

pub(crate) type Done = Result<(), String>;

impl Session {
    /// Agrees on a version.
    pub(crate) fn begin(mut server: Server) -> Result<Session, String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|error| error.to_string())?;
        runtime.block_on(server.client.negotiate()).map_err(told)?;
        Ok(Session { runtime, server })
    }

    pub(crate) fn name(&self) -> &'static str {
        self.server.name
    }

    pub(super) fn memory(&self) -> u64 {
        self.server.memory()
    }

    /// What a work needs to be there, and not to be there.
    pub(super) fn prepare(&mut self, work: Work) -> Done {
        match work {
            Work::Exec => self.start(RESIDENT, "none", &["sleep"]),
            Work::List(0) => self.remove(RESIDENT),
            _ => Ok(()),
        }
    }

    /// Does it once.
    pub(super) fn perform(&mut self, work: Work) -> Done {
        let client = &self.server.client;
        match work {
            Work::Life(network) => {
                self.runtime.block_on(life(client, &self.container(network, &["true"]))).map_err(told)
            }
            Work::Exec => self.runtime.block_on(exec(client)),
            Work::Ping => self.runtime.block_on(client.ping()).map(drop).map_err(told),
            Work::List(count) => {
                let all = ListQuery { all: true, ..ListQuery::default() };
                let listed = self.runtime.block_on(client.container_list(&all)).map_err(told)?.len();
                if listed == count { Ok(()) } else { Err(format!("{listed} containers, not {count}")) }
            }
        }
    }

    /// Creates that many containers.
    pub(super) fn gather(&mut self, count: usize) -> Done {
        let container = self.container("none", &["true"]);
        (0..count).try_for_each(|number| self.create(&format!("crowd-{number}"), &container))
    }

    /// Removes them.
    pub(super) fn disperse(&mut self, count: usize) -> Done {
        (0..count).try_for_each(|number| self.remove(&format!("crowd-{number}")))
    }

    pub(crate) fn finish(self, crew: &mut Crew) -> crate::error::Result<()> {
        self.server.finish(crew)
    }

    fn start(&mut self, name: &str, network: &str, words: &[&str]) -> Done {
        self.run(name, &self.container(network, words))
    }

    /// Creates and starts a container.
    pub(crate) fn run(&self, name: &str, container: &CreateRequest) -> Done {
        self.create(name, container)?;
        self.ask(async |client| client.container_start(name).await)
    }

    /// What a request answers.
    pub(crate) fn ask<T>(&self, request: impl AsyncFnOnce(&Client) -> Result<T, Error>) -> Result<T, String> {
        self.runtime.block_on(request(&self.server.client)).map_err(told)
    }

    fn create(&self, name: &str, container: &CreateRequest) -> Done {
        self.runtime
            .block_on(self.server.client.container_create(name, "", container))
            .map(drop)
            .map_err(told)
    }

    pub(crate) fn remove(&self, name: &str) -> Done {
        let query = RemoveQuery { force: true, ..RemoveQuery::default() };
        self.runtime.block_on(self.server.client.container_remove(name, query)).map_err(told)
    }

    /// One of the payload, where the measurement's are found in the end.
    pub(crate) fn container(&self, network: &str, words: &[&str]) -> CreateRequest {
        container(network, &self.server.cgroup_parent, words)
    }
}

fn container(network: &str, cgroup_parent: &str, words: &[&str]) -> CreateRequest {
    let cmd = [PAYLOAD].iter().chain(words).map(|&word| word.to_owned()).collect();
    let resources = Resources { cgroup_parent: cgroup_parent.to_owned(), ..Resources::default() };
    CreateRequest {
        config: Config { image: IMAGE.to_owned(), cmd: Some(cmd), ..Config::default() },
        host_config: Some(HostConfig {
            network_mode: network.to_owned(),
            resources,
            ..HostConfig::default()
        }),
        ..CreateRequest::default()
    }
}

async fn life(client: &Client, container: &CreateRequest) -> Result<(), Error> {
    let id = client.container_create("", "", container).await?.id;
    client.container_start(&id).await?;
    client.container_wait(&id, WaitCondition::NotRunning).await?.result().await?;
    client.container_remove(&id, RemoveQuery::default()).await
}

async fn exec(client: &Client) -> Done {
    let words = [PAYLOAD, "true"].map(str::to_owned).into();
    let asked = ExecCreateRequest {
        attach_stdout: true,
        attach_stderr: true,
        cmd: Some(words),
        ..ExecCreateRequest::default()
    };
    let id = client.exec_create(RESIDENT, &asked).await.map_err(told)?.id;
    let mut streams = client.exec_start_attached(&id, &ExecStartRequest::default()).await.map_err(told)?;
    let mut buffer = [0; 512];
    while streams.reader.read(&mut buffer).await.map_err(|error| error.to_string())? > 0 {}
    let ended = client.exec_inspect(&id).await.map_err(told)?;
    if ended.exit_code == Some(0) { Ok(()) } else { Err(format!("exec ended with {:?}", ended.exit_code)) }
}

/// With the causes.
#[expect(clippy::needless_pass_by_value, reason = "it is given to `map_err`")]
fn told(error: Error) -> String {
    corten_error::chain(&error)
}
