//! What becomes of a container's output: the words of `--log-driver` and `--log-opt` as a plan for its monitor. Pure.

mod attributes;
mod journal;
mod tag;

use std::collections::BTreeMap;

use corten_monitor::protocol::{JsonFile, LogPlan};
use corten_spec::boolean;

use super::config::LogConfig;
use super::record::Container;
use crate::error::EngineError;
use crate::settings::ContainerDefaults;

/// How large a file of a log gets before the next one is begun, where nothing is asked for. Docker sets no bound, and one container
/// that says `y` for an hour fills its host's disk.
const DEFAULT_MAX_SIZE: u64 = 10_000_000;

/// How many files of that size are kept.
const DEFAULT_MAX_FILES: u32 = 3;

/// The driver of containers that name none, where nothing else is configured.
const JSON_FILE: &str = "json-file";

/// The driver that keeps a log to itself: in the same form, compressed unless it is told otherwise.
const LOCAL: &str = "local";

/// The driver that keeps nothing, but gives everything to the system's journal.
const JOURNALD: &str = "journald";

/// Whether Docker keeps lines for itself where a driver's log cannot be read.
const CACHE_DISABLED: &str = "cache-disabled";

/// What waits in memory with `mode=non-blocking`, as in Docker.
const DEFAULT_BUFFER: u64 = 1_000_000;

/// Docker's bounds for `local`.
const LOCAL_MAX_SIZE: u64 = 20 << 20;
const LOCAL_MAX_FILES: u32 = 5;

/// What becomes of the output.
///
/// # Errors
/// A driver or an option that there is none of, or a value that makes no sense.
pub(super) fn plan(container: &Container) -> Result<LogPlan, EngineError> {
    let log = &container.config.host.log;
    if !keeps(log)? {
        return Ok(LogPlan::None);
    }
    if log.driver == JOURNALD {
        return journal::plan(log, container).map(LogPlan::Journald);
    }
    let Bounds { max_size, max_files, compress } = bounds(log)?;
    let mut attributes = match log.driver.as_str() {
        // Of its options none asks for any.
        LOCAL => BTreeMap::new(),
        _ => attributes::chosen(log, &container.config)?,
    };
    if let Some(tag) = log.options.get("tag").filter(|tag| !tag.is_empty()) {
        attributes.insert("tag".to_owned(), tag::render(tag, container)?);
    }
    attributes.retain(|_, value| !value.is_empty());
    let patience = buffer(log)?.unwrap_or(0);
    let all_bytes = log.driver == LOCAL;
    Ok(LogPlan::JsonFile(JsonFile { max_size, max_files, compress, all_bytes, attributes, patience }))
}

impl ContainerDefaults {
    /// Whether a container that does not say could be made with them. The words are those of Docker's daemon, which does not start with others.
    ///
    /// # Errors
    /// What is wrong with them, as a line for the user.
    pub fn check(&self) -> Result<(), String> {
        settle(&mut LogConfig::default(), self)
            .map_err(|error| format!("failed to set log opts: {}", corten_error::chain(&error)))
    }
}

/// Adds what is configured for containers that do not say, and checks all of it, before there is a container. As in Docker, configured
/// options are those of the configured driver.
///
/// # Errors
/// As [`plan`].
pub(super) fn settle(log: &mut LogConfig, defaults: &ContainerDefaults) -> Result<(), EngineError> {
    let configured = if defaults.log_driver.is_empty() { JSON_FILE } else { &defaults.log_driver };
    if log.driver.is_empty() && configured != JSON_FILE {
        configured.clone_into(&mut log.driver);
    }
    if log.driver == configured || log.driver.is_empty() {
        for (name, value) in &defaults.log_options {
            log.options.entry(name.clone()).or_insert_with(|| value.clone());
        }
    }
    check(log)
}

