//! Values that a flag refuses by itself, with Docker's texts.

use corten_spec::runtime::is_namespaced;

use crate::create::{block_devices, gpus};

const BLANKS: &[char] = &[' ', '\t'];

/// `--attach`.
pub(crate) fn attach(value: &str) -> Result<(), String> {
    match value.to_lowercase().as_str() {
        "stdin" | "stdout" | "stderr" => Ok(()),
        _ => Err("valid streams are STDIN, STDOUT and STDERR".to_owned()),
    }
}

/// `--env`.
pub(crate) fn env(value: &str) -> Result<(), String> {
    if value.is_empty() || value.starts_with('=') {
        return Err(format!("invalid environment variable: {value}"));
    }
    Ok(())
}

/// `--label`.
pub(crate) fn label(value: &str) -> Result<(), String> {
    let key = value.split('=').next().unwrap_or_default().trim_start_matches(BLANKS);
    if key.is_empty() {
        return Err(format!("invalid label '{value}': empty name"));
    }
    if key.contains(BLANKS) {
        return Err(format!("label '{key}' contains whitespaces"));
    }
    Ok(())
}

/// `--sysctl`: only what a namespace has of its own.
pub(crate) fn sysctl(value: &str) -> Result<(), String> {
    match value.split_once('=') {
        Some((name, _)) if is_namespaced(name) => Ok(()),
        _ => Err(format!("sysctl '{value}' is not allowed")),
    }
}

/// `--device-cgroup-rule`: `c 42:* rmw`.
pub(crate) fn device_rule(value: &str) -> Result<(), String> {
    let number =
        |text: &str| text == "*" || (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()));
    let words: Vec<&str> = value.split(' ').collect();
    let well_formed = match words.as_slice() {
        [kind, numbers, access] => {
            matches!(*kind, "a" | "b" | "c")
                && numbers.split_once(':').is_some_and(|(major, minor)| number(major) && number(minor))
                && (1..=3).contains(&access.len())
                && access.bytes().all(|byte| matches!(byte, b'r' | b'w' | b'm'))
        }
        _ => false,
    };
    if well_formed { Ok(()) } else { Err(format!("invalid device cgroup format '{value}'")) }
}

/// `--blkio-weight-device`.
pub(crate) fn block_weight(value: &str) -> Result<(), String> {
    block_devices::weight(value).map(drop)
}

/// `--device-read-bps`, `--device-write-bps`.
pub(crate) fn block_bytes(value: &str) -> Result<(), String> {
    block_devices::bytes(value).map(drop)
}

/// `--device-read-iops`, `--device-write-iops`.
pub(crate) fn block_operations(value: &str) -> Result<(), String> {
    block_devices::operations(value).map(drop)
}

/// `--gpus`.
pub(crate) fn gpus(value: &str) -> Result<(), String> {
    gpus::parse(value).map(drop)
}

/// `--mount`.
pub(crate) fn mount(value: &str) -> Result<(), String> {
    crate::create::mount::parse(value).map(drop)
}

/// `--ulimit`.
pub(crate) fn ulimit(value: &str) -> Result<(), String> {
    crate::create::ulimit::parse(value).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_rules_have_three_parts() {
        assert_eq!(device_rule("c 42:* rmw"), Ok(()));
        for rule in ["c 42:*", "d 1:1 r", "c 1:x r", "c 1:1 rwmr", "c 1:1 x"] {
            assert_eq!(device_rule(rule), Err(format!("invalid device cgroup format '{rule}'")));
        }
    }

    #[test]
    fn sysctls_of_the_whole_host_are_refused() {
        assert_eq!(sysctl("net.core.somaxconn=1"), Ok(()));
        assert_eq!(sysctl("kernel.sem=1"), Ok(()));
        assert_eq!(sysctl("kernel.panic=1"), Err("sysctl 'kernel.panic=1' is not allowed".to_owned()));
        assert!(sysctl("net.core.somaxconn").is_err());
    }

    #[test]
    fn labels_need_a_name_without_blanks() {
        assert_eq!(label("a"), Ok(()));
        assert_eq!(label("=b"), Err("invalid label '=b': empty name".to_owned()));
        assert_eq!(label("a b=c"), Err("label 'a b' contains whitespaces".to_owned()));
    }
}
