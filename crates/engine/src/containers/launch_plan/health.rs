//! Checks how health is to be probed, as Docker does. Pure.

use corten_spec::image::Healthcheck;

use crate::error::EngineError;

/// Nanoseconds: the shortest time that means anything.
const SHORTEST: i64 = 1_000_000;

pub(super) fn validate(health: Option<&Healthcheck>) -> Result<(), EngineError> {
    let Some(health) = health else { return Ok(()) };
    if health.retries < 0 {
        return Err(EngineError::Invalid("Retries in Healthcheck cannot be negative".to_owned()));
    }
    let times = [
        ("Interval", health.interval),
        ("Timeout", health.timeout),
        ("StartPeriod", health.start_period),
        ("StartInterval", health.start_interval),
    ];
    match times.into_iter().find(|(_, time)| *time != 0 && *time < SHORTEST) {
        Some((name, _)) => {
            Err(EngineError::Invalid(format!("{name} in Healthcheck cannot be less than 1ms")))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use corten_spec::image::Healthcheck;

    use super::validate;

    #[test]
    fn times_that_are_too_short_are_refused() {
        let health = Healthcheck { timeout: 5, ..Healthcheck::default() };
        let refused = validate(Some(&health)).unwrap_err().to_string();
        assert_eq!(refused, "Timeout in Healthcheck cannot be less than 1ms");
        assert!(validate(Some(&Healthcheck::default())).is_ok());
    }
}
