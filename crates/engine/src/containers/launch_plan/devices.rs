//! Device nodes of the host that a container gets, and what its cgroup lets it do with devices.

use corten_spec::runtime::{Device, DeviceKind, DeviceRule};

use crate::containers::config::HostConfig;
use crate::error::EngineError;

/// One device of the host, looked up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostDevice {
    /// The node as it appears inside.
    pub(crate) node: Device,
    /// A subset of `rwm`.
    pub(crate) access: String,
}

/// `console`, which Docker allows beside what runc does.
const CONSOLE: (i64, i64) = (5, 1);

/// The rules in order; the last that matches counts.
pub(super) fn rules(host: &HostConfig, devices: &[HostDevice]) -> Result<Vec<DeviceRule>, EngineError> {
    if host.privileged {
        return Ok(vec![DeviceRule { allow: true, access: "rwm".to_owned(), ..DeviceRule::default() }]);
    }
    let mut rules = vec![DeviceRule::forbid_all()];
    rules.extend(DeviceRule::usual());
    rules.push(DeviceRule::allow(DeviceKind::Char, Some(CONSOLE.0), Some(CONSOLE.1), "rwm"));
    rules.extend(devices.iter().map(|device| {
        let node = &device.node;
        DeviceRule::allow(node.kind, Some(node.major), Some(node.minor), &device.access)
    }));
    for text in &host.resources.device_cgroup_rules {
        rules.push(parse_rule(text)?);
    }
    Ok(rules)
}

/// Reads `c 42:* rwm` (`--device-cgroup-rule`).
fn parse_rule(text: &str) -> Result<DeviceRule, EngineError> {
    let invalid = || EngineError::Invalid(format!("invalid device cgroup rule format: '{text}'"));
    let mut words = text.split(' ');
    let (Some(kind), Some(numbers), Some(access), None) =
        (words.next(), words.next(), words.next(), words.next())
    else {
        return Err(invalid());
    };
    let kind = match kind {
        "a" => DeviceKind::All,
        "b" => DeviceKind::Block,
        "c" => DeviceKind::Char,
        _ => return Err(invalid()),
    };
    let (major, minor) = numbers.split_once(':').ok_or_else(invalid)?;
    let number = |text: &str| match text {
        "*" => Ok(None),
        digits => digits.parse().map(Some).map_err(|_| invalid()),
    };
    if access.is_empty() || access.bytes().any(|byte| !b"rwm".contains(&byte)) {
        return Err(invalid());
    }
    Ok(DeviceRule::allow(kind, number(major)?, number(minor)?, access))
}

#[cfg(test)]
mod tests {
    use super::{parse_rule, rules};
    use crate::containers::config::HostConfig;

    #[test]
    fn everything_is_denied_first() {
        let rules = rules(&HostConfig::default(), &[]).unwrap();
        assert!(!rules[0].allow && rules[0].kind.is_none());
        assert!(rules[1..].iter().all(|rule| rule.allow));
    }

    #[test]
    fn a_rule_with_an_unknown_access_is_refused() {
        assert!(parse_rule("c 1:3 rwx").is_err());
        assert!(parse_rule("c 42:* rwm").is_ok());
    }
}
