//! The global flags.
//!
//! What follows them is a command's.

use std::ffi::OsString;
use std::path::PathBuf;

use super::error::CommandError;
use super::options::{self, Flag};

const FLAGS: &[Flag] = &[
    Flag::value("root", ""),
    Flag::value("log", ""),
    Flag::value("log-format", ""),
    Flag::switch("debug", ""),
    Flag::switch("systemd-cgroup", ""),
    Flag::value("rootless", ""),
    Flag::switch("version", "v"),
    Flag::switch("help", "h"),
];

/// Where state is kept unless `--root` says otherwise.
const ROOT: &str = "/run/corten-runtime";

/// What the global flags say.
#[derive(Debug, Default)]
pub(super) struct Settings {
    /// The directory of all state.
    pub(super) root: PathBuf,
    /// Where errors are written besides standard error.
    pub(super) log: Option<PathBuf>,
    /// Whether they are written there as JSON.
    pub(super) log_json: bool,
    pub(super) wants_version: bool,
    /// Whether systemd is asked for the cgroups of containers.
    pub(super) systemd_cgroup: bool,
    /// The command and its words.
    pub(super) rest: Vec<String>,
}

/// # Errors
/// Words that are no text, unknown flags, and what is not built.
pub(super) fn read(words: &[OsString]) -> Result<Settings, CommandError> {
    let text = |word: &OsString| {
        let given = || CommandError::Usage(format!("`{}` is not UTF-8", word.to_string_lossy()));
        word.to_str().map(str::to_owned).ok_or_else(given)
    };
    let words: Vec<String> = words.iter().map(text).collect::<Result<_, _>>()?;
    let parsed = options::parse(FLAGS, &words)?;
    if parsed.value("rootless") == Some("true") {
        return Err(CommandError::Unsupported("`--rootless`".into()));
    }
    let log_json = match parsed.value("log-format") {
        None | Some("text") => false,
        Some("json") => true,
        Some(other) => return Err(CommandError::Usage(format!("unknown log format `{other}`"))),
    };
    let mut rest = parsed.arguments.clone();
    if parsed.is_set("help") {
        rest.insert(0, "help".into());
    }
    Ok(Settings {
        root: absolute(parsed.value("root").unwrap_or(ROOT))?,
        log: parsed.value("log").filter(|path| !path.is_empty()).map(absolute).transpose()?,
        log_json,
        wants_version: parsed.is_set("version"),
        systemd_cgroup: parsed.is_set("systemd-cgroup"),
        rest,
    })
}

/// Before anybody changes the directory.
fn absolute(path: &str) -> Result<PathBuf, CommandError> {
    std::path::absolute(path).map_err(CommandError::io(format!("read path `{path}`")))
}