/// Checks what is asked for before there is a container.
///
/// # Errors
/// As [`plan`].
fn check(log: &LogConfig) -> Result<(), EngineError> {
    if !keeps(log)? {
        return Ok(());
    }
    if log.driver != JOURNALD {
        bounds(log)?;
    }
    attributes::check(log)?;
    log.options.get("tag").map_or(Ok(()), |tag| tag::check(tag))
}

/// Whether anything is kept, by a driver that there is.
fn keeps(log: &LogConfig) -> Result<bool, EngineError> {
    const UNBUILT: [&str; 7] = ["awslogs", "etwlogs", "fluentd", "gcplogs", "gelf", "splunk", "syslog"];
    match log.driver.as_str() {
        "none" => Ok(false),
        "" | JSON_FILE | LOCAL | JOURNALD => {
            buffer(log)?;
            check_names(log)?;
            Ok(true)
        }
        other if UNBUILT.contains(&other) => {
            Err(EngineError::NotImplemented(format!("log driver `{other}` is not built yet")))
        }
        other => Err(EngineError::Invalid(format!("logger: no log driver named '{other}' is registered"))),
    }
}

/// How many bytes may wait in memory for a log that takes nothing, so that the container need not; `None` = none: the container waits.
fn buffer(log: &LogConfig) -> Result<Option<u64>, EngineError> {
    let option = |name: &str| log.options.get(name).map(String::as_str);
    let is_non_blocking = match option("mode") {
        None | Some("" | "blocking") => false,
        Some("non-blocking") => true,
        Some(mode) => {
            return Err(EngineError::Invalid(format!("logger: logging mode not supported: {mode}")));
        }
    };
    let Some(text) = option("max-buffer-size") else {
        return Ok(is_non_blocking.then_some(DEFAULT_BUFFER));
    };
    if !is_non_blocking {
        let text = "logger: max-buffer-size option is only supported with 'mode=non-blocking'";
        return Err(EngineError::Invalid(text.to_owned()));
    }
    let size = corten_spec::size::parse_bytes(text)
        .map_err(|error| EngineError::Invalid(format!("error parsing option max-buffer-size: {error}")))?;
    Ok(Some(u64::try_from(size).unwrap_or(0)))
}

/// How much of a log is kept, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    /// Of one file; `None` is no bound.
    max_size: Option<u64>,
    max_files: u32,
    compress: bool,
}

fn bounds(log: &LogConfig) -> Result<Bounds, EngineError> {
    let option = |name: &str| log.options.get(name).map(String::as_str);
    if log.driver == LOCAL {
        return local_bounds(option);
    }
    let max_size = option("max-size").map_or(Ok(Some(DEFAULT_MAX_SIZE)), parse_max_size)?;
    // Docker's default, where a size is asked for without a number of files, is one file.
    let default = if option("max-size").is_some() { 1 } else { DEFAULT_MAX_FILES };
    let max_files = option("max-file").map_or(Ok(default), parse_max_files)?;
    let compress = option("compress").map_or(Ok(false), parse_bool)?;
    if compress && (max_files < 2 || option("max-size").is_none_or(|size| size == "-1")) {
        return Err(wrong("compress cannot be true when max-file is less than 2 or max-size is not set"));
    }
    Ok(Bounds { max_size, max_files, compress })
}

