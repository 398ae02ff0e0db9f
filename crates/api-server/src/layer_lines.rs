//! Lines that tell how far the layers of a pull or a push are, as JSON, no more often than anybody can read.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use corten_api_types::{Progress, ProgressDetail};
use corten_spec::digest::Digest;

use crate::body::ChunkSender;

/// How often a layer's figures are told while its bytes move.
const PERIOD: Duration = Duration::from_millis(100);

/// When figures of each layer were told.
#[derive(Debug, Default)]
pub(crate) struct Pace(Mutex<HashMap<Digest, Instant>>);

impl Pace {
    /// Whether it is time for new figures of the layer; the last ones are always told.
    pub(crate) fn is_due(&self, layer: &Digest, is_last: bool) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        if !is_last && told.get(layer).is_some_and(|last| now - *last < PERIOD) {
            return false;
        }
        told.insert(layer.clone(), now);
        true
    }
}

/// A line about the layer with that blob: what becomes of it, and how many of its bytes are done.
pub(crate) fn line(layer: &Digest, status: &str, done: u64, size: u64) -> Progress {
    let figure = |bytes| i64::try_from(bytes).unwrap_or(i64::MAX);
    let detail = ProgressDetail { current: figure(done), total: figure(size), ..ProgressDetail::default() };
    Progress {
        status: status.to_owned(),
        id: layer.hex().chars().take(12).collect(),
        progress: detail.bar(),
        progress_detail: Some(detail),
        ..Progress::default()
    }
}

/// Sends a line; false once nobody listens any more.
pub(crate) async fn send(line: &Progress, sender: &ChunkSender) -> bool {
    let Ok(mut text) = serde_json::to_vec(line) else { return true };
    text.extend_from_slice(b"\r\n");
    sender.send(text).await
}
