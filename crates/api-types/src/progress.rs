//! The newline-separated JSON messages that load, pull, push and build stream.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::null::is_default;

/// One message; which fields are set depends on the operation. `image load` sends `stream`, `errorDetail` with `error`,
/// and `status` with `progressDetail` and `id` unless it was asked to be quiet.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct Progress {
    /// Text to print as it is, with its own newline.
    #[serde(skip_serializing_if = "is_default")]
    pub stream: String,
    /// What is being done, printed as a line of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub status: String,
    /// How far it is.
    #[serde(rename = "progressDetail", skip_serializing_if = "Option::is_none")]
    pub progress_detail: Option<ProgressDetail>,
    /// The bar as text, for clients from before `progressDetail`.
    #[serde(skip_serializing_if = "is_default")]
    pub progress: String,
    /// What it is being done to: a layer's short digest, say.
    #[serde(skip_serializing_if = "is_default")]
    pub id: String,
    /// The failure that ends the stream.
    #[serde(rename = "errorDetail", skip_serializing_if = "Option::is_none")]
    pub error_detail: Option<ErrorDetail>,
    /// The failure's text once more, as older clients read it.
    #[serde(skip_serializing_if = "is_default")]
    pub error: String,
    /// Data for programs (build and push).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aux: Option<serde_json::Value>,
}

impl Progress {
    /// A message that prints `text` as it is.
    #[must_use]
    pub fn stream(text: impl Into<String>) -> Self {
        Self { stream: text.into(), ..Self::default() }
    }

    /// The message that ends a stream with a failure.
    #[must_use]
    pub fn failure(message: impl Into<String>) -> Self {
        let message = message.into();
        let error_detail = Some(ErrorDetail { code: 0, message: message.clone() });
        Self { error_detail, error: message, ..Self::default() }
    }
}

/// How far an operation is.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct ProgressDetail {
    /// Units done.
    #[serde(skip_serializing_if = "is_default")]
    pub current: i64,
    /// Units in all, 0 when not known.
    #[serde(skip_serializing_if = "is_default")]
    pub total: i64,
    /// When it began, in seconds since the epoch; 0 when not told.
    #[serde(skip_serializing_if = "is_default")]
    pub start: i64,
    /// Whether the figures are not to be shown.
    #[serde(rename = "hidecounts", skip_serializing_if = "is_default")]
    pub hide_counts: bool,
    /// What is counted; empty means bytes.
    #[serde(skip_serializing_if = "is_default")]
    pub units: String,
}

impl ProgressDetail {
    /// The bar with its figures, as Docker draws it; empty when there is nothing to draw.
    #[must_use]
    pub fn bar(&self) -> String {
        if self.total <= 0 {
            return if self.current > 0 { size(self.current) } else { String::new() };
        }
        let done = usize::try_from(self.current.max(0) * 50 / self.total).unwrap_or(50).min(50);
        let counts = if self.hide_counts {
            String::new()
        } else {
            format!(" {:>8}/{}", size(self.current), size(self.total))
        };
        format!("[{}>{}]{counts}", "=".repeat(done), " ".repeat(50 - done))
    }
}

fn size(bytes: i64) -> String {
    corten_spec::size::human_size_with(u64::try_from(bytes).unwrap_or(0), 4)
}

/// A failure inside a stream whose status was already 200.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema, Serialize, Deserialize)]
#[serde(default)]
pub struct ErrorDetail {
    /// The exit code of a failed build step, else 0.
    #[serde(skip_serializing_if = "is_default")]
    pub code: i64,
    /// One line for the user.
    #[serde(skip_serializing_if = "is_default")]
    pub message: String,
}
