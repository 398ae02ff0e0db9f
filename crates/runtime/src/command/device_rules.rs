//! Which devices a container of a bundle may use: runc's rules around those of the configuration.
//!
//! It only makes the list; the engine's containers have a list of their own.

use corten_spec::runtime::{DeviceKind, DeviceRule, Linux};

/// Nodes of any device may be made: having one does not mean that it can be opened.
const MADE: [DeviceKind; 2] = [DeviceKind::Char, DeviceKind::Block];

/// Character devices that every container may use, by major and minor number.
const USED: [(i64, Option<i64>); 9] = [
    // null, zero, full, random, urandom, tty
    (1, Some(3)),
    (1, Some(5)),
    (1, Some(7)),
    (1, Some(8)),
    (1, Some(9)),
    (5, Some(0)),
    // Every terminal of `devpts`, and `ptmx`, which makes one.
    (136, None),
    (5, Some(2)),
    // net/tun: runc took it away once and had to give it back, because nobody above it asks for it.
    (10, Some(200)),
];

/// Completes the rules of a configuration as runc does, with or without rules of its own: everything is forbidden before them,
/// and the usual devices are allowed after them, whatever they said of those.
pub(super) fn complete(linux: &mut Linux) {
    let resources = linux.resources.get_or_insert_default();
    let mut rules = vec![DeviceRule { allow: false, access: "rwm".to_owned(), ..DeviceRule::default() }];
    rules.append(&mut resources.devices);
    rules.extend(MADE.map(|kind| allow(kind, None, None, "m")));
    rules.extend(USED.map(|(major, minor)| allow(DeviceKind::Char, Some(major), minor, "rwm")));
    resources.devices = rules;
}

fn allow(kind: DeviceKind, major: Option<i64>, minor: Option<i64>, access: &str) -> DeviceRule {
    DeviceRule { allow: true, kind: Some(kind), major, minor, access: access.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_of_the_configuration_stand_between_the_ban_and_the_usual_devices() {
        let own = allow(DeviceKind::Block, Some(8), Some(0), "r");
        let mut linux = Linux::default();
        linux.resources.get_or_insert_default().devices = vec![own.clone()];
        complete(&mut linux);
        let rules = linux.resources.unwrap_or_default().devices;
        assert!(!rules[0].allow && rules[0].kind.is_none());
        assert_eq!(rules[1], own);
        assert!(rules[2..].contains(&allow(DeviceKind::Char, Some(1), Some(3), "rwm")));
    }
}
