//! What becomes of a container's output: the words of `--log-driver` and `--log-opt` as a plan for its monitor. Pure.

mod attributes;
mod tag;

use corten_monitor::protocol::LogPlan;
use corten_spec::boolean;

use super::config::LogConfig;
use super::record::Container;
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
pub(super) fn plan(container: &Container) -> Result<LogPlan, EngineError> {
    let log = &container.config.host.log;
    if !keeps(log)? {
        return Ok(LogPlan::None);
    }
    let (max_size, max_files) = bounds(log)?;
    let mut attributes = attributes::chosen(log, &container.config)?;
    if let Some(tag) = log.options.get("tag").filter(|tag| !tag.is_empty()) {
        attributes.insert("tag".to_owned(), tag::render(tag, container)?);
    }
    attributes.retain(|_, value| !value.is_empty());
    Ok(LogPlan::JsonFile { max_size, max_files, attributes })
}

/// Checks what is asked for before there is a container.
///
/// # Errors
/// As [`plan`].
pub(super) fn check(log: &LogConfig) -> Result<(), EngineError> {
    if !keeps(log)? {
        return Ok(());
    }
    bounds(log)?;
    attributes::check(log)?;
    log.options.get("tag").map_or(Ok(()), |tag| tag::check(tag))
}

/// Whether anything is kept, by a driver that there is.
fn keeps(log: &LogConfig) -> Result<bool, EngineError> {
    const UNBUILT: [&str; 9] =
        ["awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "journald", "local", "splunk", "syslog"];
    match log.driver.as_str() {
        "none" => Ok(false),
        "" | "json-file" => {
            check_names(log)?;
            Ok(true)
        }
        other if UNBUILT.contains(&other) => {
            Err(EngineError::NotImplemented(format!("log driver `{other}` is not built yet")))
        }
        other => Err(EngineError::Invalid(format!("logger: no log driver named '{other}' is registered"))),
    }
}

/// Bytes and number of files.
fn bounds(log: &LogConfig) -> Result<(Option<u64>, u32), EngineError> {
    let option = |name: &str| log.options.get(name).map(String::as_str);
    let max_size = option("max-size").map_or(Ok(Some(DEFAULT_MAX_SIZE)), parse_max_size)?;
    // Docker's default, where a size is asked for without a number of files, is one file.
    let default = if option("max-size").is_some() { 1 } else { DEFAULT_MAX_FILES };
    let max_files = option("max-file").map_or(Ok(default), parse_max_files)?;
    if option("compress").map_or(Ok(false), parse_bool)? {
        if max_files < 2 || option("max-size").is_none_or(|size| size == "-1") {
            return Err(wrong("compress cannot be true when max-file is less than 2 or max-size is not set"));
        }
        return Err(EngineError::NotImplemented("log option `compress` is not built yet".to_owned()));
    }
    Ok((max_size, max_files))
}

fn wrong(text: &str) -> EngineError {
    EngineError::Invalid(format!("failed to initialize logging driver: {text}"))
}

/// Bytes; `-1` is no bound.
fn parse_max_size(text: &str) -> Result<Option<u64>, EngineError> {
    if text == "-1" {
        return Ok(None);
    }
    // The powers of this option are those of 1000, unlike those of a memory limit.
    let size = corten_spec::size::parse_decimal_bytes(text).map_err(|error| wrong(&error.to_string()))?;
    match u64::try_from(size) {
        Ok(size @ 1..) => Ok(Some(size)),
        _ => Err(wrong("max-size must be a positive number")),
    }
}

fn parse_max_files(text: &str) -> Result<u32, EngineError> {
    let count: i64 =
        text.parse().map_err(|_| wrong(&format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
    let count = u32::try_from(count).ok().filter(|count| *count > 0);
    count.ok_or_else(|| wrong("max-file cannot be less than 1"))
}

fn parse_bool(text: &str) -> Result<bool, EngineError> {
    let invalid = || wrong(&format!("strconv.ParseBool: parsing {text:?}: invalid syntax"));
    boolean::parse(text).ok_or_else(invalid)
}

/// Options that there are none of would have no effect.
fn check_names(log: &LogConfig) -> Result<(), EngineError> {
    const KNOWN: [&str; 8] =
        ["max-size", "max-file", "compress", "labels", "labels-regex", "env", "env-regex", "tag"];
    for (name, value) in &log.options {
        match (name.as_str(), value.as_str()) {
            ("mode", "" | "blocking") => {}
            ("mode", "non-blocking") => {
                return Err(EngineError::NotImplemented(
                    "log option `mode=non-blocking` is not built yet".to_owned(),
                ));
            }
            ("mode", mode) => {
                return Err(EngineError::Invalid(format!("logger: logging mode not supported: {mode}")));
            }
            ("max-buffer-size", _) => {
                return Err(EngineError::Invalid(
                    "logger: max-buffer-size option is only supported with 'mode=non-blocking'".to_owned(),
                ));
            }
            (name, _) if KNOWN.contains(&name) => {}
            (name, _) => {
                return Err(EngineError::Invalid(format!(
                    "unknown log opt '{name}' for json-file log driver"
                )));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{bounds, check};
    use crate::containers::config::LogConfig;

    fn with(name: &str, value: &str) -> LogConfig {
        LogConfig { options: [(name.to_owned(), value.to_owned())].into(), ..LogConfig::default() }
    }

    #[test]
    fn a_log_is_bounded_unless_that_is_turned_off() {
        assert_eq!(bounds(&LogConfig::default()).unwrap(), (Some(10_000_000), 3));
        assert_eq!(bounds(&with("max-file", "5")).unwrap(), (Some(10_000_000), 5));
        assert_eq!(bounds(&with("max-size", "-1")).unwrap(), (None, 1));
    }

    #[test]
    fn a_size_bounds_one_file_unless_more_are_asked_for() {
        assert_eq!(bounds(&with("max-size", "10k")).unwrap(), (Some(10_000), 1));
    }

    #[test]
    fn options_that_would_have_no_effect_are_refused() {
        let refusal = |name, value| check(&with(name, value)).unwrap_err().to_string();
        let wrong = |text: &str| format!("failed to initialize logging driver: {text}");
        assert_eq!(refusal("bogus", "1"), "unknown log opt 'bogus' for json-file log driver");
        assert_eq!(
            refusal("compress", "true"),
            wrong("compress cannot be true when max-file is less than 2 or max-size is not set")
        );
        assert_eq!(refusal("max-file", "0"), wrong("max-file cannot be less than 1"));
        assert_eq!(refusal("max-size", "0"), wrong("max-size must be a positive number"));
        assert_eq!(refusal("mode", "fast"), "logger: logging mode not supported: fast");
        assert!(refusal("labels-regex", "(").contains("error parsing regexp"));
        assert!(refusal("tag", "{{.Nothing}}").contains("Nothing"));
        let many = LogConfig {
            options: [("max-size", "1m"), ("max-file", "2"), ("compress", "true")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..LogConfig::default()
        };
        assert_eq!(check(&many).unwrap_err().to_string(), "log option `compress` is not built yet");
    }

    #[test]
    fn other_drivers_are_refused_by_name() {
        let refusal = |driver: &str| {
            let log = LogConfig { driver: driver.to_owned(), ..LogConfig::default() };
            check(&log).unwrap_err().to_string()
        };
        assert_eq!(refusal("syslog"), "log driver `syslog` is not built yet");
        assert_eq!(refusal("x"), "logger: no log driver named 'x' is registered");
    }
}
