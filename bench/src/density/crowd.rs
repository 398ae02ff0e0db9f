//! Containers with a check, of one engine, and a client that asks about them.

use std::thread;
use std::time::{Duration, Instant};

use corten_api_client::{Client, ListQuery};
use corten_api_types::container::HealthConfig;

use crate::api::{Done, Session};
use crate::race::Crew;
use crate::workshop::PAYLOAD;

/// Between two checks of a container.
pub(super) const INTERVAL: Duration = Duration::from_secs(5);

/// How long the last of them may take to become healthy.
const PATIENCE: Duration = Duration::from_secs(60);

/// Has no check, and is there all the time.
const RESIDENT: &str = "resident";

/// See the module.
pub(super) struct Crowd {
    session: Session,
    count: usize,
}

impl Crowd {
    /// None yet but the one without a check.
    pub(super) fn begin(session: Session) -> Result<Self, String> {
        session.run(RESIDENT, &session.container("none", &["sleep"]))?;
        Ok(Self { session, count: 0 })
    }

    pub(super) fn engine(&self) -> &'static str {
        self.session.name()
    }

    /// Starts more of them until there are `count`, and waits until all are healthy.
    pub(super) fn grow(&mut self, count: usize) -> Done {
        let mut checked = self.session.container("none", &["sleep"]);
        checked.config.healthcheck = Some(HealthConfig {
            test: Some(["CMD", PAYLOAD, "true"].map(str::to_owned).into()),
            interval: i64::try_from(INTERVAL.as_nanos()).unwrap_or(i64::MAX),
            ..HealthConfig::default()
        });
        while self.count < count {
            self.session.run(&name(self.count), &checked)?;
            self.count += 1;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let healthy = self.healthy()?;
            if healthy == count {
                return Ok(());
            }
            if Instant::now() > deadline {
                return Err(format!("{healthy} of {count} are healthy after {} s", PATIENCE.as_secs()));
            }
            thread::sleep(Duration::from_secs(1));
        }
    }

    /// How long lists and inspections take, in milliseconds.
    pub(super) fn ask(&self, samples: usize) -> Result<(Vec<f64>, Vec<f64>), String> {
        let (mut lists, mut inspections) = (Vec::new(), Vec::new());
        let all = ListQuery { all: true, ..ListQuery::default() };
        for _ in 0..samples {
            lists.push(timed(|| self.session.ask(async |client| client.container_list(&all).await))?);
            let inspection = async |client: &Client| client.container_inspect(RESIDENT, false).await;
            inspections.push(timed(|| self.session.ask(inspection))?);
        }
        Ok((lists, inspections))
    }

    /// Removes them all.
    pub(super) fn disperse(&self) -> Done {
        let all = (0..self.count).map(name).chain([RESIDENT.to_owned()]);
        // One that resists is no reason to leave the others.
        let removed: Vec<Done> = all.map(|name| self.session.remove(&name)).collect();
        removed.into_iter().collect()
    }

    pub(super) fn finish(self, crew: &mut Crew) -> crate::error::Result<()> {
        self.session.finish(crew)
    }

    fn healthy(&self) -> Result<usize, String> {
        let listed = self.session.ask(async |client| client.container_list(&ListQuery::default()).await)?;
        Ok(listed.iter().filter(|one| one.status.ends_with("(healthy)")).count())
    }
}

fn timed<T>(request: impl FnOnce() -> Result<T, String>) -> Result<f64, String> {
    let start = Instant::now();
    request()?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

fn name(number: usize) -> String {
    format!("checked-{number}")
}
