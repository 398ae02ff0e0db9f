//! `--cpuset-cpus` and `--cpuset-mems` against what the host has, before a cgroup is made. Pure.
//!
//! The kernel would refuse the same lists when the container starts, with an errno instead of a reason.

use std::ops::RangeInclusive;

use crate::containers::config::ResourcesConfig;
use crate::error::EngineError;

/// Checks both lists.
///
/// # Errors
/// Docker's texts for a list that is none, and for one that names what is not there.
pub(in crate::containers) fn validate(
    limits: &ResourcesConfig,
    online_cpus: &str,
    online_nodes: &str,
) -> Result<(), EngineError> {
    check("cpus", "CPUs", &limits.cpuset_cpus, online_cpus)?;
    check("mems", "memory nodes", &limits.cpuset_mems, online_nodes)
}

fn check(kind: &str, things: &str, wanted: &str, online: &str) -> Result<(), EngineError> {
    let online = online.trim();
    let Some(ranges) = parse(wanted) else {
        let text = format!("Invalid value {wanted} for cpuset {kind}: invalid format: {wanted}");
        return Err(EngineError::Invalid(text));
    };
    // A host that does not say what it has leaves the answer to the kernel.
    let Some(available) = parse(online).filter(|available| !available.is_empty()) else { return Ok(()) };
    let is_there = |range: &RangeInclusive<u32>| {
        range.clone().all(|number| available.iter().any(|range| range.contains(&number)))
    };
    if ranges.iter().all(is_there) {
        return Ok(());
    }
    Err(EngineError::Invalid(format!(
        "Requested {things} are not available - requested {wanted}, available: {online}"
    )))
}

/// Reads `0-2,4` (cpuset(7), "List format"); `None` for what is no such list.
fn parse(list: &str) -> Option<Vec<RangeInclusive<u32>>> {
    let range = |text: &str| {
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last).then_some(first..=last)
    };
    if list.is_empty() { Some(Vec::new()) } else { list.split(',').map(range).collect() }
}

#[cfg(test)]
mod tests {
    use super::validate;
    use crate::containers::config::ResourcesConfig;

    fn complaint(cpus: &str, mems: &str) -> String {
        let limits = ResourcesConfig {
            cpuset_cpus: cpus.to_owned(),
            cpuset_mems: mems.to_owned(),
            ..ResourcesConfig::default()
        };
        validate(&limits, "0-1,4\n", "0\n").err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn what_the_host_has_may_be_asked_for() {
        assert_eq!(complaint("", ""), "");
        assert_eq!(complaint("0-1,4", "0"), "");
    }

    #[test]
    fn what_the_host_has_not_is_refused_in_dockers_words() {
        assert_eq!(
            complaint("1-4", ""),
            "Requested CPUs are not available - requested 1-4, available: 0-1,4"
        );
        assert_eq!(
            complaint("", "1"),
            "Requested memory nodes are not available - requested 1, available: 0"
        );
        assert_eq!(complaint("a", ""), "Invalid value a for cpuset cpus: invalid format: a");
        assert_eq!(complaint("4-0", ""), "Invalid value 4-0 for cpuset cpus: invalid format: 4-0");
        // Seconds of looking would be seconds of denial of service.
        assert!(complaint("0-4294967295", "").starts_with("Requested CPUs"));
    }
}
