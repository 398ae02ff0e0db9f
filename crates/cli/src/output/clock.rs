//! Times as Docker's client shows them, in the time zone of its user.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use corten_spec::duration;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// `About a minute ago`.
pub(crate) fn ago(created: i64) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let seconds = u64::try_from(created).unwrap_or(0);
    format!("{} ago", duration::human(now.saturating_sub(Duration::from_secs(seconds))))
}

/// Seconds since the epoch as Go prints a time: `2024-05-06 07:08:09 +0200 CEST`.
pub(crate) fn go_string(seconds: i64) -> String {
    zoned(seconds, 0).strftime("%Y-%m-%d %H:%M:%S %z %Z").to_string()
}

/// Seconds since the epoch: `2024-05-06T07:08:09+02:00`.
pub(crate) fn local_rfc3339(seconds: i64) -> String {
    with_offset(&zoned(seconds, 0), "%Y-%m-%dT%H:%M:%S")
}

/// Nanoseconds since the epoch with all nine digits: `2024-05-06T07:08:09.000000001+02:00`.
pub(crate) fn rfc3339_nano_fixed(nanos: i64) -> String {
    let second = 1_000_000_000;
    with_offset(&zoned(nanos.div_euclid(second), nanos.rem_euclid(second)), "%Y-%m-%dT%H:%M:%S.%9f")
}

/// RFC 3339 text as the C library prints a time, `Mon Jan  2 15:04:05 2006`; other text stays as it is.
pub(crate) fn ansi_c(text: &str) -> String {
    match text.parse::<Timestamp>() {
        Ok(time) => time.to_zoned(TimeZone::UTC).strftime("%a %b %e %H:%M:%S %Y").to_string(),
        Err(_) => text.to_owned(),
    }
}

/// Seconds east of Greenwich at a time.
pub(crate) fn utc_offset(seconds: i64) -> i32 {
    zoned(seconds, 0).offset().seconds()
}

fn zoned(seconds: i64, nanos: i64) -> Zoned {
    let time = Timestamp::new(seconds, i32::try_from(nanos).unwrap_or(0)).unwrap_or(Timestamp::UNIX_EPOCH);
    time.to_zoned(local().clone())
}

/// Go writes UTC as `Z`.
fn with_offset(time: &Zoned, format: &str) -> String {
    let zone = if time.offset().seconds() == 0 { "Z".to_owned() } else { time.strftime("%:z").to_string() };
    format!("{}{zone}", time.strftime(format))
}

/// The zone of `TZ`, else of `/etc/localtime`, else UTC: what Go's library does.
fn local() -> &'static TimeZone {
    static LOCAL: OnceLock<TimeZone> = OnceLock::new();
    LOCAL.get_or_init(|| read(env::var("TZ").ok().as_deref()).unwrap_or(TimeZone::UTC))
}

fn read(tz: Option<&str>) -> Option<TimeZone> {
    let path = match tz.map(|name| name.strip_prefix(':').unwrap_or(name)) {
        None => PathBuf::from("/etc/localtime"),
        Some("") => return None,
        Some(name) if name.starts_with('/') => PathBuf::from(name),
        Some(name) => Path::new("/usr/share/zoneinfo").join(name),
    };
    TimeZone::tzif("Local", &fs::read(path).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn build_times_lose_their_zone() {
        assert_eq!(ansi_c("2025-05-06T07:08:09.000000000+00:00"), "Tue May  6 07:08:09 2025");
        assert_eq!(ansi_c("unknown"), "unknown");
    }

    #[test]
    fn ages_are_rounded_for_people() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
        assert_eq!(ago(now - 7200), "2 hours ago");
    }
}
