//! Operations that Docker's API does not have, below `/corten/v1`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::null_default;

/// Path of `corten system settle` (POST).
pub const SETTLE_PATH: &str = "/corten/v1/system/settle";

/// Path of `corten system check` (POST, `?repair=1` to mend, `?layers=1` to read the files of layers).
pub const CHECK_PATH: &str = "/corten/v1/system/check";

/// Path of `corten boot` (POST, `?timeout=MILLISECONDS` for how long what fails is tried again).
pub const BOOT_PATH: &str = "/corten/v1/system/boot";

/// Path of `corten system upgrade` (POST).
pub const UPGRADE_PATH: &str = "/corten/v1/system/upgrade";

/// Path of `corten system mend` (POST).
pub const MEND_PATH: &str = "/corten/v1/system/mend";

/// Path of `corten system reap` (POST), a container's id behind it.
pub const REAP_PATH: &str = "/corten/v1/system/reap";

/// Path of `corten why` (GET, `?question=died`, `restarted` or `unhealthy`), a container's name behind it.
pub const WHY_PATH: &str = "/corten/v1/why";

/// Path of `corten image prune --blobs` (POST).
pub const DROP_BLOBS_PATH: &str = "/corten/v1/images/drop-blobs";

/// Path of `corten system openapi` (GET). It has no version of its own: tools look for such a document in one place.
pub const OPENAPI_PATH: &str = "/corten/openapi.json";

/// Blobs that were dropped, to be had again when they are needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct DroppedBlobs {
    /// Their digests.
    #[serde(deserialize_with = "null_default")]
    pub blobs: Vec<String>,
    /// The bytes that they took on the disk.
    pub space_reclaimed: u64,
}

/// Nothing asynchronous is under way any more.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Settled {
    /// How many things had to be waited for.
    pub waited: u64,
}

/// What became of the containers that should run.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Booted {
    /// The names of those that were started.
    #[serde(deserialize_with = "null_default")]
    pub started: Vec<String>,
    /// Those that were not.
    #[serde(deserialize_with = "null_default")]
    pub failed: Vec<ContainerFailure>,
}

/// What became of the monitors of running containers.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct Upgraded {
    /// The names of the containers whose monitors are of the engine's version now, and were not before.
    #[serde(deserialize_with = "null_default")]
    pub upgraded: Vec<String>,
    /// Those whose monitors are of another version still.
    #[serde(deserialize_with = "null_default")]
    pub failed: Vec<ContainerFailure>,
}

/// A container for which an operation on many has failed.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct ContainerFailure {
    /// Its name.
    pub name: String,
    /// The reason; the last one, where there were several tries.
    pub error: String,
}

/// Networks have been made anew where they were missing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct MendedNetworks {
    /// Whether any container needs them.
    pub needed: bool,
}

/// What a walk over records and disk found.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub struct CheckReport {
    /// What is wrong and still is.
    #[serde(deserialize_with = "null_default")]
    pub problems: Vec<Problem>,
    /// What was wrong and has been mended.
    #[serde(deserialize_with = "null_default")]
    pub repaired: Vec<Problem>,
    /// What could not be looked at, and is not wrong for that.
    #[serde(deserialize_with = "null_default")]
    pub notes: Vec<Problem>,
}

/// A record without its object, an object without its record, or an object that is damaged.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "CheckProblem")]
pub struct Problem {
    /// Class of the problem, a word or two.
    pub kind: String,
    /// The object: an id, a digest, a path.
    pub object: String,
    /// One line that says what is wrong with it.
    pub detail: String,
}

/// Why a container is as it is, as far as that is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "Why")]
pub struct Why {
    /// The container's id.
    #[serde(rename = "ID")]
    pub id: String,
    /// Its name.
    pub name: String,
    /// What was asked: `died`, `restarted` or `unhealthy`.
    pub question: String,
    /// The answer, for people: what happened, then what led to it.
    #[serde(deserialize_with = "null_default")]
    pub answer: Vec<String>,
    /// How its last run ended, where one has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end: Option<End>,
    /// Its health, where that was asked for and is probed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub health: Option<crate::container::Health>,
}

/// How a run of a container ended.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
#[schemars(rename = "WhyEnd")]
pub struct End {
    /// When, RFC 3339.
    pub at: String,
    /// 128 and more where a signal ended it.
    pub exit_code: i64,
    /// The signal that ended its first process; 0 = none did.
    pub signal: i64,
    /// The last signal that was sent to it through the engine; 0 = none was.
    pub sent: i64,
    /// On whose behalf that was: `kill`, `stop`, `patience` (the time for a stop was over) or `health`.
    pub sent_for: String,
    /// Whose want of memory made the kernel kill: `container` or `host`; empty where it has not.
    #[serde(rename = "OOM")]
    pub oom: String,
}
