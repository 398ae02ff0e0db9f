//! The messages of `GET /events`, one JSON object a line.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::{is_default, null_default};

/// Something that happened to an object.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
#[schemars(rename = "Event")]
pub struct Message {
    /// The action again, under its name from before API 1.22; containers and images only.
    #[serde(skip_serializing_if = "is_default")]
    pub status: String,
    /// The actor's id again, likewise.
    #[serde(skip_serializing_if = "is_default")]
    pub id: String,
    /// The image of the container, likewise.
    #[serde(skip_serializing_if = "is_default")]
    pub from: String,
    /// Kind of object: `container`, `image`, `network`, `volume`, `daemon` …
    #[serde(rename = "Type")]
    pub kind: String,
    /// What happened: `create`, `start`, `die`, `exec_create: ls -l` …
    #[serde(rename = "Action")]
    pub action: String,
    /// To whom.
    #[serde(rename = "Actor")]
    pub actor: Actor,
    /// `local` or `swarm`.
    #[serde(skip_serializing_if = "is_default")]
    pub scope: String,
    /// Seconds since the epoch.
    #[serde(skip_serializing_if = "is_default")]
    pub time: i64,
    /// Nanoseconds since the epoch.
    #[serde(rename = "timeNano", skip_serializing_if = "is_default")]
    pub time_nano: i64,
}

/// The object that an event is about.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
#[schemars(rename = "EventActor")]
pub struct Actor {
    /// The object's id (a container's in full, an image's name or digest).
    #[serde(rename = "ID")]
    pub id: String,
    /// Labels, and what the action adds: `image`, `name`, `exitCode`, `signal` …
    #[serde(rename = "Attributes", deserialize_with = "null_default")]
    pub attributes: BTreeMap<String, String>,
}
