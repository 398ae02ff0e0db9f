//! What becomes of a container's output: the words of `--log-driver` and `--log-opt` as a plan for its monitor. Pure.

use corten_monitor::protocol::LogPlan;

use super::config::LogConfig;
use crate::error::EngineError;

/// What becomes of the output.
///
/// # Errors
/// A driver or an option that there is none of, or a value that makes no sense.
pub(super) fn plan(log: &LogConfig) -> Result<LogPlan, EngineError> {
    check_names(log)?;
    let option = |name: &str| log.options.get(name).map(String::as_str);
    match log.driver.as_str() {
        "none" => Ok(LogPlan::None),
        "" | "json-file" => Ok(LogPlan::JsonFile {
            max_size: option("max-size").map(parse_max_size).transpose()?,
            max_files: option("max-file").map_or(Ok(1), parse_max_files)?,
        }),
        other => Err(EngineError::Invalid(format!("logger: no log driver named '{other}' is registered"))),
    }
}

fn parse_max_size(text: &str) -> Result<u64, EngineError> {
    if text == "-1" {
        return Ok(u64::MAX);
    }
    let size = corten_spec::size::parse_bytes(text)
        .ok()
        .and_then(|size| u64::try_from(size).ok())
        .filter(|size| *size > 0);
    size.ok_or_else(|| EngineError::Invalid(format!("invalid value for log option `max-size`: `{text}`")))
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

    #[test]
    fn a_size_bounds_one_file_unless_more_are_asked_for() {
        let LogPlan::JsonFile { max_size, max_files } = plan(&with("max-size", "10k")).unwrap() else {
            panic!("no file");
        };
        assert_eq!((max_size, max_files), (Some(10 * 1024), 1));
    }

    #[test]
    fn options_that_would_have_no_effect_are_refused() {
        let refusal = |name, value| plan(&with(name, value)).unwrap_err().to_string();
        assert_eq!(refusal("bogus", "1"), "unknown log opt 'bogus' for json-file log driver");
        assert_eq!(refusal("compress", "true"), "log option `compress` is not built yet");
        assert!(refusal("max-file", "0").contains("max-file"));
    }
}
