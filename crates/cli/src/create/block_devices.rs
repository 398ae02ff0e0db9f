//! Limits of single block devices: `PATH:WEIGHT`, `PATH:BYTES` and `PATH:OPERATIONS`, with Docker's texts for what is wrong.

use corten_api_types::container::{ThrottleDevice, WeightDevice};
use corten_spec::size::parse_bytes;

/// `--blkio-weight-device`.
pub(crate) fn weight(text: &str) -> Result<WeightDevice, String> {
    let (path, weight) = split(text)?;
    let weight = weight.parse().ok().filter(|weight| *weight == 0 || (10..=1000).contains(weight));
    let weight = weight.ok_or_else(|| format!("invalid weight for device: {text}"))?;
    Ok(WeightDevice { path: path.to_owned(), weight })
}

/// `--device-read-bps` and `--device-write-bps`.
pub(crate) fn bytes(text: &str) -> Result<ThrottleDevice, String> {
    let (path, rate) = split(text)?;
    let rate = parse_bytes(rate).ok().and_then(|rate| u64::try_from(rate).ok());
    let rate = rate.ok_or_else(|| {
        format!(
            "invalid rate for device: {text}. The correct format is <device-path>:<number>[<unit>]. Number must be a positive integer. \
             Unit is optional and can be kb, mb, or gb"
        )
    })?;
    Ok(ThrottleDevice { path: path.to_owned(), rate })
}

/// `--device-read-iops` and `--device-write-iops`.
pub(crate) fn operations(text: &str) -> Result<ThrottleDevice, String> {
    let (path, rate) = split(text)?;
    let rate = rate.parse().map_err(|_| {
        format!(
            "invalid rate for device: {text}. The correct format is <device-path>:<number>. Number must be a positive integer"
        )
    })?;
    Ok(ThrottleDevice { path: path.to_owned(), rate })
}

fn split(text: &str) -> Result<(&str, &str), String> {
    let parts = text.split_once(':').filter(|(path, _)| !path.is_empty());
    let (path, value) = parts.ok_or_else(|| format!("bad format: {text}"))?;
    if path.starts_with("/dev/") {
        Ok((path, value))
    } else {
        Err(format!("bad format for device path: {text}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_has_a_path_and_a_number() {
        assert_eq!(weight("/dev/sda:300").unwrap().weight, 300);
        assert_eq!(bytes("/dev/sda:1mb").unwrap().rate, 1 << 20);
        assert_eq!(
            operations("/dev/sda:9").unwrap(),
            ThrottleDevice { path: "/dev/sda".to_owned(), rate: 9 }
        );
    }

    #[test]
    fn mistakes_are_told_in_dockers_words() {
        assert_eq!(weight("/dev/sda").unwrap_err(), "bad format: /dev/sda");
        assert_eq!(weight("sda:100").unwrap_err(), "bad format for device path: sda:100");
        assert_eq!(weight("/dev/sda:5").unwrap_err(), "invalid weight for device: /dev/sda:5");
        assert!(bytes("/dev/sda:-1").unwrap_err().starts_with("invalid rate for device: /dev/sda:-1. The"));
        assert!(operations("/dev/sda:1k").unwrap_err().ends_with("Number must be a positive integer"));
    }
}
