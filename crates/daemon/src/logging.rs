//! The daemon's log on standard error, in the words and the forms of dockerd's: `time="…" level=info msg="…"`, or one JSON document a
//! line.
//!
//! What is logged where: errors are answers of 500 and above, warnings what the engine says of what is no error, information the life
//! of the daemon, and at `debug` every request and why it was refused. What libraries say is logged from `warn` on, or at `trace`.

use std::sync::OnceLock;
use std::time::SystemTime;

use corten_spec::time::Timestamp;
use log::kv::{Error, Key, Value, VisitSource};
use log::{Level, LevelFilter, Log, Metadata, Record};
use serde_json::Map;

/// Whose own lines these are.
const OURS: &str = "corten";

/// How a line is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `key=value` pairs.
    Text,
    /// A JSON document.
    Json,
}

/// The level that a name of dockerd's stands for; nothing is logged at `fatal` and `panic`.
pub(crate) fn level(name: &str) -> Option<LevelFilter> {
    Some(match name.to_ascii_lowercase().as_str() {
        "panic" | "fatal" => LevelFilter::Off,
        "error" => LevelFilter::Error,
        "warn" => LevelFilter::Warn,
        "" | "info" => LevelFilter::Info,
        "debug" => LevelFilter::Debug,
        "trace" => LevelFilter::Trace,
        _ => return None,
    })
}

/// The form that a name of dockerd's stands for.
pub(crate) fn format(name: &str) -> Option<Format> {
    match name {
        "" | "text" => Some(Format::Text),
        "json" => Some(Format::Json),
        _ => None,
    }
}

/// Has everything logged from here on, from `level` on; a process has one log, so that a second call changes the level alone.
pub(crate) fn start(format: Format, level: LevelFilter, write: fn(&str)) {
    static LOG: OnceLock<Lines> = OnceLock::new();
    // Somebody else's log is left alone.
    let _ = log::set_logger(LOG.get_or_init(|| Lines { format, write }));
    set_level(level);
}

/// Writes a line of the log at `warn`.
pub fn warn(text: &str) {
    log::warn!("{text}");
}

/// Has everything logged from `level` on.
pub(crate) fn set_level(level: LevelFilter) {
    log::set_max_level(level);
}

struct Lines {
    format: Format,
    write: fn(&str),
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        let is_ours = metadata.target().starts_with(OURS);
        metadata.level() <= log::max_level()
            && (is_ours || metadata.level() <= Level::Warn || log::max_level() == LevelFilter::Trace)
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            (self.write)(&line(self.format, Timestamp::from_system_time(SystemTime::now()), record));
        }
    }

    fn flush(&self) {}
}

fn line(format: Format, at: Timestamp, record: &Record<'_>) -> String {
    let at = String::from_utf8_lossy(&at.rfc3339_nano_fixed()).into_owned();
    let level = match record.level() {
        Level::Warn => "warning",
        Level::Error => "error",
        Level::Info => "info",
        Level::Debug => "debug",
        Level::Trace => "trace",
    };
    let head = [("time", at), ("level", level.to_owned()), ("msg", record.args().to_string())];
    let mut fields = Fields::default();
    // It only fails where a visitor does, and this one does not.
    let _ = record.key_values().visit(&mut fields);
    match format {
        Format::Text => {
            fields.0.sort();
            let pairs = head.map(|(key, value)| (key.to_owned(), value)).into_iter().chain(fields.0);
            let pairs: Vec<String> = pairs.map(|(key, value)| format!("{key}={}", quoted(&value))).collect();
            pairs.join(" ")
        }
        Format::Json => {
            let head = head.map(|(key, value)| (key.to_owned(), value));
            let pairs = fields.0.into_iter().chain(head);
            let document: Map<String, serde_json::Value> =
                pairs.map(|(key, value)| (key, value.into())).collect();
            serde_json::Value::Object(document).to_string()
        }
    }
}

#[derive(Default)]
struct Fields(Vec<(String, String)>);

impl<'kvs> VisitSource<'kvs> for Fields {
    fn visit_pair(&mut self, key: Key<'kvs>, value: Value<'kvs>) -> Result<(), Error> {
        self.0.push((key.to_string(), value.to_string()));
        Ok(())
    }
}

/// A value as it is, where it has only what dockerd does not quote; whatever a request holds, it is one line.
fn quoted(value: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._/@^+".contains(&byte);
    if value.bytes().all(is_plain) {
        return value.to_owned();
    }
    serde_json::Value::from(value).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(format: Format, message: &str, fields: &[(&str, &str)]) -> String {
        let arguments = format_args!("{message}");
        let record = Record::builder().level(Level::Warn).args(arguments).key_values(&fields).build();
        line(format, Timestamp::from_nanos(1_700_000_000_000_000_001), &record)
    }

    #[test]
    fn a_line_is_as_dockerd_writes_it() {
        let fields = [("status", "404"), ("request-url", "/_ping?a=\n\"")];
        assert_eq!(
            written(Format::Text, "two words", &fields),
            r#"time="2023-11-14T22:13:20.000000001Z" level=warning msg="two words" request-url="/_ping?a=\n\"" status=404"#
        );
        assert_eq!(
            written(Format::Json, "one", &fields),
            r#"{"level":"warning","msg":"one","request-url":"/_ping?a=\n\"","status":"404","time":"2023-11-14T22:13:20.000000001Z"}"#
        );
    }

    #[test]
    fn names_of_levels_and_forms_are_dockerds() {
        assert_eq!(
            ["", "WARN", "fatal", "trace"].map(level),
            [LevelFilter::Info, LevelFilter::Warn, LevelFilter::Off, LevelFilter::Trace].map(Some)
        );
        assert_eq!((level("warning"), format("xml")), (None, None));
    }
}
