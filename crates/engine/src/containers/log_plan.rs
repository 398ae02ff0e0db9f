//! What becomes of a container's output: the words of `--log-driver` and `--log-opt` as a plan for its monitor. Pure.

use corten_monitor::protocol::LogPlan;

use super::config::LogConfig;
use crate::error::EngineError;

/// How large a file of a log gets before the next one is begun, where nothing is asked for. Docker sets no bound, and one container
/// that says `y` for an hour fills its host's disk.
const DEFAULT_MAX_SIZE: u64 = 10_000_000;

/// How many files of that size are kept.
const DEFAULT_MAX_FILES: u32 = 3;

/// What becomes of the output.
///
/// # Errors
/// A driver or an option that there is none of, or a value that makes no sense.
pub(super) fn plan(log: &LogConfig) -> Result<LogPlan, EngineError> {
    check_names(log)?;
    let option = |name: &str| log.options.get(name).map(String::as_str);
    match log.driver.as_str() {
        "none" => Ok(LogPlan::None),
        "" | "json-file" => {
            let max_size = option("max-size").map_or(Ok(Some(DEFAULT_MAX_SIZE)), parse_max_size)?;
            // Docker's default, where a size is asked for without a number of files, is one file.
            let default = if option("max-size").is_some() { 1 } else { DEFAULT_MAX_FILES };
            Ok(LogPlan::JsonFile {
                max_size,
                max_files: option("max-file").map_or(Ok(default), parse_max_files)?,
            })
        }
        other => Err(EngineError::Invalid(format!("logger: no log driver named '{other}' is registered"))),
    }
}

/// Bytes; `-1` is no bound.
fn parse_max_size(text: &str) -> Result<Option<u64>, EngineError> {
    if text == "-1" {
        return Ok(None);
    }
    let size = corten_spec::size::parse_bytes(text).ok().and_then(|size| u64::try_from(size).ok());
    let size = size.filter(|size| *size > 0);
    size.map(Some)
        .ok_or_else(|| EngineError::Invalid(format!("invalid value for log option `max-size`: `{text}`")))
}

fn parse_max_files(text: &str) -> Result<u32, EngineError> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| {
        EngineError::Invalid(format!("invalid value for log option `max-file`: `{text}` (at least 1)"))
    })
}

/// Docker's other options of `json-file` are known, and refused by name.
fn check_names(log: &LogConfig) -> Result<(), EngineError> {
    const UNBUILT: [&str; 6] = ["compress", "labels", "labels-regex", "env", "env-regex", "tag"];
    let mut others = log.options.keys().filter(|name| !["max-size", "max-file"].contains(&name.as_str()));
    match others.next() {
        Some(name) if UNBUILT.contains(&name.as_str()) => {
            Err(EngineError::NotImplemented(format!("log option `{name}` is not built yet")))
        }
        Some(name) => Err(EngineError::Invalid(format!("unknown log opt '{name}' for json-file log driver"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use corten_monitor::protocol::LogPlan;

    use super::plan;
    use crate::containers::config::LogConfig;

    fn with(name: &str, value: &str) -> LogConfig {
        LogConfig { options: [(name.to_owned(), value.to_owned())].into(), ..LogConfig::default() }
    }

    fn bounds(log: &LogConfig) -> (Option<u64>, u32) {
        let LogPlan::JsonFile { max_size, max_files } = plan(log).unwrap() else { panic!("no file") };
        (max_size, max_files)
    }

    #[test]
    fn a_log_is_bounded_unless_that_is_turned_off() {
        assert_eq!(bounds(&LogConfig::default()), (Some(10_000_000), 3));
        assert_eq!(bounds(&with("max-file", "5")), (Some(10_000_000), 5));
        assert_eq!(bounds(&with("max-size", "-1")), (None, 1));
    }

    #[test]
    fn a_size_bounds_one_file_unless_more_are_asked_for() {
        assert_eq!(bounds(&with("max-size", "10k")), (Some(10 * 1024), 1));
    }

    #[test]
    fn options_that_would_have_no_effect_are_refused() {
        let refusal = |name, value| plan(&with(name, value)).unwrap_err().to_string();
        assert_eq!(refusal("bogus", "1"), "unknown log opt 'bogus' for json-file log driver");
        assert_eq!(refusal("compress", "true"), "log option `compress` is not built yet");
        assert!(refusal("max-file", "0").contains("max-file"));
    }
}
