//! What an engine says that there is, and what lies in it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;

use serde_json::Value;

use super::deed::{IMAGE, OWN, VOLUME, content};
use super::making::GREETING;
use super::world::{Container, Life};
use crate::Corten;
use crate::crash::engine::{self, Result, succeed};

/// All that is listed.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Observation {
    pub(super) containers: BTreeMap<String, Seen>,
    pub(super) volumes: BTreeSet<String>,
    pub(super) images: BTreeSet<String>,
}

/// A container as `inspect` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) life: Life,
    pub(super) policy: String,
    pub(super) memory: u64,
    pub(super) address: Option<String>,
}

impl Observation {
    pub(super) fn look(corten: &Corten) -> Result<Observation> {
        let lines = |arguments: &[&str]| -> Result<BTreeSet<String>> {
            Ok(succeed(corten, arguments)?.stdout().lines().map(str::to_owned).collect())
        };
        let mut images: BTreeSet<String> = engine::images(corten)?.into_keys().collect();
        images.remove(IMAGE);
        let ids = lines(&["ps", "--all", "--quiet", "--no-trunc"])?;
        Ok(Observation {
            containers: if ids.is_empty() { BTreeMap::new() } else { containers(corten, &ids)? },
            volumes: lines(&["volume", "ls", "--quiet"])?,
            images,
        })
    }

    /// An address that two have.
    pub(super) fn shared_address(&self) -> Option<&str> {
        let mut known = BTreeSet::new();
        let mut addresses = self.containers.values().filter_map(|seen| seen.address.as_deref());
        addresses.find(|address| !known.insert(*address))
    }
}

fn containers(corten: &Corten, ids: &BTreeSet<String>) -> Result<BTreeMap<String, Seen>> {
    let words = ["inspect", "--type", "container"].into_iter().chain(ids.iter().map(String::as_str));
    let shown = succeed(corten, &words.collect::<Vec<_>>())?.stdout();
    let shown: Vec<Value> = serde_json::from_str(&shown).map_err(|error| error.to_string())?;
    shown.iter().map(seen).collect()
}

fn seen(shown: &Value) -> Result<(String, Seen)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let state = &shown["State"];
    let code = state["ExitCode"].as_i64().and_then(|code| i32::try_from(code).ok());
    let name = text(&shown["Name"]).trim_start_matches('/').to_owned();
    let life = match state["Status"].as_str() {
        Some("created") => Life::Created,
        Some("running") => Life::Running,
        Some("paused") => Life::Paused,
        Some("exited") => Life::Exited(code),
        Some("restarting") => Life::Restarting,
        other => return Err(format!("container `{name}` is {other:?}")),
    };
    let address = text(&shown["NetworkSettings"]["IPAddress"]);
    let seen = Seen {
        life,
        policy: text(&shown["HostConfig"]["RestartPolicy"]["Name"]),
        memory: shown["HostConfig"]["Memory"].as_u64().unwrap_or_default(),
        address: Some(address).filter(|address| !address.is_empty()),
    };
    Ok((name, seen))
}

/// What probes say of a container.
pub(super) fn health(corten: &Corten, name: &str) -> Result<String> {
    Ok(succeed(corten, &["inspect", "--format", "{{.State.Health.Status}}", name])?.line())
}

/// How often a container's program has said that it started.
pub(super) fn greetings(corten: &Corten, name: &str) -> Result<usize> {
    let said = succeed(corten, &["logs", name])?.stdout();
    match said.lines().find(|line| *line != GREETING) {
        Some(strange) => Err(format!("container `{name}` never wrote `{strange}`")),
        None => Ok(said.lines().count()),
    }
}

/// Its files are there, whole, and those in its volume.
pub(super) fn files(
    corten: &Corten,
    name: &str,
    container: &Container,
    in_volume: Option<&BTreeSet<String>>,
) -> Result<()> {
    marks(corten, name, OWN, &container.marks)?;
    in_volume.map_or(Ok(()), |wanted| marks(corten, name, VOLUME, wanted))
}

fn marks(corten: &Corten, name: &str, place: &str, wanted: &BTreeSet<String>) -> Result<()> {
    if wanted.is_empty() {
        return Ok(());
    }
    let packed = succeed(corten, &["cp", &format!("{name}:{place}"), "-"])?.stdout_bytes;
    let there = unpacked(&packed).map_err(|error| format!("`{place}` of `{name}`: {error}"))?;
    for mark in wanted {
        match there.get(mark) {
            Some(bytes) if *bytes == content(mark) => {}
            Some(bytes) => {
                return Err(format!(
                    "`{place}/{mark}` of `{name}` has {} bytes that are not its own",
                    bytes.len()
                ));
            }
            None => return Err(format!("`{place}/{mark}` of `{name}` is not there")),
        }
    }
    Ok(())
}

/// Files by their own names.
fn unpacked(archive: &[u8]) -> std::io::Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let mut entry = entry?;
        let path = entry.path()?.to_string_lossy().into_owned();
        let mut text = String::new();
        entry.read_to_string(&mut text)?;
        files.insert(path.rsplit('/').next().unwrap_or_default().to_owned(), text);
    }
    Ok(files)
}
