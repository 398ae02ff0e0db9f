//! `--health-*` and `--no-healthcheck`.

use corten_api_types::container::HealthConfig;
use corten_spec::duration;

use crate::flags::Parsed;

/// What was asked for; `None` leaves it to the image.
///
/// # Errors
/// Docker's texts for what contradicts itself or is negative.
pub(super) fn parse(parsed: &Parsed) -> Result<Option<HealthConfig>, String> {
    let time = |name: &str| match parsed.text(name) {
        "" => Ok(0),
        // The kind of the flag has been checked.
        text => duration::parse_go(text).map_err(|error| error.to_string()),
    };
    let config = HealthConfig {
        test: test(parsed)?,
        interval: time("health-interval")?,
        timeout: time("health-timeout")?,
        start_period: time("health-start-period")?,
        start_interval: time("health-start-interval")?,
        retries: parsed.integer("health-retries"),
    };
    let asks = config != HealthConfig::default();
    if parsed.is_on("no-healthcheck") {
        if asks {
            return Err("--no-healthcheck conflicts with --health-* options".to_owned());
        }
        return Ok(Some(HealthConfig { test: Some(vec!["NONE".to_owned()]), ..config }));
    }
    let numbers = [
        ("interval", config.interval),
        ("timeout", config.timeout),
        ("retries", config.retries),
        ("start-period", config.start_period),
        ("start-interval", config.start_interval),
    ];
    match numbers.into_iter().find(|(_, number)| *number < 0) {
        Some((name, _)) => Err(format!("--health-{name} cannot be negative")),
        None => Ok(asks.then_some(config)),
    }
}

/// The flags that say what is tried, with the words of Docker's API and those that only Corten knows.
const TESTS: [(&str, &str); 4] =
    [("health-cmd", "CMD-SHELL"), ("health-http", "HTTP"), ("health-tcp", "TCP"), ("health-file", "FILE")];

fn test(parsed: &Parsed) -> Result<Option<Vec<String>>, String> {
    let mut given = TESTS.into_iter().filter(|(flag, _)| !parsed.text(flag).is_empty());
    match (given.next(), given.next()) {
        (None, _) => Ok(None),
        (Some((flag, kind)), None) => Ok(Some(vec![kind.to_owned(), parsed.text(flag).to_owned()])),
        (Some((one, _)), Some((other, _))) => {
            Err(format!("--{one} conflicts with --{other}: a container has one health check"))
        }
    }
}
