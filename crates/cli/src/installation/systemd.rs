//! Telling systemd that its units have changed.

use std::path::Path;
use std::process::Command;

use super::files::UNITS;

/// Whether it runs this machine (sd_booted(3)).
pub(super) fn is_running() -> bool {
    Path::new("/run/systemd/system").is_dir()
}

/// Has it read its units again.
pub(super) fn reload() -> Result<(), String> {
    call(&["daemon-reload"])
}

/// Stops and disables the units. Containers go on.
pub(super) fn disable() -> Result<(), String> {
    call(&[&["disable", "--now"], &UNITS[..]].concat())
}

fn call(arguments: &[&str]) -> Result<(), String> {
    let called = format!("systemctl {}", arguments.join(" "));
    let output = Command::new("systemctl").args(arguments).output();
    let output = output.map_err(|error| format!("cannot call `{called}`: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("`{called}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
}
