//! Where a failed command says why: standard error, and the file of `--log`, from which containerd takes its message.
//!
//! Errors are written, and what was not done although it was asked for.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::SystemTime;

use corten_spec::time::Timestamp;

use super::error::CommandError;
use super::settings::Settings;

/// Writes one error. A log that cannot be written changes nothing about the command's result.
pub(super) fn error(settings: &Settings, error: &CommandError) {
    let message = corten_error::chain(error);
    // A standard error that is closed has no reader.
    let _ = writeln!(std::io::stderr(), "corten runtime: {message}");
    write(settings, "error", &message);
}

/// Writes one warning: to the log where there is one, and else to standard error, as runc does.
pub(super) fn warning(settings: &Settings, message: &str) {
    if settings.log.is_some() {
        return write(settings, "warning", message);
    }
    let _ = writeln!(std::io::stderr(), "corten runtime: warning: {message}");
}

fn write(settings: &Settings, level: &str, message: &str) {
    let Some(path) = &settings.log else { return };
    let time = Timestamp::from_system_time(SystemTime::now()).rfc3339_nano();
    let line = if settings.log_json {
        serde_json::json!({"level": level, "msg": message, "time": time}).to_string()
    } else {
        format!("time={time:?} level={level} msg={message:?}")
    };
    if let Ok(mut file) = OpenOptions::new().append(true).create(true).open(path) {
        let _ = writeln!(file, "{line}");
    }
}
