//! `ps`: the processes of a container, by the host's numbers.
//!
//! It prints their numbers and names; it is not ps(1), and takes none of its options.

use std::fs;

use super::container::Container;
use super::error::CommandError;
use super::options::{Flag, Parsed};
use super::settings::Settings;

pub(super) const FLAGS: &[Flag] = &[Flag::value("format", "f")];

pub(super) fn ps(settings: &Settings, parsed: &Parsed) -> Result<i32, CommandError> {
    if parsed.arguments.len() > 1 {
        return Err(CommandError::Unsupported("an option of ps(1)".into()));
    }
    let container = Container::open(&settings.root, parsed.container()?)?;
    let pids = container.cgroup.pids().map_err(CommandError::cgroup("list the container's processes"))?;
    match parsed.value("format") {
        Some("json") => {
            let text = serde_json::to_string(&pids).map_err(std::io::Error::from);
            println!("{}", text.map_err(CommandError::io("write the list"))?);
        }
        None | Some("table") => {
            println!("{:<8}CMD", "PID");
            pids.iter().for_each(|pid| println!("{pid:<8}{}", words_of(*pid)));
        }
        Some(other) => return Err(CommandError::Usage(format!("invalid format option: {other}"))),
    }
    Ok(0)
}

/// The command line, or nothing for a process that has ended. The container chose the bytes: control characters do not reach the
/// terminal.
fn words_of(pid: u32) -> String {
    let bytes = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes).replace('\0', " ");
    text.trim_end().replace(char::is_control, "?")
}