/// Those of the driver `local`, and what Docker says of them.
fn local_bounds<'a>(option: impl Fn(&str) -> Option<&'a str>) -> Result<Bounds, EngineError> {
    let max_size = option("max-size").map_or(Ok(LOCAL_MAX_SIZE), |text| {
        let size = corten_spec::size::parse_decimal_bytes(text);
        let size = size.map_err(|error| wrong(&format!("invalid value for max-size: {text}: {error}")))?;
        // Docker takes 0, and begins a file for every line.
        u64::try_from(size)
            .ok()
            .filter(|size| *size > 0)
            .ok_or_else(|| wrong("max size should be a positive number"))
    })?;
    let max_files = option("max-file").map_or(Ok(i64::from(LOCAL_MAX_FILES)), |text| {
        text.parse::<i64>().map_err(|_| {
            wrong(&format!(
                "invalid value for max-file: {text}: strconv.Atoi: parsing {text:?}: invalid syntax"
            ))
        })
    })?;
    if max_files < 0 {
        return Err(wrong("max file count cannot be less than 0"));
    }
    let compress = option("compress").map_or(Ok(true), |text| {
        let invalid =
            format!("error reading compress log option: strconv.ParseBool: parsing {text:?}: invalid syntax");
        boolean::parse(text).ok_or_else(|| wrong(&invalid))
    })?;
    if compress && max_files <= 1 {
        return Err(wrong("compression cannot be enabled when max file count is 1"));
    }
    let max_files = u32::try_from(max_files.max(1)).unwrap_or(u32::MAX);
    Ok(Bounds { max_size: Some(max_size), max_files, compress })
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

/// Options that there are none of would have no effect. Those of Docker's cache have none for drivers whose logs can be read, or are read
/// elsewhere; a `daemon.json` has them for all drivers.
fn check_names(log: &LogConfig) -> Result<(), EngineError> {
    const OF_ALL: &[&str] =
        &["mode", "max-buffer-size", CACHE_DISABLED, "cache-max-size", "cache-max-file", "cache-compress"];
    const OF_FILES: &[&str] = &["max-size", "max-file", "compress"];
    const OF_LINES: &[&str] = &["labels", "labels-regex", "env", "env-regex", "tag"];
    let (of_files, of_lines, of_driver): (&[&str], &[&str], _) = match log.driver.as_str() {
        LOCAL => (OF_FILES, &[], "log driver local"),
        JOURNALD => (&[], OF_LINES, "journald log driver"),
        _ => (OF_FILES, OF_LINES, "json-file log driver"),
    };
    if let Some(value) = log.options.get(CACHE_DISABLED).filter(|value| !value.is_empty())
        && boolean::parse(value).is_none()
    {
        let text = format!("invalid value for option {CACHE_DISABLED}: {value}");
        return Err(EngineError::Invalid(text));
    }
    for name in log.options.keys().map(String::as_str) {
        let is_known = OF_ALL.contains(&name) || of_files.contains(&name) || of_lines.contains(&name);
        if !is_known {
            return Err(EngineError::Invalid(format!("unknown log opt '{name}' for {of_driver}")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Bounds, LOCAL, bounds, check, settle};
    use crate::containers::config::LogConfig;
    use crate::settings::ContainerDefaults;

    fn with(name: &str, value: &str) -> LogConfig {
        LogConfig { options: [(name.to_owned(), value.to_owned())].into(), ..LogConfig::default() }
    }

    #[test]
    fn a_log_is_bounded_unless_that_is_turned_off() {
        let bounds = |max_size, max_files| Bounds { max_size, max_files, compress: false };
        assert_eq!(super::bounds(&LogConfig::default()).unwrap(), bounds(Some(10_000_000), 3));
        assert_eq!(super::bounds(&with("max-file", "5")).unwrap(), bounds(Some(10_000_000), 5));
        assert_eq!(super::bounds(&with("max-size", "-1")).unwrap(), bounds(None, 1));
    }

    #[test]
    fn a_size_bounds_one_file_unless_more_are_asked_for() {
        let bounds = bounds(&with("max-size", "10k")).unwrap();
        assert_eq!(bounds, Bounds { max_size: Some(10_000), max_files: 1, compress: false });
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
        assert_eq!(refusal("cache-disabled", "x"), "invalid value for option cache-disabled: x");
        check(&with("cache-disabled", "true")).unwrap();
        check(&with("cache-max-size", "20m")).unwrap();
        assert!(refusal("labels-regex", "(").contains("error parsing regexp"));
        assert!(refusal("tag", "{{.Nothing}}").contains("Nothing"));
        let many = LogConfig {
            options: [("max-size", "1m"), ("max-file", "2"), ("compress", "true")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..LogConfig::default()
        };
        check(&many).unwrap();
        assert!(bounds(&many).unwrap().compress);
    }

    #[test]
    fn the_local_driver_has_bounds_and_words_of_its_own() {
        let local = |name, value| LogConfig { driver: LOCAL.to_owned(), ..with(name, value) };
        let plain = LogConfig { driver: LOCAL.to_owned(), ..LogConfig::default() };
        let default = Bounds { max_size: Some(20 << 20), max_files: 5, compress: true };
        assert_eq!(bounds(&plain).unwrap(), default);
        assert_eq!(
            bounds(&local("max-size", "1m")).unwrap(),
            Bounds { max_size: Some(1_000_000), ..default }
        );
        let refusal = |name, value| check(&local(name, value)).unwrap_err().to_string();
        let wrong = |text: &str| format!("failed to initialize logging driver: {text}");
        assert_eq!(refusal("labels", "a"), "unknown log opt 'labels' for log driver local");
        assert_eq!(refusal("max-file", "1"), wrong("compression cannot be enabled when max file count is 1"));
        assert_eq!(refusal("max-file", "-1"), wrong("max file count cannot be less than 0"));
        assert_eq!(
            refusal("compress", "x"),
            wrong("error reading compress log option: strconv.ParseBool: parsing \"x\": invalid syntax")
        );
    }

    #[test]
    fn what_waits_in_memory_is_bounded_in_the_mode_that_has_any() {
        let both = |mode: &str, size: &str| LogConfig {
            options: [("mode", mode), ("max-buffer-size", size)]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            ..LogConfig::default()
        };
        assert_eq!(super::buffer(&LogConfig::default()).unwrap(), None);
        assert_eq!(super::buffer(&with("mode", "non-blocking")).unwrap(), Some(1_000_000));
        assert_eq!(super::buffer(&both("non-blocking", "4m")).unwrap(), Some(4 << 20));
        check(&both("non-blocking", "4m")).unwrap();
        assert_eq!(
            check(&both("blocking", "4m")).unwrap_err().to_string(),
            "logger: max-buffer-size option is only supported with 'mode=non-blocking'"
        );
        let refusal = check(&both("non-blocking", "x")).unwrap_err().to_string();
        assert_eq!(refusal, "error parsing option max-buffer-size: invalid size: 'x'");
    }

    #[test]
    fn what_is_configured_counts_for_containers_that_do_not_say() {
        let defaults = ContainerDefaults {
            log_driver: LOCAL.to_owned(),
            log_options: with("max-size", "1m").options,
            ..ContainerDefaults::default()
        };
        let settled = |mut log: LogConfig| {
            settle(&mut log, &defaults).unwrap();
            (log.driver, log.options.get("max-size").cloned().unwrap_or_default())
        };
        let pair = |driver: &str, size: &str| (driver.to_owned(), size.to_owned());
        let of = |driver: &str, log| LogConfig { driver: driver.to_owned(), ..log };
        assert_eq!(settled(LogConfig::default()), pair("local", "1m"));
        assert_eq!(settled(of("local", with("max-size", "2m"))), pair("local", "2m"));
        assert_eq!(settled(of("json-file", LogConfig::default())), pair("json-file", ""));
        let mut log = LogConfig::default();
        assert_eq!(defaults.check(), Ok(()));
        let wrong = ContainerDefaults { log_driver: "x".to_owned(), ..defaults.clone() };
        let text = "failed to set log opts: logger: no log driver named 'x' is registered";
        assert_eq!(wrong.check(), Err(text.to_owned()));
        let options = ContainerDefaults { log_driver: String::new(), ..defaults.clone() };
        settle(&mut log, &options).unwrap();
        assert_eq!((log.driver.as_str(), log.options.len()), ("", 1));
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
